package maskflow

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
)

// PIT returns the probability integral transforms of prepared rows x given cond
// [rows, contextDim], row-major [rows, dim]: numbers that are uniform on [0, 1] and
// independent of each other if the rows are drawn from the model.
//
// Of a flow over normal noise they are Φ(z) for the latent codes z of the rows.
// Of a masked density, alone or as the base of a flow, they are those of the
// conditionals in the order of its first mask set, randomised where values have
// probabilities: levels, integers, rounded numbers, holes and atoms (Czado, Gneiting and
// Held, Predictive Model Assessment for Count Data, 2009),
//
//	u_d = P(X_d ≤ x_d | x before d) − v_d P(X_d = x_d | x before d)
//
// with v uniform on [0, 1] and the same in every call. Of a value that is not known it
// is NaN. Other models have none, which is an error; errors are also those of Latent.
func (m *Core) PIT(ctx context.Context, x, cond []float32) ([]float64, error) {
	if err := m.whole("probability integral transforms of rows"); err != nil {
		return nil, err
	}
	if err := checkValues(m.of.Model, x, cond); err != nil {
		return nil, err
	}
	done, err := m.begin()
	if err != nil {
		return nil, err
	}
	defer done()
	core := m.density
	if f, ok := core.Model.(models.Flow); ok {
		z, err := m.Latent(ctx, x, cond)
		if err != nil {
			return nil, err
		}
		if _, normal := f.Base().(flow.Normal); normal {
			u := make([]float64, len(z))
			for i, v := range z {
				u[i] = distuv.UnitNormal.CDF(float64(v))
			}
			return u, nil
		}
		base, err := core.Base(f)
		if err != nil {
			return nil, err
		}
		defer base.Close()
		core, x = base, z
		if f.Base().ContextDim() == 0 {
			cond = nil
		}
	}
	c, err := conditionalsOf(core, nil, m.evaluator.Batch())
	if err != nil {
		return nil, err
	}
	defer c.f.Close()
	rng, u := rand.New(rand.NewPCG(0, pitStream)), make([]float64, 0, len(x))
	for first := 0; first < c.rows(x); first += c.batch {
		if err := c.each(ctx, x, cond, first, func(d int, of models.Conditional, v float32) {
			u = append(u, transform(of.CDF(float64(v)), of.LogProb(float64(v)), c.variables[d], v, rng.Float64()))
		}); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// pitStream is that of the numbers that make transforms of probabilities uniform.
const pitStream = 0x706974

// conditionals evaluates the conditionals of a density in the order of a mask set, batch by batch.
type conditionals struct {
	of        *exec.Loaded
	shown     models.Conditionals
	f         *exec.Compiled
	variables []models.Variable
	batch     int
	degrees   [][]int32
}

// conditionalsOf compiles those of a model, by its first mask set where none is given; an error for a model that has
// none.
func conditionalsOf(of *exec.Loaded, set *masks.Set, batch int) (*conditionals, error) {
	shown, ok := of.Model.(models.Conditionals)
	if !ok {
		return nil, errors.New("the model has no conditionals, whose probability integral transforms could be taken")
	}
	f, err := of.Compile("conditionals", batch, func(p models.Params, in exec.Args[*Node]) *Node { return shown.Conditionals(p, in.X, in.Context) })
	if err != nil {
		return nil, err
	}
	return &conditionals{of, shown, f, models.VariablesOf(of.Model), batch, exec.DegreesOf(of.Model, set)}, nil
}

// rows is the number of rows that values are.
func (c *conditionals) rows(x []float32) int { return len(x) / models.Width(c.of.Model) }

// each calls f with the conditional of each variable of the rows of a batch, which begins with row first, and its value.
func (c *conditionals) each(ctx context.Context, x, cond []float32, first int, f func(d int, of models.Conditional, v float32)) error {
	rows, width := c.rows(x), models.Width(c.of.Model)
	n := min(c.batch, rows-first)
	values, err := c.f.Call(ctx, c.of.Params, exec.Values{X: exec.Rows(x, first, n, rows), Context: exec.Rows(cond, first, n, rows), Degrees: c.degrees})
	if err != nil {
		return err
	}
	outputs := len(values) / c.batch
	for row := range n {
		for d := range c.variables {
			of, err := c.shown.Conditional(d, values[row*outputs:(row+1)*outputs])
			if err != nil {
				return err
			}
			f(d, of, x[(first+row)*width+d])
		}
	}
	return nil
}

// transform is the randomised probability integral transform of a number of a row, by P(X ≤ x) and ln p of it.
func transform(cdf, logp float64, of models.Variable, x float32, v float64) float64 {
	if models.IsNotKnown(x) {
		return math.NaN()
	}
	if models.StateOf(x) >= 0 || of.Discrete() {
		return min(max(cdf-v*math.Exp(logp), 0), 1) // beyond by the rounding of either
	}
	return cdf
}
