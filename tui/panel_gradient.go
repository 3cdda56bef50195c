package tui

import (
	"fmt"

	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

var (
	gradientLine = trainLine{"gradient norm", "norm", func(t *runlog.Train) float64 { return float64(t.GradNorm) }}
	rateLine     = trainLine{"learning rate", "learning rate", func(t *runlog.Train) float64 { return float64(t.LR) }}
)

// gradientPanel is the norms of the gradients, and the learning rates.
type gradientPanel struct {
	pane
	scale scale
}

func (m *gradientPanel) spec() spec {
	return spec{"gradient", "norm of the gradient, and the learning rate", [2]share{{0, 1, 3}, {0, 1, 4}}}
}

func (m *gradientPanel) axis() *scale { return &m.scale }

func (m *gradientPanel) export(suffix string) (plot.Chart, string) {
	c := m.chart()
	if suffix == ".csv" {
		c.Lines = append(c.Lines, m.rateChart().Lines...)
	}
	return c, "norm of the gradient"
}

// chart is the norms of the gradients of the drawn runs.
func (m *gradientPanel) chart() plot.Chart {
	c := m.emptyChart()
	c.Lines = m.trainLines(m.drawnRuns(), gradientLine, true)
	switch m.scale {
	case logarithmic:
		c.LogY = true
	case byData:
		c.LogY, _ = c.Positive()
	case linear:
	}
	return c
}

// rateChart is the learning rates.
func (m *gradientPanel) rateChart() plot.Chart {
	c := m.emptyChart()
	c.Robust = false
	for _, r := range m.drawnRuns() {
		if m.charts.shows(rateLine.name) {
			c.Lines = append(c.Lines, plot.Line{Name: m.lineName(r, rateLine.name), Points: m.curves.of(r, rateLine, m.charts.axis, 0), Colour: m.lineColour(m.drawnRuns(), r, rateSeries), Mark: m.markOf(r, '+')})
		}
	}
	return c
}

// Sizes from which the learning rate has a chart of its own.
const (
	besideWidth = 70
	belowHeight = 12
)

func (m *gradientPanel) view(w, h int) drawing {
	rate := m.charts.shows(rateLine.name)
	norm := m.charts.shows(gradientLine.name) || m.charts.shows(gradientLine.name+smoothed)
	switch {
	case rate && !norm:
		return m.drawChart(m.rateChart(), w, h)
	case rate && w >= besideWidth && h >= leastPanelHeight:
		left := w * 3 / 5
		a, b := m.drawChart(m.chart(), left-1, h), m.drawChart(m.rateChart(), w-left, h)
		return beside(a, b, left, h)
	case rate && h >= belowHeight:
		top := h * 3 / 5
		a, b := m.drawChart(m.chart(), w, top), m.drawChart(m.rateChart(), w, h-top)
		return below(a, b, top, w)
	}
	return m.drawChart(m.chart(), w, h)
}

// beside puts one drawing to the right of another, from a column on.
func beside(a, b drawing, column, h int) drawing {
	lines := fitAll(a.lines, column, h)
	for i, line := range b.lines[:min(len(b.lines), h)] {
		lines[i] += line
	}
	return drawing{lines, append(a.charts, shifted(b.charts, column, 0)...)}
}

// below puts one drawing under another, from a row on.
func below(a, b drawing, row, w int) drawing {
	return drawing{append(fitAll(a.lines, w, row), b.lines...), append(a.charts, shifted(b.charts, 0, row)...)}
}

func (m *gradientPanel) title(w int) string {
	r := m.run()
	t, axis, chart := m.theme, m.charts.axis, m.chart()
	parts := m.trainFacts(chart, r, gradientLine, m.numberAt)
	if sign := m.sign(m.rateChart(), r, rateLine.name); sign != "" {
		parts = append(parts, fact{sign + t.ink(m.lineColour(m.drawnRuns(), r, rateSeries), " learning rate ") + m.numberAt(m.curves.of(r, rateLine, axis, 0)), 2})
	}
	if chart.LogY && len(parts) > 0 && len(chart.Lines) > 0 {
		parts = append(parts, fact{t.dim("log scale"), 5})
	}
	if m.charts.filter != "" {
		parts = append(parts, fact{t.dim(fmt.Sprintf("only %q", m.charts.filter)), 4})
	}
	return joinFacts(parts, w)
}

// numberAt is valueAt of numbers of any size.
func (m *model) numberAt(p plot.Points) string {
	return m.writeAt(p, func(y float64) string { return fmt.Sprintf("%.3g", y) })
}

func (m *gradientPanel) digest(w int) string { return m.title(w) }
