package train

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/runlog"
)

// ticking goes on by 10 ms whenever somebody looks at it.
type ticking struct {
	mu  sync.Mutex
	now time.Time
}

const tick = 10 * time.Millisecond

func (c *ticking) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(tick)
	return c.now
}

// pair is a run of a flow over two variables, 5 steps an epoch.
func pair(t *testing.T, sets ...string) *Config {
	t.Helper()
	return parse(t, flowRun, append([]string{"train.log_every=1"}, sets...)...)
}

// After what took s seconds nothing of its kind is done for 50·s, and at the first
// validation thereafter it is. A resumption begins anew; nor does it change one bit of
// the training how often samples are drawn.
func TestWhatWatchersCost(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	splits := waveSplits(37, 19, 0, 2, 0)
	splits.Test = nil
	temp := t.TempDir()
	whole, pieces := filepath.Join(temp, "whole"), filepath.Join(temp, "pieces")
	if _, err := Run(t.Context(), b, pair(t, "train.max_epochs=60", "train.look_ahead=0"), splits, RunOptions{Dir: whole, Clock: frozen}); err != nil {
		t.Fatal(err)
	}
	c := &ticking{now: frozen()}
	for i, end := range []int64{33, 34, 57, 92, 101, 161, 0} { // the second piece sees no validation
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Run(ctx, b, pair(t, "train.max_epochs=60", "train.look_ahead=0"), splits, RunOptions{Dir: pieces, Resume: i > 0, Clock: c.clock, Observe: func(r runlog.Record) {
			if v, ok := r.(runlog.Train); ok && v.Step == end {
				cancel()
			}
		}})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		c.now = c.now.Add(time.Hour) // while nobody trains
	}
	h := loadHistory(t, pieces)
	samples, densities := checkBudgets(t, h)
	if len(h.Starts) != 7 || samples < 3 || densities < 3 || samples == len(h.Valid) {
		t.Errorf("%d starts, %d samples and %d densities in %d validations: the test shows nothing", len(h.Starts), samples, densities, len(h.Valid))
	}
	if h := loadHistory(t, whole); len(h.Samples) != 60 || len(h.Densities) != 60 {
		t.Errorf("%d samples and %d densities in 60 validations that cost nothing", len(h.Samples), len(h.Densities))
	}
	for _, name := range []string{checkpoint.StepName(300), checkpoint.Best} {
		sameCheckpoint(t, name, pieces, whole)
	}
}

// checkBudgets follows the validations with a budget of its own, in ticks: from
// the validation's record to that of the samples is what these took, and densities
// come after the samples of the same step. Records tell it to a tick, and a run
// looks at the clock a few times between.
func checkBudgets(t *testing.T, h *runlog.History) (samples, densities int) {
	t.Helper()
	ticks := func(v runlog.Float) int { return int(float64(v)/tick.Seconds() + 0.5) }
	samplesDue, densitiesDue, starts := 0, 0, h.Starts
	for _, v := range h.Valid {
		for len(starts) > 0 && starts[0].Time <= v.Time {
			samplesDue, densitiesDue, starts = 0, 0, starts[1:]
		}
		now := ticks(v.Time)
		sampled := samples < len(h.Samples) && h.Samples[samples].Step == v.Step
		if near := costShare + 5; sampled && now < samplesDue-near || !sampled && now > samplesDue+near {
			t.Errorf("step %d, tick %d: samples are drawn: %v, and due at tick %d", v.Step, now, sampled, samplesDue)
		}
		if sampled {
			end := ticks(h.Samples[samples].Time)
			samplesDue, now = end+costShare*(end-now), end
			samples++
		}
		drawn := densities < len(h.Densities) && h.Densities[densities].Step == v.Step
		if near := costShare + 5; drawn && now < densitiesDue-near || !drawn && now > densitiesDue+near {
			t.Errorf("step %d, tick %d: a density is drawn: %v, and due at tick %d", v.Step, now, drawn, densitiesDue)
		}
		if drawn {
			end := ticks(h.Densities[densities].Time)
			densitiesDue = end + costShare*(end-now)
			densities++
		}
	}
	if samples != len(h.Samples) || densities != len(h.Densities) {
		t.Errorf("%d of %d samples and %d of %d densities belong to validations", samples, len(h.Samples), densities, len(h.Densities))
	}
	return samples, densities
}

func TestBudget(t *testing.T) {
	now := frozen()
	var b budget
	if !b.due(now) {
		t.Error("the first is not due")
	}
	b.spent(now, now.Add(2*time.Second))
	if b.due(now.Add(101*time.Second)) || !b.due(now.Add(102*time.Second)) {
		t.Error("what took 2 seconds is due 100 seconds later")
	}
}
