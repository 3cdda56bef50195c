package monitor

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/runlog"
)

// Figures are numbers that follow from what is known of a run. Losses and
// likelihoods are in nats a row. What is not known is NaN for a float, nil
// for a pointer, 0 for a count and −1 for the two forecasts. Pointers are into the
// run as it is until its next update.
type Figures struct {
	Phase   runlog.PhaseName `json:"phase"` // what a living run is doing, or did when it was cut off; empty when not known and after the end
	Step    int64            `json:"step"`  // of the last record
	Epoch   int              `json:"epoch"` // that the last train record is in, or the last validation ended
	Elapsed time.Duration    `json:"-"`     // of training, summed over resumptions

	StepsPerSecond    runlog.Float `json:"steps_per_second"`    // of the last records while the run is alive, without pauses, else of all
	ExamplesPerSecond runlog.Float `json:"examples_per_second"` // rows
	BatchSize         int          `json:"batch"`               // rows a step

	Units    string         `json:"loss_units"` // of loss and ema: see runlog.History.Units
	Loss     runlog.Float   `json:"loss"`       // of the last train record, as are those below
	EMA      runlog.Float32 `json:"ema"`
	LR       runlog.Float32 `json:"lr"`
	GradNorm runlog.Float32 `json:"grad_norm"`

	Valid *runlog.Valid `json:"-"` // the last
	Best  *runlog.Valid `json:"-"` // the best by runlog.Valid.Better, the first of several

	LastOrders *runlog.Orders `json:"-"` // the last on the validation rows

	SinceBest int `json:"epochs_since_best"` // epochs from Best to Valid
	LookAhead int `json:"look_ahead"`        // epochs without a better validation that end the run; 0 means they do not
	MaxEpochs int `json:"max_epochs"`        // 0 means no limit
	MaxSteps  int `json:"max_steps"`         // 0 means no limit

	ToStepLimit time.Duration `json:"-"` // until a living run that is not being tested comes to its last step or epoch, the sooner
	ToLookAhead time.Duration `json:"-"` // until it ends for want of a better validation, should there be none

	NonFinite int           `json:"non_finite"` // train and valid records whose loss is not finite
	Bad       int           `json:"bad_lines"`  // lines of the log that are no records
	Quiet     time.Duration `json:"-"`          // since the log last grew, never negative
}

// Figures derives the figures of the run at a moment.
func (r *Run) Figures(now time.Time) Figures {
	last := r.lastTrain()
	if last == nil {
		last = &unknownTrain
	}
	f := Figures{
		Phase: r.History.Phase, Step: r.lastStep(), Epoch: r.lastEpoch(), Elapsed: r.elapsed(now), Quiet: r.quiet(now),
		StepsPerSecond: runlog.Float(stepRate(&r.History.Train, r.alive())), ExamplesPerSecond: unknownTrain.Loss,
		Units: r.History.Units(), Loss: last.Loss, EMA: last.EMA, LR: last.LR, GradNorm: last.GradNorm,
		Valid: r.lastValid(), Best: r.index.best, LastOrders: r.lastOrders(),
		BatchSize: r.whole("train.batch"), LookAhead: r.whole("train.look_ahead"),
		MaxEpochs: r.whole("train.max_epochs"), MaxSteps: r.whole("train.max_steps"),
		NonFinite: r.index.nonFinite, Bad: r.History.Bad,
		ToStepLimit: -1, ToLookAhead: -1,
	}
	if f.Best != nil {
		f.SinceBest = max(0, f.Valid.Epoch-f.Best.Epoch)
	}
	if f.BatchSize > 0 {
		f.ExamplesPerSecond = f.StepsPerSecond * runlog.Float(f.BatchSize)
	}
	if r.alive() && f.Phase != runlog.Testing { // training is over then
		r.forecast(&f)
	}
	return f
}

// unknownTrain is the last record of a run that has none.
var unknownTrain = runlog.Train{
	Loss: runlog.Float(math.NaN()), EMA: runlog.Float32(math.NaN()), LR: runlog.Float32(math.NaN()), GradNorm: runlog.Float32(math.NaN()),
}

// forecast fills in how long a living run may still take.
func (r *Run) forecast(f *Figures) {
	epoch, length := r.secondsPerEpoch(), r.index.epochs.length()
	step := 1 / float64(f.StepsPerSecond) // seconds, without the validations
	switch {
	case epoch > 0 && length > 0:
		step = epoch / length
	case !(epoch > 0) && length > 0:
		epoch = step * length
	}
	left := math.Inf(1)
	if f.MaxSteps > 0 {
		left = step * max(0, float64(f.MaxSteps)-float64(f.Step))
	}
	if passed := r.index.epochs.at(float64(f.Step)); f.MaxEpochs > 0 {
		left = min(left, epoch*max(0, float64(f.MaxEpochs)-passed))
	}
	if num.Finite(left) {
		f.ToStepLimit = seconds(left)
	}
	if f.LookAhead > 0 && f.Best != nil && epoch > 0 {
		since := max(0, f.Elapsed.Seconds()-float64(f.Valid.Time)) // of the epoch that goes on
		if left := epoch*float64(f.LookAhead-f.SinceBest) - since; num.Finite(left) {
			f.ToLookAhead = seconds(max(0, left))
		}
	}
}

// whole returns a whole number of the configuration, or 0.
func (r *Run) whole(path string) int {
	text, _ := r.Setting(path)
	n, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
	if err != nil {
		return 0
	}
	return max(0, n)
}

// seconds is a duration of at most 290 years, as far as the type goes.
func seconds(s float64) time.Duration {
	const longest = float64(math.MaxInt64 / int64(time.Second))
	return time.Duration(min(max(s, 0), longest) * float64(time.Second))
}

// What is known of a run last, each by itself: lists of many runs are sorted and
// chosen by one or two of these numbers, and all [Figures] would cost much more.

// lastStep is that of the last record.
func (r *Run) lastStep() (step int64) {
	h := &r.History
	if n := len(h.Starts); n > 0 {
		step = h.Starts[n-1].Step
	}
	if t := r.lastTrain(); t != nil {
		step = max(step, t.Step)
	}
	if v := r.lastValid(); v != nil {
		step = max(step, v.Step)
	}
	if h.End != nil {
		step = max(step, h.End.Step)
	}
	return step
}

// lastEpoch is the one that the last train record is in, or, once a validation followed
// it, how many have ended, as records of validations count.
func (r *Run) lastEpoch() (epoch int) {
	t, v := r.lastTrain(), r.lastValid()
	if t != nil {
		epoch = int(t.Epoch)
	}
	if v != nil && (t == nil || v.Step >= t.Step) {
		epoch = v.Epoch
	}
	return epoch
}

// lastTrain is nil without a train record.
func (r *Run) lastTrain() *runlog.Train {
	if n := r.History.Train.Len(); n > 0 {
		return r.History.Train.At(n - 1)
	}
	return nil
}

// lastValid is nil without a validation.
func (r *Run) lastValid() *runlog.Valid {
	if n := len(r.History.Valid); n > 0 {
		return &r.History.Valid[n-1]
	}
	return nil
}

// lastOrders is the last evaluation of an ensemble on the validation rows, nil
// without one.
func (r *Run) lastOrders() *runlog.Orders {
	if n := len(r.index.ensembles); n > 0 {
		return &r.Ensemble(n - 1).Orders
	}
	return nil
}

// quiet is how long the log has not grown at a moment.
func (r *Run) quiet(now time.Time) time.Duration {
	if r.State == nil {
		return 0
	}
	return max(0, r.State.Quiet) + max(0, now.Sub(r.looked))
}

// elapsed is the training up to a moment, summed over resumptions.
func (r *Run) elapsed(now time.Time) time.Duration {
	passed := seconds(r.clock)
	if r.alive() {
		passed += r.quiet(now)
	}
	return passed
}

func (r *Run) alive() bool { return r.Status() == runlog.Running }

// How many of the last train records and of the last validations a rate is
// made from: enough that one slow record does not show, few enough that a
// change does.
const (
	rateRecords = 128
	rateEpochs  = 15
)

// pauseFactor is how many times slower than the median a stretch may be before
// the rest of it counts as a pause: a process that was stopped, a machine that
// slept, a first step that was compiled.
const pauseFactor = 10

// stepRate is the steps a second: of the last records, or of all. It is NaN
// when nothing is known.
func stepRate(s *runlog.TrainSeries, recent bool) float64 {
	n := s.Len()
	if n == 0 {
		return math.NaN()
	}
	last := s.At(n - 1)
	if !recent {
		first := s.At(0)
		rate := float64(last.Step-first.Step) / float64(last.Time-first.Time)
		if rate > 0 && num.Finite(rate) {
			return rate
		}
	}
	stretches, paces := make([][2]float64, 0, rateRecords), make([]float64, 0, rateRecords) // steps and their seconds, seconds a step
	for i := max(1, n-rateRecords); i < n; i++ {
		before, now := s.At(i-1), s.At(i)
		ds, dt := float64(now.Step-before.Step), float64(now.Time-before.Time)
		if ds > 0 && dt >= 0 && num.Finite(dt) { // else a clock was set, or a run rewound
			stretches, paces = append(stretches, [2]float64{ds, dt}), append(paces, dt/ds)
		}
	}
	slowest := cmp.Or(pauseFactor*num.Median(paces), math.Inf(1))
	steps, passed := 0.0, 0.0
	for _, v := range stretches {
		steps, passed = steps+v[0], passed+min(v[1], slowest*v[0])
	}
	if passed > 0 {
		return steps / passed
	}
	if rate := float64(last.Rate); rate > 0 && num.Finite(rate) {
		return rate
	}
	return math.NaN()
}

// secondsPerEpoch is the median of what the last epochs took, validations
// included. It is NaN before the second validation.
func (r *Run) secondsPerEpoch() float64 {
	v := r.History.Valid
	var took []float64
	for i := len(v) - 1; i > 0 && i >= len(v)-rateEpochs; i-- {
		epochs, dt := v[i].Epoch-v[i-1].Epoch, float64(v[i].Time-v[i-1].Time)
		if epochs > 0 && dt >= 0 && num.Finite(dt) {
			took = append(took, dt/float64(epochs))
		}
	}
	return num.Median(took)
}
