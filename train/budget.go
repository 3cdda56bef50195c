package train

import (
	"fmt"
	"math"
	"time"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/runlog"
)

// costShare bounds what training spends on those who watch: what took s seconds
// is due again when costShare·s have passed, so that it is less than one part of
// so many.
const costShare = 50

// budget spaces out something by what it costs. The zero value is due at once.
type budget struct{ next time.Time }

func (b *budget) due(now time.Time) bool { return !now.Before(b.next) }

// spent says from when to when it was last done, or tried.
func (b *budget) spent(from, to time.Time) { b.next = to.Add(costShare * to.Sub(from)) }

// recall sets the budgets, and the window of densities, to what the log says that
// earlier processes spent and drew: they do not begin anew when a run is resumed.
// What shows a model is recorded after its validation, so that the time between two
// records is its cost.
func (s *shows) recall(t *Trainer, elapsed float64) error {
	log, err := runlog.Open(s.dir)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // nothing was written
	now := t.o.Clock()
	at := func(v runlog.Float) time.Time {
		return now.Add(time.Duration((float64(v) - elapsed) * float64(time.Second)))
	}
	last := runlog.Float(math.NaN())
	took := func(b *budget, until runlog.Float) {
		if until >= last {
			b.spent(at(last), at(until))
		}
		last = until
	}
	for {
		b, err := log.Read(0)
		if err != nil {
			return fmt.Errorf("%s: %w", s.dir, err)
		}
		for _, record := range b.Records {
			switch v := record.(type) {
			case runlog.Valid:
				last = v.Time
			case runlog.Samples:
				took(&s.samples, v.Time)
			case runlog.Density:
				took(&s.densities, v.Time)
				if len(t.splits.Train.X) == 0 {
					s.grid = &exec.Grid{X: edges(v.X), Y: edges(v.Y), Cells: densityCells}
				}
			}
		}
		if !b.More {
			return nil
		}
	}
}

func edges(v [2]runlog.Float) [2]float64 { return [2]float64{float64(v[0]), float64(v[1])} }
