package tui

import (
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"

	"github.com/maskflow/maskflow/plot"
)

// Screen says what a terminal can show. The zero value is one of ASCII characters
// without colour or bold, on a dark background: what everything can.
type Screen struct {
	Colour  plot.Colour
	Unicode bool
	Symbols plot.Symbols // of charts, where there is Unicode
	Light   bool         // a light background
	Plain   bool         // not even bold
}

// Style is what charts on the screen may be drawn with.
func (s Screen) Style() plot.Style {
	return plot.Style{Colour: s.Colour, Unicode: s.Unicode, Symbols: s.Symbols}
}

// DetectScreen finds out what can be shown on out in an environment ("KEY=value").
// Colour is left out where out is no terminal (unless CLICOLOR_FORCE is set), where
// NO_COLOR is set to anything (no-color.org) and on dumb terminals; characters other
// than ASCII on dumb terminals, on the console of Linux, which lacks braille, and
// where the locale is not UTF-8. ascii leaves them out in any case.
func DetectScreen(out io.Writer, env []string, ascii bool) Screen {
	get := func(key string) string {
		value := ""
		for _, e := range env {
			if k, v, ok := strings.Cut(e, "="); ok && k == key {
				value = v
			}
		}
		return value
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
		s.Colour = plot.TrueColour
	case p >= colorprofile.ANSI && !dumb:
		s.Colour = plot.Colour256
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
	"−", "-", "≤", "<=", "≥", ">=", "°", "", "•", "*", "Δ", "*", "²", "^2")
