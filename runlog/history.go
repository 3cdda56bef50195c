package runlog

import (
	"fmt"
	"math"
)

// History keeps what was read of a run, as it stands: a start record at step N
// drops whatever was recorded beyond N, so every series is without duplicates.
// The zero value is empty.
type History struct {
	Starts      []Start
	Train       TrainSeries
	Valid       []Valid
	Orders      []Orders
	Samples     []Samples
	Densities   []Density
	Checkpoints []Checkpoint
	Events      []Event
	End         *End // nil while the run goes on
	Bad         int  // lines that are no records
}

// Load reads all of a run directory.
func Load(dir string) (*History, error) {
	r, err := Open(dir)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // nothing was written
	h := new(History)
	for {
		b, err := r.Read(0)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		h.Add(b)
		if !b.More {
			return h, nil
		}
	}
}

// Add takes in a batch.
func (h *History) Add(b Batch) {
	if b.Reset {
		*h = History{}
	}
	h.Bad += b.Bad
	for _, record := range b.Records {
		switch r := record.(type) {
		case Start:
			h.rewind(r.Step)
			h.Starts = append(h.Starts, r)
		case Train:
			h.Train.add(r)
		case Valid:
			h.Valid = append(h.Valid, r)
		case Orders:
			h.Orders = append(h.Orders, r)
		case Samples:
			h.Samples = append(h.Samples, r)
		case Density:
			h.Densities = append(h.Densities, r)
		case Checkpoint:
			h.Checkpoints = append(h.Checkpoints, r)
		case Event:
			h.Events = append(h.Events, r)
		case End:
			h.End = &r
		}
	}
}

// rewind goes back to a step. Events stay: they did happen.
func (h *History) rewind(step int64) {
	h.End = nil
	h.Train.rewind(step)
	h.Valid = upTo(h.Valid, step, func(r Valid) int64 { return r.Step })
	h.Orders = upTo(h.Orders, step, func(r Orders) int64 { return r.Step })
	h.Samples = upTo(h.Samples, step, func(r Samples) int64 { return r.Step })
	h.Densities = upTo(h.Densities, step, func(r Density) int64 { return r.Step })
	h.Checkpoints = upTo(h.Checkpoints, step, func(r Checkpoint) int64 { return r.Step })
}

// upTo cuts the records beyond a step off the end of a series, whose steps do
// not decrease.
func upTo[R any](series []R, step int64, stepOf func(R) int64) []R {
	n := len(series)
	for n > 0 && stepOf(series[n-1]) > step {
		n--
	}
	clear(series[n:])
	return series[:n]
}

// TrainSeries is a sequence of train records at 48 bytes each. Step, Time and
// Loss are kept in full; the other numbers as float32 and int32. The zero
// value is empty.
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
	row := &s.chunks[i/chunkLen][i%chunkLen]
	return Train{
		Step: row.step, Epoch: int(row.epoch), Time: Float(row.time), Loss: Float(row.loss),
		EMA: Float(row.ema), LR: Float(row.lr), GradNorm: Float(row.gradNorm), Rate: Float(row.rate), Mask: int(row.mask),
	}
}

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

func (s *TrainSeries) rewind(step int64) {
	for s.n > 0 && s.At(s.n-1).Step > step {
		s.n--
	}
	used := (s.n + chunkLen - 1) / chunkLen
	clear(s.chunks[used:])
	s.chunks = s.chunks[:used]
}

func clampInt32(v int) int32 {
	return int32(min(max(v, math.MinInt32), math.MaxInt32))
}
