package recipe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
)

// lineReader reads the cells of text line by line, as the recipes need it: in
// float64, with columns of their own meaning.
type lineReader struct {
	scanner *bufio.Scanner
	comma   byte // between cells; ' ' is any blanks
	line    int  // the number of the line read last
	cells   [][]byte
	columns []string // for messages
}

func newLineReader(r io.Reader, comma byte, columns []string) *lineReader {
	const longest = 1 << 16
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, longest), longest)
	return &lineReader{scanner: s, comma: comma, columns: columns}
}

// next reads the cells of the next line that is not blank. They are valid until
// the next call. It returns false at the end and on an error, which err tells.
func (l *lineReader) next() bool {
	for l.scanner.Scan() {
		l.line++
		text := bytes.TrimSpace(l.scanner.Bytes())
		if len(text) == 0 {
			continue
		}
		l.cells = l.cells[:0]
		if l.comma == ' ' {
			for cell := range bytes.FieldsSeq(text) {
				l.cells = append(l.cells, cell)
			}
		} else {
			for cell := range bytes.SplitSeq(text, []byte{l.comma}) {
				l.cells = append(l.cells, bytes.TrimSpace(cell))
			}
		}
		return true
	}
	return false
}

func (l *lineReader) err() error {
	err := l.scanner.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("line %d is too long: it is not a table of numbers", l.line+1)
	}
	return err
}

// ended returns the error that ended the lines, or else one that says what is
// missing.
func (l *lineReader) ended(missing string) error {
	if err := l.err(); err != nil {
		return err
	}
	return errors.New(missing)
}

// want returns an error unless the line has n cells.
func (l *lineReader) want(n int) error {
	if len(l.cells) != n {
		return fmt.Errorf("line %d has %d cells, not %d", l.line, len(l.cells), n)
	}
	return nil
}

// isNumber tells rows from a header.
func (l *lineReader) isNumber(col int) bool {
	_, err := strconv.ParseFloat(string(l.cells[col]), 64)
	return err == nil
}

// number is the value of a cell.
func (l *lineReader) number(col int) (float64, error) {
	v, err := strconv.ParseFloat(string(l.cells[col]), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, l.bad(col, "not a number")
	}
	if what := data.Refuse(v); what != "" {
		return 0, fmt.Errorf("%s %s", data.Place(l.line, col, true, l.columns), what)
	}
	return v, nil
}

// numbers appends the values of the cells from a column on.
func (l *lineReader) numbers(row []float64, from int) ([]float64, error) {
	for col := from; col < len(l.cells); col++ {
		v, err := l.number(col)
		if err != nil {
			return nil, err
		}
		row = append(row, v)
	}
	return row, nil
}

// bad is the error of a cell.
func (l *lineReader) bad(col int, what string) error {
	return fmt.Errorf("%s is %q, %s", data.Place(l.line, col, true, l.columns), data.Shorten(string(l.cells[col])), what)
}

// numbered gives columns without names their numbers.
func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(i)
	}
	return names
}

// readText locates a file of the recipe and reads it, decompressed. The error
// of read is told with the name of the file.
func readText[T any](ctx context.Context, in input, file string, read func(r io.Reader) (T, error)) (T, error) {
	var none T
	path, err := in.locate(file)
	if err != nil {
		return none, err
	}
	f, err := format.Open(ctx, path)
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	t, err := read(f)
	if err != nil {
		return none, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return t, nil
}
