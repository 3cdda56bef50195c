package tui

import (
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/runlog"
)

// group is where keys belong together, in the help and in the documentation.
type group string

const (
	chartKeys    group = "Charts"
	panelKeys    group = "Panels"
	runKeys      group = "Runs"
	trainingKeys group = "Training"
	otherKeys    group = "Monitor"
)

// groups is the sequence of the groups.
var groups = []group{panelKeys, chartKeys, runKeys, trainingKeys, otherKeys}

// binding is a key, or several, and what it does. The table of them dispatches, is the
// help on the screen, and is what the documentation is made of.
type binding struct {
	group group
	keys  []string // as Bubble Tea names them
	label string   // as people read them
	help  string
	do    func(m *model) tea.Cmd
	brief string // what the last line of the screen says of it, where it has room for it
}

func do(f func(m *model)) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd { f(m); return nil }
}

// bindings is the table: the keys of all panels, and those of each. It is a function
// because what a key does may show the table.
func (m *model) bindings() []binding {
	var numbers, names []string
	for i, p := range m.all {
		numbers, names = append(numbers, strconv.Itoa(i+1)), append(names, p.spec().name)
	}
	all := []binding{
		{panelKeys, []string{"tab"}, "tab", "next panel", do(func(m *model) { m.turn(+1) }), "next"},
		{panelKeys, []string{"shift+tab"}, "shift+tab", "previous panel", do(func(m *model) { m.turn(-1) }), ""},
		{panelKeys, numbers, "1 … " + numbers[len(numbers)-1], strings.Join(names, ", "), nil, ""},
		{panelKeys, []string{"enter", "F"}, "enter", "the panel alone on the screen, and back", do(func(m *model) { m.full = !m.full }), "full screen"},
		{panelKeys, []string{"up", "k"}, "↑ k", "up in a list", do(func(m *model) { m.focus.update(scrolled(-1)) }), ""},
		{panelKeys, []string{"down", "j"}, "↓ j", "down in a list", do(func(m *model) { m.focus.update(scrolled(+1)) }), ""},
		{panelKeys, []string{"pgup", "ctrl+u"}, "pgup", "ten up", do(func(m *model) { m.focus.update(scrolled(-10)) }), ""},
		{panelKeys, []string{"pgdown", "ctrl+d"}, "pgdn", "ten down", do(func(m *model) { m.focus.update(scrolled(+10)) }), ""},
		{panelKeys, []string{"esc"}, "esc", "one step back: cursor, zoom, full screen, filters", do(func(m *model) { m.back() }), ""},

		{chartKeys, []string{"+", "="}, "+", "zoom in, around the cursor or the last step", do(func(m *model) { m.zoom(0.5) }), "zoom"},
		{chartKeys, []string{"-", "_"}, "-", "zoom out", do(func(m *model) { m.zoom(2) }), ""},
		{chartKeys, []string{"0"}, "0", "all of the run", do(func(m *model) { m.charts.whole() }), ""},
		{chartKeys, []string{"shift+left", "H", "["}, "shift+← [", "pan to the left", do(func(m *model) { m.pan(-0.25) }), ""},
		{chartKeys, []string{"shift+right", "L", "]"}, "shift+→ ]", "pan to the right", do(func(m *model) { m.pan(+0.25) }), ""},
		{chartKeys, []string{"left", "h"}, "← h", "value cursor to the left", do(func(m *model) { m.moveCursor(-1) }), "cursor"},
		{chartKeys, []string{"right", "l"}, "→ l", "value cursor to the right", do(func(m *model) { m.moveCursor(+1) }), ""},
		{chartKeys, []string{"ctrl+left"}, "ctrl+←", "cursor ten to the left", do(func(m *model) { m.moveCursor(-10) }), ""},
		{chartKeys, []string{"ctrl+right"}, "ctrl+→", "cursor ten to the right", do(func(m *model) { m.moveCursor(+10) }), ""},
		{chartKeys, []string{"y"}, "y", "logarithmic axis, and back", do(func(m *model) { m.toggleLog() }), "log"},
		{chartKeys, []string{"x"}, "x", "against steps, epochs or time", do(func(m *model) { m.nextAxis() }), "axis"},
		{chartKeys, []string{">", "."}, ">", "more smoothing", do(func(m *model) { m.smooth(+1) }), ""},
		{chartKeys, []string{"<", ","}, "<", "less smoothing", do(func(m *model) { m.smooth(-1) }), ""},
		{chartKeys, []string{"o"}, "o", "fit the axis to all values, or leave outliers out", do(func(m *model) { m.toggleOutliers() }), ""},
		{chartKeys, []string{"/"}, "/", "only the lines whose name has a text, or matches /regex/", func(m *model) tea.Cmd { return m.askMetrics() }, "lines"},

		{runKeys, []string{"f"}, "f", "filter the runs: model.hidden=500 best<12 -crashed", func(m *model) tea.Cmd { return m.askRuns() }, ""},
		{runKeys, []string{"n"}, "n", "next run", do(func(m *model) { m.chooseBy(+1) }), ""},
		{runKeys, []string{"p"}, "p", "previous run", do(func(m *model) { m.chooseBy(-1) }), ""},
		{runKeys, []string{"v"}, "v", "draw the run, or not", do(func(m *model) { m.toggleShown() }), ""},
		{runKeys, []string{"V"}, "V", "draw all runs, or only this one", do(func(m *model) { m.toggleAllShown() }), ""},
		{runKeys, []string{"t"}, "t", "sort by best validation, name, start, steps, state or directory", do(func(m *model) { m.nextSort() }), ""},

		{trainingKeys, []string{"s"}, "s", "stop the training: cleanly, or at once; asks", func(m *model) tea.Cmd { return m.askStop() }, "stop"},
		{trainingKeys, []string{"c"}, "c", "write a checkpoint now", func(m *model) tea.Cmd { return m.askFor(runlog.SaveCheckpoint, "no checkpoint can be written") }, "checkpoint"},

		{otherKeys, []string{"space"}, "space", "hold the view still, and go on", func(m *model) tea.Cmd { return m.togglePause() }, "hold"},
		{otherKeys, []string{"w"}, "w", "write the chart's numbers as CSV", func(m *model) tea.Cmd { return m.export(".csv") }, ""},
		{otherKeys, []string{"W"}, "W", "write the chart as SVG", func(m *model) tea.Cmd { return m.export(".svg") }, ""},
		{otherKeys, []string{"m"}, "m", "mouse on or off (off: the terminal selects text)", do(func(m *model) { m.toggleMouse() }), ""},
		{otherKeys, []string{"a"}, "a", "ASCII characters only, and back", do(func(m *model) { m.toggleASCII() }), ""},
		{otherKeys, []string{"b"}, "b", "braille or blocks", do(func(m *model) { m.toggleSymbols() }), ""},
		{otherKeys, []string{"ctrl+z"}, "ctrl+z", "suspend this process, and what it trains; fg goes on", func(*model) tea.Cmd { return tea.Suspend }, ""},
		{otherKeys, []string{"?"}, "?", "this table", do(func(m *model) { m.help, m.helpTop = !m.help, 0 }), "keys"},
		{otherKeys, []string{"q", "ctrl+c"}, "q", "close; while this process trains it asks", func(m *model) tea.Cmd { return m.askQuit() }, "close"},
	}
	for _, p := range m.all {
		all = append(all, p.keys()...)
	}
	slices.SortStableFunc(all, func(a, b binding) int { return slices.Index(groups, a.group) - slices.Index(groups, b.group) })
	return all
}

// terms is what the words of the screen mean, below the keys in the help.
var terms = [][2]string{
	{"loss, valid", "negative log-likelihood in nats a row; lower is better"},
	{"±", "two standard errors over the rows"},
	{"smoothed", "debiased moving average of the training records (<, > change it)"},
	{"ensemble", "the mean of the orders' probabilities, its NLL beside that of each order"},
	{"gain", "mean NLL of the orders less that of their ensemble"},
	{"effective", "orders that the ensemble's weights amount to, 1 to all"},
	{"context gains", "mean of ln q(y|x) − ln q(y) in nats: none where a model ignores its context"},
	{"ranks", "where true values are among samples; as often everywhere where a model is right"},
	{"above", "nats a row of the best validation above independent columns on the same rows; no units change it"},
	{"apart by", "what differs where likelihoods are not compared: figure, columns, steps or rows; unknown: not recorded"},
	{"look-ahead", "ends the training after so many epochs without a better validation"},
}

// Key is a row of the table of keys: what to press and what it does.
type Key struct{ Group, Keys, Help string }

// Keys is the table of keys, by group.
func Keys() []Key {
	m := &model{}
	m.all = newPanels(m)
	var keys []Key
	for _, b := range m.bindings() {
		keys = append(keys, Key{string(b.group), b.label, b.help})
	}
	return keys
}

// key does what a key says: to what is open, the topmost first.
func (m *model) key(msg tea.KeyPressMsg) tea.Cmd {
	name := msg.String()
	switch {
	case name == "ctrl+c" && m.o.Own != "" && !m.outcome.Ended:
		return m.interrupt()
	case name == "ctrl+c":
		return tea.Quit
	case m.prompt != nil:
		return m.promptKey(msg)
	case m.dialog != nil:
		return m.dialogKey(name)
	case m.help:
		by, scrolls := helpRows[name]
		m.help, m.helpTop = scrolls, max(0, m.helpTop+by)
		return nil
	case len(name) == 1 && name[0] >= '1' && name[0] <= '9':
		m.focusOn(int(name[0] - '1'))
		return nil
	}
	for _, b := range m.bindings() {
		for _, k := range b.keys {
			if k == name && b.do != nil {
				return b.do(m)
			}
		}
	}
	return nil
}

// helpLines is the table of keys in one column, or in two where there is room.
func (m *model) helpLines(w int) []string {
	t := m.theme
	row := func(name, text string) string { return fit(t.glyph(name), 13) + t.glyph(text) }
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
	const gap = 4
	all := slices.Concat(parts...)
	column := widest(all) + gap
	if w < 2*column-gap {
		return all
	}
	left, right := slices.Concat(parts[:2]...), slices.Concat(parts[2:]...)
	return beside(drawing{lines: left}, drawing{lines: right}, column, max(len(left), len(right))).lines
}

// helpBox shows the table, from the line that was scrolled to.
func (m *model) helpBox(w, h int) []string {
	lines := m.helpLines(w - 4)
	inner := min(widest(lines)+2, w-2)
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

// helpRows are the keys that scroll the help, by how many rows. Others close it.
var helpRows = map[string]int{"down": 1, "j": 1, "up": -1, "k": -1, "pgdown": 10, "space": 10, "pgup": -10}
