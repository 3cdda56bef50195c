package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/maskflow/maskflow/internal/text"
)

// console is standard error: whole lines, and on a terminal below them one live
// line that is written over. It is safe for concurrent use, and nobody waits for it for
// long: while what reads it does not, or a terminal is stopped, the last lines are
// kept and those before them counted.
type console struct {
	mu   sync.Mutex
	w    io.Writer
	tty  *os.File // the terminal, nil when there is none
	live string   // the live line, "" for none
	held bool     // a monitor has the terminal

	waiting []string      // lines that are not yet written
	dropped int           // lines before them
	shown   string        // the live line that is on the terminal
	writing chan struct{} // closed when all is written, nil when it is
	stalled bool          // that takes longer than anyone waits for
}

const (
	mostWaiting = 100                    // lines
	writeTime   = 100 * time.Millisecond // that whoever writes a line waits for it
	flushTime   = time.Second            // that the end of the command, or of a line before other output, is waited for
)

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
	c.change(writeTime, func() {
		if !c.held {
			c.live = ""
			c.waiting = append(c.waiting, line+"\n")
		}
	})
}

// hold leaves the terminal to a monitor, or takes it back.
func (c *console) hold(on bool) {
	c.change(flushTime, func() { c.live, c.held = "", on })
}

// show replaces the live line, cut to the width of the terminal. Without a
// terminal, or while a monitor has it, it does nothing.
func (c *console) show(line string) {
	c.change(writeTime, func() {
		if c.tty == nil || c.held {
			return
		}
		line = text.Plain(line)
		if width, _ := terminalSize(c.tty); width > 1 {
			line = text.Shorten(line, width-1)
		}
		c.live = line
	})
}

// isLive says whether a live line is shown.
func (c *console) isLive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live != ""
}

// clear takes the live line away.
func (c *console) clear() {
	c.change(flushTime, func() { c.live = "" })
}

// Write takes whole lines.
func (c *console) Write(p []byte) (int, error) {
	c.change(writeTime, func() {
		c.live = ""
		for line := range strings.Lines(string(p)) {
			c.waiting = append(c.waiting, line)
		}
	})
	return len(p), nil
}

// redirect goes on with another file, which is the same terminal or pipe.
func (c *console) redirect(f *os.File) {
	c.change(flushTime, func() {
		c.w = f
		if c.tty != nil {
			c.tty = f
		}
	})
}

// flush waits until all is written, or for as long as patience.
func (c *console) flush(patience time.Duration) {
	c.mu.Lock()
	writing := c.writing
	c.mu.Unlock()
	if writing == nil {
		return
	}
	select {
	case <-writing:
	case <-time.After(patience):
	}
}

// finish waits for the last lines at the end of the command: those about an error until
// they are written or a signal comes.
func (c *console) finish(ctx context.Context, failed bool) {
	c.flush(flushTime)
	c.mu.Lock()
	writing := c.writing
	c.mu.Unlock()
	if writing == nil || !failed {
		return
	}
	select {
	case <-writing:
	case <-ctx.Done():
	}
}

// change changes what is to be seen, has it written, and waits for that for as long as
// patience, or not at all where another has waited in vain.
func (c *console) change(patience time.Duration, do func()) {
	c.mu.Lock()
	do()
	if more := len(c.waiting) - mostWaiting; more > 0 {
		c.dropped += more
		c.waiting = c.waiting[more:]
	}
	if c.writing == nil {
		c.writing = make(chan struct{})
		go c.write()
	}
	stalled := c.stalled
	c.mu.Unlock()
	if stalled {
		return
	}
	c.flush(patience)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stalled = c.writing != nil
}

// write writes until there is nothing to write. What cannot be written is gone.
func (c *console) write() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		out := c.next()
		if out == "" {
			close(c.writing)
			c.writing, c.stalled = nil, false
			return
		}
		w := c.w
		c.mu.Unlock()
		_, _ = io.WriteString(w, out)
		c.mu.Lock()
	}
}

// next is what is to be written to have seen what is to be seen.
func (c *console) next() string {
	var b strings.Builder
	if c.shown != "" && (len(c.waiting) > 0 || c.dropped > 0 || c.live == "") {
		b.WriteString("\r\x1b[K")
		c.shown = ""
	}
	if c.dropped > 0 {
		fmt.Fprintf(&b, "(%s dropped: standard error was not read)\n", text.Count(c.dropped, "line"))
	}
	for _, line := range c.waiting {
		b.WriteString(text.Escaped(line))
	}
	c.waiting, c.dropped = nil, 0
	if c.live != c.shown {
		b.WriteString("\r" + c.live + "\x1b[K")
		c.shown = c.live
	}
	return b.String()
}
