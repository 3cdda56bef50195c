package data

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/maskflow/maskflow/internal/text"
)

// maxClasses bounds a label, and with it the width of a one-hot context.
const maxClasses = 1 << 12

// AttachLabels gives each table its labels, if there are any, as a one-hot context,
// which has so many classes or, where the largest label of all tables needs it, more.
func AttachLabels(tables, labels []*Table, classes int, limit *Limit) error {
	if classes < 0 || classes > maxClasses {
		return fmt.Errorf("%d classes of labels: need 0 to %d", classes, maxClasses)
	}
	if len(labels) > len(tables) || slices.Contains(tables, nil) || slices.Contains(labels, nil) {
		return errNoRows
	}
	for _, l := range labels {
		if l.dim != 1 {
			return fmt.Errorf("%s has %d columns: labels are one whole number a row (name an array of other numbers NAME_context)", l.Name, l.dim)
		}
		for i := range l.rows {
			v := l.At(i, 0)
			if !(v >= 0 && v < maxClasses) || v != float64(int(v)) {
				return fmt.Errorf("%s: %s is %v, not a label (0 to %d)", l.Name, l.Place(i, 0), v, maxClasses-1)
			}
			classes = max(classes, int(v)+1)
		}
	}
	names := make([]string, classes)
	for k := range names {
		names[k] = "label_" + strconv.Itoa(k)
	}
	for i, l := range labels {
		if err := limit.Take(int64(l.rows) * int64(classes)); err != nil {
			return fmt.Errorf("labels of %s: %w", tables[i].Name, err)
		}
		c := &Table{Name: l.Name, Columns: names, rows: l.rows, dim: classes, narrow: make([]float32, l.rows*classes)}
		for row := range l.rows {
			c.narrow[row*classes+int(l.At(row, 0))] = 1
		}
		if err := tables[i].Attach(c); err != nil {
			return err
		}
	}
	return nil
}

// Attach makes the rows of c the context of the rows of t.
func (t *Table) Attach(c *Table) error {
	if c == nil {
		return errNoRows
	}
	if err := t.checkContext(c); err != nil {
		return err
	}
	if t.Context != nil {
		return fmt.Errorf("%s has a context of %s already: it cannot have %s too", t.Name, text.Count(t.Context.dim, "column"), c.Name)
	}
	t.Context = c
	return nil
}

// checkContext returns an error unless a context has as many rows as the table; no context is none.
func (t *Table) checkContext(context *Table) error {
	if context == nil || context.rows == t.rows {
		return nil
	}
	return fmt.Errorf("%s has %s, but %s has %d: every row needs its context", context.label(), text.Count(context.rows, "row"), t.label(), t.rows)
}
