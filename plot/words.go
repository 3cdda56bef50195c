package plot

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a name safe to write: no character that a terminal would act on or draw wider or narrower than a column.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) || unicode.In(r, unicode.Mn, unicode.Me) || maybeWide(r) {
			return '?'
		}
		return r
	}, s)
}

// maybeWide tells the characters that may take two columns: those from Hangul on, but for punctuation, arrows and
// mathematical signs.
func maybeWide(r rune) bool { return r >= 0x1100 && (r < 0x2010 || r > 0x22ff) }

// symbol makes a mark safe to draw: geometric shapes and stars are one column wide where a terminal is not told otherwise.
func symbol(r rune) rune {
	narrow := r >= 0x2500 && r <= 0x2606 && r != '◽' && r != '◾'
	if r == 0 || !narrow && columns(clean(string(r))) == 1 && clean(string(r)) != string(r) {
		return '*'
	}
	return r
}

// columns is the width of a clean text.
func columns(s string) int { return utf8.RuneCountInString(s) }

// ends writes the ends of a range with as many digits as tell a thousandth of it.
func ends(r Range) (lo, hi string) {
	return number(r.Lo, r.Hi-r.Lo), number(r.Hi, r.Hi-r.Lo)
}

// number writes a value of an axis of some length.
func number(v, length float64) string {
	decimals := 2 - int(math.Floor(math.Log10(length)))
	if !(length > 0) || math.Abs(v) >= 1e6 || length < 1e-5 || length > 1e7 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	s := strconv.FormatFloat(v, 'f', max(decimals, 0), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}
