package runlog

import (
	"cmp"
	"fmt"
)

// History keeps what was read of a run, as it stands: a start record at step N
// drops whatever was recorded beyond N. What a resumed process records again at
// the step where it began, as when the one before died between a validation and
// its checkpoint, takes the place of what was there. So no series has a step
// twice. The zero value is empty.
type History struct {
	Starts       []Start
	Train        TrainSeries
	Valid        []Valid
	Orders       []Orders
	Samples      []Samples
	Densities    []Density
	Calibrations []Calibration
	Checkpoints  []Checkpoint
	Events       []Event
	End          *End      // nil while the run goes on
	Phase        PhaseName // that it is in, or was when it was cut off; empty when not known and after End
	PhaseDone    int       // per cent of it, as the last [Phase] has it
	Bad          int       // lines that are no records

	// Revision changes when records were dropped or replaced. While it stays, all
	// lists only grow at their ends.
	Revision uint64
}

// OwnUnits are those of losses in the log of a run of version 0.1.0, which left out of them
// what the source prescribes, such as dequantising.
const OwnUnits = "own"

// Units are those of the training losses, [DataUnits] or [OwnUnits], which no run mixes;
// empty before the first record.
func (h *History) Units() string {
	n := len(h.Starts)
	if n == 0 {
		return ""
	}
	return cmp.Or(h.Starts[n-1].Units, OwnUnits)
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
		*h = History{Revision: h.Revision + 1}
	}
	h.Bad += b.Bad
	for _, r := range b.Records {
		h.Phase = h.Phase.After(r)
		if p, ok := r.(Phase); ok {
			h.PhaseDone = p.Done
		}
		if start, ok := r.(Start); ok {
			h.rewind(start.Step)
		}
		named(r.kind()).add(h, r)
	}
}

// rewind goes back to a step. Events stay: they did happen.
func (h *History) rewind(step int64) {
	h.End = nil
	dropped := h.Train.rewind(step)
	for _, k := range kinds {
		if k.rewind != nil && k.rewind(h, step) {
			dropped = true
		}
	}
	if dropped {
		h.Revision++
	}
}

// A moment is when a record of a series is from. A later one of the same moment
// replaces it.
type moment struct {
	step  int64
	split string // of an ensemble's evaluation: there may be one of each
}

// splits is how many records of one step, from the end, may be of other splits.
const splits = 3

// newSeries is a kind whose records a history keeps in a list, one of a moment.
func newSeries[R Record](list func(*History) *[]R, when func(R) moment) *kind {
	k := newKind(func(h *History, r R) {
		all := list(h)
		last := (*all)[max(0, len(*all)-splits):]
		for i := range last {
			if when(last[i]) == when(r) {
				last[i] = r
				h.Revision++
				return
			}
		}
		*all = append(*all, r)
	})
	k.rewind = func(h *History, step int64) (dropped bool) {
		all := *list(h)
		n := len(all)
		for n > 0 && when(all[n-1]).step > step {
			n--
		}
		clear(all[n:])
		*list(h) = all[:n]
		return n < len(all)
	}
	return k
}

// TrainSeries is a sequence of train records, of which a log may hold a million. The
// zero value is empty; a copy shares its records, so only one of the two may grow.
type TrainSeries struct {
	chunks []*[chunkLen]Train
	n      int
}

// Chunks of a fixed length never move: a slice would need twice its size while
// it grows.
const chunkLen = 1024

// Len is the number of records.
func (s *TrainSeries) Len() int { return s.n }

// At returns record i, 0 ≤ i < Len, to be read only.
func (s *TrainSeries) At(i int) *Train { return &s.chunks[i/chunkLen][i%chunkLen] }

func (s *TrainSeries) add(r Train) {
	if s.n == len(s.chunks)*chunkLen {
		s.chunks = append(s.chunks, new([chunkLen]Train))
	}
	s.n++
	*s.At(s.n - 1) = r
}

// rewind drops the records beyond a step and reports whether there were any.
func (s *TrainSeries) rewind(step int64) (dropped bool) {
	before := s.n
	for s.n > 0 && s.At(s.n-1).Step > step {
		s.n--
	}
	used := (s.n + chunkLen - 1) / chunkLen
	clear(s.chunks[used:])
	s.chunks = s.chunks[:used]
	return s.n < before
}
