package monitor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/runlog"
)

func TestStderrIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), runlog.StderrFile)
	expect := func(write, want string) {
		t.Helper()
		ok(t, os.WriteFile(path, []byte(write), 0o644))
		if got := strings.Join(readStderr(filepath.Dir(path)), "|"); got != want {
			t.Errorf("read %.100q, not %.100q", got, want)
		}
	}
	if lines := readStderr(filepath.Dir(path)); len(lines) != 0 {
		t.Errorf("of no file %q is read", lines)
	}
	ok(t, os.WriteFile(path, nil, 0o644))
	if lines := readStderr(filepath.Dir(path)); len(lines) != 0 {
		t.Errorf("of an empty file %q is read", lines)
	}
	expect("one\r\n\x1b[1mtwo\x1b[0m\nthr", "one|two|thr")
	expect("three\n\n", "three|")
	expect(strings.Repeat("x", 3*stderrWindow)+"\nafter\n", "after")
	expect(strings.Repeat("x", 3*stderrWindow), "")
	expect(strings.Repeat("10 %\r", 100)+"done\n", "done")

	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintln(&many, i)
	}
	ok(t, os.WriteFile(path, []byte(many.String()), 0o644))
	if lines := readStderr(filepath.Dir(path)); len(lines) != stderrLines || lines[0] != "1500" || lines[stderrLines-1] != "1999" {
		t.Errorf("%d of many lines, from %q", len(lines), lines[0])
	}
	ok(t, os.WriteFile(path, []byte(strings.Repeat("0123456789\n", stderrWindow/5)), 0o644))
	if lines := readStderr(filepath.Dir(path)); len(lines) != stderrLines || slices.ContainsFunc(lines, func(l string) bool { return l != "0123456789" }) {
		t.Errorf("%d of very many lines", len(lines))
	}
}

func TestStderrOfARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writer := create(t, dir)
	path := filepath.Join(dir, runlog.StderrFile)
	w := newWatch(t, dir)
	w.poll()
	r := w.run()
	for i := range 1300 {
		appendTo(t, path, fmt.Sprintln("line", i))
		if i%100 == 0 {
			w.poll()
		}
	}
	w.poll()
	if n := len(r.Stderr); n != stderrLines || r.Stderr[n-1] != "line 1299" {
		t.Errorf("%d lines", n)
	}
	appendTo(t, path, "panic: out of")
	ok(t, writer.Close()) // a crash
	w.poll()
	if last := r.Stderr[len(r.Stderr)-1]; last != "panic: out of" || r.Status() != runlog.Crashed {
		t.Errorf("the last words of a run that is %s are %q", r.Status(), last)
	}
	appendTo(t, path, "memory\nafterwards\n")
	for range 5 { // more than a second
		w.poll()
	}
	if last := r.Stderr[len(r.Stderr)-1]; last != "afterwards" {
		t.Errorf("after a second the last words are %q", last)
	}
	ok(t, os.Remove(path))
	for range 5 {
		w.poll()
	}
	if len(r.Stderr) > 0 {
		t.Errorf("of a file that was removed, %q is left", r.Stderr)
	}
	appendTo(t, path, "again\n")
	for range 5 {
		w.poll()
	}
	if len(r.Stderr) != 1 {
		t.Fatalf("of a new file %q is read", r.Stderr)
	}
	ok(t, os.RemoveAll(dir))
	ended(t, dir, 1) // another run, whose libraries print nothing
	w.poll()
	if len(r.Stderr) > 0 || r.Status() != runlog.Done {
		t.Errorf("a run that is %s has %q of the run before it", r.Status(), r.Stderr)
	}
}
