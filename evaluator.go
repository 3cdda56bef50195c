package maskflow

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Evaluator computes log-likelihoods of a density for parameters that somebody
// else holds on the backend, such as a training loop. It compiles once. It is
// safe for concurrent use.
type Evaluator struct {
	density models.Density
	batch   int
	logProb *compiled
}

// NewEvaluator returns an evaluator that works in batches of the given number of
// rows (0: 500).
func NewEvaluator(b *backend.Backend, d models.Density, batch int) (*Evaluator, error) {
	if batch <= 0 {
		batch = 500
	}
	logProb, err := compile(b, d, "log_prob", func(p models.Params, data []*Node) *Node {
		return d.LogProb(p, data[0], second(data))
	})
	return &Evaluator{density: d, batch: batch, logProb: logProb}, err
}

// second is the context, where the data have one.
func second(data []*Node) *Node {
	if len(data) < 2 {
		return nil
	}
	return data[1]
}

// Close frees the executable.
func (e *Evaluator) Close() { e.logProb.close() }

// each computes the log-likelihoods of all rows under each set, batch by batch:
// f gets perSet[k][i], the log-likelihood of row i of the batch under set k. A
// density without masks takes no sets and has one.
func (e *Evaluator) each(ctx context.Context, params []*tensors.Tensor, x, cond []float32, sets []*masks.Set, f func(perSet [][]float64)) error {
	rows, err := rowsOf(e.density, x, cond)
	if err != nil {
		return err
	}
	if _, ok := e.density.(models.Masked); !ok {
		sets = []*masks.Set{nil}
	}
	if len(sets) == 0 {
		return fmt.Errorf("evaluating a masked density needs at least one mask set")
	}
	degrees := make([][]*tensors.Tensor, len(sets))
	for k, s := range sets {
		degrees[k] = degreesOf(e.density, s)
	}
	defer func() {
		for _, vectors := range degrees {
			finalize(vectors)
		}
	}()
	for first := 0; first < rows; first += e.batch {
		n := min(e.batch, rows-first)
		data := []*tensors.Tensor{pad(x, e.density.Dim(), first, n, e.batch), pad(cond, e.density.ContextDim(), first, n, e.batch)}
		perSet := make([][]float64, len(degrees))
		for k := range degrees {
			var values []float32
			if values, err = e.logProb.call(ctx, params, degrees[k], data...); err != nil {
				break
			}
			perSet[k] = make([]float64, n)
			for i := range n {
				perSet[k][i] = float64(values[i])
			}
		}
		finalize(data)
		if err != nil {
			return err
		}
		f(perSet)
	}
	return nil
}
