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

// terminal is a process on a pseudo-terminal that reads all that is written on it, as a real one does: a process waits
// when nobody reads.
type terminal struct {
	cmd     *exec.Cmd
	master  *os.File
	reading sync.WaitGroup

	mu    sync.Mutex
	tail  []byte        // the last that was written
	shown time.Duration // from the start until lastEvent was written; 0 before
	ended bool          // the process has, with err
	err   error
}

// terminalLimit bounds every wait.
const terminalLimit = 10 * time.Minute

// startTerminal starts a process on a terminal. The context's end kills it.
func startTerminal(ctx context.Context, program string, args ...string) (*terminal, error) {
	t := &terminal{cmd: exec.CommandContext(ctx, program, args...)}
	t.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8", "NO_COLOR=")
	began := time.Now()
	var err error
	if t.master, err = pty.StartWithSize(t.cmd, &pty.Winsize{Cols: 120, Rows: 40}); err != nil {
		return nil, fmt.Errorf("starting %s on a pseudo-terminal: %w", program, err)
	}
	t.reading.Go(func() { t.read(began) })
	return t, nil
}

// read reads until the last process has closed the terminal.
func (t *terminal) read(began time.Time) {
	buf := make([]byte, 64<<10)
	for {
		n, err := t.master.Read(buf)
		t.mu.Lock()
		t.tail = append(t.tail, buf[:n]...)
		if t.shown == 0 && bytes.Contains(t.tail, []byte(lastEvent)) {
			t.shown = time.Since(began)
		}
		t.tail = t.tail[max(0, len(t.tail)-4096):]
		t.mu.Unlock()
		if err != nil {
			break // how Linux reports that nobody has it open any more
		}
	}
	err := t.cmd.Wait()
	t.mu.Lock()
	t.ended, t.err = true, err
	t.mu.Unlock()
}

// until waits for something to happen to the terminal, and presses keys every now and then until it does.
func (t *terminal) until(ctx context.Context, what, keys string, happened func() bool) error {
	for late := time.Now().Add(terminalLimit); ; {
		t.mu.Lock()
		done, ended, last := happened(), t.ended, lastWords(t.tail)
		t.mu.Unlock()
		switch {
		case done:
			return nil
		case ended:
			return fmt.Errorf("%s ended (%v) before %s: %s", t.cmd.Args[0], t.cmd.ProcessState, what, last)
		case time.Now().After(late):
			return fmt.Errorf("%s: not %s within %v: %s", t.cmd.Args[0], what, terminalLimit, last)
		}
		_, _ = t.master.WriteString(keys) // it fails when the process has ended, which is seen next
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// lastWords are the end of what was written, without what a terminal acts on.
func lastWords(text []byte) string {
	words := strings.Fields(ansi.Strip(string(text)))
	return strings.Join(words[max(0, len(words)-20):], " ")
}

// picture waits until lastEvent is on the screen, and returns how long after the start that was.
func (t *terminal) picture(ctx context.Context) (after time.Duration, err error) {
	err = t.until(ctx, "its picture was whole", "", func() bool { return t.shown > 0 })
	return t.shown, err
}

// leave presses q until the process has ended: a monitor may be busy with a dialog.
func (t *terminal) leave(ctx context.Context) error {
	err := t.until(ctx, "left by q", "q", func() bool { return t.ended })
	if err == nil && t.err != nil {
		err = fmt.Errorf("%s: %w: %s", t.cmd.Args[0], t.err, lastWords(t.tail))
	}
	return err
}

// close kills the process if it lives.
func (t *terminal) close() {
	_ = t.cmd.Process.Kill()
	t.reading.Wait()
	_ = t.master.Close()
}
