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
	cmd    *exec.Cmd
	master *os.File
	ended  chan struct{}
	err    error // how it ended; to be read after ended is closed

	mu    sync.Mutex
	tail  []byte        // the last that was written
	shown time.Duration // from the start until lastEvent was written; 0 before
}

// terminalLimit bounds every wait.
const terminalLimit = 10 * time.Minute

// startTerminal starts a process on a terminal. The context's end kills it.
func startTerminal(ctx context.Context, program string, args ...string) (*terminal, error) {
	t := &terminal{cmd: exec.CommandContext(ctx, program, args...), ended: make(chan struct{})}
	t.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8", "NO_COLOR=")
	began := time.Now()
	var err error
	if t.master, err = pty.StartWithSize(t.cmd, &pty.Winsize{Cols: 120, Rows: 40}); err != nil {
		return nil, fmt.Errorf("starting %s on a pseudo-terminal: %w", program, err)
	}
	go t.read(began)
	return t, nil
}

// read reads until the last process has closed the terminal.
func (t *terminal) read(began time.Time) {
	defer close(t.ended)
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
	t.err = t.cmd.Wait()
}

// until waits for something to happen, and presses keys every now and then until it does.
func (t *terminal) until(ctx context.Context, what, keys string, happened func() bool) error {
	late := time.After(terminalLimit)
	for !happened() {
		if _, err := t.master.WriteString(keys); err != nil {
			<-t.ended
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.ended:
			if !happened() {
				return fmt.Errorf("%s ended (%v) before %s: %s", t.cmd.Args[0], t.cmd.ProcessState, what, t.last())
			}
		case <-late:
			return fmt.Errorf("%s: not %s within %v: %s", t.cmd.Args[0], what, terminalLimit, t.last())
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// picture waits until lastEvent is on the screen, and returns how long after the start that was.
func (t *terminal) picture(ctx context.Context) (after time.Duration, err error) {
	err = t.until(ctx, "its picture was whole", "", func() bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		after = t.shown
		return after > 0
	})
	return after, err
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
	err := t.until(ctx, "left by q", "q", func() bool {
		select {
		case <-t.ended:
			return true
		default:
			return false
		}
	})
	if err == nil && t.err != nil {
		err = fmt.Errorf("%s: %w: %s", t.cmd.Args[0], t.err, t.last())
	}
	return err
}

// close kills the process if it lives.
func (t *terminal) close() {
	_ = t.cmd.Process.Kill()
	<-t.ended
	_ = t.master.Close()
}
