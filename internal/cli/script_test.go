package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/maskflow/maskflow/backend"
)

// TestScripts runs testdata/script. Every script starts with the Go backend and
// finds in its folder tiny.yaml, its data tiny.csv, and all.csv, the 2^7 rows
// that there can be; flow.yaml with its data curve.csv, two real columns; and people.csv,
// a table with texts, dates and holes.
// Beside the commands of testscript they have
//
//	fails CODE maskflow …   the exit code, and one line on standard error
//	exits CODE PROGRAM …    the exit code alone
//	json PATH REGEXP        a value of the one JSON object on standard output
//	lines N stdout|stderr   how many there are
//	rows FILE N             the number of lines of a file
func TestScripts(t *testing.T) {
	cache := t.TempDir()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(e *testscript.Env) error { return setup(e.WorkDir, cache, e.Setenv) },
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fails": fails, "exits": exits, "json": jsonValue, "lines": lines, "rows": rows, "samestate": sameStates,
		},
	})
}

// setup fills a folder and an environment in which to run the command.
func setup(dir, cache string, setenv func(key, value string)) error {
	var all []error
	for _, name := range []string{"tiny.yaml", "flow.yaml"} {
		config, err := os.ReadFile(filepath.Join("testdata", name))
		all = append(all, err, os.WriteFile(filepath.Join(dir, name), config, 0o644))
	}
	setenv(backend.EnvBackend, "go")
	setenv("MASKFLOW_DATA", "")
	setenv("XDG_DATA_HOME", filepath.Dir(filepath.Dir(backend.DefaultPluginDir())))
	setenv("XDG_CACHE_HOME", cache)
	for name, rows := range map[string][]byte{"tiny.csv": chain(300, 7), "all.csv": every(7), "curve.csv": curve(400), "people.csv": people(300)} {
		all = append(all, os.WriteFile(filepath.Join(dir, name), rows, 0o644))
	}
	return errors.Join(all...)
}

// curve is a table of pairs (10 + x, 3x² + noise) with normal x and noise.
func curve(rows int) []byte {
	rng := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for range rows {
		x := rng.NormFloat64()
		fmt.Fprintf(&b, "%.4f,%.4f\n", 10+x, 3*x*x+rng.NormFloat64())
	}
	return []byte(b.String())
}

// people is a table with names of rows, levels, whole numbers, holes, dates and a dose, on which
// the score depends.
func people(rows int) []byte {
	rng := rand.New(rand.NewPCG(5, 6))
	var b strings.Builder
	b.WriteString("id,sex,age,income,city,joined,dose,score\n")
	for i := range rows {
		income, dose := "", rng.Float64()
		if rng.IntN(5) > 0 {
			income = fmt.Sprintf("%.1f", 10+5*rng.ExpFloat64())
		}
		fmt.Fprintf(&b, "p%03d,%s,%d,%s,%s,2024-%02d-%02d,%.4f,%.2f\n", i*37%rows, []string{"female", "male"}[rng.IntN(2)], 18+rng.IntN(60), income,
			[]string{"Bern", "New York", "\"Washington, D.C.\""}[rng.IntN(3)], 1+rng.IntN(12), 1+rng.IntN(28), dose, 3*dose+rng.NormFloat64())
	}
	return []byte(b.String())
}

// chain is a table of bits in which each is the one before it with probability
// 0.9: something to learn.
func chain(rows, dim int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range rows {
		bit := rng.IntN(2)
		for d := range dim {
			if d > 0 {
				b.WriteByte(',')
				if rng.Float64() < 0.1 {
					bit = 1 - bit
				}
			}
			b.WriteString(strconv.Itoa(bit))
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// every is a table of all rows of bits.
func every(dim int) []byte {
	var b strings.Builder
	for row := range 1 << dim {
		for d := range dim {
			if d > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Itoa(row >> d & 1))
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

func condition(name string) (bool, error) {
	switch name {
	case "xla":
		return hasXLA(), nil
	case "mounts": // a file system of one's own
		return exec.Command("unshare", "-rm", "mount", "-t", "tmpfs", "none", os.TempDir()).Run() == nil, nil
	}
	return false, fmt.Errorf("no condition %q", name)
}

func hasXLA() bool {
	for _, p := range backend.List() {
		if p.Kind == backend.KindXLA && p.Problem == "" && backend.Built().XLA {
			return true
		}
	}
	if os.Getenv("MASKFLOW_REQUIRE_XLA") != "" {
		panic("no XLA plugin, but MASKFLOW_REQUIRE_XLA is set")
	}
	return false
}

// exits runs a program that ends with the given code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGS...]")
	}
	code := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if want := args[0]; strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// goText is what a person should never see: stacks, and names of Go's types.
var goText = regexp.MustCompile(`goroutine |runtime\.|\.go:\d|Go value|\*?(errors|json|fs|runlog|config|maskflow|strconv)\.[A-Z]`)

// fails is exits for a command that says in one line why.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	exits(ts, neg, args)
	text := ts.ReadFile("stderr")
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "maskflow: ") {
		ts.Fatalf("standard error is not one line that begins with maskflow: but %q", text)
	}
	if found := goText.FindString(text); found != "" {
		ts.Fatalf("standard error tells of Go's insides: %q", found)
	}
}

// jsonValue looks a value up in the object on standard output.
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] json PATH REGEXP")
	}
	text := ts.ReadFile("stdout")
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil || strings.Count(text, "\n") != 1 {
		ts.Fatalf("standard output is not one JSON object on one line: %v: %q", err, text)
	}
	for _, key := range strings.Split(args[0], ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(in) {
				ts.Fatalf("no element %s in a list of %d", key, len(in))
			}
			v = in[i]
		default:
			v = nil
		}
	}
	found, err := json.Marshal(v)
	ts.Check(err)
	matched, err := regexp.Match("^(?:"+args[1]+")$", found)
	ts.Check(err)
	if matched == neg {
		ts.Fatalf("%s is %s", args[0], found)
	}
}

func lines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines N stdout|stderr")
	}
	if n := strings.Count(ts.ReadFile(args[1]), "\n"); strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d lines, want %s", n, args[0])
	}
}

func rows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: rows FILE N")
	}
	if n := strings.Count(ts.ReadFile(args[0]), "\n"); strconv.Itoa(n) != args[1] {
		ts.Fatalf("%s has %d lines, want %s", args[0], n, args[1])
	}
}

// sameStates NAME RUN REFERENCE compares a checkpoint of two runs.
func sameStates(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: samestate NAME RUN REFERENCE")
	}
	if err := sameState(ts.MkAbs(args[1]), ts.MkAbs(args[2]), args[0]); (err != nil) != neg {
		ts.Fatalf("samestate %v: %v", args, err)
	}
}

// eventually waits for a condition that another process brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
