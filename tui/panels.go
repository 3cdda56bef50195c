package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/plot"
)

// newPanels lists the panels, in the sequence of their keys. A new one needs its line
// here, and its own file.
func newPanels(m *model) []panel {
	p := pane{model: m}
	return []panel{&lossPanel{pane: p}, &ordersPanel{p}, &gradientPanel{pane: p}, &samplesPanel{p}, &logPanel{p}, &configPanel{pane: p}, &runsPanel{p}, &calibrationPanel{p}}
}

// A panel is a view of the runs, with the state that is its own.
type panel interface {
	spec() spec
	// absent is why these runs have nothing to show here, or empty.
	absent() string
	// title is written beside the name, in at most w columns.
	title(w int) string
	// digest is the most important in a line.
	digest(w int) string
	// view fills at most w x h cells.
	view(w, h int) drawing
	// update takes in what concerns the view: scrolled, clicked, chosen.
	update(msg tea.Msg)
	// keys are those that only this panel has.
	keys() []binding
}

// A spec is what a panel is, whatever it shows.
type spec struct {
	name  string
	about string   // for the documentation
	size  [2]share // where all panels are seen, in two and in three columns
}

// A share is the place of a panel among others: its column, its row in it from above, and
// its part of the height, where 0 is as high as the list of runs.
type share struct{ column, row, weight int }

// The messages of panels: a movement by rows, the row under a click, another run.
type (
	scrolled int
	clicked  int
	chosen   struct{}
)

// A pane is the panel that others are made from: it shows the model, and is scrolled.
type pane struct {
	*model
	top int // the first row that is shown
}

func (p *pane) absent() string  { return "" }
func (p *pane) keys() []binding { return nil }
func (p *pane) update(msg tea.Msg) {
	switch msg := msg.(type) {
	case scrolled:
		p.top = max(0, p.top+int(msg))
	case chosen:
		p.top = 0
	}
}

// first is the first row that is shown where some have no room.
func (p *pane) first(hidden int) int {
	p.top = max(0, min(p.top, hidden))
	return p.top
}

// drawing is what is in a panel.
type drawing struct {
	lines  []string
	charts []placedChart
}

// placedChart is a chart with the cells of its panel, for the mouse and the cursor.
type placedChart struct {
	rect
	frame plot.Frame
}

// A charted panel has a chart that can be exported, with the name of its y axis.
type charted interface {
	panel
	export(suffix string) (c plot.Chart, y string)
}

// A scaled panel has a chart whose y axis may be logarithmic.
type scaled interface {
	panel
	chart() plot.Chart
	axis() *scale
}

// focused is the panel in focus if it is of a type, else the first one that is.
func focused[P any](m *model) P {
	if p, ok := m.focus.(P); ok {
		return p
	}
	for _, p := range m.all {
		if p, ok := p.(P); ok {
			return p
		}
	}
	panic("no panel of that type")
}
