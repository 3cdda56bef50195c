package tui

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/maskflow/maskflow/internal/text"
)

const reset = "\x1b[0m"

// cut is as much of a line as fits, without losing the codes that end its colours.
func cut(line string, columns int) string {
	if columns <= 0 {
		return ""
	}
	if width(line) <= columns {
		return line
	}
	return ansi.Truncate(line, columns, "")
}

// fit is a line of exactly so many columns.
func fit(line string, columns int) string {
	if columns <= 0 {
		return ""
	}
	room := columns - width(line)
	if room < 0 {
		line = ansi.Truncate(line, columns, "")
		room = columns - width(line)
	}
	return line + strings.Repeat(" ", max(room, 0))
}

// fitAll is exactly height lines of exactly width columns.
func fitAll(lines []string, width, height int) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	out := make([]string, height)
	for i := range out {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		out[i] = fit(line, width)
	}
	return out
}

// shorten is a plain text in at most so many columns, with a sign of what is
// missing.
func (t theme) shorten(text string, columns int) string {
	if width(text) <= columns {
		return text
	}
	return ansi.Truncate(text, max(columns, 0), t.glyphs.more)
}

// clean is a plain text of others in the characters that the screen has.
func (t theme) clean(s string) string {
	s = text.Plain(s)
	if t.style.Unicode || isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, toASCII.Replace(s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// over lays a box of lines on the middle of a screen.
func over(screen, box []string, columns int) []string {
	boxWidth := 0
	for _, line := range box {
		boxWidth = max(boxWidth, width(line))
	}
	boxWidth = min(boxWidth, columns)
	left, top := (columns-boxWidth)/2, max(0, (len(screen)-len(box))/2)
	out := make([]string, len(screen))
	copy(out, screen)
	for i, line := range box {
		if y := top + i; y < len(out) {
			behind := fit(out[y], columns)
			out[y] = fit(behind, left) + fit(line, boxWidth) + after(behind, left+boxWidth, columns)
		}
	}
	return out
}

// after is what of a line of so many columns lies behind the first ones. A wide character
// that begins in them is left out.
func after(line string, first, columns int) string {
	rest := ansi.TruncateLeft(line, first, "")
	if width(rest) > columns-first {
		rest = ansi.TruncateLeft(line, first+1, "")
	}
	return strings.Repeat(" ", max(columns-first-width(rest), 0)) + rest
}

// fold breaks a text into lines of at most so many columns.
func fold(text string, columns, lines int) []string {
	if columns <= 0 || lines <= 0 {
		return nil
	}
	all := splitLines(ansi.Wrap(text, columns, ""))
	return all[:min(len(all), lines)]
}

func splitLines(text string) []string { return strings.Split(text, "\n") }
