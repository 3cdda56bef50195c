package nn

import (
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// The graph, the host and dense products in float64 are the same.
func TestMLPIsItsDefinition(t *testing.T) {
	const rows = 5
	relu, _ := ActivationByName("relu")
	gelu, _ := ActivationByName("gelu")
	zero := func(float64, float64) models.Init { return models.Zeros }
	tests := map[string]MLP{
		"linear":     {Widths: []int{3, 2}, Activation: relu, Init: zero},
		"one hidden": {Widths: []int{3, 7, 2}, Activation: gelu, Init: zero},
		"two hidden": {Widths: []int{5, 11, 7, 1}, Activation: relu, Init: zero},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, m := range tests {
			t.Run(name, func(t *testing.T) {
				rng, params, values := rand.New(rand.NewPCG(2, 0)), m.Specs(), map[string][]float32{}
				x := normals(rng, rows*m.Widths[0], 1)
				args := []any{matrix(x, rows, m.Widths[0])}
				for _, p := range params {
					values[p.Name] = normals(rng, size(p.Shape), 1)
					args = append(args, tensors.FromFlatDataAndDimensions(values[p.Name], p.Shape...))
				}
				got := evaluate[float32](t, b, func(in []*Node) []*Node {
					return []*Node{m.Apply(models.Bind(params, in[1:]), in[0])}
				}, args...)[0]
				get := func(name string) []float32 { return values[name] }
				last := len(m.Widths) - 2
				for r := range rows {
					row := x[r*m.Widths[0] : (r+1)*m.Widths[0]]
					h, below := make([]float64, len(row)), slices.Clone(row)
					for i, v := range row {
						h[i] = float64(v)
					}
					for l := range last + 1 {
						d := Dense{From: m.Widths[l], To: m.Widths[l+1], Weights: values[params[2*l].Name], Bias: values[params[2*l+1].Name]}
						h = multiply(d, h, nil, 1)
						for i := range h {
							if l < last {
								h[i] = closedForms[m.Activation.Name].f(h[i])
							}
						}
					}
					host := m.Host(get, row)
					for i, want := range h {
						if at := r*len(h) + i; !near(float64(got[at]), want, 1e-5) || !near(float64(host[i]), want, 1e-5) {
							t.Errorf("output %d of row %d is %v in the graph and %v on the host, want %v", i, r, got[at], host[i], want)
						}
					}
					if !slices.Equal(row, below) {
						t.Errorf("the host changed its row")
					}
				}
			})
		}
	})
}
