package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
)

// result is what was measured of a row.
type result struct {
	row
	// spread is that of the ratio of a comparison, none when a side stands alone,
	// or that of the values.
	spread
	measured []*side // the first is the one that the row is about
	against  *side   // the best of the other sides
}

// writeRow writes one line of the table. Rows are written as they are measured,
// so the widths are fixed.
func writeRow(w io.Writer, columns ...any) {
	line := fmt.Sprintf("%-16s %10s  %10s  %-22s %6s  %-14s %s", columns...)
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

func (r *result) write(w io.Writer) {
	var first, against, other, ratio, between string
	number := hundredths
	if r.unit != "" {
		number = significant
		first = significant(r.median) + " " + r.unit
	} else {
		first = fmt.Sprintf("%.3f", r.measured[0].ms())
	}
	if r.against != nil {
		against, other, ratio = fmt.Sprintf("%.3f", r.against.ms()), r.against.name, hundredths(r.median)
	}
	if !math.IsNaN(r.lower) {
		between = number(r.lower) + " to " + number(r.upper)
	}
	writeRow(w, r.name, first, against, other, ratio, between, r.verdict(number))
}

// hundredths writes a ratio, with one digit more where hundredths are coarse.
func hundredths(ratio float64) string {
	if ratio < 0.1 {
		return fmt.Sprintf("%.3f", ratio)
	}
	return fmt.Sprintf("%.2f", ratio)
}

// significant writes a number in three digits.
func significant(v float64) string { return fmt.Sprintf("%.3g", v) }

func (r *result) verdict(number func(float64) string) string {
	switch {
	case r.target == 0 || math.IsNaN(r.median):
		return ""
	case r.median <= r.target:
		return "<= " + number(r.target)
	}
	return "<= " + number(r.target) + " missed"
}

// writeLegend says what the rows are, how the peers did their work, and which
// versions of them.
func writeLegend(w io.Writer, results []*result) {
	fmt.Fprintln(w)
	programs := map[string]bool{}
	for _, r := range results {
		fmt.Fprintf(w, "%-16s %s\n", r.name, r.what)
		for _, s := range r.measured {
			if s.Variant != "" {
				fmt.Fprintf(w, "%-16s   %.3f ms %s: %s (tried %s)\n", "", s.ms(), s.name, s.Variant, strings.Join(s.Tried, "; "))
			}
			programs[s.Program] = true
		}
	}
	delete(programs, "") // that of maskflow
	for _, p := range slices.Sorted(maps.Keys(programs)) {
		fmt.Fprintln(w, p)
	}
}
