package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
)

// ReadCSV reads a text table, one row a line, from r; name is what messages
// call it. The separator is the semicolon, the tab or the comma, in this order
// the first that the first two lines have equally often outside quotes. The
// first line is a header when none of its cells is a number. Cells may be
// quoted; empty lines are skipped; there are no comments.
//
// A cell that is empty, "?", "NA" or "nan" is missing; one that is no number is a
// text.
//
// It returns an error with the line and the column when a line has more or
// fewer cells than the first, or a number is infinite, and an error when there
// are no rows.
func ReadCSV(r io.Reader, name string, o ReadOptions) (*data.Table, error) {
	t, err := readCSV(r, name, data.NewLimit(o.MaxValues))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return t, nil
}

func readCSV(r io.Reader, name string, limit *data.Limit) (*data.Table, error) {
	in := newRecords(r)
	if bom, _ := in.in.Peek(3); string(bom) == "\xef\xbb\xbf" {
		_, _ = in.in.Discard(3)
	}
	first, _ := in.in.Peek(1 << 16)
	in.comma = separator(first)

	t, firstLine := &data.Table{Name: name, Lines: &data.Lines{}}, 0
	var row []float64
	var texts []int // columns of a row with neither a number nor a missing value
	for {
		cells, line, err := in.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if firstLine == 0 {
			firstLine, row = line, make([]float64, len(cells))
			header, err := isHeader(cells, line)
			if err != nil {
				return nil, err
			}
			if header {
				if t.Columns, err = ColumnNames(cells, line); err != nil {
					return nil, err
				}
				continue
			}
		}
		if len(cells) != len(row) {
			return nil, fmt.Errorf("line %d has %d cells, but line %d has %d (separator %q)", line, len(cells), firstLine, len(row), in.comma)
		}
		if err := limit.Take(int64(len(row))); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		texts = texts[:0]
		for col, cell := range cells {
			v := number(cell)
			if math.IsInf(v, 0) {
				return nil, fmt.Errorf("%s %s", data.Place(line, col, true, t.Columns), data.Refuse(v))
			}
			if row[col] = v; v != v && !missing(strings.TrimSpace(cell)) {
				texts = append(texts, col)
			}
		}
		t.Append(row)
		t.Lines.Append(line)
		for _, col := range texts {
			cell := strings.Clone(strings.TrimSpace(cells[col]))
			if err := limit.Take(int64(8 + len(cell)/8)); err != nil { // as many values as it takes memory of
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			t.SetText(t.Rows()-1, col, cell)
		}
	}
	switch {
	case firstLine == 0:
		return nil, errors.New("it holds no rows")
	case t.Rows() == 0:
		return nil, fmt.Errorf("it holds no rows, only a header on line %d", firstLine)
	}
	return t, nil
}

// separators in the order of preference: where cells are separated by
// semicolons, commas are often decimal ones.
var separators = []rune{';', '\t', ','}

// quoted is a quoted cell, or the part of one on its line.
var quoted = regexp.MustCompile(`"[^"]*("|$)`)

// separator chooses by the first two lines that are not empty: the first
// candidate that both have equally often, outside quotes.
func separator(text []byte) rune {
	var lines [][]byte
	for line := range bytes.Lines(text) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 && len(lines) < 2 {
			lines = append(lines, quoted.ReplaceAll(line, nil))
		}
	}
	for _, same := range []bool{true, false} { // else the first that line 1 has
		for _, c := range separators {
			count := func(line []byte) int { return bytes.Count(line, []byte(string(c))) }
			if len(lines) > 0 && count(lines[0]) > 0 && (!same || count(lines[0]) == count(lines[len(lines)-1])) {
				return c
			}
		}
	}
	return ','
}

// isHeader tells the names of columns from a first row of numbers. A line with
// both is neither: taking it for a header would lose a row silently.
func isHeader(cells []string, line int) (bool, error) {
	numeric, worded := -1, -1
	for col, cell := range cells {
		if cell = strings.TrimSpace(cell); !math.IsNaN(number(cell)) {
			numeric = col
		} else if !missing(cell) && worded < 0 {
			worded = col
		}
	}
	if numeric >= 0 && worded >= 0 {
		return false, fmt.Errorf("line %d, column %d: %q is not a number, but column %d is: a header must not have numbers, a row nothing else",
			line, worded, text.Shorten(cells[worded], 41), numeric)
	}
	return worded >= 0, nil
}

// ColumnNames copies a header and checks that each name can be asked for.
func ColumnNames(cells []string, line int) ([]string, error) {
	names := make([]string, len(cells))
	at := make(map[string]int, len(cells))
	for col, cell := range cells {
		name := strings.TrimSpace(cell)
		if name == "" {
			return nil, fmt.Errorf("line %d: column %d has no name in the header (a table's row index? leave it out when saving)", line, col)
		}
		if other, twice := at[name]; twice {
			return nil, fmt.Errorf("line %d: columns %d and %d are both named %q", line, other, col, text.Shorten(name, 41))
		}
		at[name], names[col] = col, strings.Clone(name)
	}
	return names, nil
}

// number returns the value of a cell, NaN when it is no number.
func number(cell string) float64 {
	if len(cell) == 1 && '0' <= cell[0] && cell[0] <= '9' { // as all cells of bits
		return float64(cell[0] - '0')
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN()
	}
	return v
}

// missing tells the usual signs of a missing value.
func missing(cell string) bool {
	return cell == "" || cell == "?" || cell == "NA" || strings.EqualFold(cell, "nan")
}
