package text

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
)

// plainLength bounds a plain line, in characters.
const plainLength = 500

// sequences matches what a terminal acts on (ECMA-48): strings to it, such as the title of its window, which end with a
// bell or ST, or never; control sequences; and other escape sequences, whole or cut off.
var sequences = regexp.MustCompile(`(?s)(?:\x1b[\]PX^_]|[\x{90}\x{98}\x{9d}-\x{9f}]).*?(?:\x07|\x{9c}|\x1b\\|$)` +
	`|(?:\x1b\[|\x{9b})[\x20-\x3f]*[\x40-\x7e]?` + `|\x1b[\x20-\x2f]*[\x30-\x7e]?`)

// Plain returns a line of others, such as a name or what a library wrote, as text
// that does nothing to a terminal but appear: without control characters and
// sequences, and without what a carriage return had overwritten; with a space for
// every other white space and U+FFFD for what is no UTF-8; cut after 500
// characters.
func Plain(s string) string {
	s = sequences.ReplaceAllString(s[Overwritten([]byte(s)):], "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) && r != '\r' && r != '\u0085':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimRight(Shorten(s, plainLength), " ")
}

// Overwritten is how many of the first bytes of a line a terminal would not show
// any more, because a carriage return had the line begun anew.
func Overwritten(line []byte) int {
	return bytes.LastIndexByte(bytes.TrimRight(line, "\r"), '\r') + 1
}
