package monitor

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// living is a run whose trainer, on another host, wrote its log a second ago.
func living(t *testing.T, config string, lines ...string) (*Run, time.Time) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	log := ""
	for _, line := range lines {
		log += line + "\n"
	}
	rawRun(t, dir, log)
	ok(t, os.WriteFile(filepath.Join(dir, runlog.ConfigFile), []byte(config), 0o644))
	w := newWatch(t, dir)
	written := w.now.Add(250*time.Millisecond - time.Second)
	ok(t, os.Chtimes(filepath.Join(dir, runlog.MetricsFile), written, written))
	w.poll()
	if s := w.run().Status(); s != runlog.Running {
		t.Fatalf("the run is %s", s)
	}
	return w.run(), w.now
}

// steady is the log of a run of ten steps an epoch, one second each, and two seconds for a validation.
func steady(epochs int, nll func(epoch int) float64) (lines []string) {
	now := 0.0
	for e := 1; e <= epochs; e++ {
		for s := 1; s <= 10; s++ {
			now++
			lines = append(lines, trainLine(int64(10*(e-1)+s), e, now, 1))
		}
		now += 2
		lines = append(lines, validLine(int64(10*e), e, now, nll(e)))
	}
	return lines
}

func TestFiguresOfALivingRun(t *testing.T) {
	// The lowest comes in epoch 5.
	lines := steady(8, func(e int) float64 { return 20 + math.Abs(float64(e)-5) })
	r, now := living(t, "train: {batch: 100, look_ahead: 30, max_epochs: 50, max_steps: 1_000}", lines...)
	f := r.Figures(now)
	if f.Step != 80 || f.Epoch != 8 || f.Loss != 1 || f.EMA != 1 || f.LR != 0.5 || f.GradNorm != 2 {
		t.Errorf("the last record is %+v", f)
	}
	if f.BatchSize != 100 || f.LookAhead != 30 || f.MaxEpochs != 50 || f.MaxSteps != 1000 {
		t.Errorf("the configuration is %+v", f)
	}
	if f.Valid == nil || f.Valid.Epoch != 8 || f.Best == nil || f.Best.Epoch != 5 || f.Best.NLL != 20 || f.SinceBest != 3 {
		t.Errorf("valid %+v, best %+v, %d epochs since", f.Valid, f.Best, f.SinceBest)
	}
	if f.Quiet != time.Second || f.Elapsed != 97*time.Second {
		t.Errorf("quiet for %v of %v", f.Quiet, f.Elapsed)
	}
	// 79 stretches of a second and 7 of three seconds, as if a validation were a slow step.
	if want := 79 / (79 + 7*2.0); !near(float64(f.StepsPerSecond), want, 1e-9) || !near(float64(f.ExamplesPerSecond), 100*want, 1e-6) {
		t.Errorf("%v steps a second, not %v, and %v rows", f.StepsPerSecond, want, f.ExamplesPerSecond)
	}
	// 27 epochs of 12 seconds, of which one second has passed; 42 epochs to the limit.
	if want := (27*12 - 1) * time.Second; f.ToLookAhead != want {
		t.Errorf("%v to the look-ahead, not %v", f.ToLookAhead, want)
	}
	if want := 42 * 12 * time.Second; f.ToStepLimit != want {
		t.Errorf("%v to the limit, not %v", f.ToStepLimit, want)
	}
	later := r.Figures(now.Add(time.Minute))
	if later.Quiet != f.Quiet+time.Minute || later.Elapsed != f.Elapsed+time.Minute || later.ToLookAhead != f.ToLookAhead-time.Minute {
		t.Errorf("a minute later quiet for %v of %v, %v to the look-ahead", later.Quiet, later.Elapsed, later.ToLookAhead)
	}
}

func TestLimits(t *testing.T) {
	lines := steady(8, func(int) float64 { return 20 })
	for config, want := range map[string][2]time.Duration{ // to the limit, to the look-ahead
		"train: {batch: 1}":                             {-1, -1},
		"train: {max_steps: 100}":                       {2 * 12 * time.Second, -1},
		"train: {max_steps: 100, max_epochs: 9}":        {12 * time.Second, -1},
		"train: {max_steps: 40}":                        {0, -1},
		"train: {look_ahead: 8}":                        {-1, 11 * time.Second},
		"train: {look_ahead: 3}":                        {-1, 0},
		"train: {max_steps: many, look_ahead: [1]}":     {-1, -1},
		"train: {max_steps: -7, max_epochs: -1}":        {-1, -1},
		"train: {max_steps: 9223372036854775807}":       {time.Duration(math.MaxInt64 / int64(time.Second) * int64(time.Second)), -1},
		"model: {max_steps: 100}\ntrain: {epochs: 100}": {-1, -1},
	} {
		r, now := living(t, config, lines...)
		if f := r.Figures(now); f.ToStepLimit != want[0] || f.ToLookAhead != want[1] {
			t.Errorf("%s: %v to the limit and %v to the look-ahead, not %v", config, f.ToStepLimit, f.ToLookAhead, want)
		}
	}

	// Without a validation the steps alone tell.
	r, now := living(t, "train: {max_steps: 30, look_ahead: 3}", trainLine(10, 1, 10, 1), trainLine(20, 1, 20, 1))
	if f := r.Figures(now); f.ToStepLimit != 10*time.Second || f.ToLookAhead != -1 {
		t.Errorf("%v to the limit and %v to the look-ahead", f.ToStepLimit, f.ToLookAhead)
	}
}

// A test may take minutes, of which neither steps nor epochs tell anything.
func TestFiguresDuringATest(t *testing.T) {
	lines := steady(8, func(int) float64 { return 20 })
	config := "train: {batch: 1, max_steps: 100, look_ahead: 30}"
	r, now := living(t, config, lines...)
	if f := r.Figures(now); f.Phase != runlog.Training || f.ToStepLimit <= 0 || f.ToLookAhead <= 0 {
		t.Errorf("the phase is %q, %v to the limit and %v to the look-ahead", f.Phase, f.ToStepLimit, f.ToLookAhead)
	}
	r, now = living(t, config, append(lines, `{"t":"phase","step":80,"time":100,"phase":"test"}`)...)
	if f := r.Figures(now); f.Phase != runlog.Testing || f.ToStepLimit != -1 || f.ToLookAhead != -1 || f.Elapsed != 101*time.Second {
		t.Errorf("the phase is %q, %v to the limit and %v to the look-ahead, after %v", f.Phase, f.ToStepLimit, f.ToLookAhead, f.Elapsed)
	}
	if s := r.Summary(now); s.Phase != runlog.Testing || s.ToLimit != nil || s.ToEnd != nil {
		t.Errorf("the summary is %+v", s)
	}
}

// A compiled first step, a machine that slept and a clock that was set do not show in the rate.
func TestRateWithoutPauses(t *testing.T) {
	var lines []string
	now := 100.0
	for step := int64(1); step <= 100; step++ {
		now += 0.5
		switch step {
		case 20, 60:
			now += 3600
		case 40:
			now -= 1000
		}
		lines = append(lines, trainLine(step, 1, now, 1))
	}
	r, at := living(t, "{}", lines...)
	// Of the 98 stretches that have a length, two count as ten.
	if got, want := float64(r.Figures(at).StepsPerSecond), 98/(96*0.5+2*10*0.5); !near(got, want, 1e-9) {
		t.Errorf("%v steps a second, not %v", got, want)
	}
}

func TestFiguresOfLittle(t *testing.T) {
	nan := math.NaN()
	f := (&Run{}).Figures(time.Now())
	for name, v := range map[string]runlog.Float{"loss": f.Loss, "ema": runlog.Float(f.EMA), "lr": runlog.Float(f.LR), "grad norm": runlog.Float(f.GradNorm), "steps": f.StepsPerSecond, "rows": f.ExamplesPerSecond} {
		if !math.IsNaN(float64(v)) {
			t.Errorf("%s of nothing is %v", name, v)
		}
	}
	if f.Valid != nil || f.Best != nil || f.LastOrders != nil || f.ToStepLimit != -1 || f.ToLookAhead != -1 || f.Quiet != 0 || f.Elapsed != 0 {
		t.Errorf("figures of nothing are %+v", f)
	}
	for lines, want := range map[string]float64{
		trainLine(1, 1, 0, 1):                                                  7, // as the record itself says
		trainLine(1, 1, 2, 1) + "\n" + trainLine(3, 1, 6, 1):                   0.5,
		trainLine(1, 1, 2, 1) + "\n" + trainLine(3, 1, 2, 1):                   7,
		trainLine(1, 1, nan, 1) + "\n" + trainLine(3, 1, nan, 1):               7,
		`{"t":"train","step":1}`:                                               nan,
		trainLine(1, 1, 9, 1) + "\n" + trainLine(3, 1, 2, 1):                   7,
		`{"t":"start","step":0}` + "\n" + `{"t":"valid","step":5,"nll":"Inf"}`: nan,
	} {
		for _, end := range []string{"", "\n" + `{"t":"end","status":"done","step":5}`} {
			r := inMemory(t, lines+end)
			if got := float64(r.Figures(time.Now()).StepsPerSecond); !near(got, want, 1e-12) {
				t.Errorf("%s%s: %v steps a second, not %v", lines, end, got, want)
			}
		}
	}
}

func TestLossesThatAreNotFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	r := inMemory(t, trainLine(1, 1, 1, nan), trainLine(2, 1, 2, 1), "garbage", trainLine(3, 1, 3, -inf),
		validLine(3, 1, 3, inf), validLine(6, 2, 6, nan), validLine(9, 3, 9, 4), validLine(12, 4, 12, 4), validLine(15, 5, 15, nan))
	f := r.Figures(time.Now())
	if f.NonFinite != 5 || f.Bad != 1 {
		t.Errorf("%d records are not finite and %d lines bad", f.NonFinite, f.Bad)
	}
	if f.Best == nil || f.Best.Step != 9 || f.SinceBest != 2 || !math.IsNaN(float64(f.Valid.NLL)) {
		t.Errorf("the best is %+v, the last %+v", f.Best, f.Valid)
	}
	appended := filepath.Join(r.Dir, runlog.MetricsFile)
	appendTo(t, appended, `{"t":"start","step":2,"resumed":true}`+"\n")
	w := newWatch(t, r.Dir)
	w.poll()
	if f := w.run().Figures(time.Now()); f.NonFinite != 1 || f.Best != nil || f.SinceBest != 0 {
		t.Errorf("rewound, %d records are not finite and the best is %+v", f.NonFinite, f.Best)
	}
}

func TestFiguresOfAnEndedRun(t *testing.T) {
	lines := append(steady(5, func(e int) float64 { return float64(-e) }), `{"t":"end","status":"done","step":50,"time":70}`)
	r := inMemory(t, lines...)
	f := r.Figures(time.Now().Add(time.Hour))
	if f.Elapsed != 70*time.Second || f.Quiet < time.Hour || f.ToStepLimit != -1 || f.ToLookAhead != -1 {
		t.Errorf("of an ended run %v passed, quiet for %v, %v and %v to go", f.Elapsed, f.Quiet, f.ToStepLimit, f.ToLookAhead)
	}
	if want := 49.0 / 57; !near(float64(f.StepsPerSecond), want, 1e-12) {
		t.Errorf("%v steps a second, not %v", f.StepsPerSecond, want)
	}
	if f.Best == nil || f.Best.Epoch != 5 {
		t.Errorf("the best is %+v", f.Best)
	}
}

func TestOrdersThatWereEvaluatedLast(t *testing.T) {
	r := inMemory(t, `{"t":"orders","step":1,"split":"valid","nll":3}`, `{"t":"orders","step":2,"split":"valid","nll":2,"gain":0.5}`, `{"t":"orders","step":2,"split":"test","nll":1}`)
	if o := r.Figures(time.Now()).LastOrders; o == nil || o.NLL != 2 || o.Gain != 0.5 {
		t.Errorf("the last are %+v", o)
	}
}

// A series keeps these numbers in float32, but a person does not want to see it.
func TestNumbersAsTheyWereWritten(t *testing.T) {
	r := inMemory(t, `{"t":"train","step":1,"loss":0.1,"ema":0.2,"lr":0.001,"grad_norm":"Inf"}`)
	text, err := json.Marshal(r.Summary(time.Now()))
	ok(t, err)
	for _, want := range []string{`"loss":0.1,`, `"ema":0.2,`, `"lr":0.001,`, `"grad_norm":"Inf"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}
