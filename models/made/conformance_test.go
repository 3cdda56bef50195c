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
	{"one variable", Options{Dim: 1}},
	{"one variable, hidden", Options{Dim: 1, Hidden: []int{7}, Conditioning: true, Activation: "elu"}},
	{"one variable, context", Options{Dim: 1, Hidden: []int{7}, Direct: true, Context: 3, Activation: "tanh"}},
	{"two variables", Options{Dim: 2, Hidden: []int{7}, Start: masks.ReversedOrder, Activation: "sigmoid"}},
	{"no hidden layer", Options{Dim: 7, Direct: true}},
	{"no hidden layer, all else", Options{Dim: 7, Context: 3, Conditioning: true, Start: masks.RandomOrder, Masks: 3, Resample: masks.ResampleOrder}},
	{"one unit", Options{Dim: 7, Hidden: []int{1}, Activation: "softplus"}},
	{"one unit, direct", Options{Dim: 7, Hidden: []int{1}, Direct: true, Activation: "silu"}},
	{"fewer units than degrees", Options{Dim: 11, Hidden: []int{7}, Activation: "gelu"}},
	{"two layers", Options{Dim: 7, Hidden: []int{11, 13}, Activation: "elu"}},
	{"relu", Options{Dim: 7, Hidden: []int{11, 13}}},
	{"conditioning weights", Options{Dim: 7, Hidden: []int{11, 13}, Conditioning: true, Activation: "tanh"}},
	{"context", Options{Dim: 7, Hidden: []int{13}, Context: 3, Activation: "softplus"}},
	{"relu, context, all weights", Options{Dim: 5, Hidden: []int{11, 13}, Context: 3, Direct: true, Conditioning: true}},
	{"reversed order", Options{Dim: 7, Hidden: []int{11, 13}, Start: masks.ReversedOrder, Activation: "elu"}},
	{"random order", Options{Dim: 7, Hidden: []int{11, 13}, Start: masks.RandomOrder, Seed: 3, Activation: "elu"}},
	{"explicit order", Options{Dim: 7, Hidden: []int{11, 13}, Order: masks.Order{3, 1, 4, 7, 5, 2, 6}, Activation: "elu"}},
	{"grouped order", Options{Dim: 7, Hidden: []int{11, 13}, Groups: 3, Start: masks.RandomOrder, Activation: "elu"}},
	{"one group", Options{Dim: 7, Hidden: []int{11, 13}, Groups: 1, Activation: "elu"}},
	{"inputs that share a degree", Options{Dim: 7, Hidden: []int{11, 13}, Order: masks.Order{2, 1, 2, 3, 1, 3, 3}, Masks: 2, Resample: masks.ResampleOrder, Activation: "elu"}},
	{"sampled degrees", Options{Dim: 7, Hidden: []int{11, 13}, Degrees: masks.SampledDegrees, Seed: 1, Activation: "elu"}},
	{"orders", Options{Dim: 7, Hidden: []int{11, 13}, Masks: 3, Resample: masks.ResampleOrder, Activation: "elu"}},
	{"connectivities", Options{Dim: 7, Hidden: []int{11, 13}, Masks: 3, Resample: masks.ResampleConnectivity, Degrees: masks.SampledDegrees, Activation: "elu"}},
	{"unlimited", Options{Dim: 7, Hidden: []int{11, 13}, Unlimited: true, Degrees: masks.SampledDegrees, Activation: "elu"}},
	{"orders and connectivities, all weights", Options{Dim: 7, Hidden: []int{11}, Masks: 5, Degrees: masks.SampledDegrees, Context: 3, Direct: true, Conditioning: true, Activation: "leaky_relu"}},
	{"residual", Options{Dim: 7, Hidden: []int{13}, Residual: true, Context: 3, Activation: "tanh"}},
	{"two blocks, orders, all weights but those of a context", Options{Dim: 5, Hidden: []int{11, 11}, Residual: true, Direct: true, Conditioning: true,
		Masks: 3, Resample: masks.ResampleOrder, Activation: "silu"}},
	{"everything", Options{Dim: 11, Hidden: []int{11, 13, 7}, Context: 3, Direct: true, Conditioning: true, Start: masks.RandomOrder,
		Degrees: masks.SampledDegrees, Masks: 2, Activation: "tanh", Init: "lecun"}},

	{"gaussian, one variable", Options{Dim: 1, Output: "gaussian"}},
	{"gaussian, two variables", Options{Dim: 2, Hidden: []int{7}, Activation: "tanh", Output: "gaussian"}},
	{"gaussian, softplus", Options{Dim: 2, Hidden: []int{7}, Start: masks.ReversedOrder, Conditioning: true, Activation: "tanh", Output: "gaussian", Scale: "softplus"}},
	{"gaussian, sigmoid, two blocks, context", Options{Dim: 2, Hidden: []int{7, 7}, Residual: true, Context: 3, Direct: true, Activation: "tanh", Output: "gaussian", Scale: "sigmoid"}},
	{"gaussian, exp, orders, context", Options{Dim: 2, Hidden: []int{7}, Context: 2, Masks: 2, Resample: masks.ResampleOrder, Activation: "tanh", Output: "gaussian", Scale: "exp"}},
	{"gaussian, no hidden layer", Options{Dim: 7, Start: masks.RandomOrder, Output: "gaussian"}},
	{"gaussian, relu", Options{Dim: 7, Hidden: []int{13, 11}, Output: "gaussian"}},
	{"gaussian, orders and connectivities, all weights", Options{Dim: 5, Hidden: []int{11, 13}, Masks: 3, Degrees: masks.SampledDegrees, Context: 3, Direct: true, Conditioning: true,
		Activation: "elu", Output: "gaussian", Init: "glorot"}},
	{"gaussian, one block, inputs that share a degree", Options{Dim: 7, Hidden: []int{11}, Residual: true, Order: masks.Order{2, 1, 2, 3, 1, 3, 3}, Activation: "gelu", Output: "gaussian"}},

	{"mixture, one variable, context", Options{Dim: 1, Hidden: []int{7}, Context: 3, Direct: true, Activation: "tanh", Output: "mog", Components: 3}},
	{"mixture, softplus", Options{Dim: 2, Hidden: []int{7}, Start: masks.ReversedOrder, Activation: "tanh", Output: "mog", Components: 3, Scale: "softplus"}},
	{"mixture, sigmoid, one block, context", Options{Dim: 2, Hidden: []int{7}, Residual: true, Context: 2, Activation: "tanh", Output: "mog", Components: 3, Scale: "sigmoid"}},
	{"mixture, exp, two blocks, orders", Options{Dim: 2, Hidden: []int{7, 7}, Residual: true, Masks: 2, Resample: masks.ResampleOrder, Activation: "tanh", Output: "mog", Components: 3, Scale: "exp"}},
	{"mixture, relu, grouped order, all weights", Options{Dim: 5, Hidden: []int{11, 13}, Groups: 3, Start: masks.RandomOrder, Context: 3, Direct: true, Conditioning: true,
		Output: "mog", Components: 3}},
	{"mixture of ten, orders and connectivities, context", Options{Dim: 3, Hidden: []int{7}, Masks: 3, Degrees: masks.SampledDegrees, Context: 3, Activation: "elu", Output: "mog"}},
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
