package maskflow

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
)

// PIT returns the probability integral transforms of rows x [rows, dim] given
// cond [rows, contextDim], row-major and of the shape of x: numbers that are
// uniform on [0, 1] and independent of each other if the rows are drawn from the
// model.
//
// Of a flow over normal noise they are Φ(z) for the latent codes z of the rows.
// Of a masked density with Gaussians or mixtures, alone or as the base of a flow,
// they are the distribution functions of the conditionals in the order of its
// first mask set,
//
//	u_d = P(X_d ≤ x_d | x before d)
//
// Other models have none, which is an error; errors are also those of Latent.
func (m *Core) PIT(ctx context.Context, x, cond []float32) ([]float64, error) {
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
	if !ok || models.Discrete(core.Model) {
		return nil, fmt.Errorf("the model has no conditionals over real numbers, whose probability integral transforms could be taken")
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
	dim, degrees := of.Model.Dim(), exec.DegreesOf(of.Model, nil)
	rows := len(x) / dim
	u := make([]float64, 0, len(x))
	for first := 0; first < rows; first += batch {
		n := min(batch, rows-first)
		values, err := f.Call(ctx, of.Params, exec.Values{X: exec.Rows(x, first, n, rows), Context: exec.Rows(cond, first, n, rows), Degrees: degrees})
		if err != nil {
			return nil, err
		}
		width := len(values) / batch
		for i := range n * dim {
			row := i / dim
			c, err := shown.Conditional(i%dim, values[row*width:(row+1)*width])
			if err != nil {
				return nil, err
			}
			u = append(u, c.CDF(float64(x[first*dim+i])))
		}
	}
	return u, nil
}
