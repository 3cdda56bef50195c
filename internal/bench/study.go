package main

import (
	"context"
	"fmt"
	"io"
)

// study is a row, or some, of the second table: what the monitor costs, measured at
// the command itself as a process of its own.
type study struct {
	name, what string
	// target is the largest figure that is good enough.
	target  float64
	unit    string
	measure func(ctx context.Context, l *lab, o options) ([]figure, error)
}

var studies = []study{
	{name: "monitor-open", what: "from the start of maskflow watch to its first whole picture of a run of a million train records", target: 2, unit: "s",
		measure: openings},
	{name: "monitor-memory", what: "the most memory that it has resident; on a terminal, when it was asked for another x axis twenty times", target: 150, unit: "MB",
		measure: openedMemory},
	{name: "monitor-idle", what: "what maskflow watch computes while nothing happens", target: 1, unit: "% of a core", measure: idling},
	{name: "monitor-cost", what: "by how much slower maskflow train --tui takes its steps than with --no-tui", target: 2, unit: "%", measure: costs},
}

// figure is a number that was measured several times.
type figure struct {
	Of     string  `json:"of"`
	Value  float64 `json:"value"` // the median, unless the study says otherwise
	Spread string  `json:"spread,omitempty"`
	// Values are all, in the sequence in which they were measured.
	Values []float64 `json:"values"`
}

// figureOf is the median of values with the quartiles around it.
func figureOf(of string, values []float64) figure {
	f := figure{Of: of, Value: median(values), Values: values}
	if len(values) > 1 {
		f.Spread = fmt.Sprintf("quartiles %s to %s", significant(quantile(values, 0.25)), significant(quantile(values, 0.75)))
	}
	return f
}

// finding is what a study found.
type finding struct {
	Name    string   `json:"name"`
	What    string   `json:"what"`
	Unit    string   `json:"unit"`
	Target  float64  `json:"target"`
	Figures []figure `json:"figures"`
}

func (s study) run(ctx context.Context, l *lab, o options) (*finding, error) {
	figures, err := s.measure(ctx, l, o)
	if err != nil {
		return nil, err
	}
	return &finding{Name: s.name, What: s.what, Unit: s.unit, Target: s.target, Figures: figures}, nil
}

// write writes a row for each figure.
func (f *finding) write(w io.Writer) {
	for _, figure := range f.Figures {
		target := "<= " + significant(f.Target)
		if !(figure.Value <= f.Target) {
			target += " missed"
		}
		fmt.Fprintf(w, "%-16s %10s %-12s %-24s %-28s %s\n", f.Name, significant(figure.Value), f.Unit, figure.Of, figure.Spread, target)
	}
}

func writeFindingsLegend(w io.Writer, findings []*finding) {
	fmt.Fprintln(w)
	for _, f := range findings {
		fmt.Fprintf(w, "%-16s %s\n", f.Name, f.What)
	}
}

// significant writes a number in three digits.
func significant(v float64) string { return fmt.Sprintf("%.3g", v) }
