package iaf

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/modeltest"
)

// stacks have every transformer and every permutation.
var stacks = []struct {
	name string
	o    flow.StackOptions
}{
	{"affine", flow.StackOptions{}},
	{"gated, random, context", flow.StackOptions{Transform: "gated", Permute: "random", ContextDim: 3}},
	{"spline, lu", flow.StackOptions{Transform: "spline", Bins: 4, Permute: "lu"}},
	{"affine, softplus, none, random start, sampled degrees", flow.StackOptions{Scale: "softplus", Permute: "none", Normalise: "none",
		Start: masks.RandomOrder, Degrees: masks.SampledDegrees, Seed: 3}},
}

// sized is a stack of so many variables.
func sized(o flow.StackOptions, dim int) flow.StackOptions {
	o.Dim, o.Layers, o.Hidden, o.Activation = dim, 2, []int{11}, "tanh"
	return o
}

// inverter is a flow on the host, each way on a copy of the rows.
type inverter struct {
	models.Inverter
	context []float32
}

func (i inverter) toData(t *testing.T, z []float32) []float32 {
	t.Helper()
	z = slices.Clone(z)
	if _, err := i.ToData(t.Context(), z, i.context, models.Solver{}); err != nil {
		t.Fatal(err)
	}
	return z
}

func (i inverter) toNoise(t *testing.T, x []float32) []float32 {
	t.Helper()
	x = slices.Clone(x)
	if _, err := i.ToNoise(t.Context(), x, i.context, models.Solver{}); err != nil {
		t.Fatal(err)
	}
	return x
}

// contextOf is the context among the arguments after the rows, if there is one.
func contextOf(m models.Definition, args []*Node) *Node {
	if m.ContextDim() == 0 {
		return nil
	}
	return args[len(args)-1]
}

// The one pass from noise to data in the graph is what the host computes. The
// density of rows is that of a sample whose noise the host finds for them.
func TestSampleAndLogProb(t *testing.T) {
	const dim, rows = 5, 30
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range modeltest.Few(b, stacks, 1, 2) {
			t.Run(c.name, func(t *testing.T) {
				m := must.M1(New(Options(sized(c.o, dim))))
				w := modeltest.RandomWeights(m, 3)
				both := modeltest.Compile(t, b, m, func(p models.Params, args []*Node) []*Node {
					x, logq := m.SampleAndLogProb(p, args[0], contextOf(m, args))
					return []*Node{x, logq, m.LogProb(p, args[1], contextOf(m, args))}
				})
				context := modeltest.Normals(4, rows*m.ContextDim())
				run := func(z, x []float32) [][]float32 {
					args := []any{modeltest.Matrix(z, dim), modeltest.Matrix(x, dim)}
					if m.ContextDim() > 0 {
						args = append(args, modeltest.Matrix(context, m.ContextDim()))
					}
					return both.Run(t, w, args...)
				}
				host := inverter{must.M1(m.NewInverter(w)), context}
				z, data := modeltest.Normals(1, rows*dim), modeltest.Normals(2, rows*dim)
				noise := host.toNoise(t, data)
				ofData := run(noise, data)
				modeltest.Same(t, "rows that were samples", ofData[0], data, dim, 2e-5)
				modeltest.Same(t, "ln q of rows", ofData[2], ofData[1], 1, 1e-4)
				samples := run(z, data)
				modeltest.Same(t, "samples", samples[0], host.toData(t, z), dim, 2e-5)
				modeltest.Same(t, "the noise of samples", host.toNoise(t, samples[0]), z, dim, 1e-4)
				modeltest.Same(t, "ln q of samples", run(z, samples[0])[2], samples[1], 1, 1e-4)
			})
		}
	})
}

// An IAF with the weights of a MAF of the same options is its inverse, layer by
// layer from the other end: in the one pass of each in the graph and, both ways
// and to the bit, on the host.
func TestInverseOfMAF(t *testing.T) {
	const dim, rows = 5, 30
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range modeltest.Few(b, stacks, 1, 2) {
			t.Run(c.name, func(t *testing.T) {
				o := sized(c.o, dim)
				iaf, maf := must.M1(New(Options(o))), must.M1(maf.New(maf.Options(o)))
				w := modeltest.RandomWeights(iaf, 3)
				turned := make(models.Weights, len(w))
				last := len(maf.Layers()) - 1
				get := w.Named(iaf)
				for i, s := range maf.Specs() {
					var l int
					var name string
					if _, err := fmt.Sscanf(s.Name, "layer%d.%s", &l, &name); err != nil {
						t.Fatal(err)
					}
					turned[i] = get(fmt.Sprintf("layer%d.%s", last-l, name))
				}
				x, context := modeltest.Normals(1, rows*dim), modeltest.Normals(2, rows*iaf.ContextDim())
				args := []any{modeltest.Matrix(x, dim)}
				if iaf.ContextDim() > 0 {
					args = append(args, modeltest.Matrix(context, iaf.ContextDim()))
				}
				got := modeltest.Compile(t, b, iaf, func(p models.Params, args []*Node) []*Node {
					y, logDet := iaf.Inverse(p, args[0], contextOf(iaf, args))
					return []*Node{y, logDet}
				}).Run(t, w, args...)
				want := modeltest.Compile(t, b, maf, func(p models.Params, args []*Node) []*Node {
					z, logDet := maf.Forward(p, args[0], contextOf(maf, args))
					return []*Node{z, logDet}
				}).Run(t, turned, args...)
				modeltest.Same(t, "IAF's inverse", got[0], want[0], dim, 1e-6)
				modeltest.Same(t, "its log-determinant", got[1], want[1], 1, 1e-6)

				one := inverter{must.M1(iaf.NewInverter(w)), context}
				other := inverter{must.M1(maf.NewInverter(turned)), context}
				if !slices.Equal(one.toData(t, x), other.toNoise(t, x)) || !slices.Equal(one.toNoise(t, x), other.toData(t, x)) {
					t.Error("on the host they are not inverses of each other")
				}
			})
		}
	})
}

// An IAF integrates to one over the plane, on x = sinh u, and as many samples
// fall into a quadrant of it as the integral over that says.
func TestNormalised(t *testing.T) {
	const side, rows, reach = 160, 160 * 160, 5
	m := must.M1(New(Options(sized(flow.StackOptions{Transform: "gated"}, 2))))
	w := modeltest.RandomWeights(m, 5)
	var grid []float32
	var areas []float64
	at := func(i int) (x, size float64) {
		u := reach * (2*(float64(i)+0.5)/side - 1)
		return math.Sinh(u), 2 * reach * math.Cosh(u) / side
	}
	for i := range rows {
		a, da := at(i / side)
		b, db := at(i % side)
		grid, areas = append(grid, float32(a), float32(b)), append(areas, da*db)
	}
	quadrant := func(row []float32) (k int) {
		for d, v := range row {
			if v > 0 {
				k += d + 1
			}
		}
		return k
	}
	sampler := must.M1(m.NewSampler(w, nil))
	noise, x := make([]float32, 2*rows), make([]float32, 2*rows)
	sampler.DrawNoise(rand.New(rand.NewPCG(1, 1)), noise)
	if _, err := sampler.Sample(t.Context(), x, noise, nil, models.Incremental); err != nil {
		t.Fatal(err)
	}
	var counts [4]float64
	for row := range slices.Chunk(x, 2) {
		counts[quadrant(row)]++
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		logq := modeltest.Compile(t, b, m, func(p models.Params, args []*Node) []*Node {
			return []*Node{m.LogProb(p, args[0], nil)}
		}).Run(t, w, modeltest.Matrix(grid, 2))[0]
		var probability [4]float64
		sum := 0.0
		for i, v := range logq {
			cell := math.Exp(float64(v)) * areas[i]
			probability[quadrant(grid[2*i:2*i+2])] += cell
			sum += cell
		}
		if !modeltest.Near(sum, 1, 1e-3) {
			t.Errorf("the density integrates to %.5f", sum)
		}
		for k, p := range probability {
			if !(math.Abs(counts[k]-rows*p) <= 5*math.Sqrt(rows*p)) {
				t.Errorf("quadrant %d has %v samples of %d, want %.1f", k, counts[k], rows, rows*p)
			}
		}
	})
}

// The layers that take one pass from noise to data have the orders of the
// options, from the noise.
func TestOrders(t *testing.T) {
	given := masks.Order{2, 5, 1, 3, 4}
	o := flow.StackOptions{Layers: 2, Dim: 5, Order: given, Hidden: []int{}}
	m := must.M1(New(Options(o)))
	want := []masks.Order{{4, 1, 5, 3, 2}, given} // layers are listed from the data
	for i, l := range m.Layers() {
		a := must.M1(flow.Invert(l)).(*flow.Autoregressive)
		if got := a.Set().Order; !slices.Equal(got, want[i]) {
			t.Errorf("the order of layer %d is %v, want %v", i, got, want[i])
		}
	}
	if !m.Loops() {
		t.Error("the density of rows is said to take no loop")
	}
}

// Every problem of the options is told at once.
func TestNewRefuses(t *testing.T) {
	_, err := New(Options{Normalise: "batch", Permute: "shuffle", Transform: "cubic", Dim: 2, Hidden: []int{}})
	for _, want := range []string{"iaf: ", "permute: ", "transform: ", "normalise: "} {
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("the error is %v, want %q once", err, want)
		}
	}
	for _, o := range []flow.StackOptions{{}, {Normalise: "act", Dim: 2},
		{Dim: 2, ContextDim: -1}} {
		if _, err := New(Options(o)); err == nil || !strings.HasPrefix(err.Error(), "iaf: ") {
			t.Errorf("%+v: the error is %v", o, err)
		}
	}
}

// The options of a model are those that it was made from, and nobody else's.
func TestOptions(t *testing.T) {
	o := Options{Dim: 2, Hidden: []int{7}, Order: masks.Order{2, 1}}
	m := must.M1(New(o))
	o.Hidden[0], o.Order[0] = 9, 1
	m.Options().Hidden[0] = 8
	if got := m.Options(); got.Hidden[0] != 7 || got.Order[0] != 2 {
		t.Errorf("the options are %+v", got)
	}
}
