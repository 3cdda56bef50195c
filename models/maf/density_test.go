package maf

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// table has every value of every option at least once. The activations are
// smooth, so that densities can be integrated.
var table = []struct {
	name string
	o    Options
}{
	{"default", Options{}},
	{"scale softplus, permute none", Options{Scale: "softplus", Permute: "none"}},
	{"scale sigmoid, permute random", Options{Scale: "sigmoid", Permute: "random"}},
	{"scale exp, permute lu", Options{Scale: "exp", Permute: "lu"}},
	{"spline, lu, act", Options{Transform: "spline", Bins: 4, Bound: 3, Permute: "lu", Normalise: "act"}},
	{"three layers", Options{Layers: 3, Normalise: "none", Permute: "reverse"}},
	{"base made, batch", Options{Base: "made", Normalise: "batch"}},
	{"base mog of 10, context", Options{Base: "mog", ContextDim: 3}},
	{"base nade, context, act", Options{Base: "nade", BaseHidden: []int{9, 5}, Components: 3, Normalise: "act", ContextDim: 3}},
	{"residual, reversed start, he", Options{Residual: true, Start: masks.ReversedOrder, Init: "he"}},
	{"spline of five bins, batch", Options{Transform: "spline", Bins: 5, Normalise: "batch"}},
	{"base mog, random", Options{Base: "mog", Components: 3, Permute: "random"}},
	{"base normal, context, act", Options{Base: "normal", Normalise: "act", ContextDim: 3}},
	{"base nade of three orders, lu", Options{Base: "nade", Components: 3, Orders: 3, Permute: "lu"}},
	{"sampled degrees, random start", Options{Degrees: masks.SampledDegrees, Start: masks.RandomOrder, Seed: 3}},
}

// singles are the first rows, in which every kind of layer and base occurs.
const singles = 11

// subject is a model of any base.
type subject interface {
	models.Flow
	models.HostSampler
	models.Trained
	models.OfKind
}

// of is the model of a row of the table with so many variables.
func of(o Options, dim int) subject {
	o.Dim, o.Activation, o.Hidden = dim, "tanh", []int{7}
	if o.Layers == 0 {
		o.Layers = 2
	}
	if o.Base == anyOrder {
		return must(NewDrawn(o))
	}
	return must(New(o))
}

// side squared are the cells that the plane is divided into.
const (
	side = 200
	rows = side * side
)

// reach says how far the plane is looked at: the square of s in [0, 1]² is mapped
// to y = sinh(reach·(2s − 1)), which is far wider than any density here.
const reach = 5.5

// at is the coordinate x and dx/ds.
func at(s float64) (x, slope float64) {
	u := reach * (2*s - 1)
	return math.Sinh(u), 2 * reach * math.Cosh(u)
}

// back is s.
func back(x float64) float64 { return (math.Asinh(x)/reach + 1) / 2 }

// cells are the middles of the cells as rows of data, and their areas.
func cells() (x []float32, areas []float64) {
	for i := range rows {
		a, da := at((float64(i/side) + 0.5) / side)
		b, db := at((float64(i%side) + 0.5) / side)
		x, areas = append(x, float32(a), float32(b)), append(areas, da*db/rows)
	}
	return x, areas
}

// Every MAF is a density: it integrates to one over the plane, and as many of
// its samples fall into a box as the integral over that says. The noise that the
// graph and the host find for the samples is that which they were made from.
func TestDensity(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		all := table
		if b.Kind != backend.KindGo { // most of it is compiling
			all = table[:singles]
		}
		for _, c := range all {
			t.Run(c.name, func(t *testing.T) {
				m := of(c.o, 2)
				w := randomWeights(m, 5)
				context := slices.Repeat(normals(9, m.ContextDim(), 1), rows)
				exec := compile(t, b, m)
				probability := checkIntegral(t, m, w, exec, context)
				x, base := samples(t, m, w, context)
				checkFrequencies(t, probability, x)
				z, _ := run(t, exec, m, w, x, context)
				same(t, "the noise of samples", z, base, 2, 2e-4)
			})
		}
	})
}

// boxes squared are those that samples are counted in, each of whole cells.
const boxes = 20

// checkIntegral returns the probability of each box.
func checkIntegral(t *testing.T, m subject, w models.Weights, exec *Exec, context []float32) []float64 {
	t.Helper()
	x, areas := cells()
	_, logp := run(t, exec, m, w, x, context)
	probability, sum := make([]float64, boxes*boxes), 0.0
	for i, v := range logp {
		cell := math.Exp(float64(v)) * areas[i]
		probability[i/side*boxes/side*boxes+i%side*boxes/side] += cell
		sum += cell
	}
	if !(math.Abs(sum-1) <= 1e-3) {
		t.Errorf("the density integrates to %.5f", sum)
	}
	return probability
}

// samples draws rows on the host, with the samples of the base density from the
// same random numbers.
func samples(t *testing.T, m subject, w models.Weights, context []float32) (x, base []float32) {
	t.Helper()
	sampler := must(m.NewSampler(w, nil))
	noise := make([]float32, rows*sampler.NoiseDim())
	sampler.DrawNoise(rand.New(rand.NewPCG(6, 6)), noise)
	x, base = make([]float32, 2*rows), make([]float32, 2*rows)
	if _, err := sampler.Sample(t.Context(), x, noise, context, models.Incremental); err != nil {
		t.Fatal(err)
	}
	if m.Base().ContextDim() == 0 {
		context = nil
	}
	below := must(m.Base().(models.HostSampler).NewSampler(w[len(w)-len(m.Base().Specs()):], nil))
	if _, err := below.Sample(t.Context(), base, noise, context, models.Sequential); err != nil {
		t.Fatal(err)
	}
	return x, base
}

// checkFrequencies counts samples in boxes: a count of mean np is further than
// five standard deviations from it once in a million times.
func checkFrequencies(t *testing.T, probability []float64, x []float32) {
	t.Helper()
	counts := make([]float64, len(probability))
	box := func(v float32) int { return min(max(int(back(float64(v))*boxes), 0), boxes-1) }
	for i := 0; i < len(x); i += 2 {
		counts[box(x[i])*boxes+box(x[i+1])]++
	}
	for k, p := range probability {
		if far := math.Abs(counts[k] - rows*p); !(far <= 5*math.Sqrt(rows*p)+5) {
			t.Errorf("box %d, %d has %v samples of %d, want %.1f", k/boxes, k%boxes, counts[k], rows, rows*p)
		}
	}
}

// The host maps data to noise and back by itself, in many variables too.
func TestRoundTrip(t *testing.T) {
	const dim, n = 7, 300
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			m := of(c.o, dim)
			w := randomWeights(m, 5)
			context := normals(3, n*m.ContextDim(), 1)
			data := normals(1, n*dim, 1.2)
			host := must(m.NewInverter(w))
			x := slices.Clone(data)
			if _, err := host.ToNoise(t.Context(), x, context, models.Solver{}); err != nil {
				t.Fatal(err)
			}
			z := slices.Clone(x)
			if _, err := host.ToData(t.Context(), x, context, models.Solver{}); err != nil {
				t.Fatal(err)
			}
			tolerance := 1e-5
			if c.o.Transform == "spline" { // the rounding of knots, which are as large as the bound
				tolerance *= 3
			}
			same(t, "data after the noise", x, data, dim, tolerance)
			if _, err := host.ToNoise(t.Context(), x, context, models.Solver{}); err != nil {
				t.Fatal(err)
			}
			same(t, "noise after the data", x, z, dim, 10*tolerance)
		})
	}
}
