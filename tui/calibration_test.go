package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// conditionalRun has a context, and calibrations.
func conditionalRun(calibrations ...runlog.Record) monitor.RunUpdate {
	u := fakeRun{dir: "runs/slcp", seed: 1, records: 400, orders: 1, status: runlog.Running}.update()
	u.Samples = nil
	u.Config = append(u.Config, config.Value{Path: "data.columns", Text: "{x: {role: context}}"})
	u.Batch.Records = append(u.Batch.Records, calibrations...)
	return u
}

// The panel is there where a run has a context, and says what there is: nothing yet, what the context gains, or that it is
// ignored.
func TestCalibrationPanel(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	if m.pressAll("8"); slices.Contains(m.panels(), m.named("calibration")) || !strings.Contains(m.message.text, "for models with a context") {
		t.Errorf("a panel for a run without a context; message %q", m.message.text)
	}
	m = watching(unicodeScreen, 120, 40, conditionalRun())
	if shown := shownText(m); !strings.Contains(shown, "No calibration yet") || strings.Contains(shown, "4 samples") {
		t.Errorf("before the first calibration:\n%s", shown)
	}
	ignored, used := calibrated(1600, 3, 0.02), calibrated(3200, 3, 1.5)
	m = watching(unicodeScreen, 120, 40, conditionalRun(ignored, used))
	for _, want := range []string{"the context gains 1.500 ± 0.051 nats", "50 draws a pair; valid rows also choose the weights", "theta3", "▲ 0.00021", "200 pairs at step 3,200"} {
		if !strings.Contains(shownText(m), want) {
			t.Errorf("%q is not shown:\n%s", want, shownText(m))
		}
	}
	m.charts.cursor, m.charts.hasCursor = 2000, true
	if m.drawn = nil; !strings.Contains(shownText(m), "▲ ignores its context (gain 0.020 ± 0.051 nats)") {
		t.Errorf("at step 2,000 it is not said that the context is ignored:\n%s", shownText(m))
	}
	m.charts.cursor = 100
	if m.drawn = nil; !strings.Contains(shownText(m), "No calibration yet") {
		t.Error("there is a calibration before the first one")
	}
	p := m.named("calibration").(*calibrationPanel)
	if m.charts.hasCursor = false; !strings.Contains(p.digest(99), "least p 0.00021 of theta3") {
		t.Errorf("in a line: %q", p.digest(99))
	}
}

// Of many variables those that are worst are recorded, and all can be scrolled to.
func TestCalibrationOfManyVariables(t *testing.T) {
	m := watching(unicodeScreen, 80, 24, conditionalRun(calibrated(3200, 784, 1)))
	m.pressAll("8")
	if shown := shownText(m); !strings.Contains(shown, "100 variables of least p of 784") || strings.Contains(shown, "theta100 ") {
		t.Errorf("at first:\n%s", shown)
	}
	for range 12 {
		m.focus.update(scrolled(10))
	}
	if m.drawn = nil; !strings.Contains(shownText(m), "theta100 ") {
		t.Errorf("the last is not reached:\n%s", shownText(m))
	}
}
