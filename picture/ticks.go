package picture

import (
	"fmt"
	"strings"
	"unicode/utf8"

	gonum "gonum.org/v1/plot"

	"github.com/maskflow/maskflow/plot"
)

// ticks marks an axis at round numbers: about so many, or fewer where their numbers are long.
type ticks int

// Ticks implements [gonum.Ticker]. An axis too short for the precision of its numbers is marked at its ends.
func (n ticks) Ticks(lo, hi float64) []gonum.Tick {
	for most := 2*int(n) - 1; most >= 2; most-- {
		at, labels := plot.Ticks(plot.Range{Lo: lo, Hi: hi}, most)
		marks, longest := make([]gonum.Tick, len(at)), 0
		for i, v := range at {
			marks[i] = gonum.Tick{Value: v, Label: minus(labels[i])}
			longest = max(longest, utf8.RuneCountInString(labels[i]))
		}
		// The shortest axis that is marked so often has room for eleven digits a mark.
		if float64(longest+1) <= (at[1]-at[0])/(hi-lo)*float64(11*n) {
			return marks
		}
	}
	return []gonum.Tick{{Value: lo, Label: minus(fmt.Sprintf("%.10g", lo))}, {Value: hi, Label: minus(fmt.Sprintf("%.10g", hi))}}
}

// minus writes a number with the sign for less than zero in place of the hyphen.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }
