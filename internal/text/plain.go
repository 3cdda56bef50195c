package text

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
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

// Escaped returns a text that may have parts of others, such as names of files, as one that does nothing to a terminal
// but appear: line ends, tabs and spaces stay, and control characters, marks that turn the direction of writing and
// bytes that are no UTF-8 are written as escapes, \u001b or \xff. That of a JSON object is the same object.
func Escaped(s string) string {
	return escaped(s, func(string) int { return 0 })
}

// EscapedLine is Escaped of what has one line: line ends and tabs are written as escapes, too.
func EscapedLine(s string) string { return inLine.Replace(Escaped(s)) }

var inLine = strings.NewReplacer("\n", `\n`, "\t", `\t`)

// EscapedStyled is Escaped of a line with colours, which it keeps.
func EscapedStyled(line string) string { return escaped(line, styleLength) }

// styleLength is how long the control sequence is that begins a text and chooses colours and the like, 0 without one.
func styleLength(s string) int {
	parameters := strings.TrimLeft(strings.TrimPrefix(s, "\x1b["), "0123456789;:")
	if !strings.HasPrefix(s, "\x1b[") || !strings.HasPrefix(parameters, "m") {
		return 0
	}
	return len(s) - len(parameters) + 1
}

// escaped escapes a text; keep is how many of the bytes from an ESC on stay.
func escaped(s string, keep func(rest string) int) string {
	var b strings.Builder
	from := 0 // what comes before is in b
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		escape := ""
		switch {
		case r == utf8.RuneError && size == 1:
			escape = fmt.Sprintf(`\x%02x`, s[i])
		case r == '\n' || r == '\t' || unicode.IsPrint(r) || unicode.Is(unicode.Zs, r):
		case r == '\x1b' && keep(s[i:]) > 0:
			size = keep(s[i:])
		case r > 0xffff: // a surrogate pair, as JSON has it
			high, low := utf16.EncodeRune(r)
			escape = fmt.Sprintf(`\u%04x\u%04x`, high, low)
		default:
			escape = fmt.Sprintf(`\u%04x`, r)
		}
		if escape != "" {
			b.WriteString(s[from:i] + escape)
			from = i + size
		}
		i += size
	}
	if from == 0 {
		return s
	}
	return b.String() + s[from:]
}
