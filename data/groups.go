package data

import (
	"cmp"
	"errors"
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

// tooFew is the error of groups that are fewer than parts.
func (s SplitBy) tooFew(t *Table, groups [][]int, parts int) error {
	return fmt.Errorf("%s has %s of column %q, which are not enough for %d parts (data.split)", t.label(), text.Count(len(groups), "value"), text.Shorten(s.column(), 41), parts)
}

// column is the one that is named, "" for none.
func (s SplitBy) column() string { return cmp.Or(s.By, s.After) }

// groups are rows of a table, nil for all, that stay together: each by itself, those with the same value in the order in which values
// appear, or by time.
func (o *Options) groups(t *Table, rows []int) ([][]int, error) {
	if rows == nil {
		rows = sequence(0, t.rows)
	}
	name := o.Split.column()
	if name == "" {
		alone := make([][]int, len(rows))
		for i := range rows {
			alone[i] = rows[i : i+1 : i+1]
		}
		return alone, nil
	}
	c, err := t.Column(name)
	if err != nil {
		return nil, fmt.Errorf("data.split: %w", err)
	}
	values, err := o.Split.values(t, rows, c, o.Columns)
	if err != nil {
		return nil, err
	}
	at := map[float64]int{}
	var groups [][]int
	var of []float64
	for i, v := range values {
		k, known := at[v]
		if !known {
			k, at[v] = len(groups), len(groups)
			groups, of = append(groups, nil), append(of, v)
		}
		groups[k] = append(groups[k], rows[i])
	}
	if o.Split.After != "" {
		order := sequence(0, len(groups))
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(of[a], of[b]) })
		sorted := make([][]int, len(groups))
		for k, g := range order {
			sorted[k] = groups[g]
		}
		groups = sorted
	}
	return groups, nil
}

// values are numbers of the cells of a column, equal where the cells are, and in the order of time for After. There is no NaN
// among them.
func (s SplitBy) values(t *Table, rows []int, c int, declared Schema) ([]float64, error) {
	var read func(string) (float64, string)
	if s.After != "" {
		var err error
		if read, err = t.clock(rows, c, declared); err != nil {
			return nil, err
		}
	}
	values, others := make([]float64, len(rows)), map[string]float64{}
	for i, row := range rows {
		cell, is := t.Text(row, c)
		switch v := t.At(row, c); {
		case is && s.After != "":
			v, problem := read(cell)
			if problem != "" {
				return nil, t.refused(row, c, problem)
			}
			values[i] = v
		case is:
			code, known := others[cell]
			if !known { // between two numbers, where no number of a table is
				code = math.Float64frombits(math.Float64bits(math.MaxFloat64) - uint64(len(others)))
				others[cell] = code
			}
			values[i] = code
		case !math.IsNaN(v):
			values[i] = v
		case s.After != "":
			return nil, t.refused(row, c, "is missing: rows that are divided by time need one (drop the row, or divide by another column)")
		default:
			values[i] = math.Inf(1)
		}
	}
	return values, nil
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

// cut divides groups, one after the other, into parts of about so many rows, each of a group at least. The last has what is left.
func cut(groups [][]int, sizes ...int) ([][]int, error) {
	if len(groups) <= len(sizes) {
		return nil, errors.New("too few")
	}
	ends := make([]int, len(groups)) // of each group, in rows
	n := 0
	for k, g := range groups {
		n += len(g)
		ends[k] = n
	}
	var parts [][]int
	from, want := 0, 0
	for i, size := range sizes {
		want += size
		to, _ := slices.BinarySearch(ends, want)
		if to > 0 && (to == len(ends) || want-ends[to-1] < ends[to]-want) {
			to--
		}
		to = max(from+1, min(to+1, len(groups)-(len(sizes)-i)))
		parts = append(parts, slices.Concat(groups[from:to]...))
		from = to
	}
	return append(parts, slices.Concat(groups[from:]...)), nil
}
