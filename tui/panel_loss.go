package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

var lossLine = trainLine{"train", "train", func(t *runlog.Train) float64 { return float64(t.Loss) }}

// lossPanel is the losses of the drawn runs.
type lossPanel struct {
	pane
	scale scale
}

func (m *lossPanel) spec() spec {
	return spec{"loss", "training loss as it is and smoothed, validation, and its best", [2]share{{0, 0, 5}, {0, 0, 6}}}
}

func (m *lossPanel) axis() *scale { return &m.scale }

func (m *lossPanel) export(string) (plot.Chart, string) {
	return m.chart(), "negative log-likelihood, nats a row"
}

// chart is the losses of the drawn runs that can be compared. Of one run the raw loss is shown below
// its average; of several there would be too much of it.
func (m *lossPanel) chart() plot.Chart {
	c := m.emptyChart()
	c.LogY = m.scale == logarithmic
	runs := m.rankedRuns()
	c.Lines = m.trainLines(runs, lossLine, false)
	for _, r := range runs {
		if valid := r.ValidCurve(m.charts.axis); m.charts.shows(validLine) && valid.Len() > 0 {
			line := plot.Line{Name: m.lineName(r, validLine), Points: valid, Colour: m.lineColour(runs, r, validSeries), Mark: 'o'}
			if len(runs) > 1 {
				line.Mark = m.letter(r)
				x, y := valid.At(valid.Len() - 1)
				c.Marks = append(c.Marks, plot.Mark{X: x, Y: y, Rune: m.letter(r), Colour: m.lineColour(runs, r, validSeries)})
			}
			c.Lines = append(c.Lines, line)
		}
	}
	if r := m.run(); slices.Contains(runs, r) && m.charts.shows(validLine) {
		if x, y, ok := m.best(r); ok {
			c.Marks = append(c.Marks, plot.Mark{X: x, Y: y, Rune: '★', Colour: m.theme.lift(green)})
		}
	}
	return c
}

func (m *lossPanel) view(w, h int) drawing { return m.drawChart(m.chart(), w, h) }

func (m *lossPanel) title(w int) string {
	r := m.run()
	t, f, chart, runs := m.theme, r.Figures(m.now), m.chart(), m.rankedRuns()
	var parts []fact
	if m.many() {
		parts = append(parts, fact{t.ink(m.runColour(r), string(m.letter(r))), 2})
	}
	parts = append(parts, m.trainFacts(chart, r, lossLine, m.valueAt)...)
	if valid := r.ValidCurve(m.charts.axis); m.charts.shows(validLine) && valid.Len() > 0 {
		parts = append(parts, fact{m.sign(chart, r, validLine) + t.ink(m.lineColour(runs, r, validSeries), " valid ") + m.valueAt(valid), 1})
		if f.Best != nil && !m.charts.hasCursor {
			parts = append(parts, fact{t.ink(t.lift(green), t.glyph("★")+" best ") + nats(float64(f.Best.OfOthers())), 4}, fact{t.dim("at step " + text.Grouped(f.Best.Step)), 6})
		}
	}
	return joinFacts(append(parts, fact{t.dim(m.notes()), 5}, units(t, r)), w)
}

// units are those of the chart. Where losses have others than validations it is important.
func units(t theme, r *monitor.Run) fact {
	if r.History.Units() == runlog.OwnUnits {
		return fact{t.noted("train in units of 0.1.0"), 1}
	}
	return fact{t.dim("nats a row"), 7}
}

func (m *lossPanel) digest(w int) string { return m.title(w) }

// notes says how a chart is looked at, where that is not how it begins.
func (m *lossPanel) notes() string {
	var notes []string
	add := func(yes bool, format string, args ...any) {
		if yes {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	c := &m.charts
	add(c.hasCursor, "at %s %s", axes[c.axis].name, m.xText(c.cursor))
	add(c.smoothing != firstSmoothing, "smoothing %g", c.factor())
	add(m.scale == logarithmic, "log")
	add(c.outliers, "all values")
	add(c.zoomed(), "zoomed")
	add(c.filter != "", "only %q", c.filter)
	apart := len(m.drawnRuns()) - len(m.rankedRuns())
	add(apart > 0, "%s set apart", text.Count(apart, "run"))
	return strings.Join(notes, ", ")
}
