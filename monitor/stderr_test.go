package monitor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/maskflow/maskflow/runlog"
)

func TestPlainLines(t *testing.T) {
	for line, want := range map[string]string{
		"":                                 "",
		"hello":                            "hello",
		"a\tb":                             "a b",
		"a\r":                              "a",
		"50%\r100%":                        "100%",
		"50%\r100%\r\r":                    "100%",
		"\x1b[1;31mred\x1b[0m text":        "red text",
		"\x1b[38;2;1;2;3mx\x1b[K":          "x",
		"\x1b]0;title\x07x":                "x",
		"\x1b]8;;http://a\x1b\\x":          "x",
		"\x1bPsixel\x1b\\x\x1b_apc\u009cy": "xy",
		"\x1b]0;no end":                    "",
		"\x1b(Bx\x1b7y\x1b=z":              "xyz",
		"\u009b31mx":                       "x",
		"\u009d0;title\x07x":               "x",
		"a\x1b[31":                         "a",
		"a\x1b":                            "a",
		"a\x1b\x1b[mb":                     "ab",
		"a\x00b\x08c\x7fd":                 "abcd",
		"a\xffb":                           "a\ufffdb",
		"\u202egnp.exe\u200b":              "gnp.exe",
		"日本 é":                             "日本 é",
		"trailing  ":                       "trailing",
	} {
		if got := plain([]byte(line)); got != want {
			t.Errorf("%q is shown as %q, not %q", line, got, want)
		}
	}
	long := plain([]byte(strings.Repeat("é", 501)))
	if utf8.RuneCountInString(long) != 500 || !strings.HasSuffix(long, "é…") {
		t.Errorf("a long line has %d characters", utf8.RuneCountInString(long))
	}
	if whole := strings.Repeat("é", 500); plain([]byte(whole)) != whole {
		t.Error("a line of 500 characters is cut")
	}
}

// FuzzPlain holds that no bytes can do anything to a terminal but appear.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"a\x1b[31mb", "\x1b]0;t\x07x", "\u009b1m", "\xc2\x9b", "\x1bP\x1b\\", "a\rb", "\xff\xfe", "\x1b[\x1b[", "\u2028\u2029\u0085", "\x1b \x1b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		text := plain(line)
		if utf8.RuneCountInString(text) > plainLength || !utf8.ValidString(text) {
			t.Fatalf("%q is shown as %q", line, text)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q is shown as %q", line, text)
		}
		if again := plain([]byte(text)); again != text {
			t.Fatalf("%q is shown as %q and that as %q", line, text, again)
		}
	})
}

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
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "yyy") || len(lines[0]) > plainLength+3 || lines[1] != "next" {
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
