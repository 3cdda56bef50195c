package data

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
)

// SplitBy says which rows belong together, or come after others, where rows are divided. The zero value divides row by row, at
// random.
type SplitBy struct {
	// By names a column: rows with the same value of it are all in one part. Rows without a value are together.
	By string
	// After names a column of numbers, dates or times: the validation rows come after the training rows, and the test rows
	// after both. Rows with the same value are in one part.
	After string
}

func (s *SplitBy) table() option.Table {
	return option.Table{
		option.Of("by", &s.By, "", "column whose values say which rows belong together, as those of one patient: all are in one part").
			Default(`"", each row is by itself`).Later(),
		option.Of("after", &s.After, "", "column of numbers, dates or times by which the validation rows come after the training rows and the test rows after both").
			Default(`"", rows are divided at random`).Later(),
		option.Rule(func(report option.Report) {
			if s.By != "" && s.After != "" {
				report("rows are divided either by groups or by time (set one of by and after)", "after", "by")
			}
		}),
	}
}

// said is how rows are divided, in a sentence, of so many groups.
func (s SplitBy) said(how string, groups int) string {
	switch {
	case s.By != "":
		how = strings.TrimSpace(fmt.Sprintf("%s by the %d values of %s", how, groups, text.Shorten(s.By, 41)))
	case s.After != "":
		how = "by time, " + text.Shorten(s.After, 41)
	}
	if how != "" {
		how += " "
	}
	return how
}

// tooFew is the error of so many groups, which are fewer than parts.
func (s SplitBy) tooFew(t *Table, groups, parts int) error {
	return fmt.Errorf("%s has %s of column %q, which are not enough for %d parts (data.split)", t.label(), text.Count(groups, "value"), text.Shorten(s.column(), 41), parts)
}

// column is the one that is named, "" for none.
func (s SplitBy) column() string { return cmp.Or(s.By, s.After) }

// grouped are rows of a table that stay together: each by itself, or those that are in one of the groups.
type grouped struct {
	rows   []int
	groups [][]int // of rows; nil where each is by itself
}

// grouped groups rows of a table, nil for all: those with the same value in the order in which values appear, or by time.
func (o *Options) grouped(t *Table, rows []int) (g grouped, err error) {
	if rows == nil {
		rows = sequence(0, t.rows)
	}
	name := o.Split.column()
	if name == "" {
		return grouped{rows: rows}, nil
	}
	c, err := t.Column(name)
	if err != nil {
		return g, fmt.Errorf("data.split: %w", err)
	}
	value := t.same(c)
	if o.Split.After != "" {
		if value, err = t.moment(rows, c, o.Columns); err != nil {
			return g, err
		}
	}
	g.rows = rows
	at := map[cellValue]int{}
	for _, row := range rows {
		v, err := value(row)
		if err != nil {
			return g, err
		}
		k, known := at[v]
		if !known {
			k, at[v] = len(g.groups), len(g.groups)
			g.groups = append(g.groups, nil)
		}
		g.groups[k] = append(g.groups[k], row)
	}
	if o.Split.After != "" {
		slices.SortFunc(g.groups, func(a, b []int) int {
			x, _ := value(a[0]) // which was read before
			y, _ := value(b[0])
			return cmp.Compare(x.number, y.number)
		})
	}
	return g, nil
}

// cellValue is what is the same in equal cells: a number, the number of a text counted from 1, or neither of a hole.
type cellValue struct {
	number float64
	text   int
	hole   bool
}

// same returns the values of a column's cells.
func (t *Table) same(c int) func(row int) (cellValue, error) {
	return func(row int) (cellValue, error) {
		if id, is := t.TextID(row, c); is {
			return cellValue{text: 1 + id}, nil
		}
		v := t.At(row, c)
		if math.IsNaN(v) {
			return cellValue{hole: true}, nil
		}
		return cellValue{number: v}, nil
	}
}

// moment returns the numbers of a column's cells in the order of time, or the error of a cell that has none.
func (t *Table) moment(rows []int, c int, declared Schema) (func(row int) (cellValue, error), error) {
	read, err := t.clock(rows, c, declared)
	if err != nil {
		return nil, err
	}
	return func(row int) (cellValue, error) {
		v, problem := t.At(row, c), ""
		if cell, is := t.Text(row, c); is {
			v, problem = read(cell)
		} else if math.IsNaN(v) {
			problem = "is missing: rows that are divided by time need one (drop the row, or divide by another column)"
		}
		if problem != "" {
			return cellValue{}, t.refused(row, c, problem)
		}
		return cellValue{number: v}, nil
	}, nil
}

// clock reads the dates or times of a column's texts, nil where it has none.
func (t *Table) clock(rows []int, c int, declared Schema) (func(string) (float64, string), error) {
	known := map[string]bool{}
	var texts []string
	first := 0
	for _, row := range rows {
		if cell, is := t.Text(row, c); is && !known[cell] {
			if len(texts) == 0 {
				first = row
			}
			known[cell], texts = true, append(texts, cell)
		}
	}
	if len(texts) == 0 {
		return nil, nil
	}
	name := namedColumn(c, t.Columns)
	for _, d := range declared {
		if at, err := t.Column(d.Name); err == nil && at == c && d.Format != "" {
			return clockOf(d.Format).read, nil
		}
	}
	switch found := layoutsOf(texts); len(found) {
	case 0:
		return nil, t.refused(first, c, fmt.Sprintf("is %q: rows are divided by numbers, dates or times (if they are dates, declare how they are written: data.columns: {…: {kind: date, format: …}})",
			text.Shorten(texts[0], 41)))
	case 1:
		return clockOf(found[0]).read, nil
	default:
		return nil, fmt.Errorf("%s: the dates of %s may be written like %s (declare which: data.columns: {…: {kind: date, format: …}})", t.label(), name, text.Listed(found))
	}
}

func (g grouped) len() int {
	if g.groups == nil {
		return len(g.rows)
	}
	return len(g.groups)
}

// at are the rows of a group.
func (g grouped) at(k int) []int {
	if g.groups == nil {
		return g.rows[k : k+1]
	}
	return g.groups[k]
}

// cut divides groups in an order, nil for theirs, into parts of about so many rows, each of a group at least. The last has what
// is left. It reports whether there are as many groups as parts.
func (g grouped) cut(order []int, sizes ...int) (parts [][]int, enough bool) {
	if order == nil {
		order = sequence(0, g.len())
	}
	if len(order) <= len(sizes) {
		return nil, false
	}
	ends := make([]int, len(order)) // of each group, in rows
	n := 0
	for k, of := range order {
		n += len(g.at(of))
		ends[k] = n
	}
	bounds, want := []int{0}, 0
	for i, size := range sizes {
		want += size
		to, _ := slices.BinarySearch(ends, want)
		if to > 0 && (to == len(ends) || want-ends[to-1] < ends[to]-want) {
			to--
		}
		bounds = append(bounds, max(bounds[i]+1, min(to+1, len(order)-(len(sizes)-i))))
	}
	bounds = append(bounds, len(order))
	for i, to := range bounds[1:] {
		var part []int
		for _, of := range order[bounds[i]:to] {
			part = append(part, g.at(of)...)
		}
		parts = append(parts, part)
	}
	return parts, true
}
