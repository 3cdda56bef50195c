package monitor

import (
	"encoding/json"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/runlog"
)

func TestNamesAreShortAndDifferent(t *testing.T) {
	for _, c := range [][2][]string{
		{{"runs/a", "runs/b"}, {"a", "b"}},
		{{"x/a", "y/a", "b"}, {"x/a", "y/a", "b"}},
		{{"a", "x/a"}, {"a", "x/a"}},
		{{"/a", "/x/a"}, {"/a", "x/a"}},
		{{"1/x/a", "2/x/a", "3/y/a"}, {"1/x/a", "2/x/a", "y/a"}},
		{{"/", "/b"}, {"/", "b"}},
	} {
		var runs []*Run
		for _, dir := range c[0] {
			runs = append(runs, &Run{Dir: filepath.FromSlash(dir)})
		}
		setNames(runs)
		for i, r := range runs {
			if filepath.ToSlash(r.Name) != c[1][i] {
				t.Errorf("among %q, %s is called %s, not %s", c[0], c[0][i], r.Name, c[1][i])
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching("[ab]{1,2}")
		dirs := rapid.SliceOfDistinct(rapid.Map(rapid.SliceOfN(part, 1, 4), func(p []string) string { return filepath.Join(p...) }), rapid.ID[string]).Draw(t, "dirs")
		var runs []*Run
		for _, dir := range dirs {
			runs = append(runs, &Run{Dir: dir})
		}
		setNames(runs)
		names := map[string]bool{}
		for _, r := range runs {
			if names[r.Name] || !strings.HasSuffix(r.Dir, r.Name) {
				t.Fatalf("%s is called %s, among %q", r.Dir, r.Name, dirs)
			}
			names[r.Name] = true
		}
	})
}

// given is a Group of runs with a best validation, a status and a number of steps.
func given(runs ...*Run) *Group {
	s := &Group{}
	for _, r := range runs {
		r.Dir = r.Name
		r.index.grow(&r.History)
		s.Runs = append(s.Runs, r)
	}
	return s
}

// whole is what the likelihoods of runs are of unless a test says otherwise.
var whole = runlog.Basis{Figure: "likelihood", Columns: "c", Steps: "s", Valid: "9 rows", Test: "8 rows"}

func withHistory(name string, status runlog.Status, started int, nll ...float64) *Run {
	r := &Run{
		Name: name, State: &runlog.State{Status: status},
		Manifest: &runlog.Manifest{Process: runlog.Process{Started: time.Unix(int64(started), 0)}},
	}
	r.History.Starts = []runlog.Start{{Basis: &whole}}
	for i, v := range nll {
		r.History.Valid = append(r.History.Valid, runlog.Valid{Step: int64(i + 1), NLL: runlog.Float(v)})
	}
	return r
}

func TestSorted(t *testing.T) {
	unknown := &Run{Name: "zero"}
	s := given(
		withHistory("b10", runlog.Done, 30, 3, 1),
		withHistory("b9", runlog.Running, 10, 2),
		withHistory("a", runlog.Crashed, 20, math.NaN(), math.NaN(), math.NaN()),
		withHistory("c", runlog.Failed, 40, -5, 7, 7, 7),
		unknown,
	)
	for _, c := range []struct {
		sorting Sorting
		want    string
	}{
		{ByDir, "b10 b9 a c zero"},
		{ByBest, "c b10 b9 a zero"},
		{ByName, "a b9 b10 c zero"},
		{ByStarted, "c b10 a b9 zero"},
		{ByProgress, "c a b10 b9 zero"},
		{ByStatus, "b9 a c zero b10"},
	} {
		var names []string
		for _, r := range s.Sorted(c.sorting, Query{}, time.Now()) {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("by %v: %s, not %s", c.sorting, got, c.want)
		}
	}
	q, err := ParseQuery("name~b")
	ok(t, err)
	if runs := s.Sorted(ByBest, q, time.Now()); len(runs) != 2 || runs[0].Name != "b10" {
		t.Errorf("of the runs with a b, %d were chosen", len(runs))
	}
	seen := map[string]bool{}
	for _, o := range sortings {
		seen[o.name] = true
	}
	if len(seen) != 6 {
		t.Errorf("the sortings are called %v", seen)
	}
}

func TestDiff(t *testing.T) {
	with := func(pairs ...string) *Run {
		r := &Run{Config: []config.Value{}}
		for i := 0; i < len(pairs); i += 2 {
			r.Config = append(r.Config, config.Value{Path: pairs[i], Text: pairs[i+1]})
		}
		return r
	}
	a := with("name", "x", "seed", "1", "model.hidden", "[5]", "model.layers", "3")
	b := with("name", "x", "seed", "2", "model.hidden", "[5]", "data.fold", "")
	c := with("name", "x", "seed", "1", "model.hidden", "[5]", "model.layers", "3")
	unknown := &Run{}
	got := Diff([]*Run{a, b, unknown, c})
	want := []Difference{
		{"seed", []string{"1", "2", "", "1"}},
		{"model.layers", []string{"3", "", "", "3"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the differences are %q, not %q", got, want)
	}
	for _, runs := range [][]*Run{nil, {a}, {a, c}, {a, unknown}, {unknown, unknown}} {
		if d := Diff(runs); d != nil {
			t.Errorf("%d runs differ by %q", len(runs), d)
		}
	}
}

func TestSettingByItsTail(t *testing.T) {
	r := &Run{Config: []config.Value{{Path: "name", Text: "x"}, {Path: "optimizer.name", Text: "adam"}, {Path: "schedule.kind", Text: "k1"}, {Path: "a.schedule.kind", Text: "k2"}, {Path: "model.hidden", Text: "[5]"}}}
	for path, want := range map[string]string{
		"name": "x", "optimizer.name": "adam", "hidden": "[5]", "model.hidden": "[5]",
		"schedule.kind": "k1", "kind": "", "idden": "", "": "", "model": "", ".hidden": "", "a.schedule.kind": "k2",
	} {
		if got, found := r.Setting(path); got != want || found != (want != "") {
			t.Errorf("%q is %q (%v), not %q", path, got, found, want)
		}
	}
}

func TestSummaryKeepsItsKeys(t *testing.T) {
	r := queried(t)
	text, err := json.Marshal(r.Summary(time.Now()))
	ok(t, err)
	var got map[string]any
	ok(t, json.Unmarshal(text, &got))
	for key, want := range map[string]any{
		"name": "big-run", "title": "connect4", "status": "done", "dir": r.Dir, "host": "elsewhere", "backend": "go", "trouble": "", "error": "", "phase": "",
		"step": 20.0, "epoch": 2.0, "elapsed_s": 7200.0, "loss": 12.5, "ema": 1.0, "lr": 0.5, "grad_norm": 2.0, "non_finite": 0.0, "bad_lines": 0.0,
		"above_independent": 4.0, "test_above_independent": 4.5, "class": 0.0, "examples_per_second": "NaN", "look_ahead": 0.0, "max_epochs": 0.0, "max_steps": 0.0, "epochs_since_best": 1.0, "loading": false,
		"best":   map[string]any{"step": 10.0, "epoch": 1.0, "time_s": 6.0, "nll": 11.0, "nll_2se": "NaN", "bad_rows": 0.0, "nll_others": 11.0},
		"valid":  map[string]any{"step": 20.0, "epoch": 2.0, "time_s": 7200.0, "nll": 11.5, "nll_2se": "NaN", "bad_rows": 0.0, "nll_others": 11.5},
		"orders": map[string]any{"step": 20.0, "count": 2.0, "nll": 11.0, "mean": 11.25, "best_order": "NaN", "gain": 0.25, "gain_2se": "NaN", "ess": 1.5},
	} {
		if !reflect.DeepEqual(got[key], want) {
			t.Errorf("%s is %v, not %v", key, got[key], want)
		}
	}
	if hidden := got["config"].(map[string]any)["model.hidden"]; hidden != "[500]" {
		t.Errorf("the configuration has %v", hidden)
	}
	if nll := got["test"].(map[string]any)["nll"]; nll != 10.75 {
		t.Errorf("the test gave %v", nll)
	}
	for _, absent := range []string{"to_step_limit_s", "to_look_ahead_s"} {
		if v, found := got[absent]; found {
			t.Errorf("an ended run has %s: %v", absent, v)
		}
	}

	text, err = json.Marshal((&Run{Dir: "x", Name: "x"}).Summary(time.Now()))
	ok(t, err)
	var little map[string]any
	ok(t, json.Unmarshal(text, &little))
	if little["status"] != "unknown" || little["quiet_s"] != "NaN" || little["valid"] != nil || little["config"] == nil {
		t.Errorf("a run that is not known is %s", text)
	}
}

func TestForecastsOfARecord(t *testing.T) {
	r, now := living(t, "train: {batch: 1, max_steps: 100, look_ahead: 9}", steady(8, func(int) float64 { return 1 })...)
	record := r.Summary(now)
	if record.ToLimit == nil || *record.ToLimit != 24 || record.ToEnd == nil || *record.ToEnd != 23 || record.Quiet != 1 {
		t.Errorf("the record is %+v", record)
	}
}
