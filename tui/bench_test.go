package tui

import (
	"fmt"
	"testing"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// The screen, and what is on it, that a frame is to be drawn of within a sixtieth of a
// second: 16 ms.
const (
	benchWidth, benchHeight = 200, 60
	benchRuns, benchRecords = 20, 50_000
)

// benchmarked is runs as large as a monitor may meet them: of each, train records, a
// validation every sixteen of them with its orders, and images of 28 x 28.
func benchmarked(s Screen) *model {
	runs := make([]monitor.RunUpdate, benchRuns)
	for i := range runs {
		status := runlog.Running
		if i%4 == 3 {
			status = runlog.Done
		}
		f := fakeRun{dir: fmt.Sprintf("runs/connect4-%02d", i), seed: uint64(i), records: benchRecords, orders: 8, status: status,
			hidden: fmt.Sprintf("[%d]", 100*(i+1))}
		runs[i] = f.update()
		const n, side = 64, 28
		runs[i].Samples = &monitor.Samples{Step: 10 * benchRecords, Shape: []int{n, side, side}, Values: make([]float32, n*side*side)}
		for k := range runs[i].Samples.Values {
			runs[i].Samples.Values[k] = float32(k*k%97) / 97
		}
	}
	return watching(s, benchWidth, benchHeight, runs...)
}

// recorded is an update in which every run has got one more train record. A run that
// goes on after its end is a run that was resumed: what it costs is the same.
func recorded(m *model) monitor.Update {
	u := monitor.Update{Now: m.now}
	for _, r := range m.set.Runs {
		last := *r.History.Train.At(r.History.Train.Len() - 1)
		last.Step += 10
		last.Time += 0.1
		u.Runs = append(u.Runs, monitor.RunUpdate{Dir: r.Dir, State: r.State, Batch: runlog.Batch{Records: []runlog.Record{last}}})
	}
	return u
}

// redraw is the whole of a frame but the terminal's part.
func redraw(m *model) {
	m.drawn = nil
	m.View()
}

// BenchmarkFrame draws the whole screen, 200 x 60, of 20 runs of 50,000 records: first
// when nothing but the runs is known, then when each of them has got one more record,
// and then when charts show only a part.
func BenchmarkFrame(b *testing.B) {
	for _, screen := range []struct {
		name string
		Screen
	}{{"colour", colourScreen}, {"unicode", unicodeScreen}, {"ascii", asciiScreen}} {
		m := benchmarked(screen.Screen)
		b.Run("first/"+screen.name, func(b *testing.B) {
			for b.Loop() {
				m.curves = curves{}
				redraw(m)
			}
		})
		b.Run("steady/"+screen.name, func(b *testing.B) {
			redraw(m)
			for b.Loop() {
				m.apply(recorded(m))
				redraw(m)
			}
		})
		b.Run("zoomed/"+screen.name, func(b *testing.B) {
			e := m.extent()
			m.setWindow(plot.Range{Lo: e.Lo + 0.4*(e.Hi-e.Lo), Hi: e.Lo + 0.5*(e.Hi-e.Lo)})
			defer m.charts.whole()
			redraw(m)
			for b.Loop() {
				m.apply(recorded(m))
				redraw(m)
			}
		})
	}
}

// BenchmarkPart is where the time of a frame goes: the panels at the sizes that they
// have in it, with their titles, and the header.
func BenchmarkPart(b *testing.B) {
	m := benchmarked(colourScreen)
	redraw(m)
	b.Run("header", func(b *testing.B) {
		for b.Loop() {
			m.headerLines(benchWidth, headerHeight(benchWidth, benchHeight))
		}
	})
	for _, p := range m.screen().layout.places {
		b.Run(p.panel.spec().name, func(b *testing.B) {
			for b.Loop() {
				m.panelLines(p, columns)
			}
		})
	}
}

// BenchmarkManyRuns draws a picture of a thousand runs, filtered and sorted.
func BenchmarkManyRuns(b *testing.B) {
	var runs []monitor.RunUpdate
	for i := range 1000 {
		runs = append(runs, fakeRun{dir: fmt.Sprintf("runs/%04d", i), seed: uint64(i % 50), records: 40, orders: 4, status: runlog.Done}.update())
	}
	m := watching(colourScreen, 200, 60, runs...)
	q, err := monitor.ParseQuery("best<100 step>1")
	if err != nil {
		b.Fatal(err)
	}
	m.query = q
	for b.Loop() {
		m.lists, m.drawn = nil, nil
		m.screen()
	}
}
