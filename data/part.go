package data

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Part is some rows of a table.
type Part struct {
	Table *Table
	Rows  []int  // which, in their order; nil is all
	Name  string // added to the table's in messages; "" for none
}

// Len is the number of rows.
func (p Part) Len() int {
	if p.Rows == nil {
		return p.Table.rows
	}
	return len(p.Rows)
}

// row is the number in the table of row i.
func (p Part) row(i int) int {
	if p.Rows == nil {
		return i
	}
	return p.Rows[i]
}

func (p Part) name() string {
	if p.Name == "" {
		return p.Table.label()
	}
	return p.Table.label() + " (" + p.Name + ")"
}

// Select returns a table of the rows, with all columns of the table and its context.
func (p Part) Select() *Table {
	narrow := p.Table != nil && p.Table.narrow != nil
	t := p.Table
	switch {
	case t == nil:
		return nil
	case p.Rows == nil:
		return t
	case !narrow:
		t = t.Select(p.Rows, nil)
	default:
		s := &Table{Columns: t.Columns, Lines: t.Lines.pick(p.Rows), rows: len(p.Rows), dim: t.dim, narrow: make([]float32, 0, len(p.Rows)*t.dim)}
		for _, row := range p.Rows {
			s.narrow = append(s.narrow, t.narrow[row*t.dim:(row+1)*t.dim]...)
		}
		if t.Context != nil {
			s.Context = Part{Table: t.Context, Rows: p.Rows}.Select()
		}
		t = s
	}
	t.Name, t.Shape = p.name(), p.Table.Shape
	return t
}

// Interleave returns a table of the rows of several that have the same columns: row j of table k is its row rowsOf[k][j].
func Interleave(tables []*Table, rowsOf [][]int) (*Table, error) {
	rows := 0
	for k, t := range tables {
		if len(rowsOf) != len(tables) || t == nil || t.rows != len(rowsOf[k]) || t.dim != tables[0].dim || (t.Context == nil) != (tables[0].Context == nil) {
			return nil, errors.New("data: tables to interleave need the same columns, and a place for each row")
		}
		rows += t.rows
	}
	if rows == 0 {
		return nil, errNoRows
	}
	of := tables[0]
	all := &Table{Name: of.Name, Columns: of.Columns, Shape: of.Shape, Cells: of.Cells, rows: rows, dim: of.dim}
	if slices.ContainsFunc(tables, func(t *Table) bool { return t.narrow == nil }) {
		all.wide = oneBlock(make([]float64, rows*of.dim))
	} else {
		all.narrow = make([]float32, rows*of.dim)
	}
	var contexts []*Table
	for k, t := range tables {
		contexts = append(contexts, t.Context)
		for j, row := range rowsOf[k] {
			if row < 0 || row >= rows {
				return nil, fmt.Errorf("data: row %d is none of %d rows", row, rows)
			}
			for c := range t.dim {
				all.setCell(row, c, t, j, c)
			}
		}
	}
	if of.Context == nil {
		return all, nil
	}
	var err error
	all.Context, err = Interleave(contexts, rowsOf)
	return all, err
}

// Joined returns a table of the columns of t followed by those of its context, which has
// none apart.
func (t *Table) Joined() (*Table, error) {
	if t.Context == nil {
		return t, nil
	}
	dim, width := t.dim, t.Context.dim
	var names []string
	if t.Columns != nil && t.Context.Columns != nil {
		names = slices.Concat(t.Columns, t.Context.Columns)
	}
	if err := t.checkContext(t.Context); err != nil {
		return nil, err
	}
	j := &Table{Name: t.Name, Columns: names, Lines: t.Lines, rows: t.rows, dim: dim + width}
	if t.narrow != nil && t.Context.narrow != nil {
		j.narrow = make([]float32, 0, j.rows*j.dim)
		for i := range t.rows {
			j.narrow = append(append(j.narrow, t.narrow[i*dim:(i+1)*dim]...), t.Context.narrow[i*width:(i+1)*width]...)
		}
		return j, nil
	}
	j.wide, j.texts = oneBlock(make([]float64, j.rows*j.dim)), slices.Clip(t.texts)
	for i := range t.rows {
		t.Row(j.wide.row(i, j.dim)[:dim], i)
	}
	for i := range t.rows {
		for c := range width {
			j.setCell(i, dim+c, t.Context, i, c)
		}
	}
	return j, nil
}

// walk calls f with the numbers in some columns of some rows, all when rows is nil.
// The error names the cell that has no finite number, or that f refuses.
func (t *Table) walk(rows, columns []int, f func(row []float64) (col int, problem string)) error {
	part, row := Part{Table: t, Rows: rows}, make([]float64, len(columns))
	for i := range part.Len() {
		from := part.row(i)
		t.take(row, from, columns)
		for k, v := range row {
			if v-v != 0 {
				return t.refused(from, columns[k], t.refuse(from, columns[k]))
			}
		}
		if k, problem := f(row); problem != "" {
			return t.refused(from, columns[k], problem)
		}
	}
	return nil
}

// take copies some columns of a row.
func (t *Table) take(dst []float64, row int, columns []int) {
	if t.narrow != nil {
		all := t.narrow[row*t.dim : (row+1)*t.dim]
		for k, c := range columns {
			dst[k] = float64(all[c])
		}
		return
	}
	all := t.wide.row(row, t.dim)
	for k, c := range columns {
		dst[k] = all[c]
	}
}

func (t *Table) refused(row, col int, problem string) error {
	return fmt.Errorf("%s: %s %s", t.label(), t.Place(row, col), problem)
}

// gather returns some columns of some rows in float32. What is all of a table
// shares its memory.
func (t *Table) gather(rows, columns []int) ([]float32, error) {
	if rows == nil && t.narrow != nil && len(columns) == t.dim && slices.IsSorted(columns) {
		for k, v := range t.narrow {
			if v-v != 0 {
				return nil, t.refused(k/t.dim, k%t.dim, t.refuse(k/t.dim, k%t.dim))
			}
		}
		return t.narrow, nil
	}
	out := make([]float32, 0, Part{Table: t, Rows: rows}.Len()*len(columns))
	err := t.walk(rows, columns, func(row []float64) (col int, problem string) {
		out, col, problem = appendNarrow(out, row)
		return col, problem
	})
	return out, err
}

func appendNarrow(out []float32, row []float64) (_ []float32, col int, problem string) {
	for c, v := range row {
		if out = append(out, float32(v)); math.IsInf(float64(out[len(out)-1]), 0) {
			return out, c, fmt.Sprintf("is %v, too large for float32", v)
		}
	}
	return out, 0, ""
}
