package train

import (
	"fmt"
	"math"

	"github.com/maskflow/maskflow/internal/option"
)

// Schedule changes the learning rate. Its state, if it has one, is saved and restored
// as encoding/json does, so that a pointer with exported fields resumes.
type Schedule interface {
	// Factor multiplies the rate at a step, the first being 1.
	Factor(step int64) float64
	// Validated is called after each validation.
	Validated(best bool)
}

// ScheduleOptions are how the learning rate changes: it rises from 0 in WarmUp steps and then follows Name. Zero values mean the
// defaults.
type ScheduleOptions struct {
	// Name is constant (default), cosine, linear or plateau.
	Name string
	// WarmUp is the number of steps in which the rate rises linearly from zero.
	WarmUp int
	// Steps is where cosine and linear end; 0 means Options.MaxSteps or, without, the last step of Options.MaxEpochs.
	Steps int
	// Final is the fraction of the rate where cosine and linear end, and the
	// smallest that plateau goes to; 0 by default.
	Final float64
	// Factor is what plateau multiplies the rate by, 0.5 by default, after
	// Patience validations (10 by default) without a better one.
	Factor   float64
	Patience int
	// Own, if not nil, is used instead.
	Own Schedule
}

func (o *ScheduleOptions) table(maxSteps, maxEpochs *int) option.Table {
	final := func() *option.Row {
		return option.Of("final", &o.Final, 0, "smallest fraction of the learning rate").Within(0, 1)
	}
	down := func() option.Table {
		return option.Table{
			option.From("steps", &o.Steps, func() int {
				if *maxEpochs > 0 { // known when the rows are
					return 0
				}
				return max(0, *maxSteps)
			}, "train.max_steps, or the last step of train.max_epochs where that is earlier",
				"step, counted from the start of the run, at which the rate reaches final").Within(0, option.MaxSteps),
			final(),
		}
	}
	return option.Table{
		option.Choose("name", &o.Name, "curve of the rate after the warm-up",
			option.Alternative{Name: "constant", Help: "no change"},
			option.Alternative{Name: "linear", Help: "linearly down to final at steps", Table: down()},
			option.Alternative{Name: "cosine", Help: "half a cosine down to final at steps", Table: down()},
			option.Alternative{Name: "plateau", Help: "times factor whenever the validation likelihood has not improved for patience epochs", Table: option.Table{
				final(),
				option.Of("factor", &o.Factor, 0.5, "factor of the rate at a plateau").Inside(0, 1),
				option.Of("patience", &o.Patience, 10, "number of epochs without a better validation likelihood that make a plateau").Within(1, option.MaxSteps),
			}}),
		option.Of("warm_up", &o.WarmUp, 0, "number of steps over which the rate rises linearly from 0").Within(0, option.MaxSteps),
	}
}

// schedule gives the factor of the learning rate. It runs on the host because
// plateau depends on the validation.
type schedule struct {
	o ScheduleOptions
	// plateau's state
	Scale float64 `json:"scale"`
	Worse int     `json:"worse"`
}

// newSchedule returns the schedule of a run that ends after so many steps, 0 where no number of epochs ends it.
func newSchedule(o ScheduleOptions, last int) (Schedule, error) {
	if o.Own != nil {
		return o.Own, nil
	}
	if o.falls() && o.Steps == 0 {
		if o.Steps = last; o.WarmUp >= last {
			return nil, fmt.Errorf("the warm-up takes %d steps, and train.max_epochs ends the run, and the schedule, at step %d (it needs steps after the warm-up)", o.WarmUp, last)
		}
	}
	return &schedule{o: o, Scale: 1}, nil
}

// falls reports whether the rate falls to an end.
func (o *ScheduleOptions) falls() bool { return o.Name == "linear" || o.Name == "cosine" }

func (s *schedule) Factor(step int64) float64 {
	scale := 1.0 // of a plateau alone, although a resumed run may have had one
	if s.o.Name == "plateau" {
		scale = s.Scale
	}
	if step <= int64(s.o.WarmUp) {
		return scale * float64(step) / float64(s.o.WarmUp)
	}
	f := 1.0
	if s.o.falls() {
		done := math.Min(1, float64(step-int64(s.o.WarmUp))/float64(s.o.Steps-s.o.WarmUp))
		left := 1 - done
		if s.o.Name == "cosine" {
			left = (1 + math.Cos(math.Pi*done)) / 2
		}
		f = s.o.Final + (1-s.o.Final)*left
	}
	return scale * f
}

func (s *schedule) Validated(best bool) {
	if s.o.Name != "plateau" {
		return
	}
	if best {
		s.Worse = 0
		return
	}
	if s.Worse++; s.Worse >= s.o.Patience {
		s.Worse = 0
		s.Scale = math.Max(s.Scale*s.o.Factor, s.o.Final)
	}
}
