package tui

import (
	"fmt"
	"math"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// Clicks and the wheel mean what is under them.
func TestMouse(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, twoRuns()...)
	find := func(p panel) place {
		for _, place := range m.screen().layout.places {
			if place.panel == p {
				return place
			}
		}
		t.Fatalf("panel %d is not on the screen", p)
		return place{}
	}
	log := find(m.named("log"))
	m.Update(tea.MouseClickMsg{X: log.x + 3, Y: log.y + 1, Button: tea.MouseLeft})
	if m.focus != m.named("log") {
		t.Errorf("a click on the log puts the focus on panel %d", m.focus)
	}
	runs := find(m.named("runs"))
	m.Update(tea.MouseClickMsg{X: runs.x + 6, Y: runs.y + 3, Button: tea.MouseLeft})
	if m.chosen != "runs/worse" {
		t.Errorf("a click on the second row chooses %q", m.chosen)
	}
	chart := m.screen().charts[0]
	x := chart.x + chart.frame.Left + chart.frame.Width/2
	m.Update(tea.MouseClickMsg{X: x, Y: chart.y + 2, Button: tea.MouseLeft})
	middle := (chart.frame.X.Lo + chart.frame.X.Hi) / 2
	if !m.charts.hasCursor || math.Abs(m.charts.cursor-middle) > (chart.frame.X.Hi-chart.frame.X.Lo)/float64(chart.frame.Width) {
		t.Errorf("a click on the middle of the chart puts the cursor at %v, not about %v", m.charts.cursor, middle)
	}
	m.Update(tea.MouseWheelMsg{X: x, Y: chart.y + 2, Button: tea.MouseWheelUp})
	if w := m.shown(); !(w.Hi-w.Lo < chart.frame.X.Hi-chart.frame.X.Lo) {
		t.Errorf("the wheel does not zoom: %v", w)
	}
	chart = m.screen().charts[0]
	m.Update(tea.MouseClickMsg{X: x, Y: chart.y + 2, Button: tea.MouseLeft})
	before := m.shown()
	m.Update(tea.MouseMotionMsg{X: x + 5, Y: chart.y + 2, Button: tea.MouseLeft})
	if after := m.shown(); !(after.Lo < before.Lo && after.Hi < before.Hi) {
		t.Errorf("dragging to the right moves the window from %v to %v", before, after)
	}
}

// A click chooses the run that stands under it, in a list that is longer than its room too.
func TestAClickChoosesTheRowUnderIt(t *testing.T) {
	var runs []monitor.RunUpdate
	for i := range 40 {
		runs = append(runs, fakeRun{dir: fmt.Sprintf("runs/r%02d", i), seed: uint64(i), records: 20, orders: 1, status: runlog.Done}.update())
	}
	for _, size := range [][2]int{{120, 40}, {80, 24}, {50, 14}} {
		m := watching(unicodeScreen, size[0], size[1], runs...)
		m.focus, m.chosen = m.named("runs"), "runs/r20"
		m.drawn = nil
		for y, line := range m.screen().lines {
			at := strings.Index(line, " r2")
			if at < 0 || strings.Contains(line, "r20") || y < 3 {
				continue
			}
			name := line[at+1 : at+4]
			x := ansi.StringWidth(line[:at]) + 1
			m.chosen, m.drawn = "runs/r20", nil
			m.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
			if m.chosen != "runs/"+name {
				t.Errorf("%v: a click on %s chooses %s", size, name, m.chosen)
			}
		}
	}
}
