package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// Table is rows of named columns, in the units of their source: what files hold,
// and what every call for rows takes and gives. A cell is a number or a text;
// NaN is a number that is missing, an infinity is never accepted. Numbers are
// kept in float64, or in float32 where their source has no more; each distinct
// text is kept once, and a cell has its number.
//
// A *Table is a gonum matrix; [FromMatrix], [FromRows] and [FromFlat] make one of
// what programs have.
type Table struct {
	// Name is what messages call the table, such as the name of a file.
	Name string
	// Columns are the names of the columns, nil where the source has none.
	Columns []string
	// Shape is that of one row where the source gives it one, as for images.
	Shape []int
	// Context holds what the rows are conditioned on where the source keeps it
	// apart, nil otherwise.
	Context *Table
	// Lines are the lines of text that the rows come from, counted from 1; nil
	// where row i is row i of an array.
	Lines *Lines
	// First is the number of the first row in its source, of which the table is a page: 0 where it has all rows.
	First int
	// Notes are what the reader of the source noticed, such as a guess that may be wrong.
	Notes []string
	// Cells say what the cells of each column are, for files whose columns have a type and
	// are written in blocks; nil is what the first block has.
	Cells []Cells

	rows, dim int
	wide      blocks    // [rows, dim], unless
	narrow    []float32 // these are the numbers, row after row
	texts     []string  // distinct, perhaps of a larger table; the memory may be shared
	ids       map[string]int
}

// Cells are what the cells of a column are.
type Cells uint8

// The cells of columns, each perhaps missing.
const (
	AnyCells    Cells = iota // what they turn out to be
	NumberCells              // numbers
	WholeCells               // whole numbers below 2^63
	TextCells                // texts; numbers are written as such
)

// textCell marks a cell in float64 as a text, whose number is in the lower 48 bits: a quiet
// NaN that no arithmetic makes.
const textCell = 0xfffc << 48

// textID is the number of the text that a value of the table is, and whether it is one.
func (t *Table) textID(v float64) (id int, ok bool) {
	if v == v || len(t.texts) == 0 {
		return 0, false
	}
	id = int(math.Float64bits(v) ^ textCell)
	return id, uint(id) < uint(len(t.texts))
}

var _ mat.Matrix = (*Table)(nil)

// FromRows makes a table of rows that are of one length.
func FromRows(rows [][]float64) (*Table, error) {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return nil, fmt.Errorf("data: a table needs one row and one column at least")
	}
	dim := len(rows[0])
	values := make([]float64, 0, len(rows)*dim)
	for i, row := range rows {
		if len(row) != dim {
			return nil, fmt.Errorf("data: row %d has %d values, but row 0 has %d", i, len(row), dim)
		}
		values = append(values, row...)
	}
	return FromFlat(values, dim)
}

// FromFlat makes a table of the values of whole rows, one row after the other.
// It shares memory with them.
func FromFlat[T float32 | float64](values []T, dim int, columns ...string) (*Table, error) {
	if dim < 1 || len(values) == 0 || len(values)%dim != 0 {
		return nil, fmt.Errorf("data: %d values are not rows of %d", len(values), dim)
	}
	t := &Table{rows: len(values) / dim, dim: dim}
	if columns != nil {
		if len(columns) != dim {
			return nil, fmt.Errorf("data: %d names for %d columns", len(columns), dim)
		}
		t.Columns = columns
	}
	switch v := any(values).(type) {
	case []float32:
		t.narrow = v
	case []float64:
		t.wide = oneBlock(v)
	}
	return t, nil
}

// FromMatrix makes a table of the values of a matrix; a *Table is returned as it is.
func FromMatrix(m mat.Matrix) (*Table, error) {
	if t, ok := m.(*Table); ok && t != nil {
		return t, nil
	}
	if m == nil {
		return nil, fmt.Errorf("data: no matrix is given")
	}
	rows, dim := m.Dims()
	values := make([]float64, 0, rows*dim)
	for i := range rows {
		for j := range dim {
			values = append(values, m.At(i, j))
		}
	}
	return FromFlat(values, dim)
}

// label is the name of the table in messages.
func (t *Table) label() string {
	if t.Name == "" {
		return "rows"
	}
	return t.Name
}

// Dims returns the numbers of rows and columns, those of the context left out.
func (t *Table) Dims() (rows, columns int) { return t.rows, t.dim }

// Rows is the number of rows.
func (t *Table) Rows() int { return t.rows }

// At returns the number in a cell: NaN where it is missing or a text. Only in its own table
// the NaN of a text means one.
func (t *Table) At(row, col int) float64 {
	if t.narrow != nil {
		return float64(t.narrow[row*t.dim+col])
	}
	return t.wide.row(row, t.dim)[col]
}

// T is the transpose, for gonum.
func (t *Table) T() mat.Matrix { return mat.Transpose{Matrix: t} }

// Row copies a row to dst and returns it; a nil dst is allocated.
func (t *Table) Row(dst []float64, row int) []float64 {
	if dst == nil {
		dst = make([]float64, t.dim)
	}
	if t.narrow == nil {
		copy(dst, t.wide.row(row, t.dim))
		return dst
	}
	for c := range t.dim {
		dst[c] = float64(t.narrow[row*t.dim+c])
	}
	return dst
}

// Text returns the text in a cell, and whether it has one.
func (t *Table) Text(row, col int) (string, bool) {
	if id, ok := t.TextID(row, col); ok {
		return t.texts[id], true
	}
	return "", false
}

// TextID returns the number of the text in a cell, and whether it has one: equal texts have
// one number, from 0 to below [Table.Texts].
func (t *Table) TextID(row, col int) (id int, ok bool) {
	if len(t.texts) == 0 {
		return 0, false
	}
	return t.textID(t.At(row, col))
}

// TextOf returns the text with a number of [Table.TextID].
func (t *Table) TextOf(id int) string { return t.texts[id] }

// Texts is how many numbers of texts there are. A table that was selected from another has
// those of the other.
func (t *Table) Texts() int { return len(t.texts) }

// SetText puts a copy of a text in the place of what a cell has.
func (t *Table) SetText(row, col int, text string) {
	t.widen()
	if len(t.texts) == 0 { // what a source had for NaN is no text
		for _, block := range t.wide.of {
			plainMissing(block)
		}
	}
	if t.ids == nil {
		t.ids = make(map[string]int, len(t.texts))
		for id, s := range t.texts {
			t.ids[s] = id
		}
	}
	id, known := t.ids[text]
	if !known {
		id, text = len(t.texts), strings.Clone(text)
		t.texts, t.ids[text] = append(t.texts, text), id
	}
	t.wide.row(row, t.dim)[col] = math.Float64frombits(textCell | uint64(id))
}

// Set puts a number in the place of what a cell has; NaN is missing.
func (t *Table) Set(row, col int, v float64) {
	if v != v {
		v = math.NaN()
	}
	if t.narrow != nil && float64(float32(v)) != v && v == v {
		t.widen()
	}
	if t.narrow != nil {
		t.narrow[row*t.dim+col] = float32(v)
	} else {
		t.wide.row(row, t.dim)[col] = v
	}
}

// setCell puts what a cell of another table has in the place of what a cell has.
func (t *Table) setCell(row, col int, from *Table, fromRow, fromCol int) {
	if text, ok := from.Text(fromRow, fromCol); ok {
		t.SetText(row, col, text)
	} else {
		t.Set(row, col, from.At(fromRow, fromCol))
	}
}

// plainMissing makes all NaN among values the one of a missing number.
func plainMissing(values []float64) {
	for i, v := range values {
		if v != v {
			values[i] = math.NaN()
		}
	}
}

// Float32 returns the values of all rows, one row after the other, where they
// are kept in float32, otherwise nil; Float64 those kept in float64. The memory
// is the table's own, but that of Float64 is a copy where rows were appended, as
// those of a text are.
func (t *Table) Float32() []float32 { return t.narrow }

// Float64 is as described at [Table.Float32].
func (t *Table) Float64() []float64 { return t.wide.joined() }

// Values returns the values of all rows in float32, one row after the other. It
// returns an error, with the place, for a cell that is no finite number. The
// memory may be the table's own.
func (t *Table) Values() ([]float32, error) { return t.gather(nil, sequence(0, t.dim)) }

// Extend adds the rows of a table of arrays that has the same columns and context.
func (t *Table) Extend(more *Table) error {
	if more == nil {
		return errNoRows
	}
	if more.dim != t.dim || (more.Context == nil) != (t.Context == nil) {
		return fmt.Errorf("it has %s, those before it %d, or one of them alone has a context", text.Count(more.dim, "column"), t.dim)
	}
	row := make([]float64, t.dim)
	for i := range more.rows {
		t.Append(row)
		for c := range more.dim {
			t.setCell(t.rows-1, c, more, i, c)
		}
	}
	if t.Context != nil {
		return t.Context.Extend(more.Context)
	}
	return nil
}

// Select returns a table of those rows and columns alone, which has memory of its own;
// nil is all of them.
func (t *Table) Select(rows, columns []int) *Table {
	if rows == nil {
		rows = sequence(0, t.rows)
	}
	if columns == nil {
		columns = sequence(0, t.dim)
	}
	s := &Table{Name: t.Name, Columns: pick(t.Columns, columns), Cells: pick(t.Cells, columns), Lines: t.Lines.pick(rows),
		rows: len(rows), dim: len(columns), wide: oneBlock(make([]float64, len(rows)*len(columns))), texts: slices.Clip(t.texts)}
	for i, row := range rows {
		values := s.wide.row(i, s.dim)
		for k, c := range columns {
			values[k] = t.At(row, c)
		}
	}
	if t.Context != nil {
		s.Context = t.Context.Select(rows, nil)
	}
	return s
}

// Column returns the number of the column that is meant by a name, or by the
// number itself where no column has that name.
func (t *Table) Column(name string) (int, error) {
	if i := slices.Index(t.Columns, name); i >= 0 {
		return i, nil
	}
	i, err := strconv.Atoi(name)
	switch {
	case err == nil && i >= 0 && i < t.dim:
		return i, nil
	case err == nil:
		return 0, fmt.Errorf("%s has no column %d: it has %s, counted from 0", t.label(), i, text.Count(t.dim, "column"))
	case t.Columns == nil:
		return 0, fmt.Errorf("%s has no column %q: its columns have no names (give a number from 0 to %d)", t.label(), text.Shorten(name, 41), t.dim-1)
	}
	return 0, fmt.Errorf("%s has no column %q (it has %s)%s", t.label(), text.Shorten(name, 41), text.Listed(t.Columns), text.DidYouMean(name, t.Columns))
}

// refuse says what forbids a cell as a number, or "".
func (t *Table) refuse(row, col int) string {
	if text, ok := t.Text(row, col); ok {
		return textProblem(text)
	}
	return Refuse(t.At(row, col))
}

// Refuse says what forbids v as a value to model, or "" when nothing does.
func Refuse(v float64) string {
	switch {
	case math.IsNaN(v):
		return "is missing: values must be finite numbers"
	case math.IsInf(v, 0):
		return fmt.Sprintf("is %v: values must be finite", v)
	}
	return ""
}

// textProblem says what is wrong with a text where a number is needed.
func textProblem(s string) string {
	hint := ""
	if !math.IsNaN(num.ParseCell(s, ',')) {
		hint = " (a decimal comma? set data.decimal or --decimal comma)"
	} else if strings.ContainsAny(s, " \t") {
		hint = " (separated by blanks? set data.separator or --separator blanks)"
	}
	return fmt.Sprintf("is %q, not a number%s", text.Shorten(s, 41), hint)
}

// Place names a cell by where it stands in the source.
func (t *Table) Place(row, col int) string {
	at := t.First + row
	if t.Lines != nil {
		at = t.Lines.At(row)
	}
	return Place(at, col, t.Lines.ofText(), t.Columns)
}

// Place names a cell: the line of a text, or the row of an array, and the name or
// number of the column.
func Place(row, col int, line bool, columns []string) string {
	column := namedColumn(col, columns)
	if line {
		return fmt.Sprintf("line %d, %s", row, column)
	}
	return fmt.Sprintf("row %d, %s (counted from 0)", row, column)
}

// namedColumn is a column by its name or number.
func namedColumn(col int, columns []string) string {
	if col < 0 || col >= len(columns) {
		columns = nil
	}
	return "column " + columnName(columns, col)
}

// widen keeps the numbers in float64, in memory of the table's own.
func (t *Table) widen() {
	if t.narrow != nil {
		t.wide, t.narrow = oneBlock(num.Convert[float64](t.narrow)), nil
	}
}

// Append adds a row of numbers. The first row says how many columns there are: of a
// shorter one the last values are missing, of a longer one they are left out. NaN is
// missing, also where it was a text of another table.
func (t *Table) Append(row []float64) {
	t.widen()
	if t.rows == 0 {
		t.dim = len(row)
	}
	for len(row) < t.dim {
		row = append(slices.Clip(row), math.NaN())
	}
	if t.dim > 0 {
		plainMissing(t.wide.add(row[:t.dim], t.rows))
		t.rows++
	}
}
