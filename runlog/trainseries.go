package runlog

import "math"

// TrainSeries is a sequence of train records at 48 bytes each. Step, Time and
// Loss are kept in full; the other numbers as float32 and int32. The zero
// value is empty; a copy shares its records, so only one of the two may grow.
type TrainSeries struct {
	chunks []*[chunkLen]trainRow
	n      int
}

// Chunks of a fixed length never move: a slice would need twice its size while
// it grows.
const chunkLen = 1024

type trainRow struct {
	step                    int64
	time, loss              float64
	ema, lr, gradNorm, rate float32
	epoch, mask             int32
}

// Len is the number of records.
func (s *TrainSeries) Len() int { return s.n }

// At returns record i, 0 ≤ i < Len.
func (s *TrainSeries) At(i int) Train {
	row := s.row(i)
	return Train{
		Step: row.step, Epoch: int(row.epoch), Time: Float(row.time), Loss: Float(row.loss),
		EMA: Float(row.ema), LR: Float(row.lr), GradNorm: Float(row.gradNorm), Rate: Float(row.rate), Mask: int(row.mask),
	}
}

// Step is the step of record i. Like the methods below it gives one number of
// what At returns, without the others, for whoever draws a million of them.
func (s *TrainSeries) Step(i int) int64 { return s.row(i).step }

// Epoch is the epoch of record i, from 1.
func (s *TrainSeries) Epoch(i int) int { return int(s.row(i).epoch) }

// Time is the time of record i in seconds.
func (s *TrainSeries) Time(i int) float64 { return s.row(i).time }

// Loss is the loss of record i in nats a row.
func (s *TrainSeries) Loss(i int) float64 { return s.row(i).loss }

// EMA is the moving average of the loss at record i in nats a row.
func (s *TrainSeries) EMA(i int) float64 { return float64(s.row(i).ema) }

// LR is the learning rate of record i.
func (s *TrainSeries) LR(i int) float64 { return float64(s.row(i).lr) }

// GradNorm is the norm of the gradient at record i.
func (s *TrainSeries) GradNorm(i int) float64 { return float64(s.row(i).gradNorm) }

// Rate is the steps a second of record i.
func (s *TrainSeries) Rate(i int) float64 { return float64(s.row(i).rate) }

func (s *TrainSeries) row(i int) *trainRow { return &s.chunks[i/chunkLen][i%chunkLen] }

func (s *TrainSeries) add(r Train) {
	if s.n == len(s.chunks)*chunkLen {
		s.chunks = append(s.chunks, new([chunkLen]trainRow))
	}
	s.chunks[s.n/chunkLen][s.n%chunkLen] = trainRow{
		step: r.Step, time: float64(r.Time), loss: float64(r.Loss),
		ema: float32(r.EMA), lr: float32(r.LR), gradNorm: float32(r.GradNorm), rate: float32(r.Rate),
		epoch: clampInt32(r.Epoch), mask: clampInt32(r.Mask),
	}
	s.n++
}

// extend appends the records lo ≤ i < hi of another series.
func (s *TrainSeries) extend(from *TrainSeries, lo, hi int) {
	for lo < hi {
		if s.n == len(s.chunks)*chunkLen {
			s.chunks = append(s.chunks, new([chunkLen]trainRow))
		}
		part := from.chunks[lo/chunkLen][lo%chunkLen : min(chunkLen, lo%chunkLen+hi-lo)]
		n := copy(s.chunks[s.n/chunkLen][s.n%chunkLen:], part)
		lo, s.n = lo+n, s.n+n
	}
}

// rewind drops the records beyond a step and tells whether there were any.
func (s *TrainSeries) rewind(step int64) (dropped bool) {
	before := s.n
	for s.n > 0 && s.Step(s.n-1) > step {
		s.n--
	}
	used := (s.n + chunkLen - 1) / chunkLen
	clear(s.chunks[used:])
	s.chunks = s.chunks[:used]
	return s.n < before
}

func clampInt32(v int) int32 {
	return int32(min(max(v, math.MinInt32), math.MaxInt32))
}
