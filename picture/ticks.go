package picture

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	gonum "gonum.org/v1/plot"
)

// ticks marks an axis at multiples of 1, 2 or 5 times a power of ten: the largest step that gives so many marks at
// least, or fewer where their numbers are long.
type ticks int

// Ticks implements [gonum.Ticker]. An axis too short for the precision of its numbers is marked at its ends.
func (n ticks) Ticks(lo, hi float64) []gonum.Tick {
	best := []gonum.Tick{{Value: lo, Label: minus(fmt.Sprintf("%.10g", lo))}, {Value: hi, Label: minus(fmt.Sprintf("%.10g", hi))}}
	unit := math.Pow(10, math.Floor(math.Log10(hi-lo)))
	for _, part := range []float64{5, 2, 1, 0.5, 0.2, 0.1} {
		marks := multiples(part*unit, lo, hi)
		if len(marks) < 2 {
			continue
		}
		if n.crowded(marks, part*unit/(hi-lo)) {
			break
		}
		best = marks
		if len(marks) >= int(n) {
			break
		}
	}
	return best
}

// crowded says whether marks, each a share of the axis after the last, would run into each other on the shortest axis
// that is marked so often: it has room for eleven digits a mark.
func (n ticks) crowded(marks []gonum.Tick, share float64) bool {
	longest := 0
	for _, mark := range marks {
		longest = max(longest, utf8.RuneCountInString(mark.Label))
	}
	return float64(longest+1) > share*float64(11*n)
}

// multiples returns the multiples of a step from lo to hi, none where floats are too coarse for them.
func multiples(step, lo, hi float64) []gonum.Tick {
	const little = 1e-9 // of a step: what arithmetic may lose at the ends
	first, last := math.Ceil(lo/step-little), math.Floor(hi/step+little)
	if !(math.Abs(first) < 1e12 && math.Abs(last) < 1e12 && last-first < 100) {
		return nil
	}
	var marks []gonum.Tick
	for i := first; i <= last; i++ {
		label := tickLabel(i*step, step, max(math.Abs(lo), math.Abs(hi)))
		marks = append(marks, gonum.Tick{Value: min(max(i*step, lo), hi), Label: label})
	}
	return marks
}

// tickLabel writes v with as many decimals as the step has. Large numbers are written in thousands or millions, and what
// is too large or too small for that with an exponent; most is the largest number of the axis.
func tickLabel(v, step, most float64) string {
	switch {
	case v == 0:
		return "0"
	case most >= 1e9 || most < 1e-3:
		digits := math.Floor(math.Log10(math.Abs(v)/step)+1e-9) + 1
		return minus(strconv.FormatFloat(v, 'g', max(int(digits), 1), 64))
	case step >= 1e5:
		return minus(strconv.FormatFloat(v/1e6, 'f', decimals(step/1e6), 64)) + "M"
	case step >= 1e3:
		return minus(strconv.FormatFloat(v/1e3, 'f', 0, 64)) + "k"
	}
	return minus(strconv.FormatFloat(v, 'f', decimals(step), 64))
}

// decimals is how many a step of 1, 2 or 5 times a power of ten has.
func decimals(step float64) int { return max(-int(math.Floor(math.Log10(step)+1e-9)), 0) }

// minus writes a number with the sign for less than zero in place of the hyphen.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }
