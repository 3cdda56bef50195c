package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
)

// rule is an optimizer written down anew on the host, in float64 and one
// variable at a time: it returns the new value for the gradient at the old one.
type rule func(t int, w, gradient float64, memory *[2]float64) float64

// The rules as their papers state them, which is not always the form in which
// the graph computes them.
var rules = []struct {
	name    string
	again   bool // the graph is that of another, with other constants
	options Optimizer
	rule    rule
}{
	{"adadelta with its defaults", true, &Adadelta{}, zeiler(1, 0.95, 1e-6)},
	{"adadelta", false, &Adadelta{LearningRate: 0.5, Decay: 0.9, Epsilon: 1e-3}, zeiler(0.5, 0.9, 1e-3)},
	{"adagrad", false, &Adagrad{LearningRate: 0.3, Epsilon: 0.1}, func(_ int, w, g float64, m *[2]float64) float64 {
		m[0] += g * g
		return w - 0.3*g/math.Sqrt(m[0]+0.1)
	}},
	{"adam with its defaults", true, &Adam{}, kingma(0.001, 0.9, 0.999, 1e-8, 0)},
	{"adam", false, &Adam{LearningRate: 0.1, Beta1: 0.7, Beta2: 0.95, Epsilon: 1e-3}, kingma(0.1, 0.7, 0.95, 1e-3, 0)},
	{"adamw with its defaults", true, &AdamW{}, kingma(0.001, 0.9, 0.999, 1e-8, 0.01)},
	{"adamw", false, &AdamW{LearningRate: 0.1, WeightDecay: 0.5}, kingma(0.1, 0.9, 0.999, 1e-8, 0.5)},
	{"sgd with its defaults", true, &SGD{}, polyak(0.01, 0)},
	{"sgd", true, &SGD{LearningRate: 0.2}, polyak(0.2, 0)},
	{"momentum", false, &SGD{LearningRate: 0.05, Momentum: 0.8}, polyak(0.05, 0.8)},
	{"nesterov", false, &SGD{LearningRate: 0.05, Momentum: 0.8, Nesterov: true}, sutskever(0.05, 0.8)},
	{"sgd with decay", false, &SGD{LearningRate: 0.2, WeightDecay: 0.3}, decayed(0.3, polyak(0.2, 0))},
	{"adam with decay", true, &Adam{LearningRate: 0.1, WeightDecay: 0.3}, decayed(0.3, kingma(0.1, 0.9, 0.999, 1e-8, 0))},
	{"adadelta with decay", true, &Adadelta{WeightDecay: 0.3}, decayed(0.3, zeiler(1, 0.95, 1e-6))},
}

// zeiler is Adadelta: Δ = −RMS[Δ]/RMS[g] · g.
func zeiler(rate, rho, eps float64) rule {
	return func(_ int, w, g float64, m *[2]float64) float64 {
		m[0] = rho*m[0] + (1-rho)*g*g
		delta := -math.Sqrt(m[1]+eps) / math.Sqrt(m[0]+eps) * g
		m[1] = rho*m[1] + (1-rho)*delta*delta
		return w + rate*delta
	}
}

// kingma is Adam with bias-corrected moments, and AdamW with a decay.
func kingma(rate, beta1, beta2, eps, decay float64) rule {
	return func(t int, w, g float64, m *[2]float64) float64 {
		m[0] = beta1*m[0] + (1-beta1)*g
		m[1] = beta2*m[1] + (1-beta2)*g*g
		mean, square := m[0]/(1-math.Pow(beta1, float64(t))), m[1]/(1-math.Pow(beta2, float64(t)))
		return w - rate*(mean/(math.Sqrt(square)+eps)+decay*w)
	}
}

// polyak is the heavy ball.
func polyak(rate, momentum float64) rule {
	return func(_ int, w, g float64, m *[2]float64) float64 {
		m[0] = momentum*m[0] + g
		return w - rate*m[0]
	}
}

// sutskever is Nesterov's method with the gradient taken ahead (Sutskever et
// al. 2013, eq. 3 and 4), seen from the point ahead: w = θ + μv.
func sutskever(rate, momentum float64) rule {
	return func(_ int, w, g float64, m *[2]float64) float64 {
		theta := w - momentum*m[0]
		m[0] = momentum*m[0] - rate*g
		return theta + m[0] + momentum*m[0]
	}
}

// decayed adds the gradient of ½·decay·w² to the loss.
func decayed(decay float64, r rule) rule {
	return func(t int, w, g float64, m *[2]float64) float64 { return r(t, w, g+decay*w, m) }
}

const optimizerSteps = 25

func TestOptimizersFollowTheirPapers(t *testing.T) {
	q := theBowl()
	steps := randomSteps(q, optimizerSteps, 4)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, tt := range rules {
			if tt.again && b.Kind != backend.KindGo {
				continue // compiling takes XLA long
			}
			t.Run(tt.name, func(t *testing.T) {
				opt := resolved(t, tt.options)
				steps := append([]exec.Values(nil), steps...)
				for i := range steps {
					steps[i].Scalars = opt.Scalars(int64(i+1), opt.Rate())
				}
				want := q.follow(tt.rule, steps)
				p := newProgram(t, b, &program{model: q, layout: exec.Layout{Batch: 4}, opt: opt, chunk: longest(b, 7)})
				got, _, _ := p.do(t, q.weights(), steps)
				for d, v := range got.flat(t, 2) {
					if !near(float64(v), want[d], 2e-5) {
						t.Errorf("variable %d is %v after %d steps, want %v", d, v, len(steps), want[d])
					}
				}
			})
		}
	})
}

// follow applies a rule to every variable on the host.
func (q bowl) follow(r rule, steps []exec.Values) []float64 {
	w := make([]float64, len(q.start))
	for d, v := range q.start {
		w[d] = float64(v)
	}
	memory := make([][2]float64, len(w))
	for i, s := range steps {
		for d, g := range q.gradient(w, s) {
			w[d] = r(i+1, w[d], g, &memory[d])
		}
	}
	return w
}

func (q bowl) weights() models.Weights { return models.Initialize(q, 0) }

// randomSteps are steps on random rows, all of the same weight.
func randomSteps(q bowl, n, batch int) []exec.Values {
	rng := rand.New(rand.NewPCG(7, 7))
	normal := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return v
	}
	steps := make([]exec.Values, n)
	for i := range steps {
		steps[i].X = normal(batch * len(q.start))
		if q.context {
			steps[i].Context = normal(batch * len(q.start))
		}
		for range batch {
			steps[i].Weights = append(steps[i].Weights, 1/float32(batch))
		}
	}
	return steps
}

// longest is the number of steps a call, but 1 on the Go backend, which runs no
// more.
func longest(b *backend.Backend, want int) int {
	if b.Kind == backend.KindGo {
		return 1
	}
	return want
}

// bench runs a program on its own, without a trainer.
type bench struct {
	*program
	b *backend.Backend
}

func newProgram(t *testing.T, b *backend.Backend, p *program) bench {
	t.Helper()
	p.layout.X = p.model.Dim()
	if err := p.compile(b.Compute); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return bench{p, b}
}

// tensorsOnHost is a program's state: parameters, slots, moving averages.
type tensorsOnHost []*tensors.Tensor

// flat joins the first n tensors.
func (s tensorsOnHost) flat(t *testing.T, n int) []float32 {
	t.Helper()
	w, err := exec.HostWeights(s[:n])
	if err != nil {
		t.Fatal(err)
	}
	var v []float32
	for _, x := range w {
		v = append(v, x...)
	}
	return v
}

// do runs the steps from the given weights, with slots at zero, as many a call
// as the program takes. The steps have the optimizer's scalars; β is 1.
func (p bench) do(t *testing.T, w models.Weights, steps []exec.Values) (state tensorsOnHost, losses, norms []float32) {
	t.Helper()
	for i := range p.stateSize() {
		s := p.specs[i%len(p.specs)]
		values := make([]float32, s.Size())
		if i < len(p.specs) || p.ema > 0 && i >= p.stateSize()-len(p.specs) {
			copy(values, w[i%len(p.specs)])
		}
		state = append(state, tensors.FromFlatDataAndDimensions(values, s.Shape...))
	}
	t.Cleanup(func() { exec.Finalize(state) })
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].Scalars = append(slices.Clip(steps[i].Scalars), 1)
	}
	for len(steps) > 0 {
		n := min(p.chunk, len(steps))
		l, g, err := p.run(p.b.Compute, state, steps[:n])
		if err != nil {
			t.Fatal(err)
		}
		losses, norms, steps = append(losses, l...), append(norms, g...), steps[n:]
	}
	return state, losses, norms
}

// resolved is an optimiser with its defaults.
func resolved(t *testing.T, opt Optimizer) Optimizer {
	t.Helper()
	o, err := Options{Optimizer: opt}.resolve()
	if err != nil {
		t.Fatal(err)
	}
	return o.Optimizer
}

func TestOptimizersRefuse(t *testing.T) {
	for path, opt := range map[string]Optimizer{
		"optimizer.nesterov":      &SGD{Nesterov: true},
		"optimizer.decay":         &Adadelta{Decay: 1},
		"optimizer.learning_rate": &Adam{LearningRate: math.Inf(1)},
		"optimizer.weight_decay":  &AdamW{WeightDecay: -2},
	} {
		if _, err := (Options{Optimizer: opt}).resolve(); err == nil || !strings.Contains(err.Error(), path+": ") {
			t.Errorf("%+v: error %v, want one about %s", opt, err, path)
		}
	}
}

// A decay that the number of rows calls for is a word in a file, and another is as it is.
func TestAutoDecay(t *testing.T) {
	c, err := ParseConfig("x", []byte("data: {source: x.csv}\nmodel: {type: made}\ntrain: {optimizer: {name: adamw, weight_decay: auto}}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	o := c.Train.Optimizer.(*AdamW)
	if text := string(must(config.Marshal(c.Table()))); o.WeightDecay != AutoDecay || !strings.Contains(text, "weight_decay: auto\n") {
		t.Errorf("auto is read as %v and written as\n%s", o.WeightDecay, text)
	}
	for rows, want := range map[int]float64{data.FewRows - 1: 0.1, data.FewRows: 0.03} {
		auto, set := *o, AdamW{WeightDecay: 0.5}
		for _, own := range []*AdamW{&auto, &set} {
			(&Options{Optimizer: own}).settle(rows)
		}
		if auto.WeightDecay != want || set.WeightDecay != 0.5 {
			t.Errorf("of %d rows, auto is %v, want %v, and 0.5 is %v", rows, auto.WeightDecay, want, set.WeightDecay)
		}
	}
	for _, of := range optimizers() { // the default is auto, and they are another as well
		c, err := SourceConfig("x", []string{"train.optimizer.name=" + option.NameOf(of)})
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		if c.Train.settle(2); option.NameOf(of) == "adamw" {
			want = 0.1
		}
		if got := *option.Flatten(c.Train.Table()).At("optimizer.weight_decay").Field().(*float64); got != want {
			t.Errorf("of %s, auto is %v, want %v", option.NameOf(of), got, want)
		}
	}
	still := reals("still", []float32{0, 0}, []float32{0, 0})
	tr := newTrainer(t, backendtest.Open(t, backend.KindGo), point(), realSplits(still, still, nil), Options{Optimizer: o, MaxEpochs: 1})
	if got := tr.o.Optimizer.(*AdamW).WeightDecay; got != 0.1 || o.WeightDecay != AutoDecay {
		t.Errorf("a training of two rows has the decay %v, and that of the caller becomes %v", got, o.WeightDecay)
	}
}

// The options of the caller stay as they are, since several trainings may share them.
func TestOptimizersAreNotChanged(t *testing.T) {
	opt := &Adam{}
	if resolved(t, opt).Rate() != 0.001 || *opt != (Adam{}) {
		t.Errorf("the optimiser became %+v", opt)
	}
}

// A decay of weights leaves biases alone, whatever the optimiser.
func TestDecaysOfWeights(t *testing.T) {
	for _, decays := range []string{"all", onlyWeights} {
		for _, opt := range []Optimizer{&Adadelta{WeightDecay: 0.3, Decays: decays}, &Adagrad{WeightDecay: 0.3, Decays: decays},
			&Adam{WeightDecay: 0.3, Decays: decays}, &AdamW{WeightDecay: 0.3, Decays: decays}, &SGD{WeightDecay: 0.3, Decays: decays}} {
			opt = resolved(t, opt)
			scalars := opt.Scalars(1, opt.Rate())
			e, err := graph.NewExec(backendtest.Open(t, "go").Compute, func(in []*graph.Node) []*graph.Node {
				var after []*graph.Node
				for _, p := range in {
					slots := make([]*graph.Node, opt.Slots())
					for i := range slots {
						slots[i] = graph.ZerosLike(p)
					}
					var numbers []*graph.Node
					for _, s := range scalars {
						numbers = append(numbers, graph.Scalar(p.Graph(), p.DType(), s))
					}
					updated, _ := opt.Update(p, graph.ZerosLike(p), slots, numbers, func(updated, _ *graph.Node) *graph.Node { return updated })
					after = append(after, updated)
				}
				return after
			})
			if err != nil {
				t.Fatal(err)
			}
			got := backendtest.Call[float32](t, e, [][]float32{{2}}, []float32{2})
			weight, bias := got[0][0], got[1][0]
			if weight >= 2 || (bias < 2) != (decays == "all") {
				t.Errorf("%T with a decay of %s makes of a weight of 2 %v, and of a bias of 2 %v", opt, decays, weight, bias)
			}
		}
	}
}
