package tui

import (
	"fmt"
	"image/color"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// theme is how things look on a screen. Nothing is told by colour alone.
type theme struct {
	style plot.Style
	dark  bool
	plain bool // not even bold
}

func newTheme(s Screen) theme {
	t := theme{style: s.Style(), dark: !s.Light, plain: s.Plain}
	t.style.Ground = darkGround
	if s.Light {
		t.style.Ground = lightGround
	}
	return t
}

// The backgrounds that faint lines are mixed with: about those that people have.
var (
	darkGround  = color.RGBA{0x12, 0x14, 0x18, 0xff}
	lightGround = color.RGBA{0xfa, 0xfa, 0xfa, 0xff}
)

// The colours of meaning, from the colour-blind-safe ones of package plot.
var (
	blue      = plot.Series(0)
	orange    = plot.Series(1)
	green     = plot.Series(2)
	vermilion = plot.Series(3)
)

// series is the colour of run or line i, moved a little towards what stands out
// from the background.
func (t theme) series(i int) color.RGBA { return t.lift(plot.Series(i)) }

func (t theme) lift(c color.RGBA) color.RGBA {
	to := 0
	if t.dark {
		to = 0xff
	}
	mix := func(a uint8) uint8 { return uint8((3*int(a) + to) / 4) }
	return color.RGBA{mix(c.R), mix(c.G), mix(c.B), 0xff}
}

// ink writes in a colour.
func (t theme) ink(c color.RGBA, s string) string {
	if !t.style.Colour || s == "" {
		return s
	}
	return t.style.Ink(c) + s + reset
}

// dim writes what is less important.
func (t theme) dim(s string) string {
	if t.dark {
		return t.ink(color.RGBA{0x96, 0x96, 0x96, 0xff}, s)
	}
	return t.ink(color.RGBA{0x6a, 0x6a, 0x6a, 0xff}, s)
}

// bold writes what is more important, and picked what is selected, which a mark beside it shows too.
func (t theme) bold(s string) string   { return t.attribute("\x1b[1m", s) }
func (t theme) picked(s string) string { return t.attribute("\x1b[7m", s) }

func (t theme) attribute(code, s string) string {
	if t.plain || s == "" {
		return s
	}
	return code + s + reset
}

// state writes how a run stands.
func (t theme) state(s runlog.Status) string {
	glyph, c := t.glyph("■"), blue
	switch s {
	case runlog.Running:
		glyph, c = t.glyph("●"), green
	case runlog.Diverged, runlog.Failed, runlog.Crashed:
		glyph, c = t.glyph("▲"), vermilion
	case runlog.Silent, monitor.Deleted, monitor.Unknown:
		glyph, c = t.glyph("▲"), orange
	case runlog.Stopped:
		c = orange
	case runlog.Done:
	}
	return t.ink(t.lift(c), glyph+" "+string(s))
}

// bar is a bar of so many columns, filled to a fraction.
func (t theme) bar(fraction float64, columns int) string {
	full := int(min(max(fraction, 0), 1)*float64(columns) + 0.5)
	return t.ink(t.lift(blue), strings.Repeat(t.glyph("█"), full)+strings.Repeat(t.glyph("░"), columns-full))
}

// text writes what a program says, in ASCII where the screen has nothing else.
func (t theme) text(format string, args ...any) string {
	return t.glyph(fmt.Sprintf(format, args...))
}

// glyph writes signs, or what stands for them in ASCII.
func (t theme) glyph(s string) string {
	if t.style.Unicode {
		return s
	}
	return toASCII.Replace(s)
}

// withError writes a figure with its uncertainty.
func (t theme) withError(v, err float64) string { return t.text("%s", text.WithError(v, err)) }

// mean writes a mean over rows: see text.Mean.
func (t theme) mean(nll, others, err runlog.Float, bad int) string {
	return t.text("%s", text.Mean(nll, others, err, bad))
}

// Screen says what a terminal can show. The zero value is one of ASCII characters
// without colour or bold, on a dark background: what everything can.
type Screen struct {
	Colour  colorprofile.Profile // ANSI256 or TrueColor; else there is none
	Unicode bool
	Symbols plot.Symbols // of charts, where there is Unicode
	Light   bool         // a light background
	Plain   bool         // not even bold
}

// Style is what charts on the screen may be drawn with.
func (s Screen) Style() plot.Style {
	return plot.Style{Colour: s.Colour != 0, Unicode: s.Unicode, Symbols: s.Symbols}
}

// DetectScreen finds out what can be shown on out in an environment ("KEY=value").
// Colour is left out where out is no terminal (unless CLICOLOR_FORCE is set), where
// NO_COLOR is set to anything (no-color.org) and on dumb terminals; characters other
// than ASCII on dumb terminals, on the console of Linux, which lacks braille, and
// where the locale is not UTF-8. ascii leaves them out in any case.
func DetectScreen(out io.Writer, env []string, ascii bool) Screen {
	get := func(key string) string {
		for _, e := range slices.Backward(env) {
			if value, ok := strings.CutPrefix(e, key+"="); ok {
				return value
			}
		}
		return ""
	}
	kind := get("TERM")
	dumb := kind == "dumb" || kind == ""
	s := Screen{Unicode: !ascii && kind != "dumb" && kind != "linux" && utf8Locale(get), Plain: kind == "dumb"}
	if f, ok := out.(*os.File); (!ok || !term.IsTerminal(int(f.Fd()))) && get("CLICOLOR_FORCE") == "" {
		s.Plain = true
		return s
	}
	if get("NO_COLOR") != "" {
		return s
	}
	switch p := colorprofile.Detect(out, env); {
	case p >= colorprofile.TrueColor:
		s.Colour = p
	case p >= colorprofile.ANSI && !dumb:
		s.Colour = colorprofile.ANSI256
	}
	return s
}

// utf8Locale says whether the locale's characters are UTF-8; the first of the three
// variables that is set decides. Where none is, as in many containers, terminals of
// today are taken to know it.
func utf8Locale(get func(string) string) bool {
	for _, key := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(get(key)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

// toASCII replaces the characters outside ASCII of the program's own texts.
var toASCII = strings.NewReplacer("±", "+-", "…", "~", "·", "-", "—", "-", "–", "-", "×", "x", "→", "->", "←", "<-", "↑", "up", "↓", "down",
	"−", "-", "≤", "<=", "≥", ">=", "°", "", "•", "*", "Δ", "*", "²", "^2",
	"╭", "+", "╮", "+", "╰", "+", "╯", "+", "─", "-", "│", "|", "▸", ">", "▾", "v", "›", ">", "○", " ",
	"●", "*", "■", "#", "▲", "!", "★", "*", "█", "#", "░", ".")
