//go:build unix

package cli

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// What a command may take for a run directory of a stranger.
const (
	mostMemory = 300 << 20
	mostTime   = 10 * time.Second // of the processors: tests share them
)

// soak reports whether series are run whole, by make soak; the tests of every day take a seeded twentieth.
func soak() bool { return os.Getenv("MASKFLOW_SOAK") != "" }

// Run directories that are damaged or forged, at random from a seed, do no harm in the hands of any command that takes
// one: no file outside changes, memory and time are bounded, and what comes out is at most one line of plain text, and a
// result.
func TestForgedRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	t.Parallel()
	cases, commands := 50, 2
	if soak() {
		cases, commands = 1000, len(forgedCommands)
	}
	first := 0
	if one := os.Getenv("MASKFLOW_FORGED"); one != "" { // the number of a case that failed
		var err error
		if first, err = strconv.Atoi(one); err != nil {
			t.Fatal(err)
		}
		cases, commands = first+1, len(forgedCommands)
	}
	f := newForge(t)
	var wait sync.WaitGroup
	next := make(chan int)
	for range runtime.NumCPU() {
		wait.Go(func() {
			for i := range next {
				f.try(t, i, commands)
			}
		})
	}
	for i := first; i < cases; i++ {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, name := range slices.Sorted(maps.Keys(f.seen)) {
		s := f.seen[name]
		t.Logf("%-8s %v calls by exit code, at most %d MB, %v of the processor and %v in all", name, s.codes, s.memory>>20, s.time, s.wall)
	}
}

// forgedCommands are the commands that take a run directory.
var forgedCommands = []func(rng *rand.Rand) []string{
	func(*rand.Rand) []string { return []string{"eval", "run"} },
	func(*rand.Rand) []string {
		return []string{"sample", "run", "-n", "3", "-o", "out/x.csv"}
	},
	func(rng *rand.Rand) []string {
		return []string{"watch", pick(rng, "run", "."), pick(rng, "--once", "--json")}
	},
	func(*rand.Rand) []string { return []string{"train", "--resume", "--run", "run", "--quiet"} },
	func(rng *rand.Rand) []string {
		return []string{"plot", "run", "--kind", pick(rng, "columns", "density", "samples", "calibration", "curve")}
	},
	func(*rand.Rand) []string { return []string{"verify", "run"} },
	func(*rand.Rand) []string { return []string{"logprob", "run", "rows.csv", "-o", "out/y.csv"} },
}

func pick[T any](rng *rand.Rand, all ...T) T { return all[rng.IntN(len(all))] }

// A forge makes damaged runs of whole ones.
type forge struct {
	*bench
	bases []string

	mu   sync.Mutex
	seen map[string]*spent
}

// spent is what the calls of a command took.
type spent struct {
	codes      map[int]int
	memory     int64
	time, wall time.Duration
}

func newForge(t *testing.T) *forge {
	f := &forge{bench: newBench(t), seen: map[string]*spent{}}
	f.env = append(f.env, "MASKFLOW_DATA="+f.dir)
	for name, flags := range map[string][]string{
		"made":  {"tiny.yaml", "--set", "model.orders.count=3"},
		"fresh": {"tiny.yaml", "--set", "model.orders.count=unlimited", "--set", "eval={test_orders: 4, valid_orders: 2}"},
		"flow":  {"flow.yaml"},
		"table": {"people.csv", "--set", "model={type: made, output: mixed, hidden: [9]}", "--set", "data.columns.age.min=0", "--set", "train.max_epochs=1"},
		"vae":   {"tiny.yaml", "--set", "model={type: vae, latent: 3, encoder: [5], decoder: [5], hidden: [5], layers: 2}", "--set", "eval.samples=4"},
	} {
		f.run(t, append([]string{"train", "--quiet", "--run", name, "--set", "train.checkpoint_every=0.01"}, flags...)...)
		f.bases = append(f.bases, name)
	}
	slices.Sort(f.bases)
	return f
}

// try makes case i and gives it to some of the commands.
func (f *forge) try(t *testing.T, i, commands int) {
	rng := rand.New(rand.NewPCG(12, uint64(i)))
	dir, err := os.MkdirTemp(f.dir, "case")
	if err != nil {
		t.Error(err)
		return
	}
	defer removeAll(dir)
	base := pick(rng, f.bases...)
	rows := cmp.Or(map[string]string{"flow": "curve.csv", "table": "people.csv"}[base], "tiny.csv")
	text, err := os.ReadFile(f.path(rows))
	err = errors.Join(err, os.WriteFile(filepath.Join(dir, "rows.csv"), text, 0o644),
		os.CopyFS(filepath.Join(dir, "outside"), os.DirFS(f.path("made"))), // what links lead to
		os.CopyFS(filepath.Join(dir, "run"), os.DirFS(f.path(base))))
	if err != nil {
		t.Error(err)
		return
	}
	d := &damaged{rng: rng, dir: filepath.Join(dir, "run"), outside: filepath.Join(dir, "outside"), other: f.path(pick(rng, f.bases...))}
	for range 1 + rng.IntN(3) {
		d.damage()
	}
	before := contents(dir)
	for _, k := range rng.Perm(len(forgedCommands))[:commands] {
		if err := os.MkdirAll(filepath.Join(dir, "out"), 0o755); err != nil {
			t.Error(err)
		}
		args := forgedCommands[k](rng)
		if problem := f.call(dir, args); problem != "" {
			t.Errorf("case %d (%s: %s): maskflow %s: %s", i, base, strings.Join(d.done, ", "), strings.Join(args, " "), problem)
		}
		removeAll(filepath.Join(dir, "out"))
		after := contents(dir)
		for name := range mergeKeys(before, after) {
			// A training writes its run, and beside it what it cannot write there.
			own := args[0] == "train" && (strings.HasPrefix(name, "run/") || strings.HasPrefix(name, "run.lost-"))
			if before[name] != after[name] && !own {
				t.Errorf("case %d (%s: %s): maskflow %s: %s was %q and is %q", i, base, strings.Join(d.done, ", "), strings.Join(args, " "), name, before[name], after[name])
			}
		}
		before = after
	}
}

// call runs the command in a directory and returns what is wrong with how it ended.
func (f *forge) call(dir string, args []string) string {
	c := exec.Command("maskflow", args...)
	var stdout, stderr bytes.Buffer
	status := dir + ".status"
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, append(slices.Clone(f.env), peakVariable+"="+status), &stdout, &stderr
	defer func() { _ = os.Remove(status) }()
	if err := c.Start(); err != nil {
		return err.Error()
	}
	started := time.Now()
	stop := time.AfterFunc(20*time.Second, func() { _ = c.Process.Signal(syscall.SIGINT) })
	kill := time.AfterFunc(2*time.Minute, func() { _ = c.Process.Kill() })
	err := c.Wait()
	stop.Stop()
	kill.Stop()
	code := exitCode(err)
	used := c.ProcessState.SystemTime() + c.ProcessState.UserTime()
	memory := peakOf(status)
	f.note(args[0], code, memory, used, time.Since(started))
	lines := strings.Count(stderr.String(), "\n")
	switch {
	case code < 0:
		return "it had to be killed: " + err.Error()
	case memory > mostMemory:
		return fmt.Sprintf("it took %d MB", memory>>20)
	case code == codeInterrupted && args[0] != "train": // which may be one of days
		return "it did not end by itself"
	case used > mostTime && code != codeInterrupted:
		return fmt.Sprintf("it took %v of the processor", used)
	case strings.Contains(stderr.String(), "internal error") || strings.Contains(stderr.String(), "goroutine "):
		return "it failed by itself: " + stderr.String()
	case code != codeDone && (lines != 1 || !strings.HasPrefix(stderr.String(), "maskflow: ")) && args[0] != "verify":
		return fmt.Sprintf("exit code %d with %d lines: %q", code, lines, stderr.String())
	}
	for _, out := range []string{stdout.String(), stderr.String()} {
		if raw := hostile(out); raw != "" {
			return fmt.Sprintf("it printed %q", raw)
		}
	}
	return ""
}

func (f *forge) note(command string, code int, memory int64, used, wall time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen[command] == nil {
		f.seen[command] = &spent{codes: map[int]int{}}
	}
	s := f.seen[command]
	s.codes[code]++
	s.memory, s.time, s.wall = max(s.memory, memory), max(s.time, used), max(s.wall, wall)
}

// hostile is the first thing in a text that a terminal would obey.
func hostile(text string) string {
	if !utf8.ValidString(text) {
		return text
	}
	for _, line := range strings.SplitAfter(text, "\n") {
		for _, r := range strings.TrimSuffix(line, "\n") {
			if unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				return line
			}
		}
	}
	return ""
}

// contents has what every file, link and folder below a directory is.
func contents(dir string) map[string]string {
	all := map[string]string{}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		info, statErr := os.Lstat(path)
		switch {
		case err != nil || statErr != nil:
			all[name] = "?"
		case e.Type()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(path)
			all[name] = "link to " + to
		case info.Mode().IsRegular() && info.Size() < 1<<24:
			text, _ := os.ReadFile(path)
			all[name] = fmt.Sprintf("%v %x", info.Mode(), sha256.Sum256(text))
		case info.Mode().IsRegular():
			all[name] = fmt.Sprint(info.Mode(), info.Size(), info.ModTime())
		default:
			all[name] = info.Mode().String()
		}
		return nil
	})
	return all
}

func mergeKeys(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// removeAll removes what may have no permissions.
func removeAll(dir string) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, _ error) error {
		if e != nil && e.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}

// hostileTexts are what strings of strangers may have, and hostileValues numbers and more, as JSON.
var (
	hostileTexts = []string{"", "\x1b[2J\x1b]0;x\a", "\x9b31m", "a\nb", "\u202eabc", "../../outside/run.json", "/dev/zero", "%s%n", strings.Repeat("x", 5000),
		"\x00", "-rf", "\xff\xfe", "step-00000001.safetensors", "💥"}
	hostileValues = []string{"0", "-1", "1e308", "9223372036854775807", "-9223372036854775808", "4611686018427387904", "1000000000", "1e400", "null", "true", `"NaN"`, `"Inf"`,
		"[]", "{}", "[[[[1]]]]", strings.Repeat("[", 20000) + strings.Repeat("]", 20000), "[1000000000, 1000000000]", `""`, "0.5", "1e-320", "[0, -1]",
		"[" + strings.Repeat("1,", 100_000) + "1]"}
)

func (d *damaged) value() string {
	if d.rng.IntN(3) == 0 {
		text, _ := json.Marshal(pick(d.rng, hostileTexts...))
		return string(text)
	}
	return pick(d.rng, hostileValues...)
}

// leaf is a number, a text or a word of JSON, or an empty list.
var leaf = regexp.MustCompile(`:\s*("(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|\[[0-9, ]*\])`)

// forgeJSON puts something hostile in the place of one value.
func (d *damaged) forgeJSON(text []byte) []byte {
	all := leaf.FindAllSubmatchIndex(text, -1)
	if all == nil {
		return []byte(d.value())
	}
	at := pick(d.rng, all...)
	return slices.Concat(text[:at[2]], []byte(d.value()), text[at[3]:])
}

// files are the regular files of the run, and folders its folders.
func (d *damaged) entries() (files, folders []string) {
	_ = filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, _ error) error {
		switch {
		case e == nil || path == d.dir:
		case e.Type().IsRegular():
			files = append(files, path)
		case e.IsDir():
			folders = append(folders, path)
		}
		return nil
	})
	return files, folders
}

// edit changes the text of a file, if it can be read.
func (d *damaged) edit(path string, change func([]byte) []byte) {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<24 {
		return
	}
	if text, err := os.ReadFile(path); err == nil {
		_ = os.WriteFile(path, change(text), 0o644)
	}
}

// number is one up to most, often small or near to most.
func (d *damaged) number(most int) int {
	return cmp.Or(pick(d.rng, 0, d.rng.IntN(most+1), min(most, d.rng.IntN(20)), max(0, most-d.rng.IntN(20))), 0)
}
