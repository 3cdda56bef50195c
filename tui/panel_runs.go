package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
)

// runColumn is a column of the list of runs.
type runColumn struct {
	title string
	width int
	text  func(m *model, r *monitor.Run, f monitor.Figures) string
}

// atCursor is the validation at the value cursor.
var atCursor = runColumn{"at cursor", 9, func(m *model, r *monitor.Run, _ monitor.Figures) string {
	return m.valueAt(r.ValidCurve(m.charts.axis))
}}

// runColumns are those of every list, the most important first: what has no room is left
// out from the end.
var runColumns = []runColumn{
	{"best", 9, func(m *model, r *monitor.Run, f monitor.Figures) string {
		if f.Best == nil {
			return "-"
		}
		best := nats(float64(f.Best.OfOthers()))
		if m.listsNow().ranks[r].best {
			best += m.theme.ink(m.theme.lift(green), m.theme.glyph(" ★"))
		}
		return best
	}},
	{"state", 11, func(m *model, r *monitor.Run, _ monitor.Figures) string { return m.theme.state(r.Status()) }},
	{"above", 7, func(_ *model, r *monitor.Run, _ monitor.Figures) string {
		if above := r.Above(); above != nil {
			return nats(float64(*above))
		}
		return "-"
	}},
	{"step", 9, func(_ *model, _ *monitor.Run, f monitor.Figures) string { return text.Grouped(f.Step) }},
	{"valid gain", 10, func(_ *model, _ *monitor.Run, f monitor.Figures) string {
		if f.LastOrders == nil {
			return "-"
		}
		return nats(float64(f.LastOrders.Gain))
	}},
	{"orders", 6, func(_ *model, _ *monitor.Run, f monitor.Figures) string {
		if f.LastOrders == nil {
			return "1"
		}
		return fmt.Sprint(len(f.LastOrders.PerOrder))
	}},
	{"time", 8, func(_ *model, _ *monitor.Run, f monitor.Figures) string { return text.Clock(f.Elapsed.Seconds()) }},
}

// apartColumn is what sets runs apart whose likelihoods cannot be compared with those of the first ones.
var apartColumn = runColumn{"apart by", 9, func(m *model, r *monitor.Run, _ monitor.Figures) string {
	return m.theme.ink(m.theme.lift(orange), m.listsNow().ranks[r].apart)
}}

// settingColumns are the settings in which the drawn runs differ.
func (m *runsPanel) settingColumns() []runColumn {
	const width = 12
	var columns []runColumn
	for _, d := range monitor.Diff(m.comparedRuns()) {
		if d.Path == "name" {
			continue
		}
		columns = append(columns, runColumn{m.theme.ending(d.Path, width), width, func(m *model, r *monitor.Run, _ monitor.Figures) string {
			text, _ := r.Setting(d.Path)
			return m.theme.clean(text)
		}})
	}
	return columns
}

const (
	leastNameWidth = 10
	mostNameWidth  = 40
	runMarkWidth   = 3
)

// runsPanel is the list of runs.
type runsPanel struct{ pane }

func (m *runsPanel) spec() spec {
	return spec{"runs", "the runs, by their best validation where that can be compared, and which are drawn", [2]share{{1, 0, 0}, {2, 0, 0}}}
}

func (m *runsPanel) absent() string {
	if m.many() {
		return ""
	}
	return "one run is watched: there is no list"
}

func (m *runsPanel) update(msg tea.Msg) {
	switch msg := msg.(type) {
	case scrolled:
		m.chooseBy(int(msg))
	case clicked:
		if i, runs := m.top+int(msg), m.listed(); msg >= 0 && i < len(runs) {
			m.choose(runs[i])
		}
	}
}

// view is the list of runs. The chosen one is marked and reversed.
func (m *runsPanel) view(w, h int) drawing {
	runs := m.listed()
	t := m.theme
	if len(runs) == 0 {
		return drawing{lines: fold(fmt.Sprintf("No run passes the filter %q (f changes it, esc forgets it).", m.query.String()), w, h)}
	}
	columns := slices.Concat(runColumns, m.settingColumns())
	if m.listsNow().apart {
		columns = slices.Insert(columns, 1, apartColumn)
	}
	if m.charts.hasCursor {
		columns = slices.Concat([]runColumn{atCursor}, columns)
	}
	used := runMarkWidth + leastNameWidth
	for i, c := range columns {
		if used+1+c.width > w {
			columns = columns[:i]
			break
		}
		used += 1 + c.width
	}
	nameWidth := min(mostNameWidth, leastNameWidth+max(0, w-used))
	if len(columns) == 0 {
		nameWidth = max(1, w-runMarkWidth)
	}
	head := fit("", runMarkWidth) + fit("name", nameWidth)
	for _, c := range columns {
		head += fit(" "+t.shorten(c.title, c.width), c.width+1)
	}
	lines := []string{t.dim(head)}
	m.top = m.scrollOfRuns(runs) - (h-1)/2 // so that the chosen one is in the middle where that can be
	first := m.first(len(runs) - (h - 1))
	for _, r := range runs[first:min(len(runs), first+max(0, h-1))] {
		line := m.runLine(r, nameWidth, columns)
		if r == m.run() {
			line = t.picked(fit(t.clean(line), w))
		}
		lines = append(lines, line)
	}
	return drawing{lines: lines}
}

func (m *runsPanel) runLine(r *monitor.Run, nameWidth int, columns []runColumn) string {
	t, f := m.theme, r.Figures(m.now)
	pick, mark := " ", t.glyph("○")
	if !m.hidden[r.Dir] {
		mark = string(m.letter(r))
	}
	if r == m.run() {
		pick = t.glyph("›")
	}
	line := fit(pick+t.ink(m.runColour(r), mark), runMarkWidth) + fit(t.shorten(t.clean(r.Name), nameWidth), nameWidth)
	for _, c := range columns {
		line += fit(" "+t.shorten(c.text(m.model, r, f), c.width), c.width+1)
	}
	return line
}

// scrollOfRuns is the place of the chosen run in the list.
func (m *model) scrollOfRuns(runs []*monitor.Run) int {
	return max(0, slices.Index(runs, m.run()))
}

func (m *runsPanel) title(w int) string {
	text := fmt.Sprintf("%d by %s", len(m.listed()), m.sort)
	if !m.query.Empty() {
		text += fmt.Sprintf(", of %d: %s", len(m.set.Runs), m.theme.clean(m.query.String()))
	}
	return m.theme.dim(text)
}

func (m *runsPanel) digest(w int) string {
	runs := m.listed()
	count := text.Count(len(runs), "run")
	var apart int
	for _, r := range runs {
		if m.listsNow().ranks[r].class > 0 {
			apart++
		}
	}
	best := slices.IndexFunc(runs, func(r *monitor.Run) bool { return m.listsNow().ranks[r] == rank{best: true} })
	if best >= 0 {
		f := runs[best].Figures(m.now)
		count += fmt.Sprintf(", best %s of %s", nats(float64(f.Best.OfOthers())), m.theme.clean(runs[best].Name))
	}
	if apart > 0 {
		count += fmt.Sprintf(", %d set apart", apart)
	}
	return count
}
