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

// Verify proves a trained model: for each of its orders no path of live
// connections leads from a variable to one that does not come after it, the
// Jacobian of the conditionals has no entry where none may be, the
// probabilities of all rows sum to one where they can be counted, and the
// sampler draws from the conditionals that the density has. Paths and Jacobian
// complement each other: a unit that is dead hides a wrong mask from the
// Jacobian, and the masks alone do not show what the graph computes.
func (m *Model) Verify(ctx context.Context, o VerifyOptions) (*Report, error) {
	masked, ok := m.model.(models.Masked)
	if !ok {
		return nil, fmt.Errorf("only masked densities can be verified")
	}
	if o.Rows <= 0 {
		o.Rows = 4
	}
	sets := m.Sets(o.Orders)
	if o.Orders <= 0 && masked.Cycle().Len() == masks.Unlimited {
		sets = m.Sets(8)
	}
	v := &verifier{m: m, density: masked, sets: sets, o: o}
	r := &Report{Orders: len(sets), Dim: m.model.Dim()}
	for _, check := range []func(context.Context) (Check, error){v.paths, v.jacobian, v.normalised, v.sampler} {
		c, err := check(ctx)
		if err != nil {
			return nil, err
		}
		r.Checks = append(r.Checks, c)
	}
	return r, nil
}
