package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// dialog asks what to do. Nothing else happens while it is open.
type dialog struct {
	title   string
	dir     string // of the run that it is about, whatever is chosen meanwhile
	choices []choice
	at      int // the one that enter takes
}

type choice struct {
	key, text string
	do        func(m *model, dir string) tea.Cmd // nil: nothing
}

var (
	stopCleanly = choice{"s", "stop cleanly: write a checkpoint, test the best weights",
		func(m *model, dir string) tea.Cmd { return m.request(dir, runlog.StopCleanly) }}
	stopNow = choice{"n", "stop now: write a checkpoint, no test", func(m *model, dir string) tea.Cmd { return m.request(dir, runlog.StopNow) }}
	goOn    = choice{"c", "cancel", nil}
)

// askStop asks how to stop the chosen run.
func (m *model) askStop() tea.Cmd {
	if r := m.training("there is nothing to stop"); r != nil {
		m.dialog = &dialog{title: "Stop the training of " + m.theme.clean(r.Name) + "?", dir: r.Dir, choices: []choice{stopCleanly, stopNow, goOn}, at: 2}
	}
	return nil
}

// askQuit closes the monitor; while this process trains it asks what becomes of that.
func (m *model) askQuit() tea.Cmd {
	if m.o.Own == "" || m.outcome.Ended {
		return tea.Quit
	}
	stop := func(c choice) choice {
		do := c.do
		c.do = func(m *model, dir string) tea.Cmd {
			m.o.Hold = false // and close when it has ended
			return do(m, dir)
		}
		return c
	}
	m.dialog = &dialog{title: "This process trains. What becomes of the training?", dir: m.o.Own, choices: []choice{
		stop(stopCleanly), stop(stopNow),
		{"d", "detach: close the monitor, train on", func(m *model, _ string) tea.Cmd { m.outcome.Detached = true; return tea.Quit }},
		goOn,
	}, at: 3}
	return nil
}

func (m *model) dialogKey(name string) tea.Cmd {
	d := m.dialog
	switch name {
	case "up", "k", "left", "shift+tab":
		d.at = (d.at + len(d.choices) - 1) % len(d.choices)
	case "down", "j", "right", "tab":
		d.at = (d.at + 1) % len(d.choices)
	case "enter", "space":
		name = d.choices[d.at].key
	}
	i := slices.IndexFunc(d.choices, func(c choice) bool { return c.key == name })
	if i >= 0 || name == "esc" || name == "q" {
		m.dialog = nil
	}
	if i < 0 || d.choices[i].do == nil {
		return nil
	}
	return d.choices[i].do(m, d.dir)
}

// dialogBox draws the dialog, as large as there is room.
func (m *model) dialogBox(w, h int) []string {
	t := m.theme
	inner := min(w-2, 70)
	if inner < 8 || h < len(m.dialog.choices) {
		keys := "stop?"
		for _, c := range m.dialog.choices {
			keys += " " + c.key
		}
		return []string{t.picked(fit(keys, w))}
	}
	var lines []string
	for i, c := range m.dialog.choices {
		line := t.shorten(" "+c.key+"  "+t.glyph(c.text), inner)
		if i == m.dialog.at {
			line = t.picked(fit(t.glyph("›")+strings.TrimPrefix(line, " "), inner))
		}
		lines = append(lines, line)
	}
	if h < len(lines)+2 {
		return lines
	}
	return m.box(t.bold(m.dialog.title), "", lines, inner+2, len(lines)+2, true)
}

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
