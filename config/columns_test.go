package config_test

import (
	"reflect"
	"testing"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
)

func TestColumnsAreWordsOrKeys(t *testing.T) {
	const text = `data:
  source: people.csv
  columns: {income: categorical, age: {kind: integer, min: 17}, id: drop, site: context, "sample.yr": {role: label},
            hour: {kind: circular, period: 24}, 3: {atoms: []}, size: {kind: real, min: 0, max: 1.5, transform: logit, step: 0.01, atoms: [0, 1e-3]},
            on: {kind: binary, levels: ["no", "yes"], missing: true}, note: {}}
`
	c, err := parse("f.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	want := data.Schema{
		{Name: "income", Kind: data.Categorical},
		{Name: "age", Kind: data.Integer, Min: new(17.0)},
		{Name: "id", Role: data.DropRole},
		{Name: "site", Role: data.ContextRole},
		{Name: "sample.yr", Role: data.LabelRole},
		{Name: "hour", Kind: data.Circular, Period: 24},
		{Name: "3", Atoms: []float64{}},
		{Name: "size", Kind: data.Real, Min: new(0.0), Max: new(1.5), Transform: data.LogitScale, Step: 0.01, Atoms: []float64{0, 1e-3}},
		{Name: "on", Kind: data.Binary, Levels: []string{"no", "yes"}, Missing: true},
		{Name: "note"},
	}
	if !reflect.DeepEqual(c.Data.Columns, want) {
		t.Errorf("got  %+v\nwant %+v", c.Data.Columns, want)
	}
	written, err := config.Marshal(c.Table())
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse("written", string(written))
	if err != nil || !reflect.DeepEqual(again.Data.Columns, want) || config.Hash(again.Table()) != config.Hash(c.Table()) {
		t.Errorf("written as\n%s\nit reads as %+v (%v)", written, again.Data.Columns, err)
	}
}

func TestSetOfColumns(t *testing.T) {
	const text = "data: {source: a.csv, columns: {age: integer, size: {kind: real, min: 0}, sample.yr: drop}}\n"
	for set, want := range map[string]data.Schema{
		"data.columns.age.min=17":           {{Name: "age", Kind: data.Integer, Min: new(17.0)}, {Name: "size", Kind: data.Real, Min: new(0.0)}, {Name: "sample.yr", Role: data.DropRole}},
		"data.columns.size=categorical":     {{Name: "age", Kind: data.Integer}, {Name: "size", Kind: data.Categorical}, {Name: "sample.yr", Role: data.DropRole}},
		"data.columns.sample.yr.role=label": {{Name: "age", Kind: data.Integer}, {Name: "size", Kind: data.Real, Min: new(0.0)}, {Name: "sample.yr", Role: data.LabelRole}},
		"data.columns.a.b=context":          {{Name: "age", Kind: data.Integer}, {Name: "size", Kind: data.Real, Min: new(0.0)}, {Name: "sample.yr", Role: data.DropRole}, {Name: "a.b", Role: data.ContextRole}},
		"data.columns={}":                   nil,
		"data.columns={min: {step: 5}}":     {{Name: "min", Step: 5}},
	} {
		c, err := parse("f.yaml", text, set)
		if err != nil || !reflect.DeepEqual(c.Data.Columns, want) {
			t.Errorf("--set %s: got %+v, want %+v (%v)", set, c.Data.Columns, want, err)
		}
	}
	c, err := parse("f.yaml", "data: {source: a.csv}", "data.columns.age.min=17", "data.columns.age.kind=integer")
	if want := (data.Schema{{Name: "age", Kind: data.Integer, Min: new(17.0)}}); err != nil || !reflect.DeepEqual(c.Data.Columns, want) {
		t.Errorf("got %+v (%v)", c.Data.Columns, err)
	}
}

func TestProblemsOfColumns(t *testing.T) {
	const text = `data:
  source: a.csv
  drop_columns: [gone]
  columns:
    a: catagorical
    b: {kind: integer, levels: ["1"], mni: 3}
    c: {kind: real, min: 5, max: 2, step: -1}
    d: {transform: logit, min: 0}
    e: {kind: circular}
    f: 7
    g: [drop]
    h: {kind: real, period: 3}
    i: {kind: rael, step: 5}
    a: drop
    j: {step: 0}
    k: {kind: date, format: yyyy-mm-dd}
    gone: real
    l: {exact: true, step: 0.1, min: x}
`
	want := []string{
		`f.yaml:5:8: data.columns.a: unknown value "catagorical" (did you mean "categorical"?`,
		`f.yaml:6:32: data.columns.b.levels: `,
		`f.yaml:6:39: data.columns.b: unknown key "mni" (did you mean "min"?)`,
		`f.yaml:7:26: data.columns.c.min: `,
		`f.yaml:7:43: data.columns.c.step: must be at least 0, got -1`,
		`f.yaml:8:20: data.columns.d.transform: `,
		`f.yaml:9:15: data.columns.e.kind: `,
		`f.yaml:10:8: data.columns.f: want a word, or keys and values, got 7`,
		`f.yaml:11:8: data.columns.g: want a word, or keys and values, got a list of one`,
		`f.yaml:12:29: data.columns.h.period: `,
		`f.yaml:13:15: data.columns.i.kind: unknown value "rael" (did you mean "real"?`,
		`f.yaml:14:5: data.columns.a: given twice, first at 5:5`,
		`f.yaml:15:15: data.columns.j.step: 0 is the same as leaving it out`,
		`f.yaml:16:29: data.columns.k.format: `,
		`f.yaml:17:5: data.columns.gone: `,
		`f.yaml:18:28: data.columns.l.step: `,
		`f.yaml:18:38: data.columns.l.min: want a number, got the text "x"`,
	}
	if got := problemsOf(t, text); !begin(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	for set, want := range map[string]string{
		"data.columns.a=reel":             `--set data.columns.a=reel: unknown value "reel" (did you mean "real"?`,
		"data.columns.a.min=low":          `--set data.columns.a.min=low: want a number, got the text "low"`,
		"data.columns={a: {minn: 3}}":     `--set data.columns={a: {minn: 3}}: data.columns.a: unknown key "minn" (did you mean "min"?)`,
		"data.columns.a=spline":           `--set data.columns.a=spline: unknown value "spline" (known: binary`,
		"data.columns=7":                  "--set data.columns=7: want names with their values, got 7",
		"data.columns.a.transform=probit": "--set data.columns.a.transform=probit: probit needs both bounds",
		"data.columns.b.role=label":       "--set data.columns.b.role=label: labels makes labels the context",
	} {
		if got := problemsOf(t, "data: {source: a.csv, labels: true}", set); !begin(got, []string{want}) {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
}
