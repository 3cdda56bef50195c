package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
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
	writeRow(w, r.Name, first, fmt.Sprintf("%.3f", other.MS), other.Name, fmt.Sprintf("%.2f", r.Ratio.Median),
		fmt.Sprintf("%.2f to %.2f", r.Ratio.Lower, r.Ratio.Upper), r.verdict())
}

func (r *result) verdict() string {
	switch {
	case r.Target == 0:
		return ""
	case r.Ratio.Median <= r.Target:
		return fmt.Sprintf("<= %.2f", r.Target)
	}
	return fmt.Sprintf("<= %.2f missed", r.Target)
}

// writeLegend says what the rows are.
func writeLegend(w io.Writer, results []*result) {
	fmt.Fprintln(w)
	for _, r := range results {
		fmt.Fprintf(w, "%-16s %s\n", r.Name, r.What)
	}
}

// report is everything that was measured.
type report struct {
	Machine string    `json:"machine"`
	Rounds  int       `json:"rounds"`
	Seconds float64   `json:"seconds"`
	Results []*result `json:"results"`
}

func (r report) save(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
