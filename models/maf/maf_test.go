package maf

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/made"
)

// sets are the mask sets of the layers and then of the base density.
func sets(m *Model) (all []*masks.Set) {
	for _, l := range m.Layers() {
		if a, ok := l.(*flow.Autoregressive); ok {
			all = append(all, a.Set())
		}
	}
	if base, ok := m.Base().(*made.Model); ok {
		all = append(all, base.Cycle().At(0))
	}
	return all
}

// The orders of the layers follow each other as documented, and the base
// density's follows those.
func TestOrders(t *testing.T) {
	natural, reversed, given := masks.Natural(5), masks.Reversed(5), masks.Order{2, 5, 1, 3, 4}
	tests := []struct {
		permute string
		layers  int
		order   masks.Order
		want    []masks.Order
	}{
		{"", 3, nil, []masks.Order{natural, reversed, natural, reversed}},
		{"reverse", 2, nil, []masks.Order{natural, reversed, natural}},
		{"reverse", 2, given, []masks.Order{given, {4, 1, 5, 3, 2}, given}},
		{"none", 2, reversed, []masks.Order{reversed, reversed, reversed}},
		{"lu", 2, given, []masks.Order{given, given, given}},
		{"", 0, nil, []masks.Order{natural, reversed, natural, reversed, natural, reversed}},
	}
	for _, base := range []string{"made", "mog"} {
		for _, c := range tests {
			o := Options{Base: base, Layers: c.layers, Permute: c.permute,
				Dim: 5, Hidden: []int{11}, Order: c.order}
			var got []masks.Order
			for _, s := range sets(must(New(o))) {
				got = append(got, s.Order)
			}
			if !slices.EqualFunc(got, c.want, slices.Equal) {
				t.Errorf("%q over a %s base: the orders are %v, want %v", c.permute, base, got, c.want)
			}
		}
	}
}

// Random orders and sampled degrees follow from the seed, and no layer, nor the
// base density, has those of another.
func TestSeeds(t *testing.T) {
	build := func(seed uint64) []*masks.Set {
		return sets(must(New(Options{Base: "mog", Layers: 4, Permute: "random", Dim: 17, Hidden: []int{23}, Start: masks.RandomOrder, Degrees: masks.SampledDegrees, Seed: seed})))
	}
	all := append(build(1), build(2)...)
	for i, a := range all {
		for j, b := range all[:i] {
			if slices.Equal(a.Order, b.Order) {
				t.Errorf("the sets %d and %d have the order %v", j, i, a.Order)
			}
			if slices.Equal(a.Hidden[0], b.Hidden[0]) {
				t.Errorf("the sets %d and %d have the degrees %v", j, i, a.Hidden[0])
			}
		}
	}
	for i, s := range build(1) {
		if !slices.Equal(s.Order, all[i].Order) || !slices.Equal(s.Hidden[0], all[i].Hidden[0]) {
			t.Errorf("set %d does not follow from the seed", i)
		}
	}
	// Initial weights of the layers differ too.
	m := must(New(Options{Layers: 2, Permute: "none", Dim: 3, Hidden: []int{5, 5}}))
	get := models.Initialize(m, 1).Named(m)
	if slices.Equal(get("layer0.hidden1.weights"), get("layer1.hidden1.weights")) {
		t.Error("two layers start with the same weights")
	}
}

// The layers stand as the options say.
func TestLayers(t *testing.T) {
	o := Options{Layers: 2, Permute: "lu", Normalise: "batch", Dim: 3, Hidden: []int{}}
	var got []string
	for _, l := range must(New(o)).Layers() {
		got = append(got, l.Name())
	}
	layer := []string{"LU mixing", "affine autoregressive", "batch normalisation"}
	if want := slices.Concat(layer, layer); !slices.Equal(got, want) {
		t.Errorf("the layers are %q, want %q", got, want)
	}
}

// Where every output of every network is zero, and a new model's are, a MAF over
// a Gaussian base is the standard normal density.
func TestZeroOutputsAreStandardNormal(t *testing.T) {
	const dim, n = 5, 9
	x := normals(1, n*dim, 2)
	want := make([]float32, n)
	for r := range want {
		sum := dim * math.Log(2*math.Pi)
		for _, v := range x[r*dim : (r+1)*dim] {
			sum += float64(v) * float64(v)
		}
		want[r] = float32(-0.5 * sum)
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, o := range []Options{{}, {Base: "made"}, {Base: "made", Transform: "spline", Permute: "lu", Normalise: "act", ContextDim: 3}} {
			m := of(o, dim)
			w := models.Initialize(m, 7)
			for i, s := range m.Specs() {
				// A base density does not start at zero by itself.
				if strings.HasPrefix(s.Name, "base.output") {
					clear(w[i])
				}
			}
			_, logp := run(t, compile(t, b, m), m, w, x, normals(2, n*m.ContextDim(), 1))
			same(t, fmt.Sprintf("ln p of %+v", o), logp, want, 1, 2e-6)
		}
	})
}

// One affine layer without hidden units is any Gaussian: x_d given those before
// it in the order has a mean that is linear in them, whose coefficients the rows
// of the Cholesky factor's inverse give.
func TestOneLayerIsAGaussian(t *testing.T) {
	const dim, n = 5, 11
	order := masks.Order{3, 1, 5, 2, 4}
	sequence := order.Sequence()
	root := mat.NewDense(dim, dim, nil)
	for i, v := range normals(4, dim*dim, 1) {
		root.Set(i/dim, i%dim, float64(v))
	}
	covariance := mat.NewSymDense(dim, nil)
	covariance.SymOuterK(1, root)
	for d := range dim {
		covariance.SetSym(d, d, covariance.At(d, d)+1)
	}
	mean := []float64{1, -2, 0.5, 3, -1}
	gaussian, ok := distmv.NewNormal(mean, covariance, nil)
	if !ok {
		t.Fatal("the covariance is not positive definite")
	}
	// In the order, x = μ + L·ε, so ε_d = Σ_j K_dj (x_j − μ_j) with K = L⁻¹.
	sorted := mat.NewSymDense(dim, nil)
	for i, a := range sequence {
		for j, b := range sequence {
			sorted.SetSym(i, j, covariance.At(a, b))
		}
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(sorted) {
		t.Fatal("the covariance is not positive definite")
	}
	var l, k mat.TriDense
	cholesky.LTo(&l)
	if err := k.InverseTri(&l); err != nil {
		t.Fatal(err)
	}
	m := must(New(Options{Layers: 1, Scale: "exp", Dim: dim, Order: order, Hidden: []int{}}))
	w := models.Initialize(m, 1)
	weights, bias := w.Named(m)("layer0.output.weights"), w.Named(m)("layer0.output.bias")
	for i, d := range sequence {
		at := mean[d] // of the mean of x_d, for all before it being 0
		for j, from := range sequence[:i] {
			slope := -k.At(i, j) / k.At(i, i)
			weights[from*2*dim+d] = float32(slope)
			at -= slope * mean[from]
		}
		bias[d], bias[dim+d] = float32(at), float32(2*math.Log(k.At(i, i)))
	}
	x := normals(5, n*dim, 2)
	want := make([]float32, n)
	for r := range want {
		row := make([]float64, dim)
		for d := range row {
			row[d] = float64(x[r*dim+d])
		}
		want[r] = float32(gaussian.LogProb(row))
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		_, logp := run(t, compile(t, b, m), m, w, x, nil)
		same(t, "ln p", logp, want, 1, 1e-5)
	})
}

// Layers that take statistics of the training rows say so, through the model too.
func TestStages(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want int
	}{
		{Options{}, 0}, {Options{Normalise: "act"}, 2},
	} {
		if stages := of(c.o, 2).Stages(); len(stages) != c.want {
			t.Errorf("%+v has %d stages, want %d", c.o, len(stages), c.want)
		}
	}
}

// Every problem of the options is told at once, and each once.
func TestNewRefuses(t *testing.T) {
	_, err := New(Options{Base: "mog", Components: -1, Layers: -2, Transform: "cubic",
		Permute: "shuffle", Normalise: "layer", Scale: "log", Dim: 3, Hidden: []int{}})
	for _, want := range []string{"maf: ", "layers: ", "transform: ", "permute: ", "normalise: ", "scale: ", "components: "} {
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("the error is %v, want %q once", err, want)
		}
	}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Base: "uniform"}, "maf: base: "},
		{Options{Base: "mog", Components: 1001}, "maf: components: "},
		{Options{ContextDim: -1}, "context: the width is -1"},
		{Options{Activation: "sine"}, "activation: "},
		{Options{Order: masks.Order{1, 2}}, "maf: flow: "},
		{Options{Residual: true, Hidden: []int{}}, "maf: residual: "},
	} {
		c.o.Dim = 3
		if _, err := New(c.o); err == nil || strings.Count(err.Error(), c.want) != 1 {
			t.Errorf("%+v: the error is %v, want %q", c.o, err, c.want)
		}
	}
}

// The options of a model are those that it was made from, and nobody else's.
func TestOptions(t *testing.T) {
	o := Options{Base: "made", Dim: 2, Hidden: []int{7}, Order: masks.Order{2, 1}}
	m := must(New(o))
	o.Hidden[0], o.Order[0] = 9, 1
	m.Options().Hidden[0] = 8
	if got := m.Options(); got.Hidden[0] != 7 || got.Order[0] != 2 || got.Base != "made" {
		t.Errorf("the options are %+v", got)
	}
}
