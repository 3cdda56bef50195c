package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/plot"
)

// dragging is a chart that the mouse holds: its window follows.
type dragging struct {
	chart  placedChart
	from   int        // column where the button went down
	window plot.Range // then
}

// click puts the focus on the panel under the mouse, chooses a run in the list, answers a
// dialog, and puts the value cursor into a chart.
func (m *model) click(at tea.Mouse) {
	if m.help {
		m.help = false
		return
	}
	if m.dialog != nil || m.prompt != nil || at.Button != tea.MouseLeft {
		return
	}
	s := m.screen()
	for _, p := range s.layout.places {
		if !p.contains(at.X, at.Y) {
			continue
		}
		m.focus = p.panel
		if !p.shut {
			m.send(p.panel, clicked(at.Y-p.y-2))
		}
	}
	if c, ok := s.chartAt(at.X, at.Y); ok {
		m.charts.cursor, m.charts.hasCursor = c.frame.XAt(float64(at.X-c.x)), true
		m.dragging = &dragging{chart: c, from: at.X, window: m.shown()}
	}
}

// chartAt is the chart under a cell of the screen.
func (s *screen) chartAt(x, y int) (placedChart, bool) {
	for _, c := range s.charts {
		f := c.frame
		if f.Width > 0 && (rect{c.x + f.Left, c.y + f.Top, f.Width, f.Height}).contains(x, y) {
			return c, true
		}
	}
	return placedChart{}, false
}

// wheel zooms the chart under the mouse, around it, and scrolls in the other panels.
func (m *model) wheel(at tea.Mouse) {
	by := 1
	if at.Button == tea.MouseWheelUp {
		by = -1
	} else if at.Button != tea.MouseWheelDown {
		return
	}
	if m.help {
		m.helpTop = max(0, m.helpTop+3*by)
		return
	}
	if m.dialog != nil || m.prompt != nil {
		return
	}
	s := m.screen()
	if c, ok := s.chartAt(at.X, at.Y); ok {
		factor := 0.8
		if by > 0 {
			factor = 1.25
		}
		m.zoomAt(factor, c.frame.XAt(float64(at.X-c.x)))
		return
	}
	for _, p := range s.layout.places {
		if p.contains(at.X, at.Y) && !p.shut {
			m.send(p.panel, scrolled(3*by))
		}
	}
}

// drag moves the window with the mouse, or where all is shown the value cursor.
func (m *model) drag(at tea.Mouse) (changed bool) {
	d := m.dragging
	if at.Button != tea.MouseLeft {
		m.dragging = nil
		return false
	}
	if d == nil {
		return false
	}
	x := d.chart.frame.XAt(float64(at.X - d.chart.x))
	if !m.charts.zoomed() {
		m.charts.cursor, m.charts.hasCursor = x, true
		return true
	}
	moved := float64(at.X-d.from) / float64(max(1, d.chart.frame.Width)) * (d.window.Hi - d.window.Lo)
	m.setWindow(plot.Range{Lo: d.window.Lo - moved, Hi: d.window.Hi - moved})
	return true
}
