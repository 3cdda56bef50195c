package monitor

import (
	"math"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/runlog"
)

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
	var steps, passed float64
	stretches := make([][2]float64, 0, rateRecords) // steps and the seconds that they took
	for i := max(1, n-rateRecords); i < n; i++ {
		before, now := s.At(i-1), s.At(i)
		ds, dt := float64(now.Step-before.Step), float64(now.Time-before.Time)
		if ds > 0 && dt >= 0 && num.Finite(dt) { // else a clock was set, or a run rewound
			stretches = append(stretches, [2]float64{ds, dt})
		}
	}
	paces := make([]float64, len(stretches))
	for i, v := range stretches {
		paces[i] = v[1] / v[0]
	}
	slowest := pauseFactor * num.Median(paces)
	for _, v := range stretches {
		ds, dt := v[0], v[1]
		if slowest > 0 {
			dt = min(dt, slowest*ds)
		}
		steps, passed = steps+ds, passed+dt
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
