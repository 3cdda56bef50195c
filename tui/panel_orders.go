package tui

import (
	"fmt"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// The numbers of an ensemble of orders that are drawn as lines.
func ensembleNLL(e *monitor.Ensemble) float64 { return float64(e.NLL) }
func meanNLL(e *monitor.Ensemble) float64     { return float64(e.Mean) }
func lowest(e *monitor.Ensemble) float64      { return e.Lowest }
func highest(e *monitor.Ensemble) float64     { return e.Highest }

// ordersPanel is what an ensemble of orders does.
type ordersPanel struct{ pane }

func (m *ordersPanel) spec() spec {
	return spec{"orders", "every order of the inputs, their ensemble, and what it gains", [2]share{{1, 1, 6}, {1, 0, 6}}}
}

func (m *ordersPanel) absent() string {
	if m.ensembles {
		return ""
	}
	return m.noOrders()
}

func (m *ordersPanel) export(string) (plot.Chart, string) {
	c := m.chart()
	for _, b := range c.Bands {
		c.Lines = append(c.Lines, plot.Line{Name: m.lineName(m.run(), "lowest order"), Points: b.Lo}, plot.Line{Name: m.lineName(m.run(), "highest order"), Points: b.Hi})
	}
	return c, "negative log-likelihood, nats a row"
}

// ordersAt is the ensemble of orders of the chosen run: at the cursor, else the last.
func (m *ordersPanel) ordersAt() *runlog.Orders {
	r := m.run()
	if r == nil {
		return nil
	}
	if n := len(r.History.Orders); n > 0 && !m.charts.hasCursor { // the newest, be it a test's
		return &r.History.Orders[n-1]
	}
	if i, ok := plot.Find(r.OrdersCurve(ensembleNLL, m.charts.axis), m.charts.cursor); ok && m.charts.hasCursor {
		return &r.Ensemble(i).Orders
	}
	return nil
}

// view shows what an ensemble of orders does: what it gains, every order beside
// the ensemble, how they spread while the model trains, and the loss of each mask.
func (m *ordersPanel) view(w, h int) drawing {
	o := m.ordersAt()
	if o == nil {
		return drawing{lines: fold(m.noOrders(), w, h)}
	}
	t := m.theme
	maskLoss := o.MaskLoss
	if v := m.run().Figures(m.now).LastOrders; len(maskLoss) == 0 && v != nil { // a test has none
		maskLoss = v.MaskLoss
	}
	lines := gainLines(t, o, w)
	if h <= 3 {
		lines = nil
	}
	lines = lines[:min(len(lines), max(0, h-2))]
	rest := h - len(lines)
	dots, spread, masks := divide(rest, len(o.PerOrder), len(maskLoss))
	d := drawing{lines: append(lines, fitAll(m.orderRow(o).Draw(w, dots, t.style), w, dots)...)}
	if spread > 0 {
		d.lines = append(d.lines, t.dim(t.shorten("spread over "+axes[m.charts.axis].plural+": shade lowest to highest order", w)))
		d = below(d, m.drawChart(m.chart(), w, spread-1), len(d.lines), w)
	}
	if masks > 0 {
		d.lines = append(fitAll(d.lines, w, h-masks), t.dim(t.shorten("loss of each mask, nats (bars: what they differ by)", w)))
		names := make([]string, len(maskLoss))
		for i := range names {
			names[i] = strconv.Itoa(i)
		}
		d.lines = append(d.lines, plot.BarRow(floats(maskLoss), names, w, masks-1, t.style)...)
	}
	return d
}

// divide gives the rows of the orders panel to the row of dots, the spread and the
// masks, where there are any.
func divide(rows, orders, masks int) (dots, spread, maskRows int) {
	if rows >= 14 && masks > 1 {
		maskRows = min(masks+1, max(3, rows/4))
		rows -= maskRows
	}
	if rows >= 9 {
		spread = rows / 2
		rows -= spread
	}
	most := 5 + min(4, orders/16)
	if spread += max(0, rows-most); spread < leastPanelHeight {
		return rows, 0, maskRows
	}
	return min(rows, most), spread, maskRows
}

// noOrders says why there is no ensemble.
func (m *ordersPanel) noOrders() string {
	r := m.run()
	if r == nil {
		return ""
	}
	_, ordered := r.Setting("model.orders.count")
	switch kind, known := r.Setting("model.type"); {
	case known && !ordered:
		return "no ensemble: the orders of " + m.theme.clean(kind) + " are fixed inside of its layers"
	case r.Manifest.Conditional():
		return "no ensemble: a model of named columns has no orders"
	case !mayHaveOrders(r):
		return "no ensemble: this run has one order (model.orders.count averages several)"
	case r.Objective() == orderMean:
		return "No test yet: validations estimate the mean over orders, and the test evaluates every order and their ensemble."
	}
	return "No validation yet: it is what evaluates every order and their ensemble."
}

func gainLines(t theme, o *runlog.Orders, w int) []string {
	n := len(o.PerOrder)
	long := t.bold("gain "+t.withError(float64(o.Gain), float64(o.Gain2SE))) + " nats over the mean order, " + nats(float64(o.BestOrder-o.NLL)) + " over the best"
	if width(long) > w {
		long = t.bold("gain " + t.withError(float64(o.Gain), float64(o.Gain2SE)))
	}
	second := fmt.Sprintf("effective orders %.1f", float64(o.ESS))
	if n > 1 {
		second += fmt.Sprintf(" of %d", n)
		second += fmt.Sprintf(", spread %.3g nats", spreadOf(floats(o.PerOrder)))
	}
	return []string{t.shorten(long, w), t.dim(t.shorten(second, w))}
}

// spreadOf is the standard deviation of the finite ones, 0 of fewer than two.
func spreadOf(v []float64) float64 {
	v = slices.DeleteFunc(v, func(x float64) bool { return !num.Finite(x) })
	if len(v) < 2 {
		return 0
	}
	return stat.StdDev(v, nil)
}

// orderRow is every order as a dot, with the ensemble, the mean and the best marked.
func (m *ordersPanel) orderRow(o *runlog.Orders) plot.DotRow {
	t := m.theme
	d := plot.DotRow{Values: floats(o.PerOrder), Colour: t.series(0)}
	slices.Sort(d.Values)
	for _, mark := range []struct {
		name  string
		at    runlog.Float
		glyph rune
		line  string
		index int
	}{{"ensemble", o.NLL, '▲', ensembleLine, 2}, {"best", o.BestOrder, '▲', bestLine, 3}, {"mean", o.Mean, '▲', meanLine, 1}} {
		if m.charts.shows(mark.line) {
			d.Marks = append(d.Marks, plot.Label{X: float64(mark.at), Text: mark.name + " " + nats(float64(mark.at)), Rune: mark.glyph, Colour: t.series(mark.index)})
		}
	}
	return d
}

// chart is how the orders spread while the model trains.
func (m *ordersPanel) chart() plot.Chart {
	c := m.emptyChart()
	r := m.run()
	if r == nil {
		return c
	}
	t, axis := m.theme, m.charts.axis
	c.Bands = []plot.Band{{Lo: r.OrdersCurve(lowest, axis), Hi: r.OrdersCurve(highest, axis), Colour: t.series(0)}}
	for _, l := range []struct {
		name   string
		number func(*monitor.Ensemble) float64
		index  int
		mark   rune
	}{{meanLine, meanNLL, 1, '-'}, {ensembleLine, ensembleNLL, 2, '#'}} {
		if m.charts.shows(l.name) {
			c.Lines = append(c.Lines, plot.Line{Name: m.lineName(r, l.name), Points: r.OrdersCurve(l.number, axis), Colour: t.series(l.index), Mark: l.mark})
		}
	}
	return c
}

func (m *ordersPanel) title(w int) string {
	o := m.ordersAt()
	if o == nil {
		return ""
	}
	title := m.theme.clean(o.Split)
	if n := len(o.PerOrder); n > 0 {
		title += ", " + text.Count(n, "order")
	}
	if m.charts.filter != "" {
		title += fmt.Sprintf(", only %q", m.charts.filter)
	}
	return m.theme.dim(title + " at step " + text.Grouped(o.Step))
}

func (m *ordersPanel) digest(w int) string {
	o := m.ordersAt()
	if o == nil {
		return m.theme.dim("no ensemble")
	}
	return fmt.Sprintf("gain %s nats, %s, %.1f effective", m.theme.withError(float64(o.Gain), float64(o.Gain2SE)), text.Count(len(o.PerOrder), "order"), float64(o.ESS))
}

func floats(v []runlog.Float) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
