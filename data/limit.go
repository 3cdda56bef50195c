package data

import "fmt"

// DefaultMaxValues is the number of values that one call reads unless another is
// set: 4 GiB of float64.
const DefaultMaxValues = 1 << 29

// Limit is the number of values that may still be read from files.
type Limit struct{ left, limit int64 }

// NewLimit returns a limit of that many values; 0 is [DefaultMaxValues].
func NewLimit(values int64) (*Limit, error) {
	if values < 0 {
		return nil, fmt.Errorf("a limit of %d values: it cannot be negative", values)
	}
	if values == 0 {
		values = DefaultMaxValues
	}
	return &Limit{values, values}, nil
}

// Left is the number of values that may still be read.
func (l *Limit) Left() int64 { return l.left }

// Take counts n more values, and returns an error when they are too many.
func (l *Limit) Take(n int64) error {
	if n > l.left {
		return fmt.Errorf("more than %d values, the limit: %.3g GiB (raise MaxValues if the file is to be trusted)",
			l.limit, float64(l.limit)*8/(1<<30))
	}
	l.left -= n
	return nil
}
