package tui

import (
	"fmt"
	"math"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// checkSize fails where a picture is not exactly as large as the screen.
func checkSize(t interface{ Fatalf(string, ...any) }, m *model) {
	m.drawn = nil
	lines := m.screen().lines
	if m.width <= 0 || m.height <= 0 {
		if len(lines) > 0 {
			t.Fatalf("%d lines on a screen of %d x %d", len(lines), m.width, m.height)
		}
		return
	}
	if len(lines) != m.height {
		t.Fatalf("%d lines on a screen of %d x %d", len(lines), m.width, m.height)
	}
	for i, line := range lines {
		if n := ansi.StringWidth(line); n != m.width || strings.ContainsAny(line, "\n\r\t") {
			t.Fatalf("line %d has %d columns on a screen of %d x %d: %q", i, n, m.width, m.height, line)
		}
		if !m.theme.style.Unicode && !m.theme.style.Colour && m.prompt == nil {
			for _, r := range ansi.Strip(line) {
				if r > '~' && !strings.ContainsRune(foreign, r) {
					t.Fatalf("%q is no ASCII: %q", r, line)
				}
			}
		}
	}
}

// foreign are characters of texts that come from runs.
const foreign = "é漢"

// hostile are numbers that a log may hold.
var hostile = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e308, 5e-324, 0, -1, 11.8, 12, 13, 90}

func drawRun(t *rapid.T, i int) monitor.RunUpdate {
	value := rapid.SampledFrom(hostile)
	f := fakeRun{dir: fmt.Sprintf("runs/%d%s", i, rapid.SampledFrom([]string{"", "-é漢", "-" + strings.Repeat("x", 90), "\x1b[31m\n\t"}).Draw(t, "name")),
		seed: uint64(i), records: rapid.SampledFrom([]int{0, 1, 2, 40}).Draw(t, "records"), orders: rapid.SampledFrom([]int{1, 2, 40}).Draw(t, "orders"),
		status: rapid.SampledFrom([]runlog.Status{runlog.Running, runlog.Done, runlog.Crashed, runlog.Silent, runlog.Diverged}).Draw(t, "status")}
	if rapid.Bool().Draw(t, "hostile") {
		f.loss = func(int, float64) float64 { return value.Draw(t, "loss") }
	}
	u := f.update()
	for range rapid.IntRange(0, 3).Draw(t, "more") {
		v := func() runlog.Float { return runlog.Float(value.Draw(t, "v")) }
		step := rapid.Int64Range(-5, 1e12).Draw(t, "step")
		u.Batch.Records = append(u.Batch.Records,
			runlog.Train{Step: step, Time: v(), Loss: v(), EMA: runlog.Float32(v()), GradNorm: runlog.Float32(v()), LR: runlog.Float32(v()), Rate: runlog.Float32(v())},
			runlog.Valid{Step: step, Time: v(), NLL: v(), NLL2SE: v()},
			runlog.Orders{Step: step, Split: "valid", NLL: v(), Mean: v(), BestOrder: v(), Gain: v(), Gain2SE: v(), ESS: v(), PerOrder: []runlog.Float{v(), v()}, MaskLoss: []runlog.Float{v()}},
			runlog.Event{Time: v(), What: "an event \x1b[2J\n of 漢"})
	}
	if rapid.Bool().Draw(t, "context") {
		u.Batch.Records = append(u.Batch.Records, calibrated(rapid.Int64Range(0, 400).Draw(t, "at"), rapid.SampledFrom([]int{1, 3, 200}).Draw(t, "variables"), value.Draw(t, "gain")))
	}
	switch rapid.IntRange(0, 5).Draw(t, "samples") {
	case 0:
		u.Samples = nil
	case 1:
		u.Density = ring()
	case 2:
		u.Samples = &monitor.Samples{Shape: []int{3, 2}, Values: []float32{1, 2, float32(math.NaN()), 3, 4, float32(math.Inf(1))}}
	case 3:
		u.Samples = &monitor.Samples{Shape: []int{2, 5}, Values: []float32{1, 0, 1, 0, 1, 1, 1, 0, 0, 0}}
	case 4:
		u.Samples = people()
	}
	return u
}

// drawSize is a size of a screen; as often as any one that shows several panels.
func drawSize(t *rapid.T) (w, h int) {
	w, h = rapid.IntRange(-3, 250).Draw(t, "width"), rapid.IntRange(-3, 80).Draw(t, "height")
	if rapid.Bool().Draw(t, "large") {
		w, h = 250-max(w, 0)/2, 80-max(h, 0)/2
	}
	return w, h
}

func press(m *model, key string) {
	k := tea.Key{Text: key, Code: []rune(key)[0]}
	switch key {
	case "enter":
		k = tea.Key{Code: tea.KeyEnter}
	case "esc":
		k = tea.Key{Code: tea.KeyEscape}
	case "tab":
		k = tea.Key{Code: tea.KeyTab}
	case "space":
		k = tea.Key{Code: tea.KeySpace, Text: " "}
	case "up":
		k = tea.Key{Code: tea.KeyUp}
	case "down":
		k = tea.Key{Code: tea.KeyDown}
	case "left":
		k = tea.Key{Code: tea.KeyLeft}
	case "right":
		k = tea.Key{Code: tea.KeyRight}
	case "backspace":
		k = tea.Key{Code: tea.KeyBackspace}
	}
	m.Update(tea.KeyPressMsg(k))
}

// pressable is every key but those that leave the monitor or write files.
var pressable = []string{"tab", "1", "2", "3", "4", "5", "6", "7", "8", "enter", "up", "down", "j", "k", "esc", "+", "-", "0", "[", "]", "left", "right", "h", "l",
	"y", "x", ">", "<", "o", "/", "f", "n", "p", "v", "V", "t", "d", "space", "m", "a", "b", "?", "s", "c", "r", "q", "w", "z", "!", "backspace"}

// Whatever the size, the values and the keys: never wider, never taller, never a panic.
func TestEveryPictureHasTheSizeOfTheScreen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Screen{Unicode: rapid.Bool().Draw(t, "unicode"), Plain: rapid.Bool().Draw(t, "plain"), Light: rapid.Bool().Draw(t, "light"),
			Colour:  rapid.SampledFrom([]colorprofile.Profile{0, colorprofile.ANSI256, colorprofile.TrueColor}).Draw(t, "colour"),
			Symbols: rapid.SampledFrom([]plot.Symbols{plot.Braille, plot.Block}).Draw(t, "symbols")}
		var runs []monitor.RunUpdate
		for i := range rapid.IntRange(0, 3).Draw(t, "runs") {
			runs = append(runs, drawRun(t, i))
		}
		m := watching(s, 0, 0, runs...)
		m.width, m.height = drawSize(t)
		if rapid.Bool().Draw(t, "owned") && len(runs) > 0 {
			m.o.Own = runs[0].Dir
		}
		checkSize(t, m)
		for range rapid.IntRange(0, 12).Draw(t, "keys") {
			switch rapid.IntRange(0, 5).Draw(t, "input") {
			case 0:
				at := tea.Mouse{X: rapid.IntRange(-2, 250).Draw(t, "x"), Y: rapid.IntRange(-2, 80).Draw(t, "y"), Button: rapid.SampledFrom([]tea.MouseButton{tea.MouseLeft, tea.MouseWheelUp, tea.MouseWheelDown, tea.MouseRight}).Draw(t, "button")}
				m.Update(tea.MouseClickMsg(at))
				m.Update(tea.MouseWheelMsg(at))
				m.Update(tea.MouseMotionMsg(at))
			case 1:
				w, h := drawSize(t)
				m.Update(tea.WindowSizeMsg{Width: w, Height: h})
			default:
				press(m, rapid.SampledFrom(pressable).Draw(t, "key"))
			}
			checkSize(t, m)
		}
	})
}

// Every size once: drawing must not depend on luck.
func TestEverySize(t *testing.T) {
	runs := []monitor.RunUpdate{fakeRun{dir: "runs/a", seed: 1, records: 60, orders: 8, status: runlog.Running}.update()}
	m := watching(asciiScreen, 0, 0, runs...)
	for w := -3; w <= 250; w += 1 + max(0, w)/40 {
		for h := -3; h <= 80; h += 1 + max(0, h)/20 {
			m.width, m.height = w, h
			checkSize(t, m)
		}
	}
}
