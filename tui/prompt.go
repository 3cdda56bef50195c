package tui

import (
	"slices"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/monitor"
)

// prompt is a line that is typed, in the last line of the screen. What is typed is tried
// at each key, so that the screen shows at once what it does.
type prompt struct {
	input  textinput.Model
	take   func(m *model, text string) error
	before string // what to go back to
	err    error
}

// mostTyped bounds what is typed.
const mostTyped = 300

func (m *model) ask(label, present string, take func(*model, string) error) tea.Cmd {
	in := textinput.New()
	in.Prompt = label
	in.CharLimit = mostTyped
	in.SetVirtualCursor(false)
	in.SetStyles(textinput.Styles{})
	in.SetValue(present)
	m.prompt = &prompt{input: in, take: take, before: present}
	return m.prompt.input.Focus()
}

func (m *model) askMetrics() tea.Cmd {
	return m.ask("lines (text or /regex/): ", m.charts.filter, func(m *model, text string) error { return m.charts.setFilter(text) })
}

func (m *model) askRuns() tea.Cmd {
	return m.ask("runs (model.hidden=500 best<12 -crashed): ", m.query.String(), func(m *model, text string) error {
		q, err := monitor.ParseQuery(text)
		if err == nil {
			m.query = q
			if m.lists = nil; m.o.Own == "" && !slices.Contains(m.listed(), m.run()) {
				m.chosen = "" // what is shown beside the list is one of it
			}
		}
		return err
	})
}

func (p *prompt) update(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(msg)
	return cmd
}

func (m *model) promptKey(msg tea.KeyPressMsg) tea.Cmd {
	p := m.prompt
	switch msg.String() {
	case "enter":
		if p.err = p.take(m, p.input.Value()); p.err == nil {
			m.prompt = nil
		}
		return nil
	case "esc":
		m.prompt = nil
		_ = p.take(m, p.before) // it was taken before
		return nil
	}
	cmd := p.update(msg)
	p.err = p.take(m, p.input.Value())
	return cmd
}

// promptLine is the prompt with what is wrong about what was typed.
func (m *model) promptLine(w int) (string, *tea.Cursor) {
	p, t := m.prompt, m.theme
	note := ""
	if p.err != nil {
		note = "  " + t.warned(t.clean(p.err.Error()))
	}
	const leastTyped = 12
	p.input.SetWidth(max(1, min(leastTyped, w-width(p.input.Prompt)-1), w-width(p.input.Prompt)-width(note)-1))
	line := fit(cut(p.input.View()+note, w), w)
	c := p.input.Cursor()
	if c != nil && c.X >= w {
		c = nil
	}
	return line, c
}
