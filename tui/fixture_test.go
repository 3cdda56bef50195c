package tui

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"time"

	"github.com/charmbracelet/colorprofile"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

// began is when the runs of the tests began, and watched when they are looked at.
var (
	began   = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	watched = began.Add(95 * time.Second)
)

// fakeRun is a run as a source would tell of it: a MADE that is trained with some
// orders on images.
type fakeRun struct {
	dir          string
	seed         uint64
	records      int // train records, ten steps apart
	orders       int
	status       runlog.Status
	loss         func(i int, v float64) float64 // what becomes of the loss of record i
	hidden, rate string
	basis        *runlog.Basis // nil: that of connect4
}

// connect4 is what likelihoods of its rows are of.
var connect4 = runlog.Basis{Figure: "likelihood", Columns: "126 bits", Steps: "none", Valid: "4000 rows", Test: "47557 rows"}

const stepsAnEpoch = 160

func (f fakeRun) update() monitor.RunUpdate {
	rng := rand.New(rand.NewPCG(f.seed, 1))
	noise := func(scale float64) float64 { return scale * rng.NormFloat64() }
	loss := f.loss
	if loss == nil {
		loss = func(_ int, v float64) float64 { return v }
	}
	records := []runlog.Record{runlog.Start{Version: 1, Units: runlog.DataUnits, Basis: cmp.Or(f.basis, &connect4), Independent: new(runlog.Float(23.5))}}
	add := func(r runlog.Record) { records = append(records, r) }
	best, ema := math.Inf(1), math.NaN()
	level := 11.8 + 0.05*float64(f.seed)
	at := func(step int) float64 {
		return level + 75*math.Exp(-float64(step)/60) + 1.6*math.Exp(-float64(step)/900)
	}
	for i := range f.records {
		step := 10 * (i + 1)
		v := loss(i, at(step)+noise(0.25+4*math.Exp(-float64(step)/100)))
		if math.IsNaN(ema) {
			ema = v
		}
		ema = 0.99*ema + 0.01*v
		seconds := runlog.Float(float64(step) / 97)
		add(runlog.Train{Step: int64(step), Epoch: int32(step / stepsAnEpoch), Time: seconds, Loss: runlog.Float(v), EMA: runlog.Float32(ema),
			LR: runlog.Float32(0.01 * 0.5 * (1 + math.Cos(math.Pi*float64(step)/10000))), GradNorm: runlog.Float32(math.Exp(noise(0.4)) * (0.5 + 30*math.Exp(-float64(step)/150))),
			Rate: 97, Mask: int32(i % max(1, f.orders))})
		if step%stepsAnEpoch != 0 {
			continue
		}
		nll := at(step) + 0.05 + 3e-6*float64(step) + noise(0.01)
		better := nll < best
		best = min(best, nll)
		add(runlog.Valid{Step: int64(step), Epoch: step / stepsAnEpoch, Time: seconds, NLL: runlog.Float(nll), NLL2SE: 0.022, Best: better})
		if f.orders > 1 {
			o := runlog.Orders{Step: int64(step), Time: seconds, Split: "valid", NLL: runlog.Float(nll), ESS: runlog.Float(0.72 * float64(f.orders)), Gain2SE: 0.002}
			sum := 0.0
			o.BestOrder = runlog.Float(math.Inf(1))
			for k := range f.orders {
				one := nll + 0.2 + 0.08*math.Sin(float64(7*k)) + 2*math.Exp(-float64(step)/500)
				sum += one
				o.PerOrder = append(o.PerOrder, runlog.Float(one))
				o.MaskLoss = append(o.MaskLoss, runlog.Float(one-0.1+noise(0.02)))
				o.BestOrder = min(o.BestOrder, runlog.Float(one))
			}
			o.Mean = runlog.Float(sum / float64(f.orders))
			o.Gain = o.Mean - o.NLL
			add(o)
		}
		if step%(10*stepsAnEpoch) == 0 {
			add(runlog.Checkpoint{Step: int64(step), Time: seconds, File: fmt.Sprintf("checkpoints/step-%d", step)})
		}
	}
	last := 10 * f.records
	u := monitor.RunUpdate{Dir: f.dir, Batch: runlog.Batch{Records: records}, Config: f.config(),
		Manifest: &runlog.Manifest{Version: 1, ID: "fake", Name: "connect4", ConfigHash: "0e83a8a4c1d2e3f4", Process: runlog.Process{
			Host: "node7", PID: 4242, Started: began, Backend: "xla (pjrt_c_api_cpu_plugin.so, PJRT 0.115, cpu:0)"}},
		State: &runlog.State{Status: f.status}, Stderr: []string{"cpu_client.cc:412] XLA says hello"},
		Samples: digits(int64(last)),
	}
	if f.status == runlog.Done {
		e := runlog.End{Status: runlog.Done, Step: int64(last), Time: runlog.Float(float64(last) / 97), Test: &runlog.Result{Split: "test", Rows: 47557, NLL: 11.831, NLL2SE: 0.007, Independent: new(runlog.Float(23.4))}}
		u.Batch.Records = append(u.Batch.Records, e)
		u.State.End = &e
	}
	return u
}

func (f fakeRun) config() []config.Value {
	hidden, rate := f.hidden, f.rate
	if hidden == "" {
		hidden = "[500]"
	}
	if rate == "" {
		rate = "0.01"
	}
	return []config.Value{{Path: "name", Text: "connect4"}, {Path: "seed", Text: fmt.Sprint(f.seed)}, {Path: "data.source", Text: "connect4"},
		{Path: "model.type", Text: "made"}, {Path: "model.hidden", Text: hidden}, {Path: "model.orders.count", Text: fmt.Sprint(f.orders)},
		{Path: "train.batch", Text: "100"}, {Path: "train.optimizer.name", Text: "adam"}, {Path: "train.optimizer.learning_rate", Text: rate},
		{Path: "train.max_steps", Text: "10000"}, {Path: "train.look_ahead", Text: "30"}}
}

// calibrated is a calibration of some variables, of which the last is overconfident.
func calibrated(step int64, dim int, gain float64) runlog.Calibration {
	rng := rand.New(rand.NewPCG(uint64(step), 3))
	ranks := func(name string, wide bool) runlog.Ranks {
		r := runlog.Ranks{Name: name, KS: 0.0512, P: 0.661, Coverage: runlog.Floats([]float64{0.515, 0.79, 0.905, 0.945})}
		if wide {
			r.KS, r.P, r.Coverage = 0.1534, 0.000213, runlog.Floats([]float64{0.31, 0.605, 0.72, 0.81})
		}
		for i := range 20 {
			v := 1 + 0.2*rng.NormFloat64()
			if wide {
				v *= 0.4 + math.Pow(float64(i)/9.5-1, 2)
			}
			r.Histogram = append(r.Histogram, runlog.Float(math.Max(0, v)))
		}
		return r
	}
	c := runlog.Calibration{Step: step, Split: "valid", Pairs: 200, Draws: 50, Dim: dim, Levels: runlog.Floats([]float64{0.5, 0.8, 0.9, 0.95}), Density: ranks("density", false),
		Gain: runlog.Float(gain), Gain2SE: 0.051, Ignores: !(gain > 0.051)}
	for d := range min(dim, runlog.MostRanked) {
		c.Variables = append(c.Variables, ranks(fmt.Sprintf("theta%d", d+1), d == dim-1))
	}
	return c
}

// people are samples of a table.
func people() *monitor.Samples {
	return &monitor.Samples{Step: 40, Shape: []int{3, 5}, Columns: []string{"age", "city", "a column with a long name", "born", "漢\x1b[2J"},
		Cells: []string{"17", "Ulm", "0.125", "2001-02-03", "x", "101", "a city whose name is very long", "", "1999-12-31", "y", "5", "Bâle\n", "-3", "2020-01-01", ""}}
}

// digits is sixteen images of rings and bars.
func digits(step int64) *monitor.Samples {
	const n, side = 16, 12
	s := &monitor.Samples{Step: step, Shape: []int{n, side, side}}
	for i := range n {
		for y := range side {
			for x := range side {
				dx, dy := float64(x)-5.5, float64(y)-5.5
				v := math.Exp(-math.Pow(math.Hypot(dx, dy)-4, 2))
				if i%3 == 1 {
					v = math.Exp(-dx * dx / 2)
				}
				s.Values = append(s.Values, float32(v))
			}
		}
	}
	return s
}

// ring is a density of two variables.
func ring() *monitor.Grid {
	g := &monitor.Grid{Step: 400, Grid: plot.Grid{Rows: 24, Cols: 24, X: plot.Range{Lo: -3, Hi: 3}, Y: plot.Range{Lo: -3, Hi: 3}}}
	for i := range g.Rows {
		for j := range g.Cols {
			x, y := -3+6*(float64(j)+0.5)/24, -3+6*(float64(i)+0.5)/24
			g.Values = append(g.Values, -8*math.Pow(math.Hypot(x, y)-2, 2))
		}
	}
	return g
}

// watching is a model that has seen some runs, on a screen.
func watching(s Screen, width, height int, runs ...monitor.RunUpdate) *model {
	m := newModel(Options{Screen: s, Clock: func() time.Time { return watched }, Defaults: usual()}.withDefaults())
	m.o.memory = func(*runlog.Manifest) (int64, bool) { return 412e6, true }
	m.o.gpus = func(context.Context) ([]monitor.GPU, error) { return nil, exec.ErrNotFound }
	m.machine.memory = 412e6
	m.width, m.height = width, height
	m.apply(monitor.Update{Now: watched, Runs: runs})
	return m
}

var (
	colourScreen  = Screen{Colour: colorprofile.TrueColor, Unicode: true}
	unicodeScreen = Screen{Unicode: true}
	asciiScreen   = Screen{Plain: true}
)

// named is a panel by its name.
func (m *model) named(name string) panel {
	for _, p := range m.all {
		if p.spec().name == name {
			return p
		}
	}
	return nil
}

// usual are the settings that a configuration need not give.
func usual() map[string]string {
	text := map[string]string{}
	for _, k := range option.Document((&train.Config{}).Table()) {
		text[k.Path] = k.Default
	}
	return text
}
