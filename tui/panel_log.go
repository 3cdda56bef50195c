package tui

import (
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/internal/words"
	"github.com/maskflow/maskflow/monitor"
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
			add(float64(s.Time), false, "resumed after step %s", words.Grouped(s.Step))
		case i == 0:
			add(float64(s.Time), false, "started")
		}
	}
	for _, c := range h.Checkpoints {
		add(float64(c.Time), false, "checkpoint of step %s", words.Grouped(c.Step))
	}
	for _, e := range h.Events {
		add(float64(e.Time), false, "%s", e.What)
	}
	slices.SortStableFunc(lines, func(a, b logLine) int {
		switch {
		case a.time < b.time:
			return -1
		case a.time > b.time:
			return 1
		}
		return 0
	})
	if e := h.End; e != nil {
		add(float64(e.Time), e.Error != "", "%s at step %s", e.Status, words.Grouped(e.Step))
		if e.Test != nil {
			add(float64(e.Time), true, "test NLL %s nats a row", words.WithError(float64(e.Test.NLL), float64(e.Test.NLL2SE)))
		}
		if e.Error != "" {
			add(float64(e.Time), true, "%s", e.Error)
		}
	}
	return lines
}

// logLines is the happenings and then what native libraries printed, as text.
func (m *model) logLines() []string {
	r := m.run()
	if r == nil {
		return nil
	}
	t := m.theme
	var lines []string
	if r.Err != nil {
		lines = append(lines, t.ink(t.lift(vermilion), t.glyphs.warned+" ")+t.clean(r.Err.Error()))
	}
	for _, l := range r.Stderr {
		lines = append(lines, t.dim("stderr  ")+t.clean(l))
	}
	for _, l := range happenings(r) {
		text := t.clean(l.text)
		if l.loud {
			text = t.bold(text)
		}
		lines = append(lines, t.dim(fmt.Sprintf("%7s ", clock(l.time)))+text)
	}
	return lines
}

// drawLog shows the end of the log, or what was scrolled to.
func drawLog(m *model, w, h int) drawing {
	lines := m.logLines()
	last := max(min(len(lines), h), len(lines)-m.scroll[logPanel])
	lines = lines[max(0, last-h):min(last, len(lines))]
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = m.theme.shorten(line, w)
	}
	return drawing{lines: out}
}

func logRows(m *model) int { return len(m.logLines()) }

func logTitle(m *model, w int) string {
	r := m.run()
	if r == nil {
		return ""
	}
	t := m.theme
	if n := r.Figures(m.now).Bad; n > 0 {
		return t.ink(t.lift(orange), fmt.Sprintf("%s %s of metrics.jsonl cannot be read", t.glyphs.warned, words.Count(n, "line")))
	}
	return ""
}

func logDigest(m *model, w int) string {
	if lines := m.logLines(); len(lines) > 0 {
		return lines[len(lines)-1]
	}
	return ""
}
