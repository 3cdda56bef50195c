package made

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/nn"
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
	{"everything", Options{Dim: 11, Hidden: []int{11, 13, 7}, Context: 3, Direct: true, Conditioning: true, Start: masks.RandomOrder,
		Degrees: masks.SampledDegrees, Masks: 2, Activation: "tanh", Init: "lecun"}},
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
		{"uniform", checkUniform},
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
				shared[key] = compile(t, b, m, 1<<m.Dim())
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

// graphOf names the graph of a model: its parameters and its activation.
func graphOf(m *Model) string {
	name := m.activation.Name
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

// The probabilities of all states sum to one, for every mask set, context and
// draw of the weights, and so do those of the mixture of the sets.
func checkNormalised(t *testing.T, s subject) {
	x := states(s.model.Dim())
	for seed := range uint64(2) {
		w := randomWeights(s.model, seed)
		for c := range s.contexts() {
			mixture := 0.0
			for k, set := range s.sets {
				sum := 0.0
				for _, v := range s.run(t, w, set, batch{x: x, context: s.context(c)}).logp {
					sum += math.Exp(float64(v))
				}
				if math.Abs(sum-1) > 1e-5 {
					t.Errorf("weights %d, context %d: the probabilities under set %d sum to %.7f", seed, c, k, sum)
				}
				mixture += sum / float64(len(s.sets))
			}
			if math.Abs(mixture-1) > 1e-5 {
				t.Errorf("weights %d, context %d: the probabilities of the mixture sum to %.7f", seed, c, mixture)
			}
		}
	}
}

// reaches multiplies the masks of a set out: which inputs reach which outputs.
func reaches(m *Model, set *masks.Set) [][]bool {
	reach := set.Mask(0)
	for l := 1; l < set.Layers(); l++ {
		reach = product(reach, set.Mask(l))
	}
	if m.direct != nil {
		for i, row := range set.DirectMask() {
			for d, joined := range row {
				reach[i][d] = reach[i][d] || joined
			}
		}
	}
	return reach
}

func product(a, b [][]bool) [][]bool {
	c := make([][]bool, len(a))
	for i := range a {
		c[i] = make([]bool, len(b[0]))
		for k, joined := range a[i] {
			for j := range c[i] {
				c[i][j] = c[i][j] || joined && b[k][j]
			}
		}
	}
	return c
}

// The Jacobian of the logits is strictly triangular in the order: what is
// forbidden is exactly 0. What the masks allow is not 0, but where a relu is
// dead; and with direct connections or enough units they allow all that the
// order does.
func checkAutoregressive(t *testing.T, s subject) {
	m := s.model
	dim := m.Dim()
	rng := rand.New(rand.NewPCG(1, 3))
	seeds, x := make([]float32, s.rows*dim), make([]float32, s.rows*dim)
	for d := range dim { // row d asks for the gradient of logit d
		seeds[d*dim+d] = 1
	}
	point := uniforms(rng, dim)
	for r := range s.rows {
		copy(x[r*dim:], point)
	}
	for k, set := range s.sets {
		jacobian := s.run(t, s.weights, set, batch{x: x, context: s.context(0), seeds: seeds}).dx
		reach := reaches(m, set)
		for i := range dim {
			for d := range dim {
				v := jacobian[d*dim+i]
				before := set.Order[i] < set.Order[d]
				switch {
				case !before && v != 0:
					t.Errorf("set %d: ∂ logit %d / ∂x %d = %v, but %d does not come before %d", k, d, i, v, i, d)
				case reach[i][d] && v == 0 && m.activation.Name != "relu":
					t.Errorf("set %d: ∂ logit %d / ∂x %d is 0", k, d, i)
				case before && !reach[i][d] && wide(m):
					t.Errorf("set %d: input %d does not reach output %d", k, i, d)
				}
			}
		}
	}
}

// wide says that a model can use every dependence that its order allows.
func wide(m *Model) bool {
	o := m.opts
	if o.Direct || len(o.Hidden) == 0 {
		return true
	}
	return o.Degrees == masks.SequentialDegrees && slices.Min(o.Hidden) >= o.Dim-1
}

// The context moves every conditional, that of the first variable too. Which
// other libraries forget: it must not have to come through hidden units that
// the first output cannot see.
func checkContext(t *testing.T, s subject) {
	m := s.model
	if m.ContextDim() == 0 {
		return
	}
	x := states(m.Dim())
	for k, set := range s.sets {
		a := s.run(t, s.weights, set, batch{x: x, context: s.context(1)}).logits
		b := s.run(t, s.weights, set, batch{x: x, context: s.context(2)}).logits
		for d := range m.Dim() {
			if math.Abs(float64(a[d]-b[d])) < 1e-3 {
				t.Errorf("set %d: the logit of variable %d (degree %d) is %v for one context and %v for another", k, d, set.Order[d], a[d], b[d])
			}
		}
	}
	// Not by the output's own context weights alone: hidden units see it too.
	w := clone(s.weights)
	for i, spec := range m.Specs() {
		if spec.Name == "output.context" {
			clear(w[i])
		}
	}
	for k, set := range s.sets {
		if len(set.Hidden) == 0 {
			continue
		}
		a := s.run(t, w, set, batch{x: x, context: s.context(1)}).logits
		b := s.run(t, w, set, batch{x: x, context: s.context(2)}).logits
		if slices.Equal(a, b) {
			t.Errorf("set %d: the context does not go through the hidden units", k)
		}
	}
}

// A gradient reaches every weight that lies on a path to an output, and is
// exactly 0 where a mask stands before it. A relu may be dead, but not all of
// a layer.
func checkGradients(t *testing.T, s subject) {
	m := s.model
	rowWeights := uniforms(rand.New(rand.NewPCG(2, 3)), s.rows)
	for k, set := range s.sets {
		gradients := s.run(t, s.weights, set, batch{x: states(m.Dim()), context: s.context(1), rowWeights: rowWeights}).gradients
		live := liveEntries(m, set)
		for i, spec := range m.Specs() {
			some, moved := false, false
			for j, g := range gradients[i] {
				on := live[spec.Name][j]
				some, moved = some || on, moved || g != 0
				switch {
				case !on && g != 0:
					t.Errorf("set %d: the gradient of %s[%d] is %v, but it feeds nothing", k, spec.Name, j, g)
				case on && g == 0 && m.activation.Name != "relu":
					t.Errorf("set %d: the gradient of %s[%d] is 0", k, spec.Name, j)
				}
			}
			if some && !moved {
				t.Errorf("set %d: no gradient reaches %s", k, spec.Name)
			}
		}
	}
}

// liveEntries says of every entry of every parameter whether an output depends
// on it.
func liveEntries(m *Model, set *masks.Set) map[string][]bool {
	live := map[string][]bool{}
	feeds := slices.Repeat([]bool{true}, m.Dim()) // units above the layer that lead to an output
	for l := set.Layers() - 1; l >= 0; l-- {
		name, mask := m.layers[l].Name, set.Mask(l)
		below := make([]bool, len(mask))
		var weights []bool
		for i, row := range mask {
			for k, joined := range row {
				weights = append(weights, joined && feeds[k])
				below[i] = below[i] || joined && feeds[k]
			}
		}
		live[name+".weights"], live[name+".conditioning"] = weights, weights
		live[name+".bias"] = feeds
		live[name+".context"] = slices.Repeat(feeds, m.ContextDim())
		feeds = below
	}
	if m.direct != nil {
		live["direct.weights"] = slices.Concat(set.DirectMask()...)
	}
	return live
}

// The log-density is that of the conditionals, variable by variable.
func checkConditionals(t *testing.T, s subject) {
	dim, x := s.model.Dim(), states(s.model.Dim())
	r := s.run(t, s.weights, s.sets[0], batch{x: x, context: s.context(0)})
	for i, got := range r.logp {
		want := 0.0
		for d := range dim {
			p := sigmoid(r.logits[i*dim+d])
			if x[i*dim+d] == 0 {
				p = sigmoid(-r.logits[i*dim+d])
			}
			want += math.Log(p)
		}
		if !near(float64(got), want, 1e-5) {
			t.Errorf("log p of state %d is %v, want %v", i, got, want)
		}
	}
}

// With all weights zero the density is uniform: −log p = D·ln 2.
func checkUniform(t *testing.T, s subject) {
	w := clone(s.weights)
	for _, v := range w {
		clear(v)
	}
	want := -float64(s.model.Dim()) * math.Ln2
	for i, got := range s.run(t, w, s.sets[0], batch{x: states(s.model.Dim()), context: s.context(0)}).logp {
		if !near(float64(got), want, 1e-6) {
			t.Errorf("log p of state %d is %v, want %v", i, got, want)
		}
	}
}

// The network on the host has the graph's logits.
func checkHost(t *testing.T, s subject) {
	m := s.model
	dim, x := m.Dim(), states(m.Dim())
	for k, set := range s.sets {
		want := s.run(t, s.weights, set, batch{x: x, context: s.context(1)}).logits
		host, err := nn.NewHost(m.hostSpec(s.weights, set))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(x))
		var mu sync.Mutex
		_, err = host.Walk(context.Background(), make([]float32, len(x)), s.rows, s.context(1), nn.Incremental,
			func(d, row int, logits []float32, _ int, v []float32) {
				mu.Lock()
				defer mu.Unlock()
				for i := range v {
					got[(row+i)*dim+d], v[i] = logits[i], x[(row+i)*dim+d]
				}
			})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if !near(float64(got[i]), float64(want[i]), 1e-5) {
				t.Fatalf("set %d: logit %d of state %d is %v on the host and %v in the graph", k, i%dim, i/dim, got[i], want[i])
			}
		}
	}
}

// A sample is 1 where its noise is below the probability that the graph gives
// for the very sample: so the sampler follows the density, in its order. The
// methods agree on the bits.
func checkSampler(t *testing.T, s subject) {
	m := s.model
	dim := m.Dim()
	noise := uniforms(rand.New(rand.NewPCG(4, 3)), s.rows*dim)
	for k, set := range s.sets {
		sampler, err := m.NewSampler(s.weights, set)
		if err != nil {
			t.Fatal(err)
		}
		samples := map[models.Method][]float32{}
		for _, method := range []models.Method{models.Incremental, models.Sequential, models.Jacobi} {
			samples[method] = make([]float32, s.rows*dim)
			if err := sampler.Sample(context.Background(), samples[method], noise, s.context(1), method); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(samples[method], samples[models.Incremental]) {
				t.Errorf("set %d: method %d draws other samples", k, method)
			}
		}
		x := samples[models.Incremental]
		for i, logit := range s.run(t, s.weights, set, batch{x: x, context: s.context(1)}).logits {
			p, u := sigmoid(logit), float64(noise[i])
			if math.Abs(u-p) > 1e-5 && (x[i] == 1) != (u < p) || x[i] != 0 && x[i] != 1 {
				t.Fatalf("set %d: variable %d of sample %d is %v, but p = %v and the noise %v", k, i%dim, i/dim, x[i], p, u)
			}
		}
	}
}

// Nothing above changed the weights: masks are not applied in place.
func checkUntouched(t *testing.T, s subject) {
	for i, want := range randomWeights(s.model, subjectSeed) {
		if !slices.Equal(s.weights[i], want) {
			t.Errorf("%s changed", s.model.Specs()[i].Name)
		}
	}
}

func clone(w models.Weights) models.Weights {
	c := make(models.Weights, len(w))
	for i := range w {
		c[i] = slices.Clone(w[i])
	}
	return c
}
