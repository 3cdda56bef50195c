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
	// round works for about the given time and at least for one call.
	round func(ctx context.Context, d time.Duration) (timing, error)
	close func()
	origin
}

// origin is where the times of a peer come from that tried several ways; it is empty for maskflow.
type origin struct {
	// Program is the peer's name with its versions.
	Program string `json:"program,omitempty"`
	// Variant is the fastest of the ways that it tried.
	Variant  string    `json:"variant,omitempty"`
	Variants []variant `json:"variants,omitempty"`
}

// variant is a way to do a piece of work, and how many milliseconds a step took
// in a trial, or why it failed.
type variant struct {
	Name  string  `json:"name"`
	MS    float64 `json:"ms,omitempty"`
	Error string  `json:"error,omitempty"`
}

// timing is what one round of one side gave, in milliseconds a step (or a call,
// where there are no steps).
type timing struct {
	Best   float64 `json:"best_ms"`
	Median float64 `json:"median_ms"`
	Calls  int     `json:"calls"`
}

func timingOf(spans []float64) timing {
	return timing{Best: slices.Min(spans), Median: num.Median(spans), Calls: len(spans)}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// repeat is a round of calls that stand on their own.
func repeat(call func(context.Context) error) func(context.Context, time.Duration) (timing, error) {
	return func(ctx context.Context, d time.Duration) (timing, error) {
		var spans []float64
		for end := time.Now().Add(d); len(spans) == 0 || time.Now().Before(end); {
			start := time.Now()
			if err := call(ctx); err != nil {
				return timing{}, err
			}
			spans = append(spans, milliseconds(time.Since(start)))
		}
		return timingOf(spans), nil
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
