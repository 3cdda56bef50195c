package text

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainLength bounds a plain line, in characters.
const plainLength = 500

// The control characters that begin a sequence for the terminal, and that end a
// string in one (ECMA-48).
const (
	escape      = 0x1b
	bell        = 0x07
	controlCSI  = '\u009b'
	controlST   = '\u009c'
	controlsStr = "\u0090\u0098\u009d\u009e\u009f" // DCS, SOS, OSC, PM, APC
)

// Plain returns a line of others, such as a name or what a library wrote, as text
// that does nothing to a terminal but appear: without control characters and
// sequences, and without what a carriage return had overwritten; with a space for
// every other white space and U+FFFD for what is no UTF-8; cut after 500
// characters.
func Plain(s string) string {
	line := []byte(s)
	line = line[Overwritten(line):]
	var b strings.Builder
	for n := 0; len(line) > 0; {
		r, size := utf8.DecodeRune(line)
		rest := line[size:]
		switch {
		case r == escape:
			line = afterEscape(rest)
			continue
		case r == controlCSI:
			line = afterCSI(rest)
			continue
		case strings.ContainsRune(controlsStr, r):
			line = afterString(rest)
			continue
		case unicode.IsSpace(r) && r != '\r' && r != '\u0085':
			r = ' '
		case !unicode.IsPrint(r):
			line = rest
			continue
		}
		if n++; n == plainLength && len(rest) > 0 {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
		line = rest
	}
	return strings.TrimRight(b.String(), " ")
}

// afterEscape returns what follows the sequence that an escape character began.
func afterEscape(s []byte) []byte {
	switch {
	case len(s) == 0:
		return nil
	case s[0] == '[':
		return afterCSI(s[1:])
	case strings.IndexByte("]PX^_", s[0]) >= 0:
		return afterString(s[1:])
	}
	for len(s) > 0 && 0x20 <= s[0] && s[0] <= 0x2f {
		s = s[1:]
	}
	if len(s) > 0 && 0x30 <= s[0] && s[0] <= 0x7e {
		return s[1:]
	}
	return s
}

// afterCSI returns what follows the parameters and the end of a control
// sequence, or what cannot belong to one.
func afterCSI(s []byte) []byte {
	for len(s) > 0 && 0x20 <= s[0] && s[0] <= 0x3f {
		s = s[1:]
	}
	if len(s) > 0 && 0x40 <= s[0] && s[0] <= 0x7e {
		return s[1:]
	}
	return s
}

// afterString returns what follows a string to the terminal, such as the title
// of its window: nothing when the string has no end.
func afterString(s []byte) []byte {
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		switch {
		case r == bell, r == controlST:
			return s[size:]
		case r == escape && len(s) > 1 && s[1] == '\\':
			return s[2:]
		}
		s = s[size:]
	}
	return nil
}

// Overwritten is how many of the first bytes of a line a terminal would not show
// any more, because a carriage return had the line begun anew.
func Overwritten(line []byte) int {
	return bytes.LastIndexByte(bytes.TrimRight(line, "\r"), '\r') + 1
}
