package flow

import (
	"fmt"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
)

// row is one kind of flow. Every row goes through every check on every backend,
// and where it has two variables through those of density_test.go too.
type row struct {
	name string
	// dims are the numbers of variables that it is tested with; on XLA, where most
	// of a test is compiling, the last of them alone.
	dims []int
	// alike says that its graph has no operation which those of other rows do not
	// have. XLA, which sees no more than that, is spared it.
	alike bool
	// layers of dim variables.
	layers func(dim int) []Layer
	// base is the standard normal density where it is nil.
	base func(dim int) models.Density
	// bound is that of its splines, 0 without.
	bound float64
}

func one(layer func(dim int) Layer) func(int) []Layer {
	return func(dim int) []Layer { return []Layer{layer(dim)} }
}

// autoregressive is a row's layer: the options but for their number of variables.
func autoregressive(t Transformer, o StackOptions) func(dim int) Layer {
	return func(dim int) Layer {
		o.Dim = dim
		return must(NewAutoregressive(t, o))
	}
}

// turned is the inverse of a layer.
func turned(layer func(dim int) Layer) func(dim int) Layer {
	return func(dim int) Layer { return must(Invert(layer(dim))) }
}

// fallible is a row's layer by its constructor.
func fallible(layer func(dim int) (Layer, error)) func(dim int) Layer {
	return func(dim int) Layer { return must(layer(dim)) }
}

func affineOf(scale string) Transformer { return must(NewAffine(scale)) }

func splineOf(bins int, bound float64) Transformer { return must(NewSpline(bins, bound)) }

// The activations are smooth, so that no path can hide behind a dead unit.
var (
	plainAffine = autoregressive(affineOf(""), StackOptions{Hidden: []int{11, 13}, Activation: "elu"})
	withContext = autoregressive(affineOf(""), StackOptions{Hidden: []int{11, 13}, Activation: "elu", ContextDim: 3})
	plainGated  = autoregressive(NewGated(), StackOptions{Hidden: []int{11}, Activation: "softplus"})
	plainSpline = autoregressive(splineOf(0, 0), StackOptions{Hidden: []int{13}, Activation: "tanh", Init: "orthogonal"})
	mixing      = NewLU
	mixture     = fallible(func(dim int) (Layer, error) { return NewRandomPermutation(dim, 3) })
	reverse     = fallible(NewReverse)
)

var table = []row{
	{name: "affine", dims: []int{1, 2, 7, 63}, layers: one(plainAffine)},
	{name: "affine, softplus", dims: []int{2}, layers: one(autoregressive(affineOf("softplus"), StackOptions{Hidden: []int{7}, Activation: "silu"}))},
	{name: "affine, sigmoid, no hidden layer", dims: []int{7}, layers: one(autoregressive(affineOf("sigmoid"), StackOptions{Hidden: []int{}}))},
	{name: "affine, exp, residual", dims: []int{2, 7}, layers: one(autoregressive(affineOf("exp"), StackOptions{Hidden: []int{7}, Residual: true, Activation: "elu"}))},
	{name: "gated", dims: []int{7, 1}, layers: one(plainGated)},
	{name: "spline", dims: []int{2, 7, 63}, layers: one(plainSpline), bound: 3},
	{name: "spline of two bins", dims: []int{1, 2}, alike: true, layers: one(autoregressive(splineOf(2, 1), StackOptions{Hidden: []int{7}, Activation: "elu"}))},
	{name: "spline, wide bound, context", dims: []int{7}, alike: true, layers: one(autoregressive(splineOf(3, 10), StackOptions{Hidden: []int{13}, Activation: "tanh", ContextDim: 3})), bound: 10},
	{name: "context", dims: []int{2, 7, 1}, layers: one(withContext)},
	{name: "context, no hidden layer", dims: []int{7}, alike: true, layers: one(autoregressive(affineOf(""), StackOptions{ContextDim: 3, Hidden: []int{}}))},
	{name: "context, residual", dims: []int{7}, alike: true, layers: one(autoregressive(NewGated(), StackOptions{Hidden: []int{11}, Residual: true, Activation: "tanh", ContextDim: 3}))},
	{name: "reversed order", dims: []int{7}, alike: true, layers: one(autoregressive(affineOf(""), StackOptions{Hidden: []int{11, 13}, Activation: "elu", Start: masks.ReversedOrder}))},
	{name: "random order", dims: []int{63, 7}, alike: true, layers: one(autoregressive(splineOf(3, 2), StackOptions{Hidden: []int{11, 13}, Activation: "elu", Start: masks.RandomOrder, Seed: 3})), bound: 2},
	{name: "explicit order, sampled degrees", dims: []int{7}, alike: true, layers: one(autoregressive(affineOf(""), StackOptions{Hidden: []int{11, 13}, Activation: "gelu",
		Order: masks.Order{3, 1, 4, 7, 5, 2, 6}, Degrees: masks.SampledDegrees, Seed: 1}))},
	{name: "relu", dims: []int{7}, alike: true, layers: one(autoregressive(affineOf(""), StackOptions{Hidden: []int{23, 23}, Init: "he"}))},

	{name: "reverse", dims: []int{2, 7}, layers: one(reverse)},
	{name: "random permutation", dims: []int{7, 63}, alike: true, layers: one(mixture)},
	{name: "permutation", dims: []int{7}, alike: true, layers: one(func(int) Layer { return must(NewPermutation([]int{2, 0, 3, 1, 6, 4, 5})) })},
	{name: "batch normalisation", dims: []int{1, 7, 63}, layers: one(NewBatchNorm)},
	{name: "activation normalisation", dims: []int{2, 7}, layers: one(NewActNorm)},
	{name: "mixing", dims: []int{1, 2, 7, 63}, layers: one(mixing)},

	{name: "inverse affine", dims: []int{1, 2, 63, 7}, layers: one(turned(plainAffine))},
	{name: "inverse gated", dims: []int{2, 7}, layers: one(turned(plainGated))},
	{name: "inverse spline", dims: []int{2, 7}, layers: one(turned(plainSpline)), bound: 3},
	{name: "inverse, context, random order", dims: []int{7}, alike: true, layers: one(turned(autoregressive(affineOf("softplus"),
		StackOptions{Hidden: []int{11}, Activation: "tanh", ContextDim: 3, Start: masks.RandomOrder, Seed: 5})))},
	{name: "inverse permutation", dims: []int{7}, alike: true, layers: one(turned(mixture))},
	{name: "inverse mixing", dims: []int{7}, layers: one(turned(mixing))},
	{name: "twice inverted", dims: []int{7}, alike: true, layers: one(turned(turned(plainAffine)))},

	{name: "no layers", dims: []int{2}, layers: func(int) []Layer { return nil }},
	{name: "MAF", dims: []int{2, 7, 63}, layers: maf},
	{name: "MAF over Gaussians", dims: []int{2, 7}, alike: true, layers: maf, base: func(dim int) models.Density {
		return must(made.New(made.Options{Dim: dim, Hidden: []int{11}, Output: "gaussian", Activation: "tanh", Start: masks.ReversedOrder, ContextDim: 3, Degrees: "sequential"}))
	}},
	{name: "MAF over mixtures", dims: []int{2}, layers: maf, base: func(dim int) models.Density {
		return must(made.New(made.Options{Dim: dim, Hidden: []int{11}, Output: "mog", Components: 3, Activation: "tanh", Degrees: "sequential", Start: "natural"}))
	}},
	{name: "conditional MAF", dims: []int{2, 7}, layers: func(dim int) []Layer {
		return []Layer{withContext(dim), NewBatchNorm(dim), reverse(dim), withContext(dim), NewActNorm(dim)}
	}},
	{name: "IAF", dims: []int{2, 7}, layers: func(dim int) []Layer {
		return []Layer{turned(plainAffine)(dim), reverse(dim), turned(plainGated)(dim), reverse(dim), turned(plainAffine)(dim)}
	}},
	{name: "neural spline flow", dims: []int{7, 2}, layers: func(dim int) []Layer {
		return []Layer{NewActNorm(dim), mixing(dim), plainSpline(dim), mixing(dim), plainSpline(dim)}
	}, bound: 3},
}

// maf are five affine layers of alternating orders, each with its batch
// normalisation.
func maf(dim int) []Layer {
	var layers []Layer
	for i := range 5 {
		o := StackOptions{Dim: dim, Hidden: []int{11}, Activation: "elu"}
		if i%2 == 1 {
			o.Start = masks.ReversedOrder
		}
		layers = append(layers, must(NewAutoregressive(affineOf(""), o)), NewBatchNorm(dim))
	}
	return layers
}

// on are the numbers of variables to test with on a backend.
func (r row) on(b *backend.Backend) []int {
	switch {
	case b.Kind == backend.KindGo:
		return r.dims
	case r.alike:
		return nil
	}
	return r.dims[len(r.dims)-1:]
}

func (r row) build(dim int) *Flow {
	base := models.Density(Normal(dim))
	if r.base != nil {
		base = r.base(dim)
	}
	return must(New(base, r.layers(dim)...))
}

// weightsSeed is what a subject's weights follow from.
const weightsSeed = 5

// subject is a row with a number of variables on one backend.
type subject struct {
	row
	*compiled
	weights models.Weights
	// point are rows of data, and context belongs to them.
	point, context []float32
}

func TestConformance(t *testing.T) {
	checks := []struct {
		name  string
		check func(t *testing.T, s subject)
	}{
		{"round trip", checkRoundTrip},
		{"host", checkHost},
		{"solvers", checkSolvers},
		{"log-determinant", checkLogDet},
		{"triangular", checkTriangular},
		{"context", checkContext},
		{"gradients", checkGradients},
		{"identity at the start", checkStart},
		{"weights untouched", checkUntouched},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, r := range table {
			for _, dim := range r.on(b) {
				t.Run(fmt.Sprintf("%s/%d", r.name, dim), func(t *testing.T) {
					s := subject{row: r, compiled: compile(t, b, r.build(dim))}
					s.weights = randomWeights(s.flow, weightsSeed)
					s.point, s.context = normals(1, s.rows*dim, 1.5), normals(2, s.rows*s.flow.ContextDim(), 1)
					for _, c := range checks {
						t.Run(c.name, func(t *testing.T) { c.check(t, s) })
					}
				})
			}
		}
	})
}
