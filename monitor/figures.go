package monitor

import (
	"math"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// Figures are numbers that follow from what is known of a run. Losses and
// likelihoods are in nats a row. What is not known is NaN, nil or 0, as the
// type allows, and −1 for the two forecasts.
type Figures struct {
	Step    int64
	Epoch   int
	Elapsed time.Duration // of training, summed over resumptions

	StepsPerSecond    float64
	ExamplesPerSecond float64
	BatchSize         int // rows a step

	Loss, EMA, LR, GradNorm float64 // of the last train record

	Valid *runlog.Valid // the last
	Best  *runlog.Valid // that with the lowest finite NLL

	LastOrders *runlog.Orders

	SinceBest int // epochs from Best to Valid
	LookAhead int // epochs without a better validation that end the run; 0 means they do not
	MaxEpochs int // 0 means no limit
	MaxSteps  int // 0 means no limit

	ToStepLimit time.Duration // to max_steps or max_epochs, the sooner
	ToLookAhead time.Duration // until the run ends if nothing gets better

	NonFinite int           // train and valid records whose loss is not finite
	Bad       int           // lines of the log that are no records
	Quiet     time.Duration // since the log last grew, never negative
}

// Figures derives the figures of the run at a moment.
func (r *Run) Figures(now time.Time) Figures {
	nan := math.NaN()
	f := Figures{Loss: nan, EMA: nan, LR: nan, GradNorm: nan, StepsPerSecond: nan, ExamplesPerSecond: nan, ToStepLimit: -1, ToLookAhead: -1}
	if n := r.History.Train.Len(); n > 0 {
		t := r.History.Train.At(n - 1)
		f.Step, f.Epoch = t.Step, t.Epoch
		f.Loss, f.EMA, f.LR, f.GradNorm, f.StepsPerSecond = float64(t.Loss), float64(t.EMA), float64(t.LR), float64(t.GradNorm), float64(t.Rate)
	}
	return f
}
