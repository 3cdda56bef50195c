package made

import (
	"fmt"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// configurations is one row a kind of model. Every row goes through every check
// on every backend.
var configurations = []struct {
	name    string
	options Options
}{
	{"one variable", Options{Dim: 1, Hidden: []int{}, Degrees: "sequential", Start: "natural"}},
	{"one variable, hidden", Options{Dim: 1, Hidden: []int{7}, Conditioning: true, Activation: "elu", Degrees: "sequential", Start: "natural"}},
	{"one variable, context", Options{Dim: 1, Hidden: []int{7}, Direct: true, ContextDim: 3, Activation: "tanh", Degrees: "sequential", Start: "natural"}},
	{"two variables", Options{Dim: 2, Hidden: []int{7}, Start: masks.ReversedOrder, Activation: "sigmoid", Degrees: "sequential"}},
	{"no hidden layer", Options{Dim: 7, Direct: true, Hidden: []int{}, Degrees: "sequential", Start: "natural"}},
	{"no hidden layer, all else", Options{Dim: 7, ContextDim: 3, Conditioning: true, Start: masks.RandomOrder, Masks: 3, Resample: masks.ResampleOrder, Hidden: []int{}, Degrees: "sequential"}},
	{"one unit", Options{Dim: 7, Hidden: []int{1}, Activation: "softplus", Degrees: "sequential", Start: "natural"}},
	{"one unit, direct", Options{Dim: 7, Hidden: []int{1}, Direct: true, Activation: "silu", Degrees: "sequential", Start: "natural"}},
	{"fewer units than degrees", Options{Dim: 11, Hidden: []int{7}, Activation: "gelu", Degrees: "sequential", Start: "natural"}},
	{"two layers", Options{Dim: 7, Hidden: []int{11, 13}, Activation: "elu", Degrees: "sequential", Start: "natural"}},
	{"relu", Options{Dim: 7, Hidden: []int{11, 13}, Degrees: "sequential", Start: "natural"}},
	{"conditioning weights", Options{Dim: 7, Hidden: []int{11, 13}, Conditioning: true, Activation: "tanh", Degrees: "sequential", Start: "natural"}},
	{"context", Options{Dim: 7, Hidden: []int{13}, ContextDim: 3, Activation: "softplus", Degrees: "sequential", Start: "natural"}},
	{"relu, context, all weights", Options{Dim: 5, Hidden: []int{11, 13}, ContextDim: 3, Direct: true, Conditioning: true, Degrees: "sequential", Start: "natural"}},
	{"reversed order", Options{Dim: 7, Hidden: []int{11, 13}, Start: masks.ReversedOrder, Activation: "elu", Degrees: "sequential"}},
	{"random order", Options{Dim: 7, Hidden: []int{11, 13}, Start: masks.RandomOrder, Seed: 3, Activation: "elu", Degrees: "sequential"}},
	{"explicit order", Options{Dim: 7, Hidden: []int{11, 13}, Order: masks.Order{3, 1, 4, 7, 5, 2, 6}, Activation: "elu", Degrees: "sequential"}},
	{"grouped order", Options{Dim: 7, Hidden: []int{11, 13}, Groups: 3, Start: masks.RandomOrder, Activation: "elu", Degrees: "sequential"}},
	{"one group", Options{Dim: 7, Hidden: []int{11, 13}, Groups: 1, Activation: "elu", Degrees: "sequential", Start: "natural"}},
	{"inputs that share a degree", Options{Dim: 7, Hidden: []int{11, 13}, Order: masks.Order{2, 1, 2, 3, 1, 3, 3}, Masks: 2, Resample: masks.ResampleOrder, Activation: "elu", Degrees: "sequential"}},
	{"sampled degrees", Options{Dim: 7, Hidden: []int{11, 13}, Degrees: masks.SampledDegrees, Seed: 1, Activation: "elu", Start: "natural"}},
	{"orders", Options{Dim: 7, Hidden: []int{11, 13}, Masks: 3, Resample: masks.ResampleOrder, Activation: "elu", Degrees: "sequential", Start: "natural"}},
	{"connectivities", Options{Dim: 7, Hidden: []int{11, 13}, Masks: 3, Resample: masks.ResampleConnectivity, Degrees: masks.SampledDegrees, Activation: "elu", Start: "natural"}},
	{"unlimited", Options{Dim: 7, Hidden: []int{11, 13}, Masks: masks.Unlimited, Degrees: masks.SampledDegrees, Activation: "elu", Start: "natural"}},
	{"orders and connectivities, all weights", Options{Dim: 7, Hidden: []int{11}, Masks: 5, Degrees: masks.SampledDegrees, ContextDim: 3, Direct: true, Conditioning: true, Activation: "leaky_relu", Start: "natural"}},
	{"residual", Options{Dim: 7, Hidden: []int{13}, Residual: true, ContextDim: 3, Activation: "tanh", Degrees: "sequential", Start: "natural"}},
	{"two blocks, orders, all weights but those of a context", Options{Dim: 5, Hidden: []int{11, 11}, Residual: true, Direct: true, Conditioning: true,
		Masks: 3, Resample: masks.ResampleOrder, Activation: "silu", Degrees: "sequential", Start: "natural"}},
	{"everything", Options{Dim: 11, Hidden: []int{11, 13, 7}, ContextDim: 3, Direct: true, Conditioning: true, Start: masks.RandomOrder,
		Degrees: masks.SampledDegrees, Masks: 2, Activation: "tanh", Init: "lecun"}},

	{"gaussian, one variable", Options{Dim: 1, Output: "gaussian", Hidden: []int{}, Degrees: "sequential", Start: "natural"}},
	{"gaussian, two variables", Options{Dim: 2, Hidden: []int{7}, Activation: "tanh", Output: "gaussian", Degrees: "sequential", Start: "natural"}},
	{"gaussian, softplus", Options{Dim: 2, Hidden: []int{7}, Start: masks.ReversedOrder, Conditioning: true, Activation: "tanh", Output: "gaussian", Scale: "softplus", Degrees: "sequential"}},
	{"gaussian, sigmoid, two blocks, context", Options{Dim: 2, Hidden: []int{7, 7}, Residual: true, ContextDim: 3, Direct: true, Activation: "tanh", Output: "gaussian", Scale: "sigmoid", Degrees: "sequential", Start: "natural"}},
	{"gaussian, exp, orders, context", Options{Dim: 2, Hidden: []int{7}, ContextDim: 2, Masks: 2, Resample: masks.ResampleOrder, Activation: "tanh", Output: "gaussian", Scale: "exp", Degrees: "sequential", Start: "natural"}},
	{"gaussian, no hidden layer", Options{Dim: 7, Start: masks.RandomOrder, Output: "gaussian", Hidden: []int{}, Degrees: "sequential"}},
	{"gaussian, relu", Options{Dim: 7, Hidden: []int{13, 11}, Output: "gaussian", Degrees: "sequential", Start: "natural"}},
	{"gaussian, orders and connectivities, all weights", Options{Dim: 5, Hidden: []int{11, 13}, Masks: 3, Degrees: masks.SampledDegrees, ContextDim: 3, Direct: true, Conditioning: true,
		Activation: "elu", Output: "gaussian", Init: "glorot", Start: "natural"}},
	{"gaussian, one block, inputs that share a degree", Options{Dim: 7, Hidden: []int{11}, Residual: true, Order: masks.Order{2, 1, 2, 3, 1, 3, 3}, Activation: "gelu", Output: "gaussian", Degrees: "sequential"}},

	{"mixture, one variable, context", Options{Dim: 1, Hidden: []int{7}, ContextDim: 3, Direct: true, Activation: "tanh", Output: "mog", Components: 3, Degrees: "sequential", Start: "natural"}},
	{"mixture, softplus", Options{Dim: 2, Hidden: []int{7}, Start: masks.ReversedOrder, Activation: "tanh", Output: "mog", Components: 3, Scale: "softplus", Degrees: "sequential"}},
	{"mixture, sigmoid, one block, context", Options{Dim: 2, Hidden: []int{7}, Residual: true, ContextDim: 2, Activation: "tanh", Output: "mog", Components: 3, Scale: "sigmoid", Degrees: "sequential", Start: "natural"}},
	{"mixture, exp, two blocks, orders", Options{Dim: 2, Hidden: []int{7, 7}, Residual: true, Masks: 2, Resample: masks.ResampleOrder, Activation: "tanh", Output: "mog", Components: 3, Scale: "exp", Degrees: "sequential", Start: "natural"}},
	{"mixture, relu, grouped order, all weights", Options{Dim: 5, Hidden: []int{11, 13}, Groups: 3, Start: masks.RandomOrder, ContextDim: 3, Direct: true, Conditioning: true,
		Output: "mog", Components: 3, Degrees: "sequential"}},
	{"mixture of ten, orders and connectivities, context", Options{Dim: 3, Hidden: []int{7}, Masks: 3, Degrees: masks.SampledDegrees, ContextDim: 3, Activation: "elu", Output: "mog", Start: "natural"}},
}

// subjectSeed is what a subject's weights follow from.
const subjectSeed = 5

// subject is a configuration under test on one backend. Those that differ only
// in their masks share one executable: the degrees are its inputs.
type subject struct {
	*compiled
	model   *Model
	weights models.Weights
	sets    []*masks.Set
}

func TestConformance(t *testing.T) {
	checks := []struct {
		name  string
		check func(t *testing.T, s subject)
	}{
		{"normalised", checkNormalised},
		{"autoregressive", checkAutoregressive},
		{"context", checkContext},
		{"gradients", checkGradients},
		{"conditionals", checkConditionals},
		{"weights of zero", checkZeroWeights},
		{"host", checkHost},
		{"sampler", checkSampler},
		{"weights untouched", checkUntouched},
		{"compiled once", func(t *testing.T, s subject) {
			if s.builds != 1 {
				t.Errorf("the graph was built %d times for all mask sets, want once", s.builds)
			}
		}},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		shared := map[string]*compiled{}
		for _, c := range configurations {
			m := mustNew(t, c.options)
			key := graphOf(m)
			if shared[key] == nil {
				shared[key] = compileGradients(t, b, m, rowsOf(m))
			}
			s := subject{shared[key], m, randomWeights(m, subjectSeed), sets(m)}
			t.Run(c.name, func(t *testing.T) {
				for _, check := range checks {
					t.Run(check.name, func(t *testing.T) { check.check(t, s) })
				}
			})
		}
	})
}

// graphOf names the graph of a model: its parameters and functions.
func graphOf(m *Model) string {
	o := m.opts
	name := fmt.Sprint(o.Activation, " ", o.Output, " ", o.Scale, " ", o.Residual)
	for _, s := range m.Specs() {
		name += fmt.Sprint(" ", s.Name, s.Shape)
	}
	return name
}

// contexts is how many contexts are tried: one when there is none.
func (s subject) contexts() int { return 1 + 2*min(s.model.ContextDim(), 1) }

func (s subject) context(number int) []float32 {
	return repeated(number, s.model.ContextDim(), s.rows)
}

// Nothing above changed the weights: masks are not applied in place.
func checkUntouched(t *testing.T, s subject) {
	for i, want := range randomWeights(s.model, subjectSeed) {
		if !slices.Equal(s.weights[i], want) {
			t.Errorf("%s changed", s.model.Specs()[i].Name)
		}
	}
}
