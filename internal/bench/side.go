package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/maskflow/maskflow/internal/num"
)

// side is one way of doing a piece of work, ready to be timed.
type side struct {
	name string
	// check are numbers that every side of a comparison agrees on, so that all
	// of them do the same work.
	check []float64
	// round works for about the given time, at least for one call, and returns the
	// milliseconds of a step in the best call (or of a call, where there are no steps).
	round func(ctx context.Context, d time.Duration) (float64, error)
	close func()
	origin
	rounds []float64
}

// origin is where the times of a peer come from; it is empty for maskflow.
type origin struct {
	// Program is the peer's name with its versions.
	Program string `json:"versions"`
	// Variant is the fastest of the ways that it tried, and Tried how long a
	// step took in each, or why it failed.
	Variant string   `json:"variant"`
	Tried   []string `json:"tried"`
}

// ms is the median over rounds.
func (s *side) ms() float64 { return num.Median(s.rounds) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// repeat is a round of calls that stand on their own.
func repeat(call func(context.Context) error) func(context.Context, time.Duration) (float64, error) {
	return func(ctx context.Context, d time.Duration) (float64, error) {
		var spans []float64
		for end := time.Now().Add(d); len(spans) == 0 || time.Now().Before(end); {
			start := time.Now()
			if err := call(ctx); err != nil {
				return 0, err
			}
			spans = append(spans, milliseconds(time.Since(start)))
		}
		return slices.Min(spans), nil
	}
}

// agree compares the sides' check numbers, relative to their size.
func agree(a, b *side, tolerance float64) error {
	if len(a.check) != len(b.check) {
		return fmt.Errorf("%s and %s cannot be compared: %d numbers against %d", a.name, b.name, len(a.check), len(b.check))
	}
	for i, v := range a.check {
		w := b.check[i]
		if !(math.Abs(v-w) <= tolerance*math.Max(math.Abs(v), math.Abs(w))) {
			return fmt.Errorf("%s and %s do not do the same work: they give %v and %v, apart by more than %v of it", a.name, b.name, v, w, tolerance)
		}
	}
	return nil
}
