// Package text writes figures as people read them, and texts of others so that a
// terminal only shows them.
package text

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// PlusMinus writes a figure with its uncertainty, both with as many decimals as
// leave the uncertainty two digits: at least 2, at most 3. One that is not known, as
// that of a single row, is "-".
func PlusMinus(v, err float64) (figure, uncertainty string) {
	decimals := 2
	if err > 0 && err < 0.1 {
		decimals = 3
	}
	figure, uncertainty = fixed(v, decimals), "-"
	if !math.IsNaN(err) {
		uncertainty = fixed(err, decimals)
	}
	return figure, uncertainty
}

// fixed has Inf without a plus.
func fixed(v float64, decimals int) string {
	return strings.TrimPrefix(strconv.FormatFloat(v, 'f', decimals, 64), "+")
}

// WithError is PlusMinus in one text.
func WithError(v, err float64) string {
	figure, uncertainty := PlusMinus(v, err)
	if math.IsNaN(err) {
		return figure
	}
	return figure + " ± " + uncertainty
}

// Mean is a mean over rows with its uncertainty. Where bad rows make it infinite the mean
// over the others follows.
func Mean[F ~float64](mean, others, err F, bad int) string {
	if bad == 0 || math.IsNaN(float64(others)) {
		return WithError(float64(mean), float64(err))
	}
	return fmt.Sprintf("%s (%s without %s)", fixed(float64(mean), 2), WithError(float64(others), float64(err)), Count(bad, "row"))
}

// Above says how far a figure is above that of independent columns, in nats a row.
func Above[F ~float64](nats F) string {
	figure, _ := PlusMinus(math.Abs(float64(nats)), 0.01)
	if nats < 0 {
		return figure + " below independent columns"
	}
	return figure + " above independent columns"
}

// Count writes a number with its noun, in the plural unless it is 1.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// Shorten returns a text of at most so many characters, one at least, the last being … where something is missing.
func Shorten(s string, characters int) string {
	if utf8.RuneCountInString(s) <= characters {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:max(0, characters-1)]), " ") + "…"
}

// FirstLine returns the first line of a text, without white space around it.
func FirstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(s)
}

// Grouped writes a large number with commas.
func Grouped[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// longest bounds the seconds that are written: more than thirty years is no time
// that anything took here, but a number that went wrong.
const longest = 1e9

// Duration writes seconds: 0.25 s, 8.3 s, 4m05s, 2h03m. It writes ? for what is no
// number or beyond thirty years.
func Duration(seconds float64) string {
	switch {
	case !(math.Abs(seconds) <= longest):
		return "?"
	case seconds < 0:
		return negative(Duration(-seconds))
	case seconds < 0.995:
		return fmt.Sprintf("%.2f s", seconds)
	case seconds < 59.95:
		return fmt.Sprintf("%.1f s", seconds)
	}
	return byTheClock(seconds)
}

// Clock writes seconds as short as it goes, where there are many of them: 0.3s,
// 45s, 4m05s, 2h03m. It writes ? for what is no number or beyond thirty years.
func Clock(seconds float64) string {
	switch {
	case !(math.Abs(seconds) <= longest):
		return "?"
	case seconds < 0:
		return negative(Clock(-seconds))
	case seconds < 59.95:
		return fmt.Sprintf("%gs", math.Round(seconds*10)/10)
	}
	return byTheClock(seconds)
}

// negative puts a sign before a time that is not as good as none.
func negative(text string) string {
	if strings.Trim(text, "0. s") == "" {
		return text
	}
	return "-" + text
}

// byTheClock writes a minute or more with its two largest units.
func byTheClock(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	const day = 24 * time.Hour
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d >= 10*day:
		return fmt.Sprintf("%dd%02dh", d/day, d%day/time.Hour)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}
