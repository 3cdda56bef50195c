// Package words writes figures as people read them.
package words

import (
	"fmt"
	"strconv"
	"time"
)

// PlusMinus writes a figure with its uncertainty, both with as many decimals as
// leave the uncertainty two digits: at least 2, at most 3.
func PlusMinus(v, err float64) (figure, uncertainty string) {
	decimals := 2
	if err > 0 && err < 0.1 {
		decimals = 3
	}
	return strconv.FormatFloat(v, 'f', decimals, 64), strconv.FormatFloat(err, 'f', decimals, 64)
}

// WithError is PlusMinus in one text.
func WithError(v, err float64) string {
	figure, uncertainty := PlusMinus(v, err)
	return figure + " ± " + uncertainty
}

// Count writes a number with its noun, in the plural unless it is 1.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// Grouped writes a large number with commas.
func Grouped[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Duration writes seconds: 0.25 s, 8.3 s, 4m05s, 2h03m.
func Duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	switch {
	case seconds < 1:
		return fmt.Sprintf("%.2f s", seconds)
	case seconds < 60:
		return fmt.Sprintf("%.1f s", seconds)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
}
