package nn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// drawn are values for the parameters of a layer, from N(0, std²).
func drawn(l Masked, rng *rand.Rand, std float64) map[string][]float32 {
	values := map[string][]float32{}
	for _, p := range l.Specs() {
		values[p.Name] = normals(rng, size(p.Shape), std)
	}
	return values
}

func normals(rng *rand.Rand, n int, std float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(std * rng.NormFloat64())
	}
	return v
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func int32s(v []int) []int32 {
	out := make([]int32, len(v))
	for i, d := range v {
		out[i] = int32(d)
	}
	return out
}

// The graph, the effective weights on the host, and the definition
// y = x·(W ⊙ M) + b + 1·(U ⊙ M) + c·C in float64 are the same.
func TestMaskedLayerIsItsDefinition(t *testing.T) {
	const rows, width = 7, 3
	from, to := []int{2, 5, 1, 3, 4}, []int{0, 3, 1, 1, 4, 5, 2, 6, 3, 2, 1}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for i := range 16 {
			l := Masked{Name: "layer", From: len(from), To: len(to),
				Strict: i&1 > 0, Bias: i&2 > 0, Conditioning: i&4 > 0, ContextDim: width * (i >> 3 & 1)}
			t.Run(fmt.Sprintf("strict=%v,bias=%v,conditioning=%v,context=%d", l.Strict, l.Bias, l.Conditioning, l.ContextDim), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(i), 0))
				values := drawn(l, rng, 1)
				x, ctx := normals(rng, rows*l.From, 1), normals(rng, rows*width, 1)
				want := define(l, values, x, ctx, from, to, rows)

				dense := l.Dense(func(name string) []float32 { return values[name] }, from, to)
				onHost := multiply(dense, x, ctx, rows)

				args := []any{matrix(x, rows, l.From), int32s(from), int32s(to), matrix(ctx, rows, width)}
				for _, p := range l.Specs() {
					args = append(args, tensors.FromFlatDataAndDimensions(values[p.Name], p.Shape...))
				}
				inGraph := evaluate[float32](t, b, func(in []*Node) []*Node {
					return []*Node{l.Apply(models.Bind(l.Specs(), in[4:]), in[0], in[1], in[2], in[3])}
				}, args...)[0]

				for i := range want {
					if !near(onHost[i], want[i], 1e-6) || !near(float64(inGraph[i]), want[i], 1e-5) {
						t.Fatalf("y[%d][%d] is %v in the graph and %v on the host, want %v", i/l.To, i%l.To, inGraph[i], onHost[i], want[i])
					}
				}
			})
		}
	})
}

// define computes a layer from its parameters, element by element.
func define(l Masked, values map[string][]float32, x, ctx []float32, from, to []int, rows int) []float64 {
	y := make([]float64, rows*l.To)
	for r := range rows {
		for k := range l.To {
			sum := 0.0
			if l.Bias {
				sum += float64(values["layer.bias"][k])
			}
			for i := range l.From {
				if !masks.Connects(from[i], to[k], l.Strict) {
					continue
				}
				sum += float64(x[r*l.From+i]) * float64(values["layer.weights"][i*l.To+k])
				if l.Conditioning {
					sum += float64(values["layer.conditioning"][i*l.To+k])
				}
			}
			for c := range l.ContextDim {
				sum += float64(ctx[r*l.ContextDim+c]) * float64(values["layer.context"][c*l.To+k])
			}
			y[r*l.To+k] = sum
		}
	}
	return y
}

// multiply computes a layer from its effective weights.
func multiply[T number](d Dense, x []T, ctx []float32, rows int) []float64 {
	y := make([]float64, rows*d.To)
	for r := range rows {
		for k := range d.To {
			sum := float64(d.Bias[k])
			for i := range d.From {
				sum += float64(x[r*d.From+i]) * float64(d.Weights[i*d.To+k])
			}
			for c := range d.Context {
				sum += float64(ctx[r*d.Context+c]) * float64(d.ContextWeights[c*d.To+k])
			}
			y[r*d.To+k] = sum
		}
	}
	return y
}

// The effective weights are copies: masking must not destroy the parameters,
// which the next mask set needs whole.
func TestDenseLeavesTheParametersAlone(t *testing.T) {
	l := Masked{Name: "layer", From: 3, To: 5, Bias: true, Conditioning: true, ContextDim: 2}
	values := drawn(l, rand.New(rand.NewPCG(1, 0)), 1)
	before := map[string][]float32{}
	for name, v := range values {
		before[name] = slices.Clone(v)
	}
	d := l.Dense(func(name string) []float32 { return values[name] }, []int{1, 2, 3}, []int{2, 1, 1, 2, 0})
	for _, v := range [][]float32{d.Weights, d.Bias, d.ContextWeights} {
		for i := range v {
			v[i] = 1e9
		}
	}
	for name, v := range values {
		if !slices.Equal(v, before[name]) {
			t.Errorf("%s changed", name)
		}
	}
}
