package maskflow

import (
	"context"
	"fmt"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// VerifyOptions say what Verify looks at.
type VerifyOptions struct {
	// Orders is the number of mask sets: 0 for those that were trained (or 8
	// fresh ones of an unlimited cycle), otherwise the first n.
	Orders int
	// Rows is the number of random rows at which each order's Jacobian is taken
	// and compared with the sampler; 0 means 4.
	Rows int
	// Seed is what the random rows follow from.
	Seed uint64
}

// Check is one thing that Verify looked at.
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

// Report is what Verify found.
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

// Verify proves a trained model.
//
// Of a masked density it looks at each order: no path of live connections leads
// from a variable to one that does not come after it, the Jacobian of the
// conditionals has no entry where none may be, the probabilities of all rows sum
// to one where they can be counted (or the density of up to two variables
// integrates to one), and the sampler draws from the conditionals that the density
// has. Paths and Jacobian complement each other: a unit that is dead hides a wrong
// mask from the Jacobian, and the masks alone do not show what the graph computes.
//
// Of a flow it looks at each layer: no path where none may be, a triangular
// Jacobian, a log-determinant that is the one of the Jacobian; and at the whole: the
// inverse leads back, and the latent codes of samples are the noise that they were
// made from. A masked base density is verified by itself.
//
// A variational autoencoder has no density to prove; its checks say so.
func (m *Model) Verify(ctx context.Context, o VerifyOptions) (*Report, error) {
	if o.Rows <= 0 {
		o.Rows = 4
	}
	if f, ok := m.model.(layered); ok {
		return m.verifyFlow(ctx, f, o)
	}
	masked, ok := m.model.(models.Masked)
	if !ok {
		if _, density := m.model.(models.Density); density {
			return nil, fmt.Errorf("only masked densities and flows can be verified")
		}
		return m.unverified(), nil
	}
	v := &verifier{m: m, density: masked, sets: m.verified(masked, o), o: o}
	r := &Report{Orders: len(v.sets), Dim: m.model.Dim()}
	for _, check := range []func(context.Context) (Check, error){v.paths, v.jacobian, v.normalised, v.sampler} {
		c, err := check(ctx)
		if err != nil {
			return nil, err
		}
		r.Checks = append(r.Checks, c)
	}
	return r, nil
}

// verified are the mask sets to look at.
func (m *Model) verified(masked models.Masked, o VerifyOptions) []*masks.Set {
	if o.Orders <= 0 && masked.Cycle().Len() == masks.Unlimited {
		return m.Sets(8)
	}
	return m.Sets(o.Orders)
}

func (m *Model) verifyFlow(ctx context.Context, f layered, o VerifyOptions) (*Report, error) {
	v, err := newFlowVerifier(ctx, m, f, o)
	if err != nil {
		return nil, err
	}
	r := &Report{Orders: len(v.sets()), Dim: m.model.Dim()}
	for _, check := range v.checks() {
		found, err := check(ctx)
		if err != nil {
			return nil, err
		}
		r.Checks = append(r.Checks, found...)
	}
	return r, nil
}

// unverified is the report on a model whose likelihood is only estimated.
func (m *Model) unverified() *Report {
	r := &Report{Dim: m.model.Dim()}
	for _, c := range []struct{ name, why string }{
		{"no forbidden path in the product of the masks", "a variational autoencoder is not autoregressive in its variables: it has no masks over them"},
		{"probabilities sum to one", "the likelihood of a variational autoencoder is estimated: there is no exact one to add up"},
		{"the sampler draws from the density", "there is no exact density to hold samples against"},
	} {
		r.Checks = append(r.Checks, Check{Name: c.name, Skipped: true, Figures: c.why})
	}
	return r
}
