package tui

import (
	"cmp"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// logLine is a thing that happened, at a time of the training in seconds.
type logLine struct {
	time float64
	text string
	loud bool
}

// happenings is the log of a run, oldest first.
func happenings(r *monitor.Run) []logLine {
	var lines []logLine
	add := func(time float64, loud bool, format string, args ...any) {
		lines = append(lines, logLine{time, fmt.Sprintf(format, args...), loud})
	}
	h := &r.History
	for i, s := range h.Starts {
		switch {
		case s.Resumed:
			add(float64(s.Time), false, "resumed after step %s", text.Grouped(s.Step))
		case i == 0:
			add(float64(s.Time), false, "started")
		}
	}
	for _, c := range h.Checkpoints {
		add(float64(c.Time), false, "checkpoint of step %s", text.Grouped(c.Step))
	}
	for _, e := range h.Events {
		add(float64(e.Time), false, "%s", e.What)
	}
	slices.SortStableFunc(lines, func(a, b logLine) int { return cmp.Compare(a.time, b.time) })
	if e := h.End; e != nil {
		add(float64(e.Time), e.Error != "", "%s at step %s", e.Status, text.Grouped(e.Step))
		if e.Test != nil {
			add(float64(e.Time), true, "test %s %s nats", e.Test.Figure(), text.Mean(e.Test.NLL, e.Test.Others, e.Test.NLL2SE, e.Test.BadRows))
		}
		if e.Error != "" {
			add(float64(e.Time), true, "%s", e.Error)
		}
	}
	return lines
}

// logPart is how much of the panel what native libraries printed may take.
const logPart = 3

// logPanel is what happened.
type logPanel struct{ pane }

func (m *logPanel) spec() spec {
	return spec{"log", "what happened, and what native libraries printed", [2]share{{0, 2, 2}, {2, 2, 4}}}
}

func (m *logPanel) update(msg tea.Msg) {
	if by, ok := msg.(scrolled); ok { // counted from its end
		msg = -by
	}
	m.pane.update(msg)
}

// view shows the end of what happened, or what was scrolled to, and below it the end of
// what native libraries printed.
func (m *logPanel) view(w, h int) drawing {
	r := m.run()
	if r == nil {
		return drawing{}
	}
	t := m.theme
	happened, printed := happenings(r), r.Stderr
	tail := min(len(printed), max(0, h/logPart-1))
	room := h
	if tail > 0 {
		room -= tail + 1
	}
	last := max(min(len(happened), room), len(happened)-m.first(len(happened)-room))
	happened = happened[max(0, last-room):min(last, len(happened))]
	var lines []string
	for _, l := range happened {
		line := t.logLine(l)
		if l.loud && width(line) > w && len(lines)+2 <= room { // an error is worth its lines
			lines = append(lines, fold(line, w, room-len(lines))...)
			continue
		}
		lines = append(lines, t.shorten(line, w))
	}
	lines = lines[max(0, len(lines)-room):]
	if tail > 0 {
		lines = append(fitAll(lines, w, room), t.dim(cut("end of "+runlog.StderrFile, w)))
		for _, l := range printed[len(printed)-tail:] {
			lines = append(lines, t.shorten(t.clean(l), w))
		}
	}
	return drawing{lines: lines}
}

func (t theme) logLine(l logLine) string {
	line := t.clean(l.text)
	if l.loud {
		line = t.bold(line)
	}
	return t.dim(fmt.Sprintf("%7s ", text.Clock(l.time))) + line
}

func (m *logPanel) title(w int) string {
	r := m.run()
	t := m.theme
	if r.Err != nil {
		return t.warned(t.clean(r.Err.Error()))
	}
	if n := r.Figures(m.now).Bad; n > 0 {
		return t.ink(t.lift(orange), fmt.Sprintf("%s %s of metrics.jsonl cannot be read", t.glyph("▲"), text.Count(n, "line")))
	}
	return ""
}

func (m *logPanel) digest(w int) string {
	r := m.run()
	if title := m.title(w); title != "" {
		return title
	}
	if lines := happenings(r); len(lines) > 0 {
		return m.theme.logLine(lines[len(lines)-1])
	}
	return ""
}
