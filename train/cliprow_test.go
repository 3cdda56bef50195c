package train

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models/maf"
)

// Up to b nats a row counts in full; beyond, what it counts and its gradient go on without a break.
func TestClippedRows(t *testing.T) {
	const b = 30
	values := []float32{5, -1, -30, -60, -3e30, float32(math.Inf(-1))}
	backendtest.Each(t, func(t *testing.T, on *backend.Backend) {
		e := must(NewExec(on.Compute, func(v *Node) []*Node {
			c := clipped(v, b)
			return []*Node{c, Gradient(ReduceAllSum(c), v)[0], clipped(v, 0)}
		}))
		got := backendtest.Call[float32](t, e, values)
		for i, v := range values {
			want, slope := float64(v), 1.0
			if v < -b {
				want, slope = -b*(2+b/float64(v)), b*b/(float64(v)*float64(v))
			}
			if math.IsInf(float64(v), 0) { // it is still no likelihood
				if !math.IsInf(float64(got[0][i]), -1) {
					t.Errorf("%v counts as %v", v, got[0][i])
				}
				continue
			}
			if math.Abs(float64(got[0][i])-want) > 1e-5*math.Abs(want) || v != -b && math.Abs(float64(got[1][i])-slope) > 1e-5*slope+math.SmallestNonzeroFloat32 {
				t.Errorf("%v counts as %v with the slope %v, want %v with %v", v, got[0][i], got[1][i], want, slope)
			}
			if got[2][i] != v {
				t.Errorf("without a bound %v counts as %v", v, got[2][i])
			}
		}
	})
}

// One row at a hundred deviations ends no training and costs the others little; without a bound it costs them more, or all.
func TestAFarRowEndsNoTraining(t *testing.T) {
	const dim = 17
	rng := rand.New(rand.NewPCG(41, 42))
	x := make([]float32, 3000*dim)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	valid, test := x[:500*dim], x[500*dim:1000*dim]
	near := x[1000*dim:]
	far := append([]float32(nil), near...)
	for d := range dim {
		far[7*dim+d] = 103 * float32(1-2*(d%2))
	}
	b := backendtest.Open(t, backend.KindGo)
	nll := func(rows []float32, clip int) (float64, error) {
		m := must(maf.New(maf.Options{Dim: dim, Layers: 5, Hidden: []int{128}, Seed: 1}))
		r, err := Fit(t.Context(), b, m, realSplits(reals("train", chunks(rows, dim)...), reals("valid", chunks(valid, dim)...), nil),
			Options{Seed: 1, Optimizer: &Adam{LearningRate: 0.01}, MaxSteps: 150, ClipRow: clip, EvalBatch: 500})
		if err != nil {
			return math.NaN(), err
		}
		defer r.Close()
		logp := must(r.Core.LogProb(t.Context(), test, nil))
		sum := 0.0
		for _, v := range logp {
			sum -= v / float64(len(logp))
		}
		return sum, nil
	}
	without, with := must(nll(near, 0)), must(nll(far, 0))
	if t.Logf("%.3f nats with a far row, %.3f without", with, without); !(with < without+0.05) {
		t.Errorf("a far row costs the others %.3f nats", with-without)
	}
	var diverged *DivergedError
	full, err := nll(far, NoClipRow)
	if t.Logf("%.3f nats, %v where it counts in full", full, err); !errors.As(err, &diverged) && !(full > with+0.3) {
		t.Errorf("where the far row counts in full there are %.3f nats, where it does not %.3f", full, with)
	}
}

func chunks(x []float32, dim int) (rows [][]float32) {
	for ; len(x) > 0; x = x[dim:] {
		rows = append(rows, x[:dim])
	}
	return rows
}
