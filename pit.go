package maskflow

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/internal/exec"
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
	shown, ok := core.Model.(models.Conditionals)
	if !ok {
		return nil, errors.New("the model has no conditionals, whose probability integral transforms could be taken")
	}
	return conditionalPIT(ctx, core, shown, m.evaluator.Batch(), x, cond)
}

// conditionalPIT evaluates the distribution functions of the conditionals.
func conditionalPIT(ctx context.Context, of *exec.Loaded, shown models.Conditionals, batch int, x, cond []float32) ([]float64, error) {
	f, err := of.Compile("conditionals", batch, func(p models.Params, in exec.Args[*Node]) *Node { return shown.Conditionals(p, in.X, in.Context) })
	if err != nil {
		return nil, err
	}
	defer f.Close()
	variables, width, degrees := models.VariablesOf(of.Model), models.Width(of.Model), exec.DegreesOf(of.Model, nil)
	rows, rng := len(x)/width, rand.New(rand.NewPCG(0, 0x706974))
	u := make([]float64, 0, rows*len(variables))
	for first := 0; first < rows; first += batch {
		n := min(batch, rows-first)
		values, err := f.Call(ctx, of.Params, exec.Values{X: exec.Rows(x, first, n, rows), Context: exec.Rows(cond, first, n, rows), Degrees: degrees})
		if err != nil {
			return nil, err
		}
		outputs := len(values) / batch
		for row := range n {
			for d, of := range variables {
				c, err := shown.Conditional(d, values[row*outputs:(row+1)*outputs])
				if err != nil {
					return nil, err
				}
				u = append(u, transform(c, of, x[(first+row)*width+d], rng.Float64()))
			}
		}
	}
	return u, nil
}

// transform is the randomised probability integral transform of a number of a row.
func transform(c models.Conditional, of models.Variable, x float32, v float64) float64 {
	if models.IsNotKnown(x) {
		return math.NaN()
	}
	u := c.CDF(float64(x))
	if models.StateOf(x) >= 0 || of.Discrete() {
		u = min(max(u-v*math.Exp(c.LogProb(float64(x))), 0), 1) // beyond by the rounding of either
	}
	return u
}
