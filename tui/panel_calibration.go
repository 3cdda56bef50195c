package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// calibrationPanel is what validation rows say of the samples of a conditional model.
type calibrationPanel struct{ pane }

func (m *calibrationPanel) spec() spec {
	return spec{"calibration", "ranks and coverage of a conditional model, and what its context gains", [2]share{{1, 3, 6}, {1, 2, 6}}}
}

func (m *calibrationPanel) absent() string {
	if m.contexts {
		return ""
	}
	return "no calibration: that is for models with a context"
}

func (m *calibrationPanel) keys() []binding {
	return []binding{{trainingKeys, []string{"r"}, "r", "calibrate a conditional model at the next validation",
		func(m *model) tea.Cmd { return m.askFor(runlog.Calibrate, "no calibration follows") }, ""}}
}

// at is the calibration of the chosen run at the cursor, else the last.
func (m *calibrationPanel) at() *runlog.Calibration {
	r := m.run()
	if r == nil {
		return nil
	}
	x := math.Inf(1)
	if m.charts.hasCursor {
		x = m.charts.cursor
	}
	return r.Calibration(m.charts.axis, x)
}

// none says why there is no calibration.
func (m *calibrationPanel) none() string {
	if r := m.run(); r != nil && !hasContext(r) {
		return "no calibration: the run has no context"
	}
	return "No calibration yet: a training makes one at validations, for at most a fiftieth of its time (r asks for one)."
}

// gained says what the context gains.
func (m *calibrationPanel) gained(c *runlog.Calibration) string {
	gain := m.theme.withError(float64(c.Gain), float64(c.Gain2SE)) + " nats"
	if c.Ignores {
		return m.theme.warned("ignores its context (gain " + gain + ")")
	}
	return "the context gains " + gain
}

// rankColumns are those of the table of ranks, of which those of the highest rank go first where there is no room.
func (m *calibrationPanel) rankColumns(c *runlog.Calibration) []rankColumn {
	t := m.theme
	columns := []rankColumn{
		{"KS", 5, 4, func(r runlog.Ranks) string { return fmt.Sprintf("%.3f", float64(r.KS)) }},
		{"p", 9, 1, func(r runlog.Ranks) string {
			p := fmt.Sprintf("%.2g", float64(r.P))
			if r.P < doubtful {
				p = t.warned(p)
			}
			return p
		}},
	}
	for k, level := range c.Levels {
		rank := 5
		if level == 0.9 {
			rank = 2
		}
		columns = append(columns, rankColumn{fmt.Sprintf("in %g%%", 100*float64(level)), 6, rank, func(r runlog.Ranks) string { return fmt.Sprintf("%.1f", 100*float64(r.Coverage[k])) }})
	}
	return append(columns, rankColumn{"ranks", bins, 3, func(r runlog.Ranks) string {
		return strings.Join(plot.Histogram(plot.Bars{Counts: floats(r.Histogram)}, bins, 1, t.style), "")
	}})
}

// rankColumn is a column of the table of ranks.
type rankColumn struct {
	title       string
	width, rank int
	text        func(runlog.Ranks) string
}

// doubtful is the probability of ranks below which they are marked, and bins the width of their histogram.
const (
	doubtful = 0.01
	bins     = 10
)

// view is what the context gains, then a line a variable, the density first.
func (m *calibrationPanel) view(w, h int) drawing {
	c := m.at()
	if c == nil {
		return drawing{lines: fold(m.none(), w, h)}
	}
	t, all := m.theme, slices.Concat([]runlog.Ranks{c.Density}, c.Variables)
	lines := []string{t.shorten(m.gained(c), w)}
	about := fmt.Sprintf("%d draws a pair; %s rows also choose the weights", c.Draws, c.Split)
	if n := c.Dim - len(c.Variables); n > 0 {
		about = fmt.Sprintf("%s of least p of %d; %s", text.Count(len(c.Variables), "variable"), c.Dim, about)
	}
	lines = append(lines, t.dim(t.shorten(about, w)))
	columns, room := m.rankColumns(c), w-leastNameWidth
	for _, c := range columns {
		room -= 1 + c.width
	}
	for room < 0 && len(columns) > 0 {
		worst := slices.MaxFunc(columns, func(a, b rankColumn) int { return a.rank - b.rank })
		columns = slices.DeleteFunc(columns, func(c rankColumn) bool { return c.title == worst.title })
		room += 1 + worst.width
	}
	name := min(w, max(leastNameWidth, min(leastNameWidth+room, mostNameWidth)))
	line := func(first string, text func(rankColumn) string) string {
		line := fit(t.shorten(first, name), name)
		for _, c := range columns {
			cell := text(c)
			line += strings.Repeat(" ", max(1, 1+c.width-width(cell))) + cell
		}
		return line
	}
	lines = append(lines, t.dim(line("variable", func(c rankColumn) string { return c.title })))
	rows := max(0, h-len(lines))
	from := m.first(len(all) - rows)
	for _, r := range all[from:min(len(all), from+rows)] {
		lines = append(lines, line(t.clean(r.Name), func(c rankColumn) string { return c.text(r) }))
	}
	return drawing{lines: lines}
}

func (m *calibrationPanel) title(w int) string {
	c := m.at()
	if c == nil {
		return ""
	}
	return m.theme.dim(fmt.Sprintf("%s, %s at step %s", c.Split, text.Count(c.Pairs, "pair"), text.Grouped(c.Step)))
}

func (m *calibrationPanel) digest(w int) string {
	c := m.at()
	if c == nil {
		return m.theme.dim("no calibration yet")
	}
	worst := c.Density
	for _, r := range c.Variables {
		if r.P < worst.P {
			worst = r
		}
	}
	return fmt.Sprintf("%s, least p %.2g of %s", m.gained(c), float64(worst.P), m.theme.clean(worst.Name))
}
