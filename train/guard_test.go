package train

import (
	"errors"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// cliff is a bowl plus √(w₀²·x₁), whose value is finite for x₁ = 0 while its
// derivative, 0/0, is not.
type cliff struct{ bowl }

func (c cliff) LogProb(p models.Params, x, context *Node) *Node {
	first := Slice(p.Get("left"), AxisRange(0, 1))
	flag := Reshape(Slice(x, AxisRange(), AxisRange(1, 2)), -1)
	return Add(c.bowl.LogProb(p, x, context), Sqrt(Mul(Square(first), flag)))
}

// The weights, slots, averages and progress after a step that is not finite are
// those before it, wherever the step stands in a call, and nothing is taken or
// told of any later step.
func TestDivergenceKeepsTheStateBefore(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	type poisons map[string][]float32
	edge := cliff{bowl{curvature: []float32{1, 1}, start: []float32{1, 1}, split: 1}}
	for _, tt := range []struct {
		name    string
		density models.Density
		usual   []float32
		poisons poisons
		o       Options
	}{
		{"values", edge, []float32{0.5, 1}, poisons{
			"the loss is NaN":             {nan, 1},
			"the loss is infinite":        {inf, 1},
			"only the gradient is NaN":    {0.5, 0},
			"only the gradient overflows": {1.9e19, 1},
		}, Options{Optimizer: &Adam{LearningRate: 0.1}, EMA: 0.5, ClipNorm: 1}},
		{"steps", point(), []float32{0, 0}, poisons{
			// The loss is 1e24/2 and the gradient 1e12, but the new weight 1e42.
			"only the update overflows": {1e12, 0},
		}, Options{Optimizer: &SGD{LearningRate: 1e30}, ClipRow: NoClipRow}},
	} {
		backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
			const rows, at = 13, 6
			train := reals("train", slices.Repeat([][]float32{tt.usual}, rows)...)
			splits := realSplits(train, reals("valid", tt.usual), nil)
			o := tt.o
			o.Batch, o.MaxEpochs, o.LogEvery, o.EvalBatch, o.Clock = 1, 2, 1, 1, frozen
			tr := newTrainer(t, b, tt.density, splits, o)
			start := stateOf(t, tr)
			chunked(t, tr, 1)
			for tr.p.Step < at-1 {
				if err := tr.advance(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			want := stateOf(t, tr)
			chunked(t, tr, longest(b, rows))
			for name, poison := range tt.poisons {
				t.Run(name, func(t *testing.T) {
					if err := tr.Restore(start); err != nil {
						t.Fatal(err)
					}
					j := &journal{}
					tr.o.Hooks = []Hook{Records(j.record)}
					// The row that the sixth step will meet is poisoned.
					tr.shuffle()
					poisoned := *train
					poisoned.X = slices.Clone(train.X)
					copy(poisoned.X[tr.rows[at-1]*train.Dim:], poison)
					tr.splits = realSplits(&poisoned, splits.Valid, nil)
					err := tr.Run(t.Context())
					var diverged *DivergedError
					if !errors.As(err, &diverged) || diverged.Step != at || finite(diverged.Loss+diverged.Norm) {
						t.Fatalf("error %v, want a divergence at step %d", err, at)
					}
					got := stateOf(t, tr)
					for _, x := range got.Tensors {
						for _, v := range floatsOf(t, x) {
							if !finite(float64(v)) {
								t.Errorf("%s holds %v", x.Name, v)
							}
						}
					}
					sameState(t, got, want)
					records := recordsOf[runlog.Train](j)
					if len(records) != at-1 || records[at-2].Step != at-1 {
						t.Errorf("records of %d steps, want %d", len(records), at-1)
					}
				})
			}
		})
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// A trainer whose first step diverges has the weights it began with.
func TestDivergenceAtTheFirstStep(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	bad := reals("train", []float32{math.MaxFloat32, 0}, []float32{0, 0})
	tr := newTrainer(t, b, point(), &data.Splits{Train: bad, Valid: reals("valid", []float32{0, 0}), Dim: 2}, Options{MaxSteps: 3})
	start := stateOf(t, tr)
	var diverged *DivergedError
	if err := tr.Run(t.Context()); !errors.As(err, &diverged) || diverged.Step != 1 {
		t.Fatalf("error %v, want a divergence at step 1", err)
	}
	sameState(t, stateOf(t, tr), start)
}
