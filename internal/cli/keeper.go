package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/maskflow/maskflow/internal/words"
)

// A keeper is a small process that gives the terminal back when this one dies while a
// monitor has the whole screen: killed, or by a fault in native code or in the runtime,
// after which no line of this program runs any more. It is this program, started again
// with keepArg in a session of its own, where no key of the terminal reaches it; it
// waits for the end of a pipe of which this process holds the other one, and so ends
// with it.
//
// Through the pipe it gets what it has to know, then what the runtime prints when it
// crashes, and in the good case last the word that the terminal was restored.
const keepArg = "__maskflow-keep-terminal"

// restoredWord says that there is nothing left to do.
const restoredWord = "the terminal was restored\n"

// Limits of a keeper: how much it keeps of what a crash prints, and of that shows, since
// the first lines tell the most and the rest would push them off the screen; how long it
// tries to write to a terminal that may not take anything, and how long its end is
// waited for.
const (
	mostTrace   = 16 << 10
	traceLines  = 20
	writingTime = 10 * time.Second
	endingTime  = time.Second
)

// keeping is what a keeper has to know.
type keeping struct {
	Modes *lineModes `json:"modes"` // of the terminal, before the monitor
	Last  string     `json:"last"`  // what to say in the end: what is left, and how to go on
}

// keep starts a keeper for the terminal that is read from in and written to out, and
// returns what ends it once the terminal was restored. Until then what a crash prints
// goes to it; crashOutput says where it goes afterwards.
func keep(in, out *os.File, last string, crashOutput func()) (release func(), err error) {
	modes, err := readModes(in)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	begin, err := json.Marshal(keeping{modes, last})
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	child := exec.Command(self, keepArg)
	child.Stdin, child.Stdout, child.ExtraFiles = r, out, []*os.File{in}
	child.SysProcAttr = ownSession()
	child.Dir = "/" // it keeps no folder busy
	if _, err = w.Write(append(begin, '\n')); err == nil {
		err = child.Start()
	}
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	_ = debug.SetCrashOutput(w, debug.CrashOptions{})
	return sync.OnceFunc(func() {
		_, _ = w.WriteString(restoredWord)
		crashOutput() // first: the runtime holds a copy of the pipe
		_ = w.Close()
		late := time.AfterFunc(endingTime, func() { _ = child.Process.Kill() })
		defer late.Stop()
		_ = child.Wait()
	}), nil
}

// keepMain is called first thing in the program: where this process is a keeper, it does
// what a keeper does and exits.
func keepMain() {
	if len(os.Args) != 2 || os.Args[1] != keepArg {
		return
	}
	ignoreSignals()
	in := bufio.NewReader(os.Stdin)
	var k keeping
	first, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(first, &k)
	}
	if err != nil {
		os.Exit(codeFailed)
	}
	var said bytes.Buffer
	end := &tailOf{size: len(restoredWord)}
	_, _ = io.Copy(io.MultiWriter(&bounded{&said, mostTrace}, end), in)
	if string(end.bytes) == restoredWord {
		os.Exit(codeDone)
	}
	time.AfterFunc(writingTime, func() { os.Exit(codeFailed) })
	k.restore(os.NewFile(3, "terminal"), os.Stdout, said.String())
	os.Exit(codeDone)
}

// leaveScreen undoes what a monitor asks of a terminal: ends a sequence that was cut off
// and an update that was begun; the keyboard's modes, which belong to the screen; then
// the screen, the cursor, paste, mouse, title, progress and colours.
const leaveScreen = "\x1b\\\x1b[?2026l\x1b[>4m\x1b[<1u\x1b[9999;1H" +
	"\x1b[?1049l\x1b[?25h\x1b[?2004l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b]2;\a\x1b]9;4;0\a\x1b[m"

// restore gives the terminal back and says what happened. Where the modes of the line
// are no longer those of a monitor, the shell has them already and knows better.
func (k keeping) restore(in, out *os.File, trace string) {
	_, _ = out.WriteString(leaveScreen)
	if now, err := readModes(in); err == nil && now.raw() {
		_ = k.Modes.set(in)
	}
	what := "killed"
	if trace != "" {
		what = "crashed"
	}
	text := shortened(trace) + "maskflow: " + what + " while the monitor was shown (" + k.Last + ")\n"
	_, _ = out.WriteString(strings.ReplaceAll(text, "\n", "\r\n"))
}

// shortened is the first lines of a text, without what would do something to a terminal.
// A tab at the beginning of a line stays: traces are indented by it.
func shortened(text string) string {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(text) {
		if n++; n > traceLines {
			b.WriteString("…\n")
			break
		}
		bare := strings.TrimLeft(line, "\t")
		indent := line[:len(line)-len(bare)]
		b.WriteString(indent + words.Plain(strings.TrimSuffix(bare, "\n")) + "\n")
	}
	return b.String()
}

// bounded takes no more than so many bytes, and says that it took all.
type bounded struct {
	b    *bytes.Buffer
	size int
}

func (w *bounded) Write(p []byte) (int, error) {
	w.b.Write(p[:min(len(p), w.size-w.b.Len())])
	return len(p), nil
}

// tailOf holds the last bytes that were written.
type tailOf struct {
	bytes []byte
	size  int
}

func (w *tailOf) Write(p []byte) (int, error) {
	w.bytes = append(w.bytes, p[max(0, len(p)-w.size):]...)
	w.bytes = w.bytes[max(0, len(w.bytes)-w.size):]
	return len(p), nil
}
