package tui

import (
	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// helpLines is the table of keys in one column, or in two where there is room.
func (m *model) helpLines(w int) []string {
	t := m.theme
	table := help.New()
	plainStyle := lipgloss.NewStyle()
	table.Styles = help.Styles{Ellipsis: plainStyle, FullKey: lipgloss.NewStyle().Width(12), FullDesc: plainStyle, FullSeparator: plainStyle}
	var parts [][]string
	for _, g := range groups {
		var keys []key.Binding
		for _, b := range m.bindings() {
			if b.group == g {
				keys = append(keys, m.bubble(b, b.help))
			}
		}
		part := append([]string{t.bold(string(g))}, splitLines(table.FullHelpView([][]key.Binding{keys}))...)
		parts = append(parts, append(part, ""))
	}
	words := []string{t.bold("Words")}
	for _, w := range terms {
		words = append(words, fit(t.text("%s", w[0]), 13)+t.text("%s", w[1]))
	}
	parts = append(parts, words)
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	widest := 0
	for _, line := range all {
		widest = max(widest, width(line))
	}
	const gap = 4
	if w < 2*widest+gap {
		return all
	}
	left, right, half := []string{}, []string{}, len(all)/2
	for _, p := range parts {
		if len(left) < half {
			left = append(left, p...)
		} else {
			right = append(right, p...)
		}
	}
	out := make([]string, max(len(left), len(right)))
	for i := range out {
		if i < len(left) {
			out[i] = left[i]
		}
		if i < len(right) {
			out[i] = fit(out[i], widest+gap) + right[i]
		}
	}
	return out
}

// helpBox shows the table, from the line that was scrolled to.
func (m *model) helpBox(w, h int) []string {
	lines := m.helpLines(w - 4)
	inner := 0
	for _, line := range lines {
		inner = max(inner, width(line))
	}
	inner = min(inner+2, w-2)
	room := h - 3 // the last line of the screen is not covered
	if inner < 8 || room < 1 {
		return fitAll(lines, w, h)
	}
	m.helpTop = min(m.helpTop, max(0, len(lines)-room))
	title := "keys"
	if len(lines) > room {
		title += m.theme.text(" (↓ ↑ for more, esc closes)")
	} else {
		title += " (esc closes)"
	}
	shown := lines[m.helpTop:min(len(lines), m.helpTop+room)]
	for i := range shown {
		shown[i] = m.theme.shorten(" "+shown[i], inner)
	}
	return m.box(title, "", shown, inner+2, min(len(shown), room)+2, true)
}

func (m *model) helpKey(name string) tea.Cmd {
	switch name {
	case "down", "j":
		m.helpTop++
	case "up", "k":
		m.helpTop = max(0, m.helpTop-1)
	case "pgdown", "space":
		m.helpTop += 10
	case "pgup":
		m.helpTop = max(0, m.helpTop-10)
	default:
		m.help = false
	}
	return nil
}
