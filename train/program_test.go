package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/runlog"
)

// How many steps a call takes must not show in a single bit of weights, slots,
// averages or records.
func TestResultsDoNotDependOnStepsACall(t *testing.T) {
	b := backendtest.Open(t, backend.KindXLA)
	for _, tt := range []struct {
		name   string
		model  models.Definition
		splits *data.Splits
		o      Options
		chunk  int
	}{
		// 11 steps an epoch, of which the last has 3 rows and 7 of padding.
		{"everything of a MADE", newMADE(t, made.Options{Dim: 5, ContextDim: 2, Hidden: []int{7},
			Degrees: masks.SampledDegrees, Masks: masks.Unlimited, Seed: 3, Start: "natural"}), bitSplits(103, 13, 0, 5, 2),
			Options{Optimizer: &Adam{LearningRate: 0.02, WeightDecay: 0.01}, ClipNorm: 0.5, EMA: 0.9,
				Schedule: ScheduleOptions{Name: "cosine", WarmUp: 5, Steps: 40}, ValidOrders: 2}, 3},
		{"a cycle of three", newMADE(t, made.Options{Dim: 5, Masks: 3, Resample: masks.ResampleOrder, Seed: 3, Hidden: []int{}, Degrees: "sequential", Start: "natural"}), bitSplits(103, 13, 0, 5, 0), Options{}, 32},
		{"a flow with statistics", normalising(3, 2), waveSplits(103, 13, 0, 3, 2),
			Options{Optimizer: &Adam{LearningRate: 0.02}, EMA: 0.9}, 4},
		{"noise and annealing", tinyVAE(5), bitSplits(103, 13, 0, 5, 0),
			Options{Optimizer: &Adam{LearningRate: 0.02}, Anneal: AnnealOptions{From: 0.1, Steps: 20}}, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var j *journal
			o := tt.o
			o.Seed, o.Batch, o.EvalBatch, o.MaxEpochs, o.LookAhead, o.LogEvery, o.Clock = 11, 10, 13, 3, -1, 1, frozen
			tr := newTrainer(t, b, tt.model, tt.splits, o)
			tr.o.Hooks = []Hook{Records(func(r runlog.Record) error { return j.record(r) })}
			start := stateOf(t, tr)
			j = &journal{}
			chunked(t, tr, 1)
			toEnd(t, tr)
			want, lines := stateOf(t, tr), j.lines()
			j = &journal{}
			chunked(t, tr, tt.chunk)
			if err := tr.Restore(start); err != nil {
				t.Fatal(err)
			}
			toEnd(t, tr)
			sameState(t, stateOf(t, tr), want)
			if !slices.Equal(j.lines(), lines) {
				t.Errorf("records\n%v\nwant\n%v", j.lines(), lines)
			}
		})
	}
}

// What stands in rows of padding changes neither loss nor state, nor the
// statistics of the batch that a flow normalises by.
func TestRowsOfPaddingHaveNoInfluence(t *testing.T) {
	opt := resolved(t, &Adadelta{})
	rate := opt.Rate()
	rng := rand.New(rand.NewPCG(5, 5))
	fill := func(n int, scale float64) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(scale * rng.NormFloat64())
		}
		return v
	}
	masked := newMADE(t, made.Options{Dim: 5, ContextDim: 2, Hidden: []int{7}, Seed: 1, Degrees: "sequential", Start: "natural"})
	for name, tt := range map[string]struct {
		model      models.Definition
		rows, junk *data.Prepared
		degrees    [][]int32
	}{
		"a MADE":                 {masked, bits("rows", 4, 3, 5, 2), bits("junk", 5, 4, 5, 2), masked.Degrees(masked.Cycle().At(0))},
		"a flow with statistics": {normalising(5, 2), waves("rows", 4, 3, 5, 2), waves("junk", 5, 4, 5, 2), nil},
	} {
		clean := exec.Values{X: append(slices.Clone(tt.rows.X), make([]float32, 4*5)...), Context: append(slices.Clone(tt.rows.Context), make([]float32, 4*2)...),
			Weights: []float32{0.5, 0.25, 0.25, 0, 0, 0, 0}, Degrees: tt.degrees, Scalars: opt.Scalars(1, rate)}
		dirty := clean
		dirty.X, dirty.Context = append(slices.Clone(tt.rows.X), tt.junk.X...), append(slices.Clone(tt.rows.Context), fill(4*2, 100)...)
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				p := newProgram(t, b, &program{model: tt.model, layout: exec.Layout{Batch: 7}, opt: opt, chunk: 1})
				w := models.Initialize(tt.model, 2)
				want, wantLoss, wantNorm := p.do(t, w, []exec.Values{clean, clean})
				got, loss, norm := p.do(t, w, []exec.Values{dirty, dirty})
				if !slices.Equal(loss, wantLoss) || !slices.Equal(norm, wantNorm) {
					t.Errorf("loss %v and norm %v, want %v and %v", loss, norm, wantLoss, wantNorm)
				}
				if !slices.Equal(got.flat(t, len(got)), want.flat(t, len(want))) {
					t.Error("what stands in rows of padding changes the state")
				}
			})
		})
	}
}

// The gradient's global norm, that of all parameters together, is clipped; the
// norm that is reported is the one before. The moving average follows the
// weights after the update. The rows have weights that differ.
func TestClippingAndMovingAverage(t *testing.T) {
	const clip, decay, rate, n = 1.5, 0.8, 0.4, 12
	q := theBowl()
	q.context = true
	steps := randomSteps(q, n, 3)
	for i := range steps {
		steps[i].Weights = []float32{0.5, 0.375, 0.125}
		steps[i].Scalars = []float64{rate}
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		p := newProgram(t, b, &program{model: q, layout: exec.Layout{Batch: 3}, opt: &SGD{}, clip: clip, ema: decay, chunk: longest(b, 5)})
		got, losses, norms := p.do(t, q.weights(), steps)
		w, average := make([]float64, 5), make([]float64, 5)
		for d, v := range q.start {
			w[d], average[d] = float64(v), float64(v)
		}
		clipped, whole := 0, 0
		for i, s := range steps {
			if want := q.loss(w, s); !near(float64(losses[i]), want, 1e-5) {
				t.Errorf("step %d: loss %v, want %v", i+1, losses[i], want)
			}
			g := q.gradient(w, s)
			norm := 0.0
			for _, v := range g {
				norm += v * v
			}
			norm = math.Sqrt(norm)
			if !near(float64(norms[i]), norm, 1e-5) {
				t.Errorf("step %d: norm %v, want %v", i+1, norms[i], norm)
			}
			factor := 1.0
			if norm > clip {
				factor = clip / norm
				clipped++
			} else {
				whole++
			}
			for d := range w {
				w[d] -= rate * factor * g[d]
				average[d] = decay*average[d] + (1-decay)*w[d]
			}
		}
		if clipped == 0 || whole == 0 {
			t.Fatalf("%d steps were clipped and %d not: the test needs both", clipped, whole)
		}
		flat := got.flat(t, 4)
		for d := range w {
			if !near(float64(flat[d]), w[d], 1e-5) || !near(float64(flat[5+d]), average[d], 1e-5) {
				t.Errorf("variable %d: weight %v and average %v, want %v and %v", d, flat[d], flat[5+d], w[d], average[d])
			}
		}
	})
}

// loss is the mean negative log-density at w.
func (q bowl) loss(w []float64, s exec.Values) float64 {
	dim, sum := len(w), 0.0
	for i, weight := range s.Weights {
		for d := range w {
			diff := w[d] - float64(s.X[i*dim+d])
			sum += float64(weight) * float64(q.curvature[d]) * diff * diff / 2
			if q.context {
				sum -= float64(weight) * float64(s.Context[i*dim+d]) * w[d]
			}
		}
	}
	return sum
}

// A call takes no more steps than an epoch has.
func TestStepsACall(t *testing.T) {
	for _, tt := range []struct {
		kind        string
		epoch, want int
	}{
		{backend.KindXLA, 1, 1}, {backend.KindXLA, 3, 3}, {backend.KindXLA, 1000, maxChunk}, {backend.KindXLA, 0, 1},
		{backend.KindCUDA, 3, 3}, {backend.KindCUDA, 0, 1}, {backend.KindCUDA, 1000, maxChunkGPU},
	} {
		if got := chunkFor(tt.kind, tt.epoch); got != tt.want {
			t.Errorf("%s: %d steps a call of %d an epoch, want %d", tt.kind, got, tt.epoch, tt.want)
		}
	}
}
