package data

import (
	"math/bits"
	"slices"
	"sort"
)

// blocks are rows of numbers in memory that does not move while rows are added: a
// table of text, whose length is not known before, takes no more than its values.
type blocks struct {
	of    [][]float64 // each of 1<<shift rows, the last perhaps of fewer
	shift int
}

const (
	blockValues = 1 << 17 // of a block, if a row is not longer
	oneShift    = 62      // of a single block with all rows
)

// oneBlock are rows that are one after another already.
func oneBlock(values []float64) blocks { return blocks{[][]float64{values}, oneShift} }

// row is a row of so many columns.
func (b *blocks) row(i, dim int) []float64 {
	at := i & (1<<b.shift - 1) * dim
	return b.of[i>>b.shift][at : at+dim : at+dim]
}

// add adds a row behind so many others, and returns it.
func (b *blocks) add(row []float64, rows int) []float64 {
	if b.of == nil || b.shift == oneShift {
		b.divide(len(row))
	}
	if rows&(1<<b.shift-1) == 0 {
		var block []float64 // the first grows, as most tables are small
		if rows > 0 {
			block = make([]float64, 0, len(row)<<b.shift)
		}
		b.of = append(b.of, block)
	}
	last := &b.of[len(b.of)-1]
	*last = append(*last, row...)
	return (*last)[len(*last)-len(row):]
}

// divide makes several blocks of one, in the same memory but for the last.
func (b *blocks) divide(dim int) {
	all := slices.Concat(b.of...)
	b.of, b.shift = nil, max(bits.Len(uint(blockValues/dim))-1, 0)
	for block := range slices.Chunk(all, dim<<b.shift) {
		b.of = append(b.of, block)
	}
}

// joined are all values, one row after the other.
func (b *blocks) joined() []float64 {
	if len(b.of) == 1 {
		return b.of[0]
	}
	return slices.Concat(b.of...)
}

// Lines are the lines of a text, counted from 1, that the rows of a table come from, or the rows of a source of which a
// table has some.
// Where rows follow each other in equal steps, as they mostly do, they take no memory.
type Lines struct {
	runs   []lineRun
	rows   int
	noText bool // they are rows, counted from 0
}

// ofText reports whether they are lines of a text.
func (l *Lines) ofText() bool { return l != nil && !l.noText }

// lineRun is rows from row on whose lines are line, line + step and so on.
type lineRun struct{ row, line, step int }

// LinesOf are those lines.
func LinesOf(lines ...int) *Lines {
	l := &Lines{}
	for _, line := range lines {
		l.Append(line)
	}
	return l
}

// Append adds the line of the next row.
func (l *Lines) Append(line int) {
	l.rows++
	if n := len(l.runs); n > 0 {
		last := &l.runs[n-1]
		k := l.rows - 1 - last.row
		if k == 1 {
			last.step = line - last.line
		}
		if line == last.line+k*last.step {
			return
		}
	}
	l.runs = append(l.runs, lineRun{l.rows - 1, line, 0})
}

// At is the line of a row.
func (l *Lines) At(row int) int {
	r := l.runs[sort.Search(len(l.runs), func(i int) bool { return l.runs[i].row > row })-1]
	return r.line + (row-r.row)*r.step
}

// pick are the lines of some rows, nil of nil.
func (l *Lines) pick(rows []int) *Lines {
	if l == nil {
		return nil
	}
	picked := &Lines{noText: l.noText}
	for _, row := range rows {
		picked.Append(l.At(row))
	}
	return picked
}
