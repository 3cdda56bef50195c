package format

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// Writer writes a table whose rows come in blocks, in the format that the suffix of a
// name says.
type Writer struct {
	out   io.Writer
	ends  []func() error // of what is between here and the file, the innermost first
	kind  Kind
	comma byte        // which separates the cells of a text
	zip   *zip.Writer // of .npz
	names []string    // of the arrays in it
	alone bool        // one table is to be written
	body  body        // of the table, nil before the first block

	held       []*data.Table // blocks, where their rows are to be counted first
	rows, left int           // of the table, and how many are still to come
	dim        int           // of its rows, 0 before the first block
	narrow     bool          // they are float32
	err        error
}

// body writes the rows of a table in one format.
type body interface {
	write(t *data.Table) error
	end() error
}

// AnyRows is the number of rows of a table where it is not known before its end. Of .npy and .npz, which begin with it,
// all blocks are held until then.
const AnyRows = -1

// NewWriter writes a table of so many rows, or of [AnyRows], to w. The error is that of
// [CheckName]. The caller closes the writer, not w.
func NewWriter(w io.Writer, name string, rows int) (*Writer, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if w == nil {
		return nil, errors.New("there is nothing to write to")
	}
	o := &Writer{out: w, kind: KindOf(name), comma: ',', alone: true, rows: rows, left: rows}
	if base, zipped := strings.CutSuffix(strings.ToLower(name), ".gz"); zipped {
		z := gzip.NewWriter(w)
		o.out, o.ends, name = z, []func() error{z.Close}, base
	}
	if o.kind == NPZFile {
		o.zip = zip.NewWriter(w)
		o.ends = []func() error{o.zip.Close}
	}
	if strings.EqualFold(filepath.Ext(name), ".tsv") {
		o.comma = '\t'
	}
	return o, nil
}

// Write writes further rows. It returns an error for names or a shape that do not fit
// the columns, for a block that is not like the first, and for more rows than were
// announced.
func (o *Writer) Write(t *data.Table) error {
	if o.err == nil {
		o.err = o.write(t)
	}
	return o.err
}

func (o *Writer) write(t *data.Table) (err error) {
	if err := o.check(t); err != nil {
		return err
	}
	if o.rows == AnyRows && o.kind != CSVFile && o.kind != ParquetFile {
		o.held = append(o.held, t)
		return nil
	}
	if o.dim == 0 {
		_, o.dim = t.Dims()
		o.narrow = t.Float32() != nil
		if o.body, err = o.begin(t); err != nil {
			return err
		}
	}
	o.left -= t.Rows()
	return o.body.write(t)
}

// Close ends what was written. It returns an error for fewer rows than were announced,
// and that of an earlier call.
func (o *Writer) Close() error {
	if o.held != nil {
		o.rows = 0
		for _, t := range o.held {
			o.rows += t.Rows()
		}
		o.left = o.rows
		for _, t := range o.held {
			if err := o.Write(t); err != nil {
				return err
			}
		}
	}
	switch {
	case o.err != nil:
		return o.err
	case o.left > 0:
		return fmt.Errorf("%d of %d rows are missing", o.left, o.rows)
	}
	if o.body != nil {
		if err := o.body.end(); err != nil {
			return err
		}
	}
	for _, end := range o.ends {
		if err := end(); err != nil {
			return err
		}
	}
	return nil
}

func (o *Writer) check(t *data.Table) error {
	if t == nil {
		return errors.New("no table is given")
	}
	rows, dim := t.Dims()
	size := 1
	for _, d := range t.Shape {
		size *= d
	}
	switch {
	case dim == 0:
		return errors.New("a table needs one column at least")
	case t.Shape != nil && size != dim:
		return fmt.Errorf("rows of shape %s do not fit %s", shapeText(t.Shape), text.Count(dim, "column"))
	case t.Columns != nil && len(t.Columns) != dim:
		return fmt.Errorf("%s for %s", text.Count(len(t.Columns), "column name"), text.Count(dim, "column"))
	case o.dim != 0 && (dim != o.dim || o.narrow != (t.Float32() != nil)):
		return fmt.Errorf("rows of %s cannot follow rows of %d, or their numbers are of another type", text.Count(dim, "column"), o.dim)
	case rows > o.left && o.rows != AnyRows:
		return fmt.Errorf("more than %d rows", o.rows)
	}
	return nil
}

// begin writes what comes before the rows.
func (o *Writer) begin(t *data.Table) (body, error) {
	digits := 64
	if o.narrow {
		digits = 32
	}
	switch {
	case o.kind == CSVFile:
		return newTextBody(o.out, o.comma, digits, t.Columns)
	case o.kind == ParquetFile:
		return newParquetBody(o.out, t, o.rows, digits)
	case o.zip != nil && o.alone && t.Shape == nil && t.Columns != nil:
		return &columnsBody{o: o}, nil
	case t.Texts() > 0:
		return nil, errors.New("it has texts: they are written as .csv or .parquet, or as .npz where it is the one table and its columns have names")
	}
	if o.zip != nil {
		if err := o.member(t.Name); err != nil {
			return nil, err
		}
	}
	shape := []int{o.rows, o.dim}
	if t.Shape != nil {
		shape = append(shape[:1], t.Shape...)
	}
	kind := "f8"
	if o.narrow {
		kind = "f4"
	}
	_, err := o.out.Write(npyHeader(kind, shape))
	return &arrayBody{out: o.out}, err
}

// member begins an array of a .npz file. All have one date, so that equal arrays make
// equal files.
func (o *Writer) member(name string) (err error) {
	if name == "" || strings.ContainsAny(name, "./\\ ") { // none, or that of a file
		name = "x"
	}
	if slices.Contains(o.names, name) {
		return fmt.Errorf("two arrays are named %q", name)
	}
	o.names = append(o.names, name)
	return o.file(name)
}

// file begins a file of a .npz file.
func (o *Writer) file(name string) (err error) {
	o.out, err = o.zip.CreateHeader(&zip.FileHeader{
		Name: name + ".npy", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	return err
}

// textBody writes lines of cells.
type textBody struct {
	out    *bufio.Writer
	comma  byte
	digits int // of the type of the numbers: 32 or 64
	line   []byte
}

func newTextBody(out io.Writer, comma byte, digits int, columns []string) (*textBody, error) {
	b := &textBody{out: bufio.NewWriterSize(out, 1<<16), comma: comma, digits: digits}
	if columns == nil {
		return b, nil
	}
	for col, name := range columns {
		b.cell(col, len(columns), name)
	}
	_, err := b.out.Write(append(b.line, '\n'))
	return b, err
}

func (b *textBody) write(t *data.Table) error {
	rows, dim := t.Dims()
	for row := range rows {
		b.line = b.line[:0]
		for col := range dim {
			v := t.At(row, col)
			if text, ok := t.Text(row, col); ok || v != v {
				b.cell(col, dim, text)
				continue
			}
			if col > 0 {
				b.line = append(b.line, b.comma)
			}
			b.line = appendNumber(b.line, v, b.digits)
		}
		b.line = append(b.line, '\n')
		if _, err := b.out.Write(b.line); err != nil {
			return err
		}
	}
	return b.out.Flush() // somebody may wait for the block
}

func (b *textBody) end() error { return b.out.Flush() }

// cell appends a text, "" for a missing value. It is quoted where a reader could take it
// for more than one cell, whichever separator it looks for, for a comment or, alone in its
// line, for none.
func (b *textBody) cell(col, dim int, text string) {
	if col > 0 {
		b.line = append(b.line, b.comma)
	}
	alone := dim == 1 && (text == "" || strings.ContainsAny(text, " \t"))
	if alone || strings.ContainsAny(text, ",;|\t\"\r\n") || strings.TrimSpace(text) != text || strings.HasPrefix(text, "#") {
		text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	b.line = append(b.line, text...)
}

// appendNumber writes a number with as few digits as give it back exactly, and with an
// exponent only where it is very large or small.
func appendNumber(line []byte, v float64, digits int) []byte {
	style := byte('g')
	if a := math.Abs(v); v == 0 || a >= 1e-5 && a < exactWhole {
		style = 'f'
	}
	return strconv.AppendFloat(line, v, style, -1, digits)
}

// arrayBody writes the numbers of an array.
type arrayBody struct {
	out     io.Writer
	values  []float64
	encoded []byte
}

func (b *arrayBody) write(t *data.Table) error {
	const part = 1 << 14
	if t.Float32() != nil {
		for values := range slices.Chunk(t.Float32(), part) {
			if err := b.encode(values); err != nil {
				return err
			}
		}
		return nil
	}
	rows, dim := t.Dims()
	step := max(part/dim, 1)
	b.values = slices.Grow(b.values[:0], step*dim)[:step*dim]
	for first := 0; first < rows; first += step {
		n := min(step, rows-first)
		for i := range n {
			t.Row(b.values[i*dim:(i+1)*dim], first+i)
		}
		if err := b.encode(b.values[:n*dim]); err != nil {
			return err
		}
	}
	return nil
}

func (b *arrayBody) end() error { return nil }

// encode writes a slice of numbers.
func (b *arrayBody) encode(values any) (err error) {
	if b.encoded, err = binary.Append(b.encoded[:0], binary.LittleEndian, values); err == nil {
		_, err = b.out.Write(b.encoded)
	}
	return err
}

// columnsBody writes an array for each column of a table, when it has all rows.
type columnsBody struct {
	o     *Writer
	table *data.Table
}

func (b *columnsBody) write(t *data.Table) error {
	if b.table == nil {
		if b.table = t; t.Rows() == b.o.rows {
			return nil
		}
		b.table = t.Select([]int{}, nil)
		b.table.Context = nil
	}
	return b.table.Extend(t)
}

func (b *columnsBody) end() error {
	t := b.table
	for col, cells := range cellsOf(t, true) {
		if err := checkArrayName(t.Columns[col]); err != nil {
			return err
		}
		if err := b.o.file(t.Columns[col]); err != nil {
			return err
		}
		kind, values := columnOf(t, col, cells, b.o.narrow)
		if _, err := b.o.out.Write(npyHeader(kind, []int{t.Rows()})); err != nil {
			return err
		}
		if err := (&arrayBody{out: b.o.out}).encode(values); err != nil {
			return err
		}
	}
	return nil
}

// columnOf is the array of a column: its numpy type and a slice of its values.
func columnOf(t *data.Table, col int, cells data.Cells, narrow bool) (kind string, values any) {
	rows := t.Rows()
	numbers := make([]float64, rows)
	for i := range numbers {
		numbers[i] = t.At(i, col)
	}
	switch {
	case cells == data.TextCells:
		texts, width := make([][]rune, rows), 1
		for i := range texts {
			texts[i] = []rune(cellText(t, i, col))
			width = max(width, len(texts[i]))
		}
		runes := make([]rune, rows*width)
		for i, text := range texts {
			copy(runes[i*width:], text)
		}
		return "U" + strconv.Itoa(width), runes
	case cells == data.WholeCells && !slices.ContainsFunc(numbers, func(v float64) bool { return !isWhole(v) }):
		whole := make([]int64, rows)
		for i, v := range numbers {
			whole[i] = int64(v)
		}
		return "i8", whole
	case narrow:
		return "f4", num.Convert[float32](numbers)
	}
	return "f8", numbers
}

// isWhole reports whether an int64 has the value.
func isWhole(v float64) bool {
	return v == math.Trunc(v) && math.Abs(v) < 1<<63
}

// cellText is a cell as a text: "" where it is missing.
func cellText(t *data.Table, row, col int) string {
	text, isText := t.Text(row, col)
	if v := t.At(row, col); !isText && v == v {
		return string(appendNumber(nil, v, 64))
	}
	return text
}

// cellsOf are the cells of each column of a table: those that it declares, else what they
// turn out to be, whole numbers only where all are there.
func cellsOf(t *data.Table, all bool) []data.Cells {
	rows, dim := t.Dims()
	cells := make([]data.Cells, dim)
	copy(cells, t.Cells)
	for col := range dim {
		if cells[col] != data.AnyCells {
			continue
		}
		whole := false
		for i := range rows {
			if _, ok := t.TextID(i, col); ok {
				cells[col] = data.TextCells
				break
			}
			if v := t.At(i, col); v == v {
				if whole = isWhole(v) && math.Abs(v) < exactWhole && (v != 0 || !math.Signbit(v)); !whole { // −0 is kept
					cells[col] = data.NumberCells
				}
			}
		}
		switch {
		case cells[col] != data.AnyCells:
		case whole && all && t.Float32() == nil:
			cells[col] = data.WholeCells
		default:
			cells[col] = data.NumberCells
		}
	}
	return cells
}
