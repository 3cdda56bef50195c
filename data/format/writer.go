package format

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/data"
)

// Writer writes a table whose rows come in blocks, in the format that the suffix of a
// name says.
type Writer struct {
	out   io.Writer
	ends  []func() error // of what is between here and the file, the innermost first
	text  *bufio.Writer  // where out is one of text
	comma byte           // which separates its cells
	zip   *zip.Writer    // of .npz
	names []string       // of the arrays in it

	rows, left int  // of the table, and how many are still to come
	dim        int  // of its rows, 0 before the first block
	narrow     bool // they are float32
	err        error

	line    []byte // memory that is used again
	values  []float64
	encoded []byte
}

// NewWriter writes a table of so many rows to w. The error is that of [CheckName].
// The caller closes the writer, not w.
func NewWriter(w io.Writer, name string, rows int) (*Writer, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if w == nil {
		return nil, errors.New("there is nothing to write to")
	}
	o := &Writer{out: w, rows: rows, left: rows}
	kind := KindOf(name)
	if base, zipped := strings.CutSuffix(strings.ToLower(name), ".gz"); zipped {
		z := gzip.NewWriter(w)
		o.out, o.ends, name = z, []func() error{z.Close}, base
	}
	switch kind {
	case NPZFile:
		o.zip = zip.NewWriter(w)
		o.ends = []func() error{o.zip.Close}
	case CSVFile:
		o.text = bufio.NewWriterSize(o.out, 1<<16)
		if o.comma = ','; strings.EqualFold(filepath.Ext(name), ".tsv") {
			o.comma = '\t'
		}
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

func (o *Writer) write(t *data.Table) error {
	if err := o.check(t); err != nil {
		return err
	}
	if o.dim == 0 {
		_, o.dim = t.Dims()
		o.narrow = t.Float32() != nil
		if err := o.header(t); err != nil {
			return err
		}
	}
	o.left -= t.Rows()
	if o.text != nil {
		return o.writeText(t)
	}
	return o.writeValues(t)
}

// Close ends what was written. It returns an error for fewer rows than were announced,
// and that of an earlier call.
func (o *Writer) Close() error {
	switch {
	case o.err != nil:
		return o.err
	case o.left > 0:
		return fmt.Errorf("%d of %d rows are missing", o.left, o.rows)
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
		return fmt.Errorf("rows of shape %s do not fit %d columns", shapeText(t.Shape), dim)
	case t.Columns != nil && len(t.Columns) != dim:
		return fmt.Errorf("%d column names for %d columns", len(t.Columns), dim)
	case o.dim != 0 && (dim != o.dim || o.narrow != (t.Float32() != nil)):
		return fmt.Errorf("rows of %d columns cannot follow rows of %d, or their numbers are of another type", dim, o.dim)
	case rows > o.left:
		return fmt.Errorf("more than %d rows", o.rows)
	}
	return nil
}

// header writes what comes before the rows.
func (o *Writer) header(t *data.Table) error {
	if o.text != nil {
		if t.Columns == nil {
			return nil
		}
		for col, name := range t.Columns {
			if col > 0 {
				o.line = append(o.line, o.comma)
			}
			o.line = append(o.line, quoteName(name)...)
		}
		_, err := o.text.Write(append(o.line, '\n'))
		return err
	}
	if o.zip != nil {
		if err := o.member(t.Name); err != nil {
			return err
		}
	}
	shape := []int{o.rows, o.dim}
	if t.Shape != nil {
		shape = append(shape[:1], t.Shape...)
	}
	kind := elementKind("f8")
	if o.narrow {
		kind = "f4"
	}
	_, err := o.out.Write(npyHeader(kind, shape))
	return err
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
	o.out, err = o.zip.CreateHeader(&zip.FileHeader{
		Name: name + ".npy", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	return err
}

func (o *Writer) writeText(t *data.Table) error {
	digits := 64
	if o.narrow {
		digits = 32
	}
	for row := range t.Rows() {
		line := o.line[:0]
		for col := range o.dim {
			if col > 0 {
				line = append(line, o.comma)
			}
			if text, ok := t.Text(row, col); ok {
				line = append(line, quoteName(text)...)
			} else {
				line = strconv.AppendFloat(line, t.At(row, col), 'g', -1, digits)
			}
		}
		line = append(line, '\n')
		o.line = line
		if _, err := o.text.Write(line); err != nil {
			return err
		}
	}
	return o.text.Flush() // somebody may wait for the block
}

// quoteName quotes what a reader could take for more than a name, whichever
// separator it looks for.
func quoteName(name string) string {
	if strings.ContainsAny(name, ",;\t\"\r\n") || strings.TrimSpace(name) != name {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}

func (o *Writer) writeValues(t *data.Table) error {
	const part = 1 << 14
	if o.narrow {
		for values := range slices.Chunk(t.Float32(), part) {
			if err := o.encode(values); err != nil {
				return err
			}
		}
		return nil
	}
	step := max(part/o.dim, 1)
	o.values = slices.Grow(o.values[:0], step*o.dim)[:step*o.dim]
	for first := 0; first < t.Rows(); first += step {
		n := min(step, t.Rows()-first)
		for i := range n {
			t.Row(o.values[i*o.dim:(i+1)*o.dim], first+i)
		}
		if err := o.encode(o.values[:n*o.dim]); err != nil {
			return err
		}
	}
	return nil
}

// encode writes a slice of numbers.
func (o *Writer) encode(values any) (err error) {
	if o.encoded, err = binary.Append(o.encoded[:0], binary.LittleEndian, values); err == nil {
		_, err = o.out.Write(o.encoded)
	}
	return err
}
