package train

import (
	"math"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/runlog"
)

func TestSchedulesFollowTheirFormulas(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    ScheduleOptions
		want map[int64]float64
	}{
		{"constant", ScheduleOptions{}, map[int64]float64{1: 1, 7: 1, 1e9: 1}},
		{"warm-up", ScheduleOptions{Name: "constant", WarmUp: 4}, map[int64]float64{1: 0.25, 2: 0.5, 3: 0.75, 4: 1, 5: 1, 99: 1}},
		{"linear", ScheduleOptions{Name: "linear", Steps: 10}, map[int64]float64{1: 0.9, 5: 0.5, 9: 0.1, 10: 0, 11: 0, 99: 0}},
		{"linear to a rest", ScheduleOptions{Name: "linear", Steps: 10, Final: 0.2}, map[int64]float64{5: 0.6, 10: 0.2, 99: 0.2}},
		{"linear after a warm-up", ScheduleOptions{Name: "linear", WarmUp: 10, Steps: 30}, map[int64]float64{5: 0.5, 10: 1, 15: 0.75, 20: 0.5, 30: 0, 31: 0}},
		{"cosine", ScheduleOptions{Name: "cosine", Steps: 12}, map[int64]float64{4: 0.75, 6: 0.5, 8: 0.25, 12: 0, 13: 0,
			3: 0.5 + math.Sqrt2/4, 2: 0.5 + math.Sqrt(3)/4}},
		{"cosine to a rest after a warm-up", ScheduleOptions{Name: "cosine", WarmUp: 2, Steps: 14, Final: 0.5}, map[int64]float64{1: 0.5, 2: 1, 6: 0.875, 8: 0.75, 14: 0.5, 99: 0.5}},
		{"plateau", ScheduleOptions{Name: "plateau", WarmUp: 2}, map[int64]float64{1: 0.5, 2: 1, 99: 1}},
	} {
		s := scheduleOf(t, tt.o)
		for step, want := range tt.want {
			if got := s.Factor(step); math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: factor %v at step %d, want %v", tt.name, got, step, want)
			}
		}
	}
}

func TestPlateau(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      ScheduleOptions
		better string // + for a better validation, - for none
		want   []float64
	}{
		{"after one", ScheduleOptions{Patience: 1}, "+-+--", []float64{1, 0.5, 0.5, 0.25, 0.125}},
		{"after two", ScheduleOptions{Patience: 2, Factor: 0.1}, "+--+-+--", []float64{1, 1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01}},
		{"down to a rest", ScheduleOptions{Patience: 1, Final: 0.3}, "----", []float64{0.5, 0.3, 0.3, 0.3}},
		{"after ten unless told", ScheduleOptions{}, "----------", []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5}},
	} {
		tt.o.Name = "plateau"
		s := scheduleOf(t, tt.o)
		for i, c := range tt.better {
			s.Validated(c == '+')
			if got := s.Factor(100); math.Abs(got-tt.want[i]) > 1e-12 {
				t.Errorf("%s: factor %v after %q, want %v", tt.name, got, tt.better[:i+1], tt.want[i])
			}
		}
	}
	s := scheduleOf(t, ScheduleOptions{Name: "linear", Steps: 5})
	for range 20 {
		s.Validated(false)
	}
	if got := s.Factor(1); got != 0.8 {
		t.Errorf("validations changed a linear schedule: factor %v, want 0.8", got)
	}
}

// scheduleOf is the schedule of options with their defaults.
func scheduleOf(t *testing.T, o ScheduleOptions) Schedule {
	t.Helper()
	all, err := Options{Schedule: o}.resolve()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSchedule(all.Schedule, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchedulesRefuse(t *testing.T) {
	for _, tt := range []struct {
		o    ScheduleOptions
		want string
	}{
		{ScheduleOptions{Name: "step"}, "schedule.name: "},
		{ScheduleOptions{Name: "cosine"}, "schedule.steps: "},
		{ScheduleOptions{Name: "linear", Steps: 5, WarmUp: 5}, "schedule.warm_up: "},
		{ScheduleOptions{WarmUp: -1}, "schedule.warm_up: "},
		{ScheduleOptions{Name: "plateau", Final: 2}, "schedule.final: "},
		{ScheduleOptions{Name: "plateau", Factor: 1}, "schedule.factor: "},
		{ScheduleOptions{Name: "plateau", Factor: math.NaN()}, "schedule.factor: "},
		{ScheduleOptions{Name: "plateau", Patience: 30}, "schedule.patience: "},
	} {
		if _, err := (Options{Schedule: tt.o}).resolve(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want one about %q", tt.o, err, tt.want)
		}
	}
}

// The rate of the schedule is the one that the update takes and the one that
// the records name: with the gradient w − 1 and plain descent, 1 − w shrinks by
// 1 − rate each step.
func TestTheRateOfEachStep(t *testing.T) {
	const base = 0.2
	want := []float64{0.05, 0.1, 0.15, 0.2, 0.15, 0.1, 0.05, 0}
	one := reals("one", []float32{1, 0}, []float32{1, 0}, []float32{1, 0}, []float32{1, 0})
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, o := range map[string]Options{"of steps": {MaxSteps: len(want)}, "of epochs": {MaxEpochs: 2}} {
			j := &journal{}
			o.Batch, o.LogEvery, o.EvalBatch, o.Optimizer, o.Hooks, o.Clock = 1, 1, 1, &SGD{LearningRate: base}, []Hook{Records(j.record)}, frozen
			o.Schedule = ScheduleOptions{Name: "linear", WarmUp: 4}
			tr := newTrainer(t, b, point(), realSplits(one, one, nil), o)
			toEnd(t, tr)
			records := recordsOf[runlog.Train](j)
			if len(records) != len(want) {
				t.Fatalf("%s: %d records, want %d", name, len(records), len(want))
			}
			left := 1.0
			for i, r := range records {
				if r.Step != int64(i+1) || int(r.Epoch) != 1+i/4 || math.Abs(float64(r.LR)-want[i]) > 1e-7*want[i] {
					t.Errorf("%s: record %d: step %d of epoch %d at the rate %v, want step %d of epoch %d at %v", name, i, r.Step, r.Epoch, r.LR, i+1, 1+i/4, want[i])
				}
				if !near(float64(r.Loss), left*left/2, 1e-5) || !near(float64(r.GradNorm), left, 1e-5) {
					t.Errorf("step %d: loss %v and norm %v, want %v and %v", r.Step, r.Loss, r.GradNorm, left*left/2, left)
				}
				left *= 1 - want[i]
			}
			if w := tensor(t, stateOf(t, tr), "params/left"); !near(float64(w[0]), 1-left, 1e-5) {
				t.Errorf("%s: the weight is %v, want %v", name, w[0], 1-left)
			}
		}
		o := Options{Batch: 1, MaxEpochs: 1, Schedule: ScheduleOptions{Name: "cosine", WarmUp: 4}}
		if _, err := NewTrainer(b, point(), realSplits(one, one, nil), o); err == nil || !strings.Contains(err.Error(), "warm-up takes 4 steps") || !strings.Contains(err.Error(), "step 4") {
			t.Errorf("a warm-up that ends with the last epoch: %v", err)
		}
	})
}
