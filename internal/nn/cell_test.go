package nn

import (
	"fmt"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/integrate/quad"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// bells are the standard distributions whose cells are tested, by their log-densities alone.
var bells = []struct {
	name    string
	graph   func(Cell) *Node
	host    func(low, high float64) float64
	density func(u float64) float64
}{
	{"logistic", LogisticCell, HostLogisticCell, func(u float64) float64 { return -math.Abs(u) - 2*math.Log1p(math.Exp(-math.Abs(u))) }},
	{"normal", NormalCell, HostNormalCell, func(u float64) float64 { return -u*u/2 - math.Log(2*math.Pi)/2 }},
}

// integral is ln ∫ exp f from low to high, of a density that falls on both sides of 0.
func integral(f func(float64) float64, low, high float64) float64 {
	peak := math.Max(low, math.Min(0, high))
	top := f(peak)
	low, high = math.Max(low, peak-60), math.Min(high, peak+60)
	pieces := int(math.Ceil((high-low)/0.25)) + 1
	if peak > low && peak < high {
		pieces *= 2
	}
	sum := 0.0
	for i := range pieces {
		from, to := low+(high-low)*float64(i)/float64(pieces), low+(high-low)*float64(i+1)/float64(pieces)
		if slope := math.Abs(f(to)-f(from)) + 1; slope > 700 {
			to = math.Min(to, from+(to-from)*700/slope)
		}
		sum += quad.Fixed(func(u float64) float64 { return math.Exp(f(u) - top) }, from, to, 40, nil, 0)
	}
	return top + math.Log(sum)
}

// Cells far narrower and far wider than the distribution, in the middle and far out, with ends
// and without, have the probability that is the integral of the density, and its gradients.
func TestCells(t *testing.T) {
	inf := math.Inf(1)
	type cell struct{ middle, half, first, last float64 }
	var cells []cell
	for _, middle := range []float64{0, 1e-3, -0.3, 1, -2.5, 6, -12, 30, 500} {
		for _, half := range []float64{1e-6, 1e-3, 0.03, 0.0999, 0.1001, 0.3, 1, 4, 25, 1e3, 1e9} {
			for _, c := range []cell{{}, {first: 1}, {last: 1}, {first: 1, last: 1}} {
				cells = append(cells, cell{float64(float32(middle)), float64(float32(half)), c.first, c.last})
			}
		}
	}
	in := make([][]float32, 4)
	for _, c := range cells {
		for i, v := range []float64{c.middle, c.half, c.first, c.last} {
			in[i] = append(in[i], float32(v))
		}
	}
	for _, bell := range bells {
		t.Run(bell.name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				out := evaluate[float32](t, b, func(args []*Node) []*Node {
					y := bell.graph(Cell{Middle: args[0], Half: args[1], Log: Log(Mul(args[1], Number(args[1], 2))), First: args[2], Last: args[3]})
					return append([]*Node{y}, Gradient(ReduceAllSum(y), args[0], args[1])...)
				}, in[0], in[1], in[2], in[3])
				for i, c := range cells {
					low, high := c.middle-c.half, c.middle+c.half
					if c.first == 1 {
						low = -inf
					}
					if c.last == 1 {
						high = inf
					}
					at := fmt.Sprintf("the cell %v ± %v from %v to %v", c.middle, c.half, low, high)
					want := bell.host(low, high)
					if got := float64(out[0][i]); !near(got, want, 1e-5) || got > 0 {
						t.Errorf("%s: ln P is %v in the graph and %v on the host", at, got, want)
					}
					if c.first == 1 && c.last == 1 {
						continue
					}
					// The derivatives of the ends, from the densities there.
					atLow, atHigh := math.Exp(bell.density(low)-want), math.Exp(bell.density(high)-want)
					for k, slope := range []float64{atHigh - atLow, atHigh + atLow} {
						size := math.Max(1, atHigh+atLow)
						if got := float64(out[1+k][i]); math.Abs(got-slope) > 2e-4*size && !(k == 0 && math.Abs(got-slope) < 1e-3*math.Max(1, math.Abs(c.middle))) {
							t.Errorf("%s: derivative %d is %v, want %v", at, k, got, slope)
						}
					}
				}
			})
			for _, c := range cells {
				low, high := c.middle-c.half, c.middle+c.half
				if c.first == 1 {
					low = -inf
				}
				if c.last == 1 {
					high = inf
				}
				if got, want := bell.host(low, high), integral(bell.density, low, high); !near(got, want, 1e-9) {
					t.Errorf("from %v to %v ln P is %v, want %v", low, high, got, want)
				}
			}
		})
	}
}

// Cells so far out that squares leave the range of float32 have finite gradients.
func TestCellsFarOutHaveGradients(t *testing.T) {
	middle, half := []float32{1e22, -1e22, 1e22, -1e22, 3}, []float32{1, 1e21, 1e23, 1e22, 1e30}
	for _, bell := range bells {
		backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
			out := evaluate[float32](t, b, func(args []*Node) []*Node {
				y := bell.graph(Cell{Middle: args[0], Half: args[1], Log: Log(Mul(args[1], Number(args[1], 2)))})
				return append([]*Node{y}, Gradient(ReduceAllSum(y), args...)...)
			}, middle, half)
			for _, values := range out {
				if err := models.CheckFinite(bell.name, "", values, 1); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
