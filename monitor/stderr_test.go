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

// tail reads a file as a Run keeps it.
func tail(t *testing.T, s *stderrTail, all bool) string {
	t.Helper()
	lines, reset := s.read(all)
	text := strings.Join(lines, "|")
	if reset {
		return "RESET " + text
	}
	return text
}

func TestStderrGrows(t *testing.T) {
	path := filepath.Join(t.TempDir(), runlog.StderrFile)
	s := &stderrTail{path: path}
	expect := func(all bool, want string) {
		t.Helper()
		if got := tail(t, s, all); got != want {
			t.Fatalf("read %.100q, not %.100q", got, want)
		}
	}
	expect(false, "")
	appendTo(t, path, "one\r\n\x1b[1mtwo\x1b[0m\nthr")
	expect(false, "one|two")
	expect(false, "")
	appendTo(t, path, "ee\n\nfour")
	expect(false, "three|")
	expect(true, "four")
	expect(true, "")
	appendTo(t, path, "teen\n")
	expect(true, "teen")

	ok(t, os.WriteFile(path, []byte("new\n"), 0o644)) // cut, and written again
	expect(false, "RESET new")
	ok(t, os.Remove(path))
	expect(false, "RESET ")
	expect(false, "")
	appendTo(t, path, "back\n")
	expect(false, "back")
}

func TestStderrIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), runlog.StderrFile)
	s := &stderrTail{path: path}

	appendTo(t, path, strings.Repeat("x", 3*stderrWindow)+"\nafter\n")
	if got := tail(t, s, false); got != "after" {
		t.Errorf("of a huge line, %.50q is read", got)
	}
	appendTo(t, path, strings.Repeat("y", 2*stderrLine))
	if got := tail(t, s, false); got != "" || len(s.line) > stderrLine {
		t.Errorf("%d bytes of a line are held, %.50q is read", len(s.line), got)
	}
	appendTo(t, path, "rest\nnext\n")
	lines, _ := s.read(false)
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "yyy") || len(lines[0]) > 503 || lines[1] != "next" {
		t.Errorf("then %.50q", lines)
	}

	for range 1000 { // a progress bar that never ends its line
		appendTo(t, path, strings.Repeat("#", 300)+"\r")
		if got := tail(t, s, false); got != "" || len(s.line) > 1000 {
			t.Fatalf("%d bytes of a progress bar are held, %.50q is read", len(s.line), got)
		}
	}
	appendTo(t, path, "done\n")
	if got := tail(t, s, false); got != "done" {
		t.Errorf("the progress bar ends as %.50q", got)
	}

	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintln(&many, i)
	}
	appendTo(t, path, many.String())
	lines, reset := s.read(false)
	if len(lines) != stderrLines || lines[0] != "1500" || lines[stderrLines-1] != "1999" || reset {
		t.Errorf("%d of many lines, from %q", len(lines), lines[0])
	}
	appendTo(t, path, strings.Repeat("0123456789\n", stderrWindow/5))
	lines, reset = s.read(false)
	if len(lines) != stderrLines || !reset || slices.ContainsFunc(lines, func(l string) bool { return l != "0123456789" }) {
		t.Errorf("%d of very many lines, reset %v", len(lines), reset)
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
	w.poll()
	if last := r.Stderr[len(r.Stderr)-1]; last != "line 1299" {
		t.Errorf("half a line is shown: %q", last)
	}
	ok(t, writer.Close()) // a crash
	w.poll()
	if last := r.Stderr[len(r.Stderr)-1]; last != "panic: out of" || r.Status() != runlog.Crashed {
		t.Errorf("the last words of a run that is %s are %q", r.Status(), last)
	}
	appendTo(t, path, "afterwards\n")
	for range 5 { // more than a second
		w.poll()
	}
	if last := r.Stderr[len(r.Stderr)-1]; last != "afterwards" {
		t.Errorf("after a second the last words are %q", last)
	}
}
