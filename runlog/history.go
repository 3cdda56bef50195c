package runlog

import "fmt"

// History keeps what was read of a run, as it stands: a start record at step N
// drops whatever was recorded beyond N. What a resumed process records again at
// the step where it began, as when the one before died between a validation and
// its checkpoint, takes the place of what was there. So no series has a step
// twice. The zero value is empty.
type History struct {
	Starts      []Start
	Train       TrainSeries
	Valid       []Valid
	Orders      []Orders
	Samples     []Samples
	Densities   []Density
	Checkpoints []Checkpoint
	Events      []Event
	End         *End      // nil while the run goes on
	Phase       PhaseName // that it is in, or was when it was cut off; empty when not known and after End
	Bad         int       // lines that are no records

	// Revision changes when records of Train, Valid or Orders, which curves are
	// drawn from, were dropped or replaced. While it stays, these three only grow
	// at their ends.
	Revision uint64
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
	next := 0
	for i, record := range b.Records {
		before := b.trainBefore(i)
		h.extend(b, next, before)
		next = max(next, before)
		h.add(record)
	}
	h.extend(b, next, b.Train.Len())
}

// extend takes in the train records lo ≤ i < hi of a batch.
func (h *History) extend(b Batch, lo, hi int) {
	if lo < hi {
		h.Train.extend(&b.Train, lo, hi)
		h.Phase = h.Phase.After(Train{})
	}
}

func (h *History) add(record Record) {
	h.Phase = h.Phase.After(record)
	switch r := record.(type) {
	case Start:
		h.rewind(r.Step)
		h.Starts = append(h.Starts, r)
	case Train:
		h.Train.add(r)
	case Valid:
		h.revise(put(&h.Valid, r))
	case Orders:
		h.revise(put(&h.Orders, r))
	case Samples:
		put(&h.Samples, r)
	case Density:
		put(&h.Densities, r)
	case Checkpoint:
		put(&h.Checkpoints, r)
	case Event:
		h.Events = append(h.Events, r)
	case End:
		h.End = &r
	}
}

// A seriesRecord is of a moment, and a later one of the same moment replaces it.
type seriesRecord interface {
	moment() moment
}

type moment struct {
	step  int64
	split string // of an ensemble's evaluation: there may be one of each
}

func (r Valid) moment() moment      { return moment{step: r.Step} }
func (r Orders) moment() moment     { return moment{r.Step, r.Split} }
func (r Samples) moment() moment    { return moment{step: r.Step} }
func (r Density) moment() moment    { return moment{step: r.Step} }
func (r Checkpoint) moment() moment { return moment{step: r.Step} }

// splits is how many records of one step, from the end, may be of other splits.
const splits = 3

// put appends a record, or puts it in the place of that of the same moment and
// tells so.
func put[R seriesRecord](series *[]R, r R) (replaced bool) {
	last := (*series)[max(0, len(*series)-splits):]
	for i := range last {
		if last[i].moment() == r.moment() {
			last[i] = r
			return true
		}
	}
	*series = append(*series, r)
	return false
}

// revise notes whether a series that curves are drawn from did anything but grow.
func (h *History) revise(changed bool) {
	if changed {
		h.Revision++
	}
}

// rewind goes back to a step. Events stay: they did happen.
func (h *History) rewind(step int64) {
	h.End = nil
	dropped := h.Train.rewind(step)
	dropped = upTo(&h.Valid, step) || dropped
	dropped = upTo(&h.Orders, step) || dropped
	h.revise(dropped)
	upTo(&h.Samples, step)
	upTo(&h.Densities, step)
	upTo(&h.Checkpoints, step)
}

// upTo cuts the records beyond a step off the end of a series, whose steps do
// not decrease, and tells whether there were any.
func upTo[R seriesRecord](series *[]R, step int64) (dropped bool) {
	all := *series
	n := len(all)
	for n > 0 && all[n-1].moment().step > step {
		n--
	}
	clear(all[n:])
	*series = all[:n]
	return n < len(all)
}
