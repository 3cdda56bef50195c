package tui

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
)

// chartView is how charts are looked at, all of them alike.
type chartView struct {
	axis      monitor.Axis
	window    plot.Range // without length: all
	follow    bool       // the window moves with the last step
	smoothing int        // index in smoothings
	outliers  bool       // the y axis is fitted to all values
	cursor    float64
	hasCursor bool
	filter    string
	match     *regexp.Regexp // of filter; nil: all lines
}

// scale is how a y axis is divided.
type scale int

const (
	byData scale = iota // norms of gradients logarithmically where they can be, losses linearly
	linear
	logarithmic
)

// smoothings are the factors of the moving average. There is no 1: it would forget
// nothing and show nothing.
var smoothings = []float64{0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999}

const firstSmoothing = 4

func newChartView() chartView { return chartView{smoothing: firstSmoothing} }

func (c *chartView) factor() float64 { return smoothings[c.smoothing] }

func (c *chartView) zoomed() bool { return c.window.Hi > c.window.Lo }

func (c *chartView) whole() { c.window, c.follow = plot.Range{}, false }

// shows says whether the filter lets a line through.
func (c *chartView) shows(name string) bool { return c.match == nil || c.match.MatchString(name) }

// setFilter takes a text that names must have, or a /regular expression/.
func (c *chartView) setFilter(text string) error {
	text = strings.TrimSpace(text)
	pattern, expression := strings.CutPrefix(text, "/")
	if expression {
		pattern = strings.TrimSuffix(pattern, "/")
	} else {
		pattern = regexp.QuoteMeta(pattern)
	}
	match, err := regexp.Compile("(?i)" + pattern)
	if err != nil {
		return fmt.Errorf("%s is no regular expression", text)
	}
	c.filter, c.match = text, match
	return nil
}

// extent is where the drawn runs have points.
func (m *model) extent() plot.Range {
	r := plot.Range{Lo: math.Inf(1), Hi: math.Inf(-1)}
	for _, run := range m.drawnRuns() {
		for _, p := range []plot.Points{run.Curve(lossLine.number, m.charts.axis), run.ValidCurve(m.charts.axis)} {
			if n := p.Len(); n > 0 {
				first, _ := p.At(0)
				last, _ := p.At(n - 1)
				r.Lo, r.Hi = math.Min(r.Lo, first), math.Max(r.Hi, last)
			}
		}
	}
	if !(r.Hi > r.Lo) {
		return plot.Range{}
	}
	return r
}

// window is the part of the x axis that is shown; without length all of it.
func (m *model) window() plot.Range {
	w := m.charts.window
	if m.charts.zoomed() && m.charts.follow {
		if e := m.extent(); e.Hi > e.Lo {
			return plot.Range{Lo: e.Hi - (w.Hi - w.Lo), Hi: e.Hi}
		}
	}
	return w
}

// shown is the part that is shown in numbers.
func (m *model) shown() plot.Range {
	if m.charts.zoomed() {
		return m.window()
	}
	return m.extent()
}

// zoom makes the window longer or shorter by a factor, around the cursor, or with the
// last step where it is.
func (m *model) zoom(factor float64) {
	center := math.NaN()
	if m.charts.hasCursor {
		center = m.charts.cursor
	}
	m.zoomAt(factor, center)
}

// deepest is how much shorter than all of the run a window may be.
const deepest = 1e-6

func (m *model) zoomAt(factor, center float64) {
	e, w := m.extent(), m.shown()
	length := (w.Hi - w.Lo) * factor
	if !(e.Hi > e.Lo) || length < (e.Hi-e.Lo)*deepest {
		return
	}
	if length >= e.Hi-e.Lo {
		m.charts.whole()
		return
	}
	lo := w.Hi - length
	if center >= w.Lo && center <= w.Hi {
		lo = center - (center-w.Lo)/(w.Hi-w.Lo)*length
	}
	m.setWindow(plot.Range{Lo: lo, Hi: lo + length})
}

// pan moves the window by a part of its length.
func (m *model) pan(part float64) {
	if !m.charts.zoomed() {
		m.say("all is shown: zoom in first (+)")
		return
	}
	w := m.window()
	by := part * (w.Hi - w.Lo)
	m.setWindow(plot.Range{Lo: w.Lo + by, Hi: w.Hi + by})
}

// setWindow shows a part of the x axis, inside of what there is.
func (m *model) setWindow(w plot.Range) {
	e := m.extent()
	length := w.Hi - w.Lo
	if w.Lo < e.Lo {
		w = plot.Range{Lo: e.Lo, Hi: e.Lo + length}
	}
	m.charts.follow = w.Hi >= e.Hi
	if w.Hi > e.Hi {
		w = plot.Range{Lo: e.Hi - length, Hi: e.Hi}
	}
	m.charts.window = w
}

// moveCursor moves the value cursor by columns of the chart in focus.
func (m *model) moveCursor(by int) {
	w, columns := m.shown(), 100
	if f := m.frame(); f.Width > 0 {
		w, columns = f.X, f.Width
	}
	if !(w.Hi > w.Lo) {
		return
	}
	c := &m.charts
	if !c.hasCursor || c.cursor < w.Lo || c.cursor > w.Hi {
		c.cursor, c.hasCursor = w.Hi, true
		return
	}
	c.cursor = min(max(c.cursor+float64(by)*(w.Hi-w.Lo)/float64(columns), w.Lo), w.Hi)
}

// frame is where the data are of the first chart of the panel in focus, else of any.
func (m *model) frame() plot.Frame {
	s := m.screen()
	if len(s.charts) == 0 {
		return plot.Frame{}
	}
	for _, c := range s.charts {
		if p, ok := s.placeAt(tea.Mouse{X: c.x, Y: c.y}); ok && p.panel == m.focus {
			return c.frame
		}
	}
	return s.charts[0].frame
}

// axes are the words for an axis: what it is, what passes along it, and its unit.
var axes = map[monitor.Axis]struct{ name, plural, unit string }{
	monitor.ByStep: {"step", "steps", "step"}, monitor.ByEpoch: {"epoch", "epochs", "epoch"}, monitor.ByTime: {"time", "time", "seconds"},
}

func (m *model) nextAxis() {
	c := &m.charts
	c.axis = (c.axis + 1) % 3
	c.whole()
	c.hasCursor = false
	m.say("against %s", axes[c.axis].name)
}

func (m *model) smooth(by int) {
	c := &m.charts
	c.smoothing = min(max(c.smoothing+by, 0), len(smoothings)-1)
	if c.factor() == 0 {
		m.say("no smoothing")
		return
	}
	m.say("smoothing %g: a debiased moving average over about %.0f records", c.factor(), 1/(1-c.factor()))
}

func (m *model) toggleOutliers() {
	m.charts.outliers = !m.charts.outliers
	if m.charts.outliers {
		m.say("the axis is fitted to all values")
	} else {
		m.say("the axis leaves outliers out")
	}
}

// toggleLog changes the y axis of the panel in focus, or says why it cannot.
func (m *model) toggleLog() {
	p := focused[scaled](m)
	name, chart := p.spec().name, p.chart()
	if chart.LogY {
		*p.axis() = linear
		m.say("%s on a linear axis", name)
		return
	}
	if ok, y := chart.Positive(); !ok {
		m.say("no logarithmic axis: %s is %.4g somewhere in view, and only numbers above 0 have a logarithm", name, y)
		return
	}
	*p.axis() = logarithmic
	m.say("%s on a logarithmic axis", name)
}
