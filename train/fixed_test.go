package train

import (
	"math"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
)

// anchored is a bowl whose left parameter is fixed.
type anchored struct{ bowl }

func (a anchored) Specs() []models.Spec {
	specs := a.bowl.Specs()
	specs[0].Fixed = true
	return specs
}

// A fixed parameter stays as it is under every rule, weight decay included; its
// slots stay zero, and its gradient is no part of the norm.
func TestFixedParametersNeverMove(t *testing.T) {
	const n = 9
	q := theBowl()
	steps := randomSteps(q, n, 4)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, o := range []Optimizer{&Adam{LearningRate: 0.1, WeightDecay: 0.5}, &Adadelta{}, &SGD{Momentum: 0.5}} {
			opt := resolved(t, o)
			steps := slices.Clone(steps)
			for i := range steps {
				steps[i].Scalars = opt.Scalars(int64(i+1), opt.Rate())
			}
			p := newProgram(t, b, &program{model: anchored{q}, layout: exec.Layout{Batch: 4}, opt: opt, ema: 0.5, chunk: longest(b, n)})
			state, _, norms := p.do(t, q.weights(), steps)
			groups := len(state) / 2
			for group := range groups {
				got := state[2*group:2*group+1].flat(t, 1)
				want := q.start[:q.split]
				if group > 0 && group < groups-1 {
					want = make([]float32, q.split)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: tensor %d of the fixed parameter is %v, want %v", option.NameOf(o), group, got, want)
				}
				if right := state[2*group+1:2*group+2].flat(t, 1); slices.Equal(right, q.start[q.split:]) || slices.Max(right) == 0 && slices.Min(right) == 0 {
					t.Errorf("%s: tensor %d of the trained parameter is still %v", option.NameOf(o), group, right)
				}
			}
			square := 0.0
			start := make([]float64, len(q.start))
			for d, v := range q.start {
				start[d] = float64(v)
			}
			for _, g := range q.gradient(start, steps[0])[q.split:] {
				square += g * g
			}
			if !near(float64(norms[0]), math.Sqrt(square), 1e-5) {
				t.Errorf("%s: the first norm is %v, want %v of the trained parameter alone", option.NameOf(o), norms[0], math.Sqrt(square))
			}
		}
	})
}

// A student leaves its teacher as it is, to the last bit.
func TestATeacherIsNotTrained(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		m, teacher := student(t)
		tr := newTrainer(t, b, m, points(40, 10, 3), Options{Batch: 10, MaxEpochs: 2, Optimizer: &Adam{LearningRate: 0.05}})
		start := models.Initialize(m, 0)
		toEnd(t, tr)
		w, err := tr.BestWeights()
		if err != nil {
			t.Fatal(err)
		}
		own := len(w) - len(teacher)
		for i, v := range teacher {
			if !slices.Equal(w[own+i], v) {
				t.Errorf("%s is %v, want %v", m.Specs()[own+i].Name, w[own+i], v)
			}
		}
		moved := false
		for i := range own {
			moved = moved || !slices.Equal(w[i], start[i])
		}
		if !moved {
			t.Error("the student has not moved either")
		}
	})
}
