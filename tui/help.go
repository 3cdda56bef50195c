package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// helpLines is the table of keys in one column, or in two where there is room.
func (m *model) helpLines(w int) []string {
	t := m.theme
	row := func(name, text string) string { return fit(t.text("%s", name), 13) + t.text("%s", text) }
	var parts [][]string
	var last group
	for _, b := range m.bindings() {
		if b.group != last {
			parts, last = append(parts, []string{t.bold(string(b.group)), ""}), b.group
		}
		part := &parts[len(parts)-1]
		*part = slices.Insert(*part, len(*part)-1, row(b.label, b.help))
	}
	words := []string{t.bold("Words")}
	for _, w := range terms {
		words = append(words, row(w[0], w[1]))
	}
	parts = append(parts, words)
	all := slices.Concat(parts...)
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
