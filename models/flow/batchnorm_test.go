package flow

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// moments are the mean and the biased variance of each column, by weights that
// sum to one.
func moments(x []float32, dim int, weights []float64) (mean, variance []float64) {
	mean, variance = make([]float64, dim), make([]float64, dim)
	for r, w := range weights {
		for d := range dim {
			mean[d] += w * float64(x[r*dim+d])
		}
	}
	for r, w := range weights {
		for d := range dim {
			variance[d] += w * math.Pow(float64(x[r*dim+d])-mean[d], 2)
		}
	}
	return mean, variance
}

func equalWeights(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1 / float64(n)
	}
	return w
}

// In training the rows are normalised by the mean and the biased variance of the
// batch, in which padding counts nothing. A likelihood takes those that were
// estimated, whatever the batch. Both are in the objective, with their
// determinants.
func TestBatchNormTakesTheStatisticsOfTheBatch(t *testing.T) {
	const dim, rows = 3, 7
	f := must(New(Normal(dim), NewBatchNorm(dim)))
	w := randomWeights(f, 1)
	get := w.Named(f)
	x := normals(2, rows*dim, 2)
	weights := []float64{0.25, 0.125, 0.125, 0.25, 0.25, 0, 0}
	for i := range x[5*dim:] {
		x[5*dim+i] = 1e3 // padding
	}
	narrow := make([]float32, rows)
	for i, v := range weights {
		narrow[i] = float32(v)
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
			layer, own := f.layers[0].(batchLayer), p.In("layer0")
			y, logDet := layer.ForwardBatch(own, args[0], args[1])
			still, stillDet := layer.Forward(own, args[0], nil)
			objective := f.Value(p, models.Batch{X: args[0], Weights: args[1]})
			return []*Node{y, orZeros(logDet, y), still, orZeros(stillDet, y), objective, f.LogProb(p, args[0], nil),
				Gradient(ReduceAllSum(Mul(Mul(y, y), Mul(args[2], ExpandAxes(args[1], 1)))), args[0])[0]}
		}, matrix(x, dim), narrow, matrix(normals(3, rows*dim, 1), dim))
		mean, variance := moments(x, dim, weights)
		check := func(name string, y, logDet, logp []float32, mean, variance []float64) {
			det, want := 0.0, make([]float32, len(x))
			for d := range dim {
				gamma, beta := float64(get("layer0.log_gamma")[d]), float64(get("layer0.beta")[d])
				det += gamma - 0.5*math.Log(variance[d]+1e-5)
				for r := range rows {
					want[r*dim+d] = float32(math.Exp(gamma)*(float64(x[r*dim+d])-mean[d])/math.Sqrt(variance[d]+1e-5) + beta)
				}
			}
			same(t, name, y, want, dim, 1e-5)
			for r, v := range logDet {
				density := -0.5 * dim * math.Log(2*math.Pi)
				for _, z := range want[r*dim : (r+1)*dim] {
					density -= 0.5 * float64(z) * float64(z)
				}
				if !near(v, float32(det), 1e-5) || !near(logp[r], float32(density+det), 1e-5) {
					t.Errorf("%s: row %d: ln |det| is %v, want %v; ln p is %v, want %v", name, r, v, det, logp[r], density+det)
				}
			}
		}
		check("training", out[0], out[1], out[4], mean, variance)
		wide := func(v []float32) []float64 { return num.Convert[float64](v) }
		check("evaluation", out[2], out[3], out[5], wide(get("layer0.mean")), wide(get("layer0.variance")))
		// Gradients go through the statistics: moving all rows alike moves nothing.
		for d := range dim {
			sum, size := 0.0, 0.0
			for r := range rows {
				sum += float64(out[6][r*dim+d])
				size += math.Abs(float64(out[6][r*dim+d]))
			}
			if math.Abs(sum) > 1e-5*max(size, 1) || size < 1e-3 {
				t.Errorf("the gradients of column %d sum to %v, of absolute values that sum to %v", d, sum, size)
			}
		}
	})
}

// Estimated one after the other, each stage on what the layers before it make of
// the rows, normalising layers give their outputs mean 0 and variance 1.
func TestStagesNormalise(t *testing.T) {
	const dim, rows = 3, 501
	f := must(New(Normal(dim), NewActNorm(dim), plainAffine(dim), NewBatchNorm(dim), must(NewReverse(dim)), plainSpline(dim), NewBatchNorm(dim),
		NewActNorm(dim), withContext(dim), NewActNorm(dim)))
	x, cond := normals(4, rows*dim, 3), normals(5, rows*3, 1)
	for i := range x {
		x[i] += float32(10 * (i % dim))
	}
	stages := f.Stages()
	repeats := []bool{false, true, true, false, false}
	normalised := []int{0, 2, 5, 6, 8} // layers
	if len(stages) != len(repeats) {
		t.Fatalf("there are %d stages, want %d", len(stages), len(repeats))
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		w := randomWeights(f, 2)
		get := w.Named(f)
		for _, i := range []int{2, 5} { // gains of their own hide what is tested
			clear(get(f.LayerPart(i).Name("log_gamma")))
			clear(get(f.LayerPart(i).Name("beta")))
		}
		at := x
		for k, s := range stages {
			if s.Repeat != repeats[k] {
				t.Errorf("stage %d is repeated: %t", k, s.Repeat)
			}
			if s.Advance != nil {
				at = evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
					return []*Node{s.Advance(p, args[0], args[1])}
				}, matrix(at, dim), matrix(cond, 3))[0]
			}
			for name, v := range s.Estimate(at, nil) {
				if copy(get(name), v) != len(v) || len(v) != dim {
					t.Errorf("stage %d estimates %d values of %s", k, len(v), name)
				}
			}
		}
		out := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
			var out []*Node
			for _, layer := range normalised {
				y, _ := f.through(p, args[0], args[1], 0, layer+1, nil)
				out = append(out, y)
			}
			return out
		}, matrix(x, dim), matrix(cond, 3))
		for k, y := range out {
			mean, variance := moments(y, dim, equalWeights(rows))
			for d := range dim {
				if math.Abs(mean[d]) > 1e-5 || math.Abs(variance[d]-1) > 1e-4 {
					t.Errorf("after layer %d column %d has mean %v and variance %v", normalised[k], d, mean[d], variance[d])
				}
			}
		}
	})
}

// A column that does not vary is shifted, not divided by nothing.
func TestActNormKeepsTheScaleOfAConstantColumn(t *testing.T) {
	values := NewActNorm(2).(estimatedLayer).Estimate([]float32{5, -1, 5, 3}, nil)
	if s := values["log_scale"]; s[0] != 0 || !near(s[1], float32(-math.Ln2), 1e-6) {
		t.Errorf("the logarithms of the scales are %v, want 0 and −ln 2", s)
	}
	if m := values["mean"]; m[0] != 5 || m[1] != 1 {
		t.Errorf("the means are %v, want 5 and 1", m)
	}
}
