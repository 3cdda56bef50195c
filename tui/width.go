package tui

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// width is how many columns a line takes. A frame asks for it some thousand times, so
// what the monitor itself writes is counted here, and only what is more difficult, such
// as the characters of names, is left to package ansi.
func width(line string) int {
	columns := 0
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case ' ' <= c && c <= '~':
			columns++
			i++
		case c == '\x1b':
			n := colourLen(line[i:])
			if n == 0 {
				return ansi.StringWidth(line)
			}
			i += n
		default:
			r, n := utf8.DecodeRuneInString(line[i:])
			if !oneColumn(r) {
				return ansi.StringWidth(line)
			}
			columns++
			i += n
		}
	}
	return columns
}

// colourLen is the length of the code that a line begins with, if it is one for colours
// and the like, else 0.
func colourLen(line string) int {
	if len(line) < 2 || line[1] != '[' {
		return 0
	}
	for i := 2; i < len(line); i++ {
		switch c := line[i]; {
		case c == 'm':
			return i + 1
		case c != ';' && (c < '0' || c > '9'):
			return 0
		}
	}
	return 0
}

// oneColumn says of the characters of charts and frames, and of some in texts, that each
// takes a column, whatever is around it. Of others it says nothing.
func oneColumn(r rune) bool {
	switch {
	case r >= 0x2800 && r <= 0x28ff: // braille
		return true
	case r >= 0x2500 && r <= 0x25ff: // lines, blocks and shapes, of which two are wide
		return r != '◽' && r != '◾'
	}
	switch r {
	case '±', '·', '…', '›', '★', '•', '–', '—', '−', '×', '→', '←', '↑', '↓', '≤', '≥', 'Δ', '²', '°':
		return true
	}
	return false
}
