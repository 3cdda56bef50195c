package data

import (
	"fmt"
	"strconv"
)

// attach makes the rows of c the context of the rows of s.
func (s *Set) attach(c *Set) error {
	if c.Rows != s.Rows {
		return fmt.Errorf("%s has %d rows, but %s has %d: every row needs its context", c.Name, c.Rows, s.Name, s.Rows)
	}
	if s.ContextDim > 0 {
		return fmt.Errorf("%s has a context of %d columns already: it cannot have %s too", s.Name, s.ContextDim, c.Name)
	}
	s.Context, s.ContextDim, s.ContextNames = c.X, c.Dim, c.Columns
	return nil
}

// maxClasses bounds a label, and with it the width of a one-hot context.
const maxClasses = 1 << 12

// attachLabels gives each set its labels as a one-hot context, which is as wide
// as the largest label of all sets needs.
func attachLabels(sets, labels []*Set, limit *budget) error {
	classes := 0
	for _, l := range labels {
		if l.Dim != 1 {
			return fmt.Errorf("%s has %d columns: labels are one whole number a row (name an array of other numbers %s)",
				l.Name, l.Dim, "NAME"+contextSuffix)
		}
		for i, v := range l.X {
			if v < 0 || v >= maxClasses || v != float32(int(v)) {
				return fmt.Errorf("%s: %s is %v, not a label (0 to %d)", l.Name, l.place(i, 0), v, maxClasses-1)
			}
			classes = max(classes, int(v)+1)
		}
	}
	names := make([]string, classes)
	for k := range names {
		names[k] = "label_" + strconv.Itoa(k)
	}
	for i, l := range labels {
		if err := limit.take(int64(l.Rows) * int64(classes)); err != nil {
			return fmt.Errorf("labels of %s: %w", sets[i].Name, err)
		}
		c := &Set{Name: l.Name, Rows: l.Rows, Dim: classes, X: make([]float32, l.Rows*classes), Columns: names}
		for row, v := range l.X {
			c.X[row*classes+int(v)] = 1
		}
		if err := sets[i].attach(c); err != nil {
			return err
		}
	}
	return nil
}
