package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
)

// terminal is a process on a pseudo-terminal that reads all that is written on it,
// as a real one does: a process waits when nobody reads.
type terminal struct {
	cmd    *exec.Cmd
	master *os.File
	began  time.Time
	ended  chan struct{}
	err    error // how it ended; to be read after ended is closed

	text  string        // that is awaited
	shown chan struct{} // closed when it was written
	at    time.Duration // when that was, since the start; to be read after that

	mu   sync.Mutex
	tail []byte // the last that was written
}

// terminalLimit bounds the wait for a text, and for the end of a process.
const terminalLimit = time.Minute

// The size of the terminals, and how much is kept of what is written on them.
const (
	columns, lines = 120, 40
	tailBytes      = 4096
)

// startTerminal starts a process on a terminal that takes note of when it writes a
// text for the first time. The context's end kills it.
func startTerminal(ctx context.Context, text, program string, args ...string) (*terminal, error) {
	t := &terminal{cmd: exec.CommandContext(ctx, program, args...), began: time.Now(), ended: make(chan struct{}),
		text: text, shown: make(chan struct{})}
	t.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8", "NO_COLOR=")
	var err error
	if t.master, err = pty.StartWithSize(t.cmd, &pty.Winsize{Cols: columns, Rows: lines}); err != nil {
		return nil, fmt.Errorf("starting %s on a pseudo-terminal: %w", program, err)
	}
	go t.read()
	return t, nil
}

// read reads until the last process has closed the terminal.
func (t *terminal) read() {
	defer close(t.ended)
	awaited := t.text != ""
	buf := make([]byte, 64<<10)
	for {
		n, err := t.master.Read(buf)
		t.mu.Lock()
		t.tail = append(t.tail, buf[:n]...)
		if awaited && bytes.Contains(t.tail, []byte(t.text)) {
			awaited = false
			t.at = time.Since(t.began)
			close(t.shown)
		}
		t.tail = t.tail[max(0, len(t.tail)-tailBytes):]
		t.mu.Unlock()
		if err != nil {
			break // how Linux says that nobody has it open any more
		}
	}
	t.err = t.cmd.Wait()
}

// wait waits until the text was written, and returns how long after the start.
func (t *terminal) wait(ctx context.Context) (time.Duration, error) {
	select {
	case <-t.shown:
		return t.at, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-t.ended:
		return 0, fmt.Errorf("it ended (%v) before it had shown %q: %s", t.cmd.ProcessState, t.text, t.last())
	case <-time.After(terminalLimit):
		return 0, fmt.Errorf("it has not shown %q for %v: %s", t.text, terminalLimit, t.last())
	}
}

// last is the end of what was written, without what a terminal acts on.
func (t *terminal) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	words := strings.Fields(ansi.Strip(string(t.tail)))
	return strings.Join(words[max(0, len(words)-20):], " ")
}

// leave presses q until the process has ended: a monitor may be busy with a dialog.
func (t *terminal) leave(ctx context.Context) error {
	late := time.After(terminalLimit)
	for {
		if _, err := t.master.WriteString("q"); err != nil {
			break
		}
		select {
		case <-t.ended:
			return t.failure()
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return fmt.Errorf("it is not left by q within %v: %s", terminalLimit, t.last())
		case <-time.After(300 * time.Millisecond):
		}
	}
	<-t.ended
	return t.failure()
}

// failure is the error of a process that has ended.
func (t *terminal) failure() error {
	if t.err != nil {
		return fmt.Errorf("it ended with %w: %s", t.err, t.last())
	}
	return nil
}

// close kills the process if it lives.
func (t *terminal) close() {
	_ = t.cmd.Process.Kill()
	<-t.ended
	_ = t.master.Close()
}
