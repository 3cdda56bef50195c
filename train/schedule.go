package train

import (
	"fmt"
	"math"
	"strings"
)

// Schedule changes the learning rate. Its state, if it has one, is saved and restored
// as encoding/json does, so that a pointer with exported fields resumes.
type Schedule interface {
	// Factor multiplies the rate at a step, the first being 1.
	Factor(step int64) float64
	// Validated is called after each validation.
	Validated(best bool)
}

// ScheduleOptions say how the learning rate changes. Zero values mean the
// defaults.
type ScheduleOptions struct {
	// Name is constant (default), cosine, linear or plateau.
	Name string
	// WarmUp is the number of steps in which the rate rises linearly from zero.
	WarmUp int
	// Steps is where cosine and linear end; needed for them.
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

// ScheduleNames lists the known schedules.
func ScheduleNames() []string { return []string{"constant", "cosine", "linear", "plateau"} }

// schedule gives the factor of the learning rate. It runs on the host because
// plateau depends on the validation.
type schedule struct {
	o ScheduleOptions
	// plateau's state
	Scale float64 `json:"scale"`
	Worse int     `json:"worse"`
}

func newSchedule(o ScheduleOptions) (Schedule, error) {
	if o.Own != nil {
		return o.Own, nil
	}
	if o.WarmUp < 0 || o.Steps < 0 || o.Patience < 0 {
		return nil, fmt.Errorf("schedule: warm_up %d, steps %d, patience %d: need 0 or more", o.WarmUp, o.Steps, o.Patience)
	}
	if !(o.Final >= 0 && o.Final <= 1) || !(o.Factor >= 0 && o.Factor < 1) {
		return nil, fmt.Errorf("schedule: final %v, factor %v: need fractions from 0 to 1, and a factor below 1", o.Final, o.Factor)
	}
	s := &schedule{o: o, Scale: 1}
	switch o.Name {
	case "", "constant":
	case "cosine", "linear":
		if o.Steps <= o.WarmUp {
			return nil, fmt.Errorf("schedule %s: it ends at step %d, but needs an end after the %d steps of warm-up", o.Name, o.Steps, o.WarmUp)
		}
	case "plateau":
		s.o.Factor = orDefault(o.Factor, 0.5)
		if o.Patience == 0 {
			s.o.Patience = 10
		}
	default:
		return nil, fmt.Errorf("unknown schedule %q (known: %s)", o.Name, strings.Join(ScheduleNames(), ", "))
	}
	return s, nil
}

func (s *schedule) Factor(step int64) float64 {
	if step <= int64(s.o.WarmUp) {
		return s.Scale * float64(step) / float64(s.o.WarmUp)
	}
	f := 1.0
	if s.o.Name == "cosine" || s.o.Name == "linear" {
		done := math.Min(1, float64(step-int64(s.o.WarmUp))/float64(s.o.Steps-s.o.WarmUp))
		left := 1 - done
		if s.o.Name == "cosine" {
			left = (1 + math.Cos(math.Pi*done)) / 2
		}
		f = s.o.Final + (1-s.o.Final)*left
	}
	return s.Scale * f
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
