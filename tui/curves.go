package tui

import (
	"image/color"
	"slices"

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

// curves keeps the indices of the lines that are drawn, so that a frame costs as much
// as its columns, not as its points.
type curves map[curveKey]*curve

type curveKey struct {
	dir    string
	line   string
	axis   monitor.Axis
	smooth float64
}

// A trainLine is a number of the train records that charts show as a line.
type trainLine struct {
	name, short string // in filters and exports, in titles
	number      func(*runlog.Train) float64
}

type curve struct {
	generation uint64 // of the run when this was built
	smooth     *monitor.Smooth
	index      *plot.Curve
	used       bool // since the last sweep
}

// of is a line of the train records of a run against an axis, smoothed by a factor (0:
// as it is), with all that is known now.
func (c curves) of(r *monitor.Run, l trainLine, a monitor.Axis, smooth float64) *plot.Curve {
	k := curveKey{r.Dir, l.name, a, smooth}
	have := c[k]
	if have == nil || have.generation != r.Generation() {
		have = &curve{generation: r.Generation()}
		points := r.Curve(l.number, a)
		if smooth > 0 {
			have.smooth = monitor.NewSmooth(points, smooth)
			points = have.smooth
		}
		have.index = plot.NewCurve(points)
		c[k] = have
	}
	if have.smooth != nil {
		have.smooth.Grow()
	}
	have.index.Grow()
	have.used = true
	return have.index
}

// sweep forgets what no picture used since the last sweep.
func (c curves) sweep() {
	for k, have := range c {
		if !have.used {
			delete(c, k)
		}
		have.used = false
	}
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

// emptyChart is a chart without lines as charts are looked at now.
func (m *model) emptyChart() plot.Chart {
	c := plot.Chart{X: m.window(), Robust: !m.charts.outliers, XName: axes[m.charts.axis].name, XSeconds: m.charts.axis == monitor.ByTime}
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

// lineColour is that of a line in a chart of runs: one of its own, or beside other runs that of its run.
func (m *model) lineColour(runs []*monitor.Run, r *monitor.Run, series int) color.RGBA {
	if len(runs) == 1 {
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
	return r.X(m.charts.axis, best.Step, best.Time), float64(best.OfOthers()), true
}

// drawChart draws a chart that fills a panel.
func (m *model) drawChart(c plot.Chart, w, h int) drawing {
	lines, frame := c.Draw(w, h, m.theme.style)
	return drawing{lines, []placedChart{{rect{0, 0, w, h}, frame}}}
}

// sign looks like a line of a run as a chart draws it; empty where it does not.
func (m *model) sign(c plot.Chart, r *monitor.Run, line string) string {
	name := m.lineName(r, line)
	if i := slices.IndexFunc(c.Lines, func(l plot.Line) bool { return l.Name == name }); i >= 0 {
		return c.Signs(m.theme.style)[i]
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
