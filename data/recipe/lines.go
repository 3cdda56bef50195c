package recipe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
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
	return false
}

func (l *lineReader) split(text string) {
	if l.comma == "" {
		l.cells = slices.AppendSeq(l.cells[:0], strings.FieldsSeq(text))
		return
	}
	l.cells = l.cells[:0]
	for cell := range strings.SplitSeq(text, l.comma) {
		l.cells = append(l.cells, strings.TrimSpace(cell))
	}
}

// ended returns the error that ended the lines or else, if not "", one that says
// what is missing.
func (l *lineReader) ended(missing string) error {
	err := l.scanner.Err()
	switch {
	case l.failed != nil:
		return l.failed
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("line %d is too long: it is not a table of numbers", l.line+1)
	case err == nil && missing != "":
		return errors.New(missing)
	}
	return err
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
	_, err := strconv.ParseFloat(l.cells[col], 64)
	return err == nil
}

// number is the value of a cell.
func (l *lineReader) number(col int) float64 {
	if l.failed != nil {
		return 0
	}
	v, err := strconv.ParseFloat(l.cells[col], 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
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
func readFile[T any](ctx context.Context, in input, file string, read func(r io.Reader) (T, error)) (t T, err error) {
	path, err := in.locate(file)
	if err != nil {
		return t, err
	}
	f, err := format.Open(ctx, path)
	if err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	if t, err = read(f); err != nil {
		return t, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return t, nil
}

// readLines is readFile for a file of lines.
func readLines[T any](ctx context.Context, in input, file string, read func(l *lineReader) (T, error)) (T, error) {
	return readFile(ctx, in, file, func(r io.Reader) (T, error) { return read(newLineReader(r, in.limit)) })
}
