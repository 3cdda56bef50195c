// Package verify checks a trained model: that no variable depends on one that does
// not come before it, that its density is one, and that its samples are drawn from
// that density.
package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
)

// Options say what Model looks at.
type Options struct {
	// Orders is the number of mask sets: 0 for those that were trained (or 8
	// fresh ones of an unlimited cycle), otherwise the first n. Of a network of any order, which takes a pass for
	// each variable, 0 is fewer where there are many variables.
	Orders int
	// Rows is the number of random rows at which each order is looked at; 0 means 4, or
	// fewer of a network of any order with many variables.
	Rows int
	// Seed is the random seed of the rows.
	Seed uint64
}

// Check is one thing that Model looked at.
type Check struct {
	// Name says what must hold.
	Name string `json:"name"`
	// Holds says whether it does.
	Holds bool `json:"holds"`
	// Figures says how that was seen, or why it was not looked at.
	Figures string `json:"figures"`
	// Skipped is true when the check does not apply to this model.
	Skipped bool `json:"skipped,omitempty"`
}

// Report is what Model found.
type Report struct {
	// Orders is the number of mask sets that were looked at, 1 for a flow whose
	// base density has none, 0 for a model without an autoregressive density.
	Orders int     `json:"orders"`
	Dim    int     `json:"dim"`
	Checks []Check `json:"checks"`
}

// Holds says whether every check does.
func (r *Report) Holds() bool {
	for _, c := range r.Checks {
		if !c.Holds && !c.Skipped {
			return false
		}
	}
	return true
}

// Model checks a trained model.
//
// Of a masked density it looks at each order: no path of live connections leads
// from a variable to one that does not come after it; a variable that is changed, to
// another level, number or state, moves no conditional but those after it, and of
// networks that are shown which inputs they see, one that is not known moves them; the
// probabilities of all rows sum to one where they can be counted, the density of up to
// two real numbers integrates to one, and else each conditional does; ln p is the sum
// of those of the conditionals; and the sampler draws from these, within the support of
// each variable. Paths and changes complement each other: a unit that is dead hides a
// wrong mask from a change, and the masks alone do not show what the graph computes.
//
// Of a network of any order, which has no masks, one pass given the variables before another has the conditional
// that the passes of the order have, on the host as in the graph.
//
// Of a flow it looks at each layer: no path where none may be, a triangular
// Jacobian, a log-determinant that is the one of the Jacobian; and at the whole: the
// inverse leads back, and the latent codes of samples are the noise that they were
// made from. A masked base density is verified by itself.
//
// Of a model of a table, samples are rows that the table may have, and are read as they were written.
//
// Of a model of targets, the conditionals of these given the others are the same on the host as in the graph, and sum to
// one.
//
// A variational autoencoder has no density to prove; its checks say so.
func Model(ctx context.Context, m *maskflow.Model, o Options) (*Report, error) {
	if m == nil {
		return nil, errors.New("no model is given to verify")
	}
	if o.Rows <= 0 {
		o.Rows = min(4, mostRows(m.Definition()))
	}
	of, err := exec.Load(m.Backend(), m.Definition(), m.Weights())
	if err != nil {
		return nil, err
	}
	defer of.Close()
	r := &Report{Dim: m.Definition().Dim()}
	var checks []check
	if f, ok := m.Density().(flow.Layered); ok {
		v, err := newFlowVerifier(ctx, m, of.Density(), f, o)
		if err != nil {
			return nil, err
		}
		defer v.close()
		r.Orders, checks = len(v.sets()), v.checks()
	} else if masked, ok := m.Definition().(models.Masked); ok {
		v := newVerifier(m, of, masked, o)
		r.Orders, checks = len(v.sets), v.checks()
	} else if t, ok := m.Definition().(models.Targeted); ok {
		checks = newTargetVerifier(of, t, o).checks()
	} else if m.Density() != nil {
		return nil, errors.New("only masked densities and flows can be verified")
	} else {
		checks = unverified
	}
	if _, ok := m.Definition().(models.Targeted); !ok && m.Preparation().Schema() != nil {
		checks = append(slices.Clone(checks), check{rows, rowsBack(m, o.Seed)})
	}
	for _, c := range checks {
		found, err := c.look(ctx)
		if err != nil {
			return nil, err
		}
		found.Name = c.name
		r.Checks = append(r.Checks, found)
	}
	return r, nil
}

// mostRows bounds the rows of all orders in which each variable is changed where the options do not say how many there
// are: through a network of any order such a row goes dim² times.
func mostRows(d models.Definition) int {
	if models.Passes(d) {
		const passes = 1 << 19
		return max(1, passes/(d.Dim()*d.Dim()))
	}
	return math.MaxInt
}

// What must hold of more than one kind of model.
const (
	noPath    = "no forbidden path in the product of the masks"
	noEntry   = "no conditional depends on a variable that does not come before it"
	seen      = "a zero is not taken for a value that is not known"
	bothWays  = "the graph and the host predict the same of the targets"
	onePass   = "what is given in one pass gives the conditionals of an order"
	sumsToOne = "probabilities sum to one"
	product   = "the density is the product of its conditionals"
	rows      = "rows that are written are read as they were, whatever the order of their columns"
	drawn     = "the sampler draws from the density"
)

// check looks at what the name says; an error is that it could not.
type check struct {
	name string
	look func(context.Context) (Check, error)
}

func holds(figures string, of ...any) (Check, error) { return holdsIf(true, figures, of...) }
func fails(figures string, of ...any) (Check, error) { return holdsIf(false, figures, of...) }

func holdsIf(it bool, figures string, of ...any) (Check, error) {
	return Check{Holds: it, Figures: fmt.Sprintf(figures, of...)}, nil
}

// skips is for a check that does not apply.
func skips(why string, of ...any) (Check, error) {
	return Check{Holds: true, Skipped: true, Figures: fmt.Sprintf(why, of...)}, nil
}

// unverified are the checks of a model whose likelihood is only estimated.
var unverified = []check{
	{noPath, skipped("a variational autoencoder is not autoregressive in its variables: it has no masks over them")},
	{sumsToOne, skipped("the likelihood of a variational autoencoder is estimated: there is no exact one to add up")},
	{drawn, skipped("there is no exact density to compare samples with")},
}

func skipped(why string) func(context.Context) (Check, error) {
	return func(context.Context) (Check, error) { return skips("%s", why) }
}
