package recipe

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// lineReader reads the cells of text line by line, as the recipes need it: in
// float64, with columns of their own meaning, and no row kept that they leave out.
// The first error ends the lines; until then the cells that it is about count as 0.
type lineReader struct {
	scanner *bufio.Scanner
	limit   *data.Limit
	comma   string   // between cells; "" is any blanks
	columns []string // for messages
	line    int      // the number of the line read last
	cells   []string
	row     []float64
	failed  error
}

func newLineReader(r io.Reader, limit *data.Limit) *lineReader {
	const longest = 1 << 16
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, longest), longest)
	return &lineReader{scanner: s, limit: limit}
}

// next reads the cells of the next line that is not blank. They are valid until
// the next call. It returns false at the end and after an error.
func (l *lineReader) next() bool {
	for l.failed == nil && l.scanner.Scan() {
		l.line++
		if text := strings.TrimSpace(l.scanner.Text()); text != "" {
			l.split(text)
			return true
		}
	}
	err := l.scanner.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		err = fmt.Errorf("line %d is too long: it is not a table of numbers", l.line+1)
	}
	l.failed = cmp.Or(l.failed, err)
	return false
}

func (l *lineReader) split(text string) {
	if l.cells = l.cells[:0]; l.comma == "" {
		l.cells = slices.AppendSeq(l.cells, strings.FieldsSeq(text))
		return
	}
	for cell := range strings.SplitSeq(text, l.comma) {
		l.cells = append(l.cells, strings.TrimSpace(cell))
	}
}

// all returns a table with all rows of the lines, or the error that ended them.
func (l *lineReader) all(t *data.Table) (*data.Table, error) {
	if l.failed == nil && t.Rows() == 0 {
		l.failed = errors.New("it holds no rows")
	}
	return t, l.failed
}

// want returns whether the line has n cells, which is an error otherwise.
func (l *lineReader) want(n int) bool {
	if l.failed == nil && len(l.cells) != n {
		l.failed = fmt.Errorf("line %d has %d cells, not %d", l.line, len(l.cells), n)
	}
	return l.failed == nil
}

// isNumber tells rows from a header.
func (l *lineReader) isNumber(col int) bool {
	return !math.IsNaN(num.ParseCell(l.cells[col], '.'))
}

// number is the value of a cell.
func (l *lineReader) number(col int) float64 {
	if l.failed != nil {
		return 0
	}
	v := num.ParseCell(l.cells[col], '.')
	if math.IsNaN(v) {
		l.refuse(col, "not a number")
	} else if what := data.Refuse(v); what != "" {
		l.failed = fmt.Errorf("%s %s", data.Place(l.line, col, true, l.columns), what)
	}
	return v
}

// numbers are the values of n cells from a column on, valid until the next call.
func (l *lineReader) numbers(from, n int) []float64 {
	l.row = l.row[:0]
	for col := range n {
		l.row = append(l.row, l.number(from+col))
	}
	return l.row
}

// add appends a row to a table unless the reading of it failed.
func (l *lineReader) add(t *data.Table, row ...float64) {
	if l.failed == nil {
		l.failed = l.limit.Take(int64(len(row)))
	}
	if l.failed == nil {
		t.Append(row)
	}
}

// refuse makes a cell the error, if it is the first.
func (l *lineReader) refuse(col int, what string) {
	if l.failed == nil {
		l.failed = fmt.Errorf("%s is %q, %s", data.Place(l.line, col, true, l.columns), text.Shorten(l.cells[col], 41), what)
	}
}

// numbered gives columns without names their numbers.
func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(i)
	}
	return names
}

// readFile locates a file of the recipe and reads it, decompressed. The error of
// read gets the name of the file.
func readFile(ctx context.Context, in input, file string, read func(r io.Reader) error) error {
	path, err := in.locate(file)
	if err != nil {
		return err
	}
	f, err := format.Open(ctx, path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	if err := read(f); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// readLines is readFile for a table of lines.
func readLines(ctx context.Context, in input, file string, read func(*lineReader) (*data.Table, error)) (t *data.Table, err error) {
	err = readFile(ctx, in, file, func(r io.Reader) (err error) {
		t, err = read(newLineReader(r, in.limit))
		return err
	})
	return t, err
}
