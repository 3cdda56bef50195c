package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// View is the screen as Bubble Tea shows it.
func (m *model) View() tea.View {
	s := m.screen()
	v := tea.NewView(strings.Join(s.lines, "\n"))
	v.AltScreen = true
	v.Cursor = s.cursor
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if r := m.run(); r != nil {
		v.WindowTitle = "maskflow: " + m.theme.clean(r.Name)
		if done := progress(r.Figures(m.now)); done >= 0 && r.Status() == runlog.Running {
			v.ProgressBar = tea.NewProgressBar(tea.ProgressBarDefault, int(100*done))
		}
	}
	return v
}

// screen is the picture of the present state, drawn once.
func (m *model) screen() *screen {
	if m.drawn == nil {
		m.drawn = m.draw()
	}
	return m.drawn
}

// draw makes exactly as many lines as the screen has, each of exactly its columns.
func (m *model) draw() *screen {
	w, h := m.width, m.height
	s := &screen{}
	if w <= 0 || h <= 0 {
		return s
	}
	m.curves.sweep()
	s.layout = arrange(w, h, m.panels(), len(m.listed()), m.focus, m.full)
	const leastHeader = 10 // what is narrower is cut: a state needs no more
	s.lines = m.headerLines(max(w, leastHeader), s.layout.header.h)
	if s.layout.shape != asText {
		if s.layout.tabs.h > 0 {
			s.lines = append(s.lines, m.tabLine(w))
		}
		s.lines = append(s.lines, m.body(s)...)
		if s.layout.footer.h > 0 {
			s.lines = append(s.lines, "")
		}
	}
	s.lines = fitAll(s.lines, w, h)
	m.overlay(s)
	for i, line := range s.lines {
		s.lines[i] = text.EscapedStyled(line) // whatever a panel forgot
	}
	return s
}

// body draws the panels, each in its place.
func (m *model) body(s *screen) []string {
	l := s.layout
	top := l.header.h + l.tabs.h
	rows := make([]strings.Builder, max(0, m.height-top-l.footer.h))
	for _, p := range l.places {
		lines, charts := m.panelLines(p, l.shape)
		for i, line := range fitAll(lines, p.w, p.h) {
			if y := p.y - top + i; y >= 0 && y < len(rows) {
				rows[y].WriteString(line)
			}
		}
		for _, c := range charts {
			c.x, c.y = c.x+p.x, c.y+p.y
			s.charts = append(s.charts, c)
		}
	}
	out := make([]string, len(rows))
	for i := range rows {
		out[i] = rows[i].String()
	}
	return out
}

// shutName is the width of the name of a panel that is a line, with a gap.
const shutName = 15

// panelLines draws a panel with its title: in a box where all are seen, below its title
// else.
func (m *model) panelLines(p place, s shape) ([]string, []placedChart) {
	t, panel := m.theme, p.panel
	focused := panel == m.focus
	name := m.numbered(panel)
	if p.shut {
		return []string{cut(t.dim(t.glyph("▸")+" "+fmt.Sprintf("%-*s", shutName, name))+m.about(panel.digest, p.w-2-shutName), p.w)}, nil
	}
	if focused {
		name = t.bold(name)
	}
	title := m.about(panel.title, p.w-width(name)-7)
	if s != columns {
		d := panel.view(p.w, p.h-1)
		head := name
		if s == accordion {
			head = t.glyph("▾") + " " + name
		}
		return append([]string{t.shorten(head+"  "+title, p.w)}, fitAll(d.lines, p.w, p.h-1)...), shifted(d.charts, 0, 1)
	}
	d := panel.view(p.w-2, p.h-2)
	return m.box(name, title, d.lines, p.w, p.h, focused), shifted(d.charts, 1, 1)
}

// about is a title or a digest of w columns, empty while there is no run.
func (m *model) about(text func(w int) string, w int) string {
	if m.run() == nil {
		return ""
	}
	return text(w)
}

func shifted(charts []placedChart, dx, dy int) []placedChart {
	for i := range charts {
		charts[i].x += dx
		charts[i].y += dy
	}
	return charts
}

// box draws lines in a frame with a title.
func (m *model) box(name, title string, lines []string, w, h int, focused bool) []string {
	t := m.theme
	edge := t.dim
	if focused {
		edge = func(s string) string { return t.ink(t.lift(orange), s) }
		name = t.glyph("▸") + " " + name
	}
	head := " " + name + " "
	if title != "" {
		head += " " + t.shorten(title, w-5-width(head)) + " "
	}
	head = cut(head, w-4)
	out := []string{edge(t.glyph("╭")+t.glyph("─")) + head + edge(strings.Repeat(t.glyph("─"), max(0, w-3-width(head)))+t.glyph("╮"))}
	for _, line := range fitAll(lines, w-2, h-2) {
		out = append(out, edge(t.glyph("│"))+line+edge(t.glyph("│")))
	}
	return append(out, edge(t.glyph("╰")+strings.Repeat(t.glyph("─"), max(0, w-2))+t.glyph("╯")))
}

// numbered is the name of a panel after its key.
func (m *model) numbered(p panel) string {
	return fmt.Sprintf("%d %s", slices.Index(m.all, p)+1, p.spec().name)
}

// tabLine names the panels, the one in focus marked.
func (m *model) tabLine(w int) string {
	t := m.theme
	var long, short strings.Builder
	for _, p := range m.panels() {
		name := m.numbered(p)
		number, _, _ := strings.Cut(name, " ")
		if p == m.focus {
			name = t.picked("[" + name + "]")
			number = name
		} else {
			name, number = t.dim(name)+" ", t.dim(number)
		}
		long.WriteString(name + " ")
		short.WriteString(number + " ")
	}
	if width(long.String()) <= w {
		return long.String()
	}
	return cut(short.String(), w)
}

// overlay lays what is open over the screen, and writes the last line.
func (m *model) overlay(s *screen) {
	w, h := m.width, m.height
	last := h - 1
	switch {
	case m.dialog != nil:
		s.lines = over(s.lines, m.dialogBox(w, h), w)
	case m.help:
		s.lines = over(s.lines, m.helpBox(w, h), w)
	}
	switch {
	case m.prompt != nil:
		s.lines[last], s.cursor = m.promptLine(w)
		if s.cursor != nil {
			s.cursor.Y = last
		}
	case m.message.text != "" && m.o.Clock().Before(m.message.until):
		if s.layout.shape != asText {
			s.lines[last] = fit(m.theme.bold(cut(m.message.text, w)), w)
		}
	case s.layout.footer.h > 0:
		s.lines[last] = fit(m.footer(w), w)
	}
}

// footer is the most useful keys.
func (m *model) footer(w int) string {
	t, line := m.theme, ""
	for _, b := range m.bindings() {
		if b.brief == "" {
			continue
		}
		item := t.text("%s %s", b.label, b.brief)
		if line != "" {
			item = "  " + item
		}
		if more := " " + t.glyph("…"); width(line+item) > w && width(line+more) < w {
			line += more
			break
		}
		line += item
	}
	return t.dim(cut(line, w))
}
