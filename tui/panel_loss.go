package tui

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/words"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// Names of lines, by which they can be filtered.
const (
	validLine    = "validation"
	ensembleLine = "ensemble"
	meanLine     = "mean of orders"
	bestLine     = "best order"

	smoothed = " smoothed" // after the name of a line
)

var lossLine = trainLine{"train", "train", func(t *runlog.Train) float64 { return float64(t.Loss) }}

// lossChart is the losses of the drawn runs. Of one run the raw loss is shown below
// its average; of several there would be too much of it.
func (m *model) lossChart() plot.Chart {
	c := m.chart()
	c.LogY = m.charts.scale[lossPanel] == logarithmic
	runs := m.drawnRuns()
	c.Lines = m.trainLines(runs, lossLine, false)
	for _, r := range runs {
		if valid := r.ValidCurve(m.charts.axis); m.charts.shows(validLine) && valid.Len() > 0 {
			line := plot.Line{Name: m.lineName(r, validLine), Points: valid, Colour: m.lineColour(r, validSeries), Mark: 'o'}
			if len(runs) > 1 {
				line.Mark = m.letter(r)
				x, y := valid.At(valid.Len() - 1)
				c.Marks = append(c.Marks, plot.Mark{X: x, Y: y, Rune: m.letter(r), Colour: m.lineColour(r, validSeries)})
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

// trainLines is a line of the train records of runs: smoothed, and below that, where
// there is one run, as it is. Marked has it differ between runs without colours, where
// no other line of them does.
func (m *model) trainLines(runs []*monitor.Run, t trainLine, marked bool) []plot.Line {
	var lines []plot.Line
	axis, factor := m.charts.axis, m.charts.factor()
	for _, r := range runs {
		if (len(runs) == 1 || factor == 0) && m.charts.shows(t.name) {
			lines = append(lines, plot.Line{Name: m.lineName(r, t.name), Points: m.curves.of(r, t, axis, 0), Colour: m.runColour(r), Mark: '.', Faint: factor > 0})
		}
		if factor > 0 && m.charts.shows(t.name+smoothed) {
			mark := '+'
			if marked {
				mark = m.markOf(r, mark)
			}
			lines = append(lines, plot.Line{Name: m.lineName(r, t.name+smoothed), Points: m.curves.of(r, t, axis, factor), Colour: m.runColour(r), Mark: mark, Faint: len(runs) > 1 && !marked})
		}
	}
	return lines
}

// trainFacts is the values of such lines of a run, for a title.
func (m *model) trainFacts(c plot.Chart, r *monitor.Run, t trainLine, value func(plot.Points) string) []fact {
	var facts []fact
	for _, l := range []struct {
		name, short string
		factor      float64
		rank        int
	}{{t.name, t.short, 0, 3}, {t.name + smoothed, "smoothed", m.charts.factor(), 2}} {
		if sign := m.sign(c, r, l.name); sign != "" {
			facts = append(facts, fact{sign + m.theme.ink(m.runColour(r), " "+l.short+" ") + value(m.curves.of(r, t, m.charts.axis, l.factor)), l.rank})
		}
	}
	return facts
}

// chart is an empty chart as charts are looked at now.
func (m *model) chart() plot.Chart {
	c := plot.Chart{X: m.window(), Robust: !m.charts.outliers, XName: axisNames[m.charts.axis], XSeconds: m.charts.axis == monitor.ByTime}
	if m.charts.hasCursor {
		c.Cursor, c.HasCursor = m.charts.cursor, true
	}
	return c
}

func (m *model) lineName(r *monitor.Run, line string) string {
	if !m.many() {
		return line
	}
	return m.theme.clean(r.Name) + ": " + line
}

// runColour is a run's colour, the same as long as the monitor is open.
func (m *model) runColour(r *monitor.Run) color.RGBA {
	if !m.many() {
		return m.theme.series(0)
	}
	return m.theme.series(m.colours[r.Dir])
}

// The colours of lines other than those of training losses, where one run is drawn.
const (
	validSeries = 1
	rateSeries  = 4
)

// lineColour is that of a line: one of its own, or beside other runs that of its run.
func (m *model) lineColour(r *monitor.Run, series int) color.RGBA {
	if len(m.drawnRuns()) == 1 {
		return m.theme.series(series)
	}
	return m.runColour(r)
}

// markOf is a line's character in ASCII: beside other runs that of its run.
func (m *model) markOf(r *monitor.Run, alone rune) rune {
	if len(m.drawnRuns()) > 1 {
		return m.letter(r)
	}
	return alone
}

// letter stands for a run in charts and lists: colours alone would not tell.
func (m *model) letter(r *monitor.Run) rune {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return rune(letters[m.colours[r.Dir]%len(letters)])
}

// best is where the best validation of a run is.
func (m *model) best(r *monitor.Run) (x, y float64, ok bool) {
	best := r.Figures(m.now).Best
	if best == nil {
		return 0, 0, false
	}
	i, ok := plot.Find(r.ValidCurve(monitor.ByStep), float64(best.Step))
	if !ok {
		return 0, 0, false
	}
	x, y = r.ValidCurve(m.charts.axis).At(i)
	return x, y, true
}

func drawLoss(m *model, w, h int) drawing { return m.drawChart(m.lossChart(), w, h) }

// drawChart draws a chart that fills a panel.
func (m *model) drawChart(c plot.Chart, w, h int) drawing {
	lines, frame := c.Draw(w, h, m.theme.style)
	return drawing{lines, []placedChart{{rect{0, 0, w, h}, frame}}}
}

func lossTitle(m *model, w int) string {
	r := m.run()
	if r == nil {
		return ""
	}
	t, f, chart := m.theme, r.Figures(m.now), m.lossChart()
	var parts []fact
	if m.many() {
		parts = append(parts, fact{t.ink(m.runColour(r), string(m.letter(r))), 2})
	}
	parts = append(parts, m.trainFacts(chart, r, lossLine, m.valueAt)...)
	if valid := r.ValidCurve(m.charts.axis); m.charts.shows(validLine) && valid.Len() > 0 {
		parts = append(parts, fact{m.sign(chart, r, validLine) + t.ink(m.lineColour(r, validSeries), " valid ") + m.valueAt(valid), 1})
		if f.Best != nil && !m.charts.hasCursor {
			parts = append(parts, fact{t.ink(t.lift(green), t.glyphs.best+" best ") + nats(float64(f.Best.NLL)), 4}, fact{t.dim("at step " + words.Grouped(f.Best.Step)), 6})
		}
	}
	return joinFacts(append(parts, fact{t.dim(m.chartNotes()), 5}, fact{t.dim("nats a row"), 7}), w)
}

// sign looks like a line of a run as a chart draws it; empty where it does not.
func (m *model) sign(c plot.Chart, r *monitor.Run, line string) string {
	name := m.lineName(r, line)
	for i, s := range c.Signs(m.theme.style) {
		if c.Lines[i].Name == name {
			return s
		}
	}
	return ""
}

// valueAt is a line's value in nats at the cursor, else its last one.
func (m *model) valueAt(p plot.Points) string { return m.writeAt(p, nats) }

// writeAt writes a line's value at the cursor, else its last one.
func (m *model) writeAt(p plot.Points, write func(float64) string) string {
	i := p.Len() - 1
	if m.charts.hasCursor {
		var ok bool
		if i, ok = plot.Find(p, m.charts.cursor); !ok {
			return "-"
		}
	}
	if i < 0 {
		return "-"
	}
	x, y := p.At(i)
	if m.charts.hasCursor && i == p.Len()-1 && m.charts.cursor > x+(m.shown().Hi-m.shown().Lo)/100 {
		return "-" // the line ends before the cursor
	}
	return write(y)
}

// chartNotes says how a chart is looked at, where that is not how it begins.
func (m *model) chartNotes() string {
	var notes []string
	add := func(yes bool, format string, args ...any) {
		if yes {
			notes = append(notes, fmt.Sprintf(format, args...))
		}
	}
	c := &m.charts
	add(c.hasCursor, "at %s %s", axisNames[c.axis], m.xText(c.cursor))
	add(c.smoothing != firstSmoothing, "smoothing %g", c.factor())
	add(c.scale[lossPanel] == logarithmic, "log")
	add(c.outliers, "all values")
	add(c.zoomed(), "zoomed")
	add(c.filter != "", "only %q", c.filter)
	return strings.Join(notes, ", ")
}

func lossDigest(m *model, w int) string { return lossTitle(m, w) }
