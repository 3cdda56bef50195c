package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/maskflow/maskflow/configs"
	"github.com/maskflow/maskflow/runlog"
)

// lastEvent is written behind all records of a made run. A picture that shows it has
// taken in all of them. Its letters follow each other nowhere else, so that a
// terminal is not sent a part of it only.
const lastEvent = "qzxjkqzxjkqzxjk"

// madeSteps is how many steps a second a made run says that it takes.
const madeSteps = 100

// makeRun writes the run of a MADE with eight orders: so many train records, one a
// step, and for every thousand of them a validation with its orders. The run goes on
// until the writer that is returned is closed.
func makeRun(dir string, records int) (*runlog.Writer, error) {
	config, err := fs.ReadFile(configs.Files, "connect4.yaml")
	if err != nil {
		return nil, err
	}
	began, step := time.Now().Add(-time.Duration(records)*time.Second/madeSteps), 0
	clock := func() time.Time { return began.Add(time.Duration(step) * time.Second / madeSteps) }
	w, err := runlog.Create(dir, runlog.Manifest{Name: "connect4", Process: runlog.Process{Backend: "go"}}, config, runlog.Options{Clock: clock})
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, uint64(records)))
	err = w.Append(runlog.Start{})
	for step = 1; step <= records && err == nil; step++ {
		epoch := step / 1000
		level := 12 + 70*math.Exp(-float64(step)/500)
		loss := runlog.Float(level + 0.3*rng.NormFloat64())
		err = w.Append(runlog.Train{Step: int64(step), Epoch: int32(1 + epoch), Loss: loss, EMA: runlog.Float32(level), LR: 0.01,
			GradNorm: runlog.Float32(math.Exp(0.3 * rng.NormFloat64())), Rate: madeSteps, Mask: int32(step % 8)})
		if step%1000 == 0 {
			valid := runlog.Valid{Step: int64(step), Epoch: epoch, NLL: runlog.Float(level), NLL2SE: 0.02, Best: true}
			err = errors.Join(err, w.Append(valid), w.Append(madeOrders(step, level, rng)))
		}
	}
	step = records
	if err = errors.Join(err, w.Append(runlog.Event{What: lastEvent})); err != nil {
		_ = w.Close() // the first error is the one to report
		return nil, fmt.Errorf("making a run to watch: %w", err)
	}
	return w, nil
}

func madeOrders(step int, level float64, rng *rand.Rand) runlog.Orders {
	o := runlog.Orders{Step: int64(step), Split: "valid", NLL: runlog.Float(level), Gain2SE: 0.002, ESS: 6}
	mean, best := 0.0, math.Inf(1)
	for range 8 {
		one := level + 0.2 + 0.05*rng.Float64()
		mean, best = mean+one/8, min(best, one)
		o.PerOrder = append(o.PerOrder, runlog.Float(one))
		o.MaskLoss = append(o.MaskLoss, runlog.Float(one))
	}
	o.Mean, o.BestOrder, o.Gain = runlog.Float(mean), runlog.Float(best), runlog.Float(mean-level)
	return o
}

// makeEnded writes a run that has ended.
func makeEnded(dir string, records int) error {
	w, err := makeRun(dir, records)
	if err != nil {
		return err
	}
	end := runlog.End{Status: runlog.Done, Step: int64(records), Test: &runlog.Result{Split: "test", Rows: 1000, NLL: 12, NLL2SE: 0.02}}
	if err := errors.Join(w.Append(end), w.Close()); err != nil {
		return fmt.Errorf("making a run to watch: %w", err)
	}
	return nil
}

// million is a run of a million train records, written when it is asked for first.
func (l *lab) million() (string, error) {
	dir := filepath.Join(l.dir, "million")
	if _, err := runlog.ReadManifest(dir); err == nil {
		return dir, nil
	}
	return dir, makeEnded(dir, 1_000_000)
}
