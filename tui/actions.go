package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
)

// turn puts the focus on the next panel, or the one before.
func (m *model) turn(by int) {
	panels := m.panels()
	i := slices.Index(panels, m.focus)
	m.focus = panels[((i+by)%len(panels)+len(panels))%len(panels)]
}

// focusOn puts the focus on panel i, or says why there is none.
func (m *model) focusOn(i int) {
	if i >= len(m.all) {
		return
	}
	if why := m.all[i].absent(); why != "" {
		m.say("%s", why)
		return
	}
	m.focus = m.all[i]
}

// back undoes one thing, the last first.
func (m *model) back() {
	c := &m.charts
	switch {
	case c.hasCursor:
		c.hasCursor = false
	case c.zoomed():
		c.whole()
	case m.full:
		m.full = false
	case c.filter != "":
		_ = c.setFilter("") // no text is no mistake
	case !m.query.Empty():
		m.query = monitor.Query{}
	}
}

// chooseBy chooses another run of the list.
func (m *model) chooseBy(by int) {
	runs := m.listed()
	if len(runs) == 0 {
		return
	}
	m.choose(runs[min(max(m.scrollOfRuns(runs)+by, 0), len(runs)-1)])
}

func (m *model) choose(r *monitor.Run) {
	if m.chosen != r.Dir {
		m.chosen = r.Dir
		m.machine = machine{}
		for _, p := range m.all {
			p.update(chosen{})
		}
	}
}

func (m *model) toggleShown() {
	if r := m.run(); r != nil {
		m.hidden[r.Dir] = !m.hidden[r.Dir]
	}
}

// toggleAllShown draws all runs, or where all are drawn only the chosen one.
func (m *model) toggleAllShown() {
	all := !slices.ContainsFunc(m.set.Runs, func(r *monitor.Run) bool { return m.hidden[r.Dir] })
	for _, r := range m.set.Runs {
		m.hidden[r.Dir] = all && r != m.run()
	}
}

func (m *model) nextSort() {
	m.sort = m.sort.Next()
	m.say("runs by %s", m.sort)
}

// togglePause holds the view still: nothing is read meanwhile, and later the log is read
// on from where it was left.
func (m *model) togglePause() tea.Cmd {
	if m.paused.IsZero() {
		m.paused = m.o.Clock()
		return nil
	}
	return m.resume()
}

func (m *model) resume() tea.Cmd {
	if m.paused.IsZero() {
		return nil
	}
	held := m.held
	m.held, m.paused = nil, time.Time{}
	if held == nil {
		return nil // the poll on its way goes on
	}
	m.apply(*held)
	return m.poll(0)
}

func (m *model) toggleMouse() {
	m.mouse = !m.mouse
	if m.mouse {
		m.say("the mouse is the monitor's: click, wheel, drag")
	} else {
		m.say("the mouse is the terminal's: it selects text")
	}
}

func (m *model) toggleASCII() {
	m.o.Screen.Unicode = !m.o.Screen.Unicode
	m.theme = newTheme(m.o.Screen)
}

func (m *model) toggleSymbols() {
	if m.o.Screen.Symbols == plot.Braille {
		m.o.Screen.Symbols = plot.Block
	} else {
		m.o.Screen.Symbols = plot.Braille
	}
	m.theme = newTheme(m.o.Screen)
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
	if p, ok := s.placeAt(at); ok {
		m.focus = p.panel
		if !p.shut {
			p.panel.update(clicked(at.Y - p.y - 2))
		}
	}
	if x, ok := s.xAt(at); ok {
		m.charts.cursor, m.charts.hasCursor = x, true
	}
}

// placeAt is the panel under the mouse.
func (s *screen) placeAt(at tea.Mouse) (place, bool) {
	for _, p := range s.layout.places {
		if p.contains(at.X, at.Y) {
			return p, true
		}
	}
	return place{}, false
}

// xAt is where the mouse is on the x axis of the chart under it.
func (s *screen) xAt(at tea.Mouse) (float64, bool) {
	for _, c := range s.charts {
		f := c.frame
		if f.Width > 0 && (rect{c.x + f.Left, c.y + f.Top, f.Width, f.Height}).contains(at.X, at.Y) {
			return f.XAt(float64(at.X - c.x)), true
		}
	}
	return 0, false
}

// wheel zooms the chart under the mouse, around it, and scrolls in the other panels.
func (m *model) wheel(at tea.Mouse) {
	by, factor := 1, 1.25
	if at.Button == tea.MouseWheelUp {
		by, factor = -1, 0.8
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
	if x, ok := s.xAt(at); ok {
		m.zoomAt(factor, x)
	} else if p, ok := s.placeAt(at); ok && !p.shut {
		p.panel.update(scrolled(3 * by))
	}
}

// drag moves the window so that what was clicked on, where the value cursor is, stays
// under the mouse, or where all is shown the cursor.
func (m *model) drag(at tea.Mouse) (changed bool) {
	x, ok := m.screen().xAt(at)
	if !ok || at.Button != tea.MouseLeft || !m.charts.hasCursor {
		return false
	}
	if !m.charts.zoomed() {
		m.charts.cursor = x
		return true
	}
	w, by := m.window(), m.charts.cursor-x
	m.setWindow(plot.Range{Lo: w.Lo + by, Hi: w.Hi + by})
	return true
}
