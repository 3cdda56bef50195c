package tui

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/creack/pty"

	"github.com/maskflow/maskflow/plot"
)

// What a screen can show follows from what is written to, the environment, and what was
// asked for.
func TestDetectScreen(t *testing.T) {
	const none, some, all = colorprofile.Unknown, colorprofile.ANSI256, colorprofile.TrueColor
	utf8 := Screen{Unicode: true}
	for _, tt := range []struct {
		env      string
		ascii    bool
		terminal Screen // on a terminal
		pipe     Screen
	}{
		{env: "TERM=xterm-256color LANG=en_GB.UTF-8", terminal: Screen{Colour: some, Unicode: true}},
		{env: "TERM=xterm-256color LANG=en_GB.UTF-8", ascii: true, terminal: Screen{Colour: some}, pipe: Screen{}},
		{env: "TERM=xterm-256color COLORTERM=truecolor", terminal: Screen{Colour: all, Unicode: true}},
		{env: "TERM=xterm", terminal: Screen{Colour: some, Unicode: true}},

		// Any value of NO_COLOR but none (no-color.org); bold is no colour.
		{env: "TERM=xterm-256color NO_COLOR=1", terminal: utf8},
		{env: "TERM=xterm-256color NO_COLOR=yes COLORTERM=truecolor", terminal: utf8},
		{env: "TERM=xterm-256color NO_COLOR=false", terminal: utf8},
		{env: "TERM=xterm-256color NO_COLOR=", terminal: Screen{Colour: some, Unicode: true}},

		// The locale: LC_ALL before LC_CTYPE before LANG, an empty one is none.
		{env: "TERM=xterm-256color LANG=C", terminal: Screen{Colour: some}, pipe: Screen{}},
		{env: "TERM=xterm-256color LANG=POSIX", terminal: Screen{Colour: some}, pipe: Screen{}},
		{env: "TERM=xterm-256color LANG=de_DE.ISO-8859-1", terminal: Screen{Colour: some}, pipe: Screen{}},
		{env: "TERM=xterm-256color LANG=C.utf8", terminal: Screen{Colour: some, Unicode: true}},
		{env: "TERM=xterm-256color LANG=C LC_CTYPE=C.UTF-8", terminal: Screen{Colour: some, Unicode: true}},
		{env: "TERM=xterm-256color LANG=en_GB.UTF-8 LC_ALL=C", terminal: Screen{Colour: some}, pipe: Screen{}},
		{env: "TERM=xterm-256color LANG=en_GB.UTF-8 LC_ALL=", terminal: Screen{Colour: some, Unicode: true}},

		// Terminals that lack something.
		{env: "TERM=dumb COLORTERM=truecolor", terminal: Screen{Plain: true}, pipe: Screen{}},
		{env: "TERM=linux LANG=en_GB.UTF-8", terminal: Screen{Colour: some}, pipe: Screen{}},
		{env: "", terminal: utf8},

		// A pipe is told to take colours.
		{env: "TERM=xterm-256color CLICOLOR_FORCE=1", terminal: Screen{Colour: some, Unicode: true}, pipe: Screen{Colour: some, Unicode: true}},
	} {
		env := strings.Fields(tt.env)
		if tt.pipe == (Screen{}) {
			tt.pipe.Unicode = tt.terminal.Unicode
		}
		if !strings.Contains(tt.env, "FORCE") {
			tt.pipe.Plain = true
		}
		check := func(where string, out io.Writer, want Screen) {
			if got := DetectScreen(out, env, tt.ascii); got != want {
				t.Errorf("%s, %q, ASCII %t: %+v, want %+v", where, env, tt.ascii, got, want)
			}
		}
		check("pipe", &bytes.Buffer{}, tt.pipe)
		if master, tty, err := pty.Open(); err != nil {
			t.Logf("no pseudo-terminal: %v", err)
		} else {
			check("terminal", tty, tt.terminal)
			_ = tty.Close()
			_ = master.Close()
		}
	}
	style := Screen{Colour: all, Unicode: true, Symbols: plot.Block, Plain: true}.Style()
	if style != (plot.Style{Colour: true, Unicode: true, Symbols: plot.Block}) {
		t.Errorf("charts are drawn with %+v", style)
	}
	if (Screen{}).Style().Colour {
		t.Error("the zero value has colours")
	}
}
