//go:build unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// A terminal is a pseudo-terminal with an emulator of the screen at its other end.
type terminal struct {
	t           *testing.T
	master, tty *os.File
	before      term.State // of the line

	mu      sync.Mutex
	screen  vt10x.Terminal
	written []byte // all of it
	pending []byte // not yet on the screen: the beginning of a character or a sequence
}

// waitTime bounds how long a test waits for a state of the screen, on a machine that has
// much else to do.
const waitTime = 60 * time.Second

func newTerminal(t *testing.T, cols, rows int) *terminal {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	before, err := term.GetState(int(tty.Fd()))
	if err == nil {
		master, err = polled(master)
	}
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, master: master, tty: tty, before: *before, screen: vt10x.New(vt10x.WithSize(cols, rows))}
	x.resize(cols, rows)
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 64<<10)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			x.take(buf[:n])
		}
	}()
	t.Cleanup(func() { // the reader of a monitor of this process may still look at the tty, which is left open
		_ = master.Close()
		<-read
	})
	return x
}

// polled is the same file again, of which a read ends when it is closed.
func polled(f *os.File) (*os.File, error) {
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	err = unix.SetNonblock(fd, true) // before NewFile, which looks at it
	return os.NewFile(uintptr(fd), f.Name()), err
}

// foreign matches sequences that the emulator takes for others, of keyboards and of
// requests.
var foreign = regexp.MustCompile(`\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*(?:u|W|\$p)`)

// whole matches a sequence to its end.
var whole = regexp.MustCompile(`^\x1b(?:\[[<>=?]?[0-9;]*\$?[a-zA-Z]|\][^\a\x1b]*(?:\a|\x1b\\)|[^\[\]])`)

func (x *terminal) take(p []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.written = append(x.written, p...)
	x.pending = append(x.pending, p...)
	n := len(x.pending)
	if i := bytes.LastIndexByte(x.pending, 0x1b); i >= 0 && !whole.Match(x.pending[i:]) {
		n = i
	}
	for i := max(0, n-utf8.UTFMax); i < n; i++ {
		if utf8.RuneStart(x.pending[i]) && !utf8.FullRune(x.pending[i:n]) {
			n = i
		}
	}
	_, _ = x.screen.Write(foreign.ReplaceAll(x.pending[:n], nil)) // the emulator does not fail
	x.pending = slices.Clone(x.pending[n:])
}

// text is what is on the screen.
func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.screen.String()
}

// all is everything that was written to the terminal.
func (x *terminal) all() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return string(x.written)
}

func (x *terminal) mode() (mode vt10x.ModeFlag, cursor bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.screen.Mode(), x.screen.CursorVisible()
}

// full says whether a program has the whole screen.
func (x *terminal) full() bool {
	mode, _ := x.mode()
	return mode&vt10x.ModeAltScreen != 0
}

func (x *terminal) resize(cols, rows int) {
	x.t.Helper()
	x.mu.Lock()
	x.screen.Resize(cols, rows)
	x.mu.Unlock()
	raw, err := x.master.SyscallConn()
	if err == nil {
		size := &unix.Winsize{Col: uint16(cols), Row: uint16(rows)}
		controlErr := raw.Control(func(fd uintptr) { err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size) })
		err = errors.Join(err, controlErr)
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *terminal) press(keys string) {
	x.t.Helper()
	if _, err := x.master.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

// until waits for a state of the screen.
func (x *terminal) until(what string, holds func() bool) {
	x.t.Helper()
	for deadline := time.Now().Add(waitTime); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			x.t.Fatalf("%s did not come to be; the screen is\n%s", what, x.text())
		}
	}
}

// shows waits for a text on the screen, a regular expression.
func (x *terminal) shows(pattern string) {
	x.t.Helper()
	p := regexp.MustCompile(pattern)
	x.until("a screen with "+strconv.Quote(pattern), func() bool { return p.MatchString(x.text()) })
}

var stepOnScreen = regexp.MustCompile(`step ([\d,]+)`)

// step is the step that the screen shows, or -1.
func (x *terminal) step() int {
	found := stepOnScreen.FindStringSubmatch(x.text())
	if found == nil {
		return -1
	}
	n, err := strconv.Atoi(strings.ReplaceAll(found[1], ",", ""))
	if err != nil {
		return -1
	}
	return n
}

// moves waits until the screen shows a step, and then a later one.
func (x *terminal) moves() {
	x.t.Helper()
	x.until("a step on the screen", func() bool { return x.step() >= 0 })
	first := x.step()
	x.until(fmt.Sprintf("a step after %d on the screen", first), func() bool { return x.step() > first })
}

// restored checks that the terminal is as it was before: the modes of the line, the
// screen, the cursor, the mouse, pasting and the title.
func (x *terminal) restored() {
	x.t.Helper()
	x.until("the normal screen", func() bool { return !x.full() })
	x.until("the former modes of the line", func() bool {
		after, err := term.GetState(int(x.tty.Fd()))
		return err == nil && *after == x.before
	})
	x.until("the cursor, and a mouse that is the terminal's", func() bool {
		mode, cursor := x.mode()
		return cursor && mode&(vt10x.ModeMouseMask|vt10x.ModeMouseSgr) == 0
	})
	all := x.all()
	for _, pair := range [][2]string{{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}, {"\x1b[?2004h", "\x1b[?2004l"}, {"\x1b[?1002h", "\x1b[?1002l"}, {"\x1b[?2026h", "\x1b[?2026l"}} {
		set := strings.LastIndex(all, pair[0])
		x.until(fmt.Sprintf("the end of %q", pair[0]), func() bool { return set < 0 || strings.LastIndex(x.all(), pair[1]) > set })
	}
	if found := goText.FindString(x.text()); found != "" {
		x.t.Errorf("the screen tells of Go's insides: %q", found)
	}
}

// A process is the command on a terminal.
type process struct {
	*terminal
	cmd  *exec.Cmd
	done chan struct{}
	code int
}

// on runs the command on the terminal, which is the terminal that controls it; env is
// added to the environment.
func (b *bench) on(x *terminal, env []string, args ...string) *process {
	x.t.Helper()
	return b.onTerminal(x, env, "maskflow", args...)
}

// onTerminal does that with any program.
func (b *bench) onTerminal(x *terminal, env []string, program string, args ...string) *process {
	x.t.Helper()
	c := exec.Command(program, args...)
	c.Dir, c.Env = b.dir, append(slices.Clone(b.env), "TERM=xterm-256color", "LANG=C.UTF-8", "LC_ALL=", "LC_CTYPE=", "NO_COLOR=", "COLORTERM=")
	c.Env = append(c.Env, env...)
	c.Stdin, c.Stdout, c.Stderr = x.tty, x.tty, x.tty
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		x.t.Fatal(err)
	}
	p := &process{terminal: x, cmd: c, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.code = exitCode(c.Wait())
	}()
	x.t.Cleanup(func() {
		_ = c.Process.Kill() // it has ended, unless the test failed
		<-p.done
	})
	return p
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exits waits for the end of the process, checks its exit code, and that the terminal is
// as it was before.
func (p *process) exits(code int) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(waitTime):
		p.t.Fatalf("the process did not end; the screen is\n%s", p.text())
	}
	if p.code != code {
		p.t.Errorf("exit code %d, want %d; the screen is\n%s", p.code, code, p.text())
	}
	p.restored()
}
