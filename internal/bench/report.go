package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// writeRow writes one line of the table. Rows are written as they are measured,
// so the widths are fixed.
func writeRow(w io.Writer, columns ...any) {
	line := fmt.Sprintf("%-16s %10s  %10s  %-22s %6s  %-14s %s", columns...)
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

func writeHead(w io.Writer) {
	writeRow(w, "", "ms", "against", "", "ratio", "quartiles", "target")
}

func (r *result) write(w io.Writer) {
	first := fmt.Sprintf("%.3f", r.Sides[0].MS)
	if r.Ratio == nil {
		writeRow(w, r.Name, first, "", "", "", "", "")
		return
	}
	other := r.Sides[r.Against]
	writeRow(w, r.Name, first, fmt.Sprintf("%.3f", other.MS), other.Name, hundredths(r.Ratio.Median),
		hundredths(r.Ratio.Lower)+" to "+hundredths(r.Ratio.Upper), r.verdict())
}

// hundredths writes a ratio, with one digit more where hundredths are coarse.
func hundredths(ratio float64) string {
	if ratio < 0.1 {
		return fmt.Sprintf("%.3f", ratio)
	}
	return fmt.Sprintf("%.2f", ratio)
}

func (r *result) verdict() string {
	switch {
	case r.Target == 0:
		return ""
	case r.Ratio.Median <= r.Target:
		return "<= " + hundredths(r.Target)
	}
	return "<= " + hundredths(r.Target) + " missed"
}

// writeLegend says what the rows are, how the peers did their work, and which
// versions of them.
func writeLegend(w io.Writer, results []*result) {
	fmt.Fprintln(w)
	programs := map[string]bool{}
	for _, r := range results {
		fmt.Fprintf(w, "%-16s %s\n", r.Name, r.What)
		for _, s := range r.Sides {
			if s.Variant == "" {
				continue
			}
			fmt.Fprintf(w, "%-16s   %.3f ms %s: %s\n", "", s.MS, s.Name, s.Variant)
			programs[s.Program] = true
		}
	}
	for _, p := range slices.Sorted(maps.Keys(programs)) {
		fmt.Fprintln(w, p)
	}
}

// report is everything that was measured.
type report struct {
	Machine string    `json:"machine"`
	Rounds  int       `json:"rounds"`
	Seconds float64   `json:"seconds"`
	Results []*result `json:"results,omitempty"`

	Findings []*finding `json:"findings,omitempty"`
}

func (r report) save(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
