package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/runlog"
)

// dialog asks what to do. Nothing else happens while it is open.
type dialog struct {
	title   string
	dir     string // of the run that it is about, whatever is chosen meanwhile
	choices []choice
	at      int
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
	r := m.run()
	if r == nil {
		return nil
	}
	if s := r.Status(); s != runlog.Running && s != runlog.Silent {
		m.say("%s does not train (%s): there is nothing to stop", m.theme.clean(r.Name), s)
		return nil
	}
	m.dialog = &dialog{title: "Stop the training of " + m.theme.clean(r.Name) + "?", dir: r.Dir, choices: []choice{stopCleanly, stopNow, goOn}, at: 2}
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
		return nil
	case "down", "j", "right", "tab":
		d.at = (d.at + 1) % len(d.choices)
		return nil
	case "enter", "space":
		return m.decide(d.choices[d.at])
	case "esc", "q":
		m.dialog = nil
		return nil
	}
	for _, c := range d.choices {
		if c.key == name {
			return m.decide(c)
		}
	}
	return nil
}

func (m *model) decide(c choice) tea.Cmd {
	dir := m.dialog.dir
	m.dialog = nil
	if c.do == nil {
		return nil
	}
	return c.do(m, dir)
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
		line := fit(t.shorten(" "+c.key+"  "+t.text("%s", c.text), inner), inner)
		if i == m.dialog.at {
			line = t.picked(fit(t.glyphs.pick+strings.TrimPrefix(line, " "), inner))
		}
		lines = append(lines, line)
	}
	if h < len(lines)+2 {
		return lines
	}
	return m.box(t.bold(m.dialog.title), "", lines, inner+2, len(lines)+2, true)
}
