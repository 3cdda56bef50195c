package monitor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/maskflow/maskflow/runlog"
)

const queryConfig = `
name: connect4
seed: 7
model:
  hidden: [500]
  orders: {count: unlimited}
  activation: relu
train:
  optimizer: {name: adam, learning_rate: 1e-3}
  schedule: {name: constant}
  note: "two words"
data: {binarize: "", fractions: [0.8, 0.1, 0.1]}
`

func queried(t *testing.T) *Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "sweep", "big-run")
	rawRun(t, dir, strings.Join([]string{
		`{"t":"start","v":2,"step":0,"basis":{"figure":"likelihood","columns":"c"},"independent_nll":15}`, trainLine(10, 1, 5, 13), trainLine(20, 2, 7200, 12.5), validLine(10, 1, 6, 11), validLine(20, 2, 7200, 11.5),
		`{"t":"orders","step":20,"split":"valid","nll":11,"mean":11.25,"gain":0.25,"ess":1.5,"per_order":[11,11.5]}`,
		`{"t":"end","status":"done","step":20,"time":7200,"test":{"nll":10.75,"independent_nll":15.25}}`, "",
	}, "\n"))
	ok(t, os.WriteFile(filepath.Join(dir, runlog.ConfigFile), []byte(queryConfig), 0o644))
	ok(t, os.WriteFile(filepath.Join(dir, runlog.ManifestFile), []byte(`{"v":1,"name":"connect4","host":"elsewhere","backend":"go"}`), 0o644))
	w := newWatch(t, dir)
	w.poll()
	return w.run()
}

func TestQueries(t *testing.T) {
	r := queried(t)
	empty := &Run{Dir: "empty", Name: "empty"}
	for _, c := range []struct {
		query string
		want  bool // of the run
		bare  bool // of a run of which nothing is known
	}{
		{"", true, true},
		{"  \t ", true, true},
		{"model.hidden=500 best<12 -status:crashed name~conn gain>=0.2 done", true, false},

		{"best<11", false, false},
		{"above=4", true, false},
		{"best<=11", true, false},
		{"best=11.0", true, false},
		{"best!=11", false, false},
		{"valid>11 valid<12", true, false},
		{"loss=12.5", true, false},
		{"step>=20 epoch=2", true, false},
		{"step<5", false, true},
		{"gain>0.2 ess<2 orders=2", true, false},
		{"test<11", true, false},
		{"rate>0", true, false},
		{"elapsed>1h elapsed<=2h elapsed=7200", true, false},
		{"host=elsewhere backend=go", true, false},
		{"status=done", true, false},
		{"status!=done", false, true},
		{"status~^do", true, false},
		{"-status=done", false, true},

		{"hidden=500", true, false},
		{"hidden=[500]", true, false},
		{"hidden=[500,500]", false, false},
		{"model.hidden>499", true, false},
		{"fractions=[0.8,0.1,0.1]", true, false},
		{`fractions="[0.8, 0.1, 0.1]"`, true, false},
		{"fractions>0", false, false},
		{"learning_rate=0.001", true, false},
		{"learning_rate<1e-2", true, false},
		{"optimizer.name=adam", true, false},
		{"count=unlimited", true, false},
		{"activation~^re", true, false},
		{"activation!=tanh", true, false},
		{`note="two words"`, true, false},
		{`binarize=""`, true, false},
		{`binarize!=""`, false, false},
		{"seed:7", true, false},

		{"layers=5", false, false},
		{"layers!=5", false, false},
		{"-layers=5", true, true},
		{"odel.hidden=500", false, false}, // not a tail at a point
		{"model=500", false, false},       // a section

		{"name=connect4", true, false},
		{"name=big-run", true, false},
		{"name~zzz", false, false},
		{"/zzz/", false, false},
		{"/^./", true, true},
		{"-/^./", false, false},
		{"BIG", true, false},
		{"sweep", true, false},
		{"don", true, false},
		{"unknown", false, true},
		{"-BIG", false, true},
		{`"big-run"`, true, false},
	} {
		q, err := ParseQuery(c.query)
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		now := time.Now()
		if got := q.Match(r, now); got != c.want {
			t.Errorf("%s chooses the run: %v", c.query, got)
		}
		if got := q.Match(empty, now); got != c.bare {
			t.Errorf("%s chooses the run that is not known: %v", c.query, got)
		}
		if q.String() != c.query || q.Empty() != (strings.TrimSpace(c.query) == "") {
			t.Errorf("%s is %q, empty %v", c.query, q.String(), q.Empty())
		}
	}
}

func TestANumberThatWasLostCanBeAskedFor(t *testing.T) {
	r := inMemory(t, `{"t":"train","step":1,"loss":"NaN"}`)
	for query, want := range map[string]bool{"loss=NaN": true, "loss!=nan": false, "loss>0": false, "loss<0": false, "best=NaN": false} {
		q, err := ParseQuery(query)
		ok(t, err)
		if q.Match(r, time.Now()) != want {
			t.Errorf("%s is not %v", query, want)
		}
	}
}

func TestEveryQueryKeyHasAValue(t *testing.T) {
	r := queried(t)
	for _, key := range QueryKeys() {
		q, err := ParseQuery(key + "~.")
		ok(t, err)
		if !q.Match(r, time.Now()) {
			t.Errorf("%s has no value", key)
		}
	}
}

func TestQueriesThatAreNone(t *testing.T) {
	for query, want := range map[string]string{
		"best=1 =5":   `"=5": there is no key before = (write one, as in best=12)`,
		"best<":       `"best<": there is nothing after < (write a value, or "" for an empty text)`,
		"best<abc":    `"best<abc": < compares numbers, and abc is none (write one, as in best<12, or use = or ~)`,
		"-":           `"-": there is nothing after - (write -word for runs that do not have the word)`,
		"name~[a":     "\"name~[a\": [a is no regular expression: missing closing ]: `[a` (write \\ before a character that stands for itself)",
		`a name="b c`: `"name=\"b c": a quote is not closed (add a " at its end)`,
		"step>=":      `"step>=": there is nothing after >= (write a value, or "" for an empty text)`,
		`best>"a b"`:  `"best>\"a b\"": > compares numbers, and ab is none (write one, as in best>12, or use = or ~)`,
	} {
		if _, err := ParseQuery(query); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nnot %s", query, err, want)
		}
	}
}

// FuzzParseQuery holds that any text is a query, or a reason of one line that names a word of it.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"model.hidden=500 best<12 -status:crashed name~conn", `a="b c"`, "=", "-", "--a", "a!=b<c", "~", `"`, "a~(", "\u2028=1", "é:ü", "best<1h", "a=[1,2]"} {
		f.Add(s)
	}
	known := &Run{Dir: "a/b", Name: "b"}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuery(text)
		if err != nil {
			line := err.Error()
			if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) }) || !strings.HasPrefix(line, `"`) {
				t.Fatalf("%q: %q", text, line)
			}
			return
		}
		q.Match(known, time.Time{})
		if again, err := ParseQuery(q.String()); err != nil || again.Match(known, time.Time{}) != q.Match(known, time.Time{}) {
			t.Fatalf("%q is another query when it is read again: %v", text, err)
		}
	})
}
