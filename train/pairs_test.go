package train

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/runlog"
)

// given is a configuration of a conditional density, which takes a moment.
const given = `
name: given
data: {source: connect4}
model: {type: maf, layers: 2, hidden: [7]}
train: {batch: 16, max_epochs: 3}
`

func givenSplits() *data.Splits { return waveSplits(64, 300, 23, 3, 2) }

// striding is a clock that goes on by a second whenever somebody looks at it.
func striding() func() time.Time {
	var seconds atomic.Int64
	return func() time.Time { return time.Unix(1e9+seconds.Add(1), 0) }
}

// A conditional model is calibrated at validations, as often as it may take time, on validation rows: what it is given has
// its samples and likelihoods by the present weights, and what comes back is in the log.
func TestCalibrationsDuringATraining(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		dir, splits := filepath.Join(t.TempDir(), "run"), givenSplits()
		calls := 0
		judge := func(ctx context.Context, p Pairs) (*runlog.Calibration, error) {
			calls++
			if p.Rows != calibratedRows || !slices.Equal(p.Row(1), splits.Valid.Row(1)) || !slices.Equal(p.ContextRow(199), splits.Valid.ContextRow(298)) {
				t.Errorf("%d pairs, of which the second is %v", p.Rows, p.Row(1))
			}
			x, err := p.Sample(ctx, p.Context, 4)
			again, errAgain := p.Sample(ctx, p.Context, 4)
			if err != nil || errAgain != nil || len(x) != len(p.X) || !slices.Equal(x, again) {
				t.Errorf("%d values of samples (%v, %v)", len(x), err, errAgain)
			}
			logp, err := p.LogProb(ctx, x, p.Context)
			if err != nil || len(logp) != p.Rows || math.IsNaN(logp[0]) {
				t.Errorf("%d likelihoods (%v)", len(logp), err)
			}
			return &runlog.Calibration{Pairs: p.Rows, Gain: 1}, nil
		}
		c := parse(t, given, "train.max_epochs=12")
		if _, err := Run(t.Context(), b, c, splits, RunOptions{Dir: dir, Calibrate: judge, Clock: striding()}); err != nil {
			t.Fatal(err)
		}
		h := loadHistory(t, dir)
		if n := len(h.Calibrations); n != calls || n == 0 || n == len(h.Valid) || h.Calibrations[0].Split != "valid" || h.Calibrations[0].Step == h.Valid[0].Step {
			t.Errorf("%d calibrations of %d calls at %d validations: %+v", n, calls, len(h.Valid), h.Calibrations)
		}
	})
}

// Whoever asks has a calibration at the next validation, or hears why there is none.
func TestCalibrationOnRequest(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	judge := func(context.Context, Pairs) (*runlog.Calibration, error) { return &runlog.Calibration{Gain: 1}, nil }
	for _, c := range []struct {
		name, config string
		splits       *data.Splits
		during       runlog.PhaseName
		judge        func(context.Context, Pairs) (*runlog.Calibration, error)
		answer       string
		calibrated   bool
	}{
		{"in training", given, givenSplits(), runlog.Training, judge, "calibrated on validation rows", true},
		{"in a validation", given, givenSplits(), runlog.Validating, judge, "calibrated on validation rows", true},
		{"in the test", given, givenSplits(), runlog.Testing, judge, "the test is running", false},
		{"without a context", small, smallSplits(), runlog.Validating, judge, "for models with a context", false},
		{"by a program that has none", given, givenSplits(), runlog.Training, nil, "for models with a context", false},
		{"failing", given, givenSplits(), runlog.Training, func(context.Context, Pairs) (*runlog.Calibration, error) { return nil, errors.New("a row is lost") }, "a row is lost", false},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		s, err := Run(t.Context(), b, parse(t, c.config), c.splits, RunOptions{Dir: dir, Calibrate: c.judge, Clock: striding(), Observe: asking(t, dir, c.during, runlog.Calibrate)})
		if err != nil || s.Status != runlog.Done {
			t.Errorf("%s: %+v (%v)", c.name, s, err)
			continue
		}
		h := loadHistory(t, dir)
		if answers := answersOf(h); len(answers) != 1 || !strings.Contains(answers[0], c.answer) || c.calibrated && len(h.Calibrations) == 0 {
			t.Errorf("%s: answers %q and %d calibrations, want %q", c.name, answers, len(h.Calibrations), c.answer)
		}
	}
}

// What cannot be calibrated is reported once, and no training ends for it.
func TestCalibrationsThatFail(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	judge := func(context.Context, Pairs) (*runlog.Calibration, error) { return nil, errors.New("a row is lost") }
	s, err := Run(t.Context(), backendtest.Open(t, backend.KindGo), parse(t, given, "train.max_epochs=40"), givenSplits(), RunOptions{Dir: dir, Calibrate: judge, Clock: striding()})
	if err != nil || s.Status != runlog.Done {
		t.Fatalf("%+v (%v)", s, err)
	}
	said := 0
	for _, e := range loadHistory(t, dir).Events {
		if strings.Contains(e.What, "a row is lost") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("it is reported %d times", said)
	}
}
