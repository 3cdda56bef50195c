package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// Given prepares rows of which some variables are given. Others are not known: those whose cells are missing, even
// where a missing cell is an event of its own, and those that a table with names has no columns for. Of a context all
// columns are needed. Errors are those of Apply; one names a column that the source has not.
// LogDet is NaN for a source without a schema.
func (p *Preparation) Given(t *Table) (*Prepared, error) {
	if t == nil {
		return nil, errNoRows
	}
	if p.Columns != nil && t.Columns != nil && !p.reading.ByPosition {
		if err := p.checkKnown(t); err != nil {
			return nil, err
		}
		t = t.with(pick(p.Columns, p.Variables))
		if p.table == nil { // columns are found by their places
			var places []int
			for _, name := range pick(p.Columns, slices.Concat(p.Variables, p.Context)) {
				c := slices.Index(t.Columns, name)
				if c < 0 {
					return nil, fmt.Errorf("%s has no column %s, which is context", t.label(), strconv.Quote(name))
				}
				places = append(places, c)
			}
			t = t.Select(nil, places)
		}
	}
	if p.table != nil {
		r := p.reading
		r.HolesUnknown = true
		return p.As(r).Apply(t)
	}
	return p.givenNumbers(t)
}

// checkKnown returns an error for a column that the source has not.
func (p *Preparation) checkKnown(t *Table) error {
	for _, name := range t.Columns {
		if !slices.Contains(p.Columns, name) && !slices.Contains(p.ApartNames, name) {
			return fmt.Errorf("%s has a column %s, which the source of the model has not%s",
				t.label(), strconv.Quote(text.Shorten(name, 41)), text.DidYouMean(name, p.Columns))
		}
	}
	return nil
}

// with is the table with an empty column for each name that it has no column of.
func (t *Table) with(names []string) *Table {
	more := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(t.Columns, name) })
	if len(more) == 0 {
		return t
	}
	columns := make([]int, t.dim+len(more))
	copy(columns, sequence(0, t.dim)) // the others are copies of the first, which are emptied
	s := t.Select(nil, columns)
	s.Columns = slices.Concat(t.Columns, more)
	for i := range s.rows {
		for c := t.dim; c < s.dim; c++ {
			s.Set(i, c, math.NaN())
		}
	}
	return s
}

// givenNumbers prepares rows of a source without a schema: in the place of a missing number, while steps change the
// row, is the one that they make 0 of.
func (p *Preparation) givenNumbers(t *Table) (*Prepared, error) {
	variables, _, err := p.columnsOf(t)
	if err != nil {
		return nil, err
	}
	middle, full := make([]float64, p.Dim()), t.Select(nil, nil)
	p.undo(middle)
	var open []int
	for i := range t.rows {
		for d, c := range variables {
			if _, is := t.TextID(i, c); !is && math.IsNaN(t.At(i, c)) {
				full.Set(i, c, middle[d])
				open = append(open, i*p.Dim()+d)
			}
		}
	}
	s, err := p.Apply(full)
	if err != nil {
		return nil, err
	}
	for _, at := range open {
		s.X[at] = num.NotKnown
	}
	s.LogDet, s.ModelLogDet, s.rowLogDet = math.NaN(), math.NaN(), nil
	return s, nil
}
