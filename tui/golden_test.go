package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/runlog"
)

var sizes = [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 14}, {40, 10}, {20, 5}}

// pictures are scenes that a person has looked at.
var pictures = map[string]func(s Screen, w, h int) *model{
	"running": func(s Screen, w, h int) *model {
		return watching(s, w, h, fakeRun{dir: "runs/connect4-20260314-150926", seed: 1, records: 624, orders: 8, status: runlog.Running}.update())
	},
	"compared": func(s Screen, w, h int) *model {
		m := watching(s, w, h,
			fakeRun{dir: "runs/wide", seed: 1, records: 1000, orders: 8, status: runlog.Done, hidden: "[1000]"}.update(),
			fakeRun{dir: "runs/narrow", seed: 9, records: 700, orders: 4, status: runlog.Running, hidden: "[100]"}.update(),
			fakeRun{dir: "runs/fast", seed: 4, records: 240, orders: 1, status: runlog.Crashed, rate: "0.3"}.update())
		press(m, "left")
		return m
	},
	"calibrated": func(s Screen, w, h int) *model {
		u := fakeRun{dir: "runs/slcp", seed: 1, records: 624, orders: 1, status: runlog.Running}.update()
		u.Samples = nil
		u.Config = append(u.Config, config.Value{Path: "data.context_columns", Text: "8"})
		u.Batch.Records = append(u.Batch.Records, calibrated(6080, 5, 0.013), calibrated(6240, 5, 3.572))
		m := watching(s, w, h, u)
		press(m, "8")
		return m
	},
	"apart": func(s Screen, w, h int) *model {
		others, steps := connect4, connect4
		others.Valid, steps.Steps = "3000 rows", "noise"
		old := fakeRun{dir: "runs/old", seed: 3, records: 300, orders: 1, status: runlog.Done, basis: &runlog.Basis{}}.update()
		old.Batch.Records[0] = runlog.Start{Version: 1}
		old.Config[2].Text = "old.csv"
		return watching(s, w, h,
			fakeRun{dir: "runs/wide", seed: 1, records: 1000, orders: 8, status: runlog.Done, hidden: "[1000]"}.update(),
			fakeRun{dir: "runs/narrow", seed: 9, records: 700, orders: 4, status: runlog.Running, hidden: "[100]"}.update(),
			fakeRun{dir: "runs/half", seed: 2, records: 400, orders: 1, status: runlog.Crashed, basis: &others}.update(),
			fakeRun{dir: "runs/noisy", seed: 5, records: 500, orders: 1, status: runlog.Running, basis: &steps}.update(), old)
	},
}

// The pictures are for reading: golden files tell what a change of the code does to them.
// In colour they hold the escape codes; `cat` shows them.
func TestPictures(t *testing.T) {
	for name, scene := range pictures {
		for _, size := range sizes {
			for look, s := range map[string]Screen{"colour": colourScreen, "ascii": asciiScreen} {
				t.Run(fmt.Sprintf("%s/%dx%d/%s", name, size[0], size[1], look), func(t *testing.T) {
					m := scene(s, size[0], size[1])
					golden.RequireEqual(t, []byte(strings.Join(m.draw().lines, "\n")+"\n"))
				})
			}
		}
	}
}

// A picture without a source is one without a run.
func TestPictureOfNothing(t *testing.T) {
	m := watching(unicodeScreen, 60, 14)
	if lines := m.draw().lines; !strings.Contains(lines[0], "waiting for a run") {
		t.Errorf("%q", lines[0])
	}
}
