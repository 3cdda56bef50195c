package cli

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/maskflow/maskflow/internal/text"
)

// console is standard error: whole lines, and on a terminal below them one live
// line that is written over. It is safe for concurrent use.
type console struct {
	mu   sync.Mutex
	w    io.Writer
	tty  *os.File // the terminal, nil when there is none
	live bool     // the last line is a live one
	held bool     // a monitor has the terminal
}

func newConsole(w io.Writer) *console {
	c := &console{w: w}
	if f, ok := w.(*os.File); ok && isTerminal(f) && os.Getenv("TERM") != "dumb" {
		c.tty = f
	}
	return c
}

// isTerminal says whether live lines are shown.
func (c *console) isTerminal() bool { return c.tty != nil }

// line writes a line of its own.
func (c *console) line(format string, args ...any) {
	fmt.Fprintf(c, format+"\n", args...)
}

// note writes a line of its own, unless a monitor has the terminal.
func (c *console) note(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held {
		c.erase()
		fmt.Fprintln(c.w, line)
	}
}

// hold leaves the terminal to a monitor, or takes it back.
func (c *console) hold(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	c.held = on
}

// show replaces the live line, cut to the width of the terminal. Without a
// terminal, or while a monitor has it, it does nothing.
func (c *console) show(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tty == nil || c.held {
		return
	}
	if width, _ := terminalSize(c.tty); width > 1 {
		line = text.Shorten(line, width-1)
	}
	fmt.Fprint(c.w, "\r"+line+"\x1b[K")
	c.live = true
}

// isLive says whether a live line is shown.
func (c *console) isLive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live
}

// clear takes the live line away.
func (c *console) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
}

func (c *console) erase() {
	if c.live {
		fmt.Fprint(c.w, "\r\x1b[K")
		c.live = false
	}
}

// Write takes whole lines.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	return c.w.Write(p)
}

// redirect goes on with another file, which is the same terminal or pipe.
func (c *console) redirect(f *os.File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.w = f
	if c.tty != nil {
		c.tty = f
	}
}
