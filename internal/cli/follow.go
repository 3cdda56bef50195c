package cli

import (
	"context"
	"time"

	"github.com/maskflow/maskflow/internal/words"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// followEvery is how often runs are looked at without a screen.
const followEvery = 500 * time.Millisecond

// follow prints what happens to runs, a line a thing, until every one has ended: for a
// pipe, a log, a dumb terminal. Validations that follow each other quickly are thinned
// out; the last one never is.
func (a *app) follow(ctx context.Context, source *monitor.Source, q monitor.Query) error {
	var set monitor.Set
	told := map[string]*followed{}
	for {
		u := source.Poll()
		set.Apply(u)
		going := u.More
		for _, r := range set.Sorted(monitor.ByDir, q, u.Now) {
			f := told[r.Dir]
			if f == nil {
				f = &followed{}
				told[r.Dir] = f
			}
			status := r.Status()
			going = going || status == runlog.Running || status == runlog.Silent || status == monitor.Unknown
			if !r.Loading {
				if err := a.tell(f, r, u.Now, len(set.Runs) > 1); err != nil {
					return err
				}
			}
		}
		if !going {
			return nil
		}
		if u.More {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(followEvery):
		}
	}
}

// followed is what was printed of a run.
type followed struct {
	generation    uint64
	status        runlog.Status
	valid, events int // records that are done with
	last          time.Time
}

// tell prints what is new of a run.
func (a *app) tell(f *followed, r *monitor.Run, now time.Time, many bool) error {
	name := ""
	if many {
		name = r.Name + "  "
	}
	h := &r.History
	if g := r.Generation(); g != f.generation {
		f.generation, f.valid, f.events = g, len(h.Valid), len(h.Events)
	}
	figures := r.Figures(now)
	status := r.Status()
	ended := status != runlog.Running && status != runlog.Silent
	for ; f.events < len(h.Events); f.events++ {
		if err := a.print("%s%s\n", name, h.Events[f.events].What); err != nil {
			return err
		}
	}
	if n := len(h.Valid); f.valid < n && (ended || now.Sub(f.last) >= plainEvery) {
		f.valid, f.last = n, now
		best := ""
		if figures.Best != nil {
			best = " (best)"
			if figures.Best.Step != figures.Valid.Step {
				text, _ := words.PlusMinus(float64(figures.Best.NLL), float64(figures.Valid.NLL2SE))
				best = " (best " + text + ")"
			}
		}
		line := validationLine(*figures.Valid, figures.EMA, best, words.Duration(float64(figures.Valid.Time)))
		if err := a.print("%s%s\n", name, line); err != nil {
			return err
		}
	}
	if status != f.status && (f.status != "" || status != runlog.Running) {
		line := name + string(status)
		if e := h.End; e != nil && ended {
			line += " at step " + words.Grouped(e.Step)
			if e.Test != nil {
				line += ", test NLL " + words.WithError(float64(e.Test.NLL), float64(e.Test.NLL2SE)) + " nats a row"
			}
			if e.Error != "" {
				line += ": " + e.Error
			}
		}
		if err := a.print("%s\n", line); err != nil {
			return err
		}
	}
	f.status = status
	return nil
}
