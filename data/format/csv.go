package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// ReadCSV reads a text table, one row a line, from r; name is what messages
// call it. Separator, header, decimal sign and encoding are those of the dialect;
// what it leaves open is guessed from the first lines. Cells may be quoted; empty
// lines are skipped, and so are lines before the table that begin with #: the last
// of them names the columns where it has a word for each number of the first row.
// A separator that ends the first line and every other is no further column.
//
// A number has digits, a sign, a point and an exponent, and nothing else. A cell
// that is empty, "?", "NA" or "nan" is missing; any other is a text.
//
// It returns an error with the line and the column when a line has more or
// fewer cells than the first, or a number is infinite, and an error when there
// are no rows. Guesses that could be wrong are among the notes of the table.
func ReadCSV(r io.Reader, name string, o ReadOptions) (*data.Table, error) {
	t, err := readCSV(r, name, data.NewLimit(o.MaxValues), o)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return t, nil
}

func readCSV(r io.Reader, name string, limit *data.Limit, o ReadOptions) (*data.Table, error) {
	s, err := newSheet(r, o.Dialect)
	if err != nil {
		return nil, err
	}
	t, firstLine, point := &data.Table{Name: name, Lines: &data.Lines{}}, 0, s.point()
	var row []float64
	var texts []int // columns of a row with neither a number nor a missing value
	ended := false  // lines end with a separator
	for {
		cells, line, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if firstLine == 0 {
			firstLine = line
			if ended = len(cells) > 1 && cells[len(cells)-1] == ""; ended {
				cells = cells[:len(cells)-1]
			}
			row = make([]float64, len(cells))
			header, err := s.isHeader(cells, line)
			if err != nil {
				return nil, err
			}
			if header {
				if t.Columns, err = s.columns(t, cells, line); err != nil {
					return nil, err
				}
				continue
			}
			if s.Header != "no" {
				t.Columns = s.names(len(row))
			}
		} else if ended && len(cells) == len(row)+1 && cells[len(row)] == "" {
			cells = cells[:len(row)]
		}
		if len(cells) != len(row) {
			return nil, fmt.Errorf("line %d has %d cells, but line %d has %d (separator %s; for another set data.separator or --separator)",
				line, len(cells), firstLine, len(row), s.separatorName())
		}
		if err := limit.Take(int64(len(row))); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		texts = texts[:0]
		for col, cell := range cells {
			v := num.ParseCell(cell, point)
			if v != v {
				switch cell = strings.TrimSpace(cell); {
				case infinity.MatchString(cell):
					v = math.Inf(1 - 2*strings.Count(cell, "-"))
				case !missing(cell):
					texts = append(texts, col)
				}
			}
			if math.IsInf(v, 0) && !o.Infinite {
				return nil, fmt.Errorf("%s %s", data.Place(line, col, true, t.Columns), data.Refuse(v))
			}
			if row[col] = v; math.Abs(v) >= exactWhole && s.rounded == "" {
				if cell = strings.TrimSpace(cell); !strings.ContainsAny(cell, "eE.,") && strconv.FormatFloat(v, 'f', 0, 64) != strings.TrimPrefix(cell, "+") {
					s.rounded = roundedNote(data.Place(line, col, true, t.Columns), v)
				}
			}
		}
		t.Append(row)
		t.Lines.Append(line)
		for _, col := range texts {
			cell, err := s.text(t, strings.TrimSpace(cells[col]), line, col)
			if err != nil {
				return nil, err
			}
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
	if s.utf16 && s.Encoding != "utf-16" {
		t.Notes = append(t.Notes, "read as UTF-16 (data.encoding)")
	}
	if s.rounded != "" {
		t.Notes = append(t.Notes, s.rounded)
	}
	if s.Header != "no" && t.Columns == nil {
		t.Notes = append(t.Notes, oddFirst(t)...)
	}
	return t, nil
}

// isHeader tells the names of columns from a first row of numbers. A line with
// both is neither: taking it for a header would lose a row silently.
func (s *sheet) isHeader(cells []string, line int) (bool, error) {
	if s.Header == "yes" || s.Header == "no" {
		return s.Header == "yes", nil
	}
	numeric, worded := -1, -1
	for col, cell := range cells {
		if v := num.ParseCell(cell, '.'+','-s.point()); v == v && math.IsNaN(num.ParseCell(cell, s.point())) {
			return false, fmt.Errorf("line %d, column %d: %q has another decimal sign (data.decimal or --decimal; where it is a name, data.header or --header yes)",
				line, col, text.Shorten(cell, 41))
		}
		if v := num.ParseCell(cell, s.point()); v == v {
			numeric = col
		} else if !missing(strings.TrimSpace(cell)) && worded < 0 {
			worded = col
		}
	}
	switch {
	case worded < 0 && numeric > 0 && cells[0] == "" && indexed(cells[1:]):
		return true, nil // which has no name for the index
	case numeric >= 0 && worded >= 0 && len(strings.Fields(cells[worded])) > 1 && !slices.ContainsFunc(bytes.Fields([]byte(cells[worded])), s.isText):
		return false, fmt.Errorf("line %d, column %d: %q is several numbers (separated by blanks? set data.separator or --separator blanks)",
			line, worded, text.Shorten(cells[worded], 41))
	case numeric >= 0 && worded >= 0:
		return false, fmt.Errorf("line %d, column %d: %q is not a number, but column %d is (whether the line is a header: data.header or --header yes or no)",
			line, worded, text.Shorten(cells[worded], 41), numeric)
	}
	return worded >= 0, nil
}

// indexed reports whether cells are the numbers of columns, counted from 0.
func indexed(cells []string) bool {
	for i, cell := range cells {
		if cell != strconv.Itoa(i) {
			return false
		}
	}
	return true
}

// columns returns the names in a header.
func (s *sheet) columns(t *data.Table, cells []string, line int) ([]string, error) {
	names := make([]string, len(cells))
	for col, cell := range cells {
		name, err := s.text(t, cell, line, col)
		if err != nil {
			return nil, err
		}
		names[col] = name
	}
	return ColumnNames(names, line)
}

// text returns a copy of a name or a text, in UTF-8.
func (s *sheet) text(t *data.Table, cell string, line, col int) (string, error) {
	text, latin, err := s.utf8(cell)
	if err != nil {
		return "", fmt.Errorf("%s %w", data.Place(line, col, true, nil), err)
	}
	if latin && t.Notes == nil {
		t.Notes = []string{fmt.Sprintf("line %d is not UTF-8: read as Latin-1 (data.encoding)", line)}
	}
	return strings.Clone(text), nil
}

// oddFirst notes a first row that looks like a header of numbers: it counts the
// columns, or is farther from all other rows than they are apart, in every column.
func oddFirst(t *data.Table) []string {
	rows, dim := t.Dims()
	if rows < 3 {
		return nil
	}
	counts, far := dim > 1 && (t.At(0, 0) == 0 || t.At(0, 0) == 1), rows > 4
	for c := range dim {
		counts = counts && t.At(0, c) == t.At(0, 0)+float64(c)
	}
	for c := 0; far && c < dim; c++ {
		low, high := math.Inf(1), math.Inf(-1)
		for i := 1; i < rows; i++ {
			v := t.At(i, c)
			low, high = min(low, v), max(high, v)
		}
		apart := max(t.At(0, c)-high, low-t.At(0, c))
		far = apart > 10*(high-low) || dim > 1 && apart > high-low
	}
	what := ""
	switch {
	case counts:
		what = "counts the columns"
	case far:
		what = "is far from all other rows"
	default:
		return nil
	}
	return []string{fmt.Sprintf("line %d %s: if it is a header, set data.header or --header yes", t.Lines.At(0), what)}
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

// infinity is how an infinite value is written.
var infinity = regexp.MustCompile(`(?i)^[+-]?inf(inity)?$`)

// missing tells the usual signs of a missing value.
func missing(cell string) bool {
	return cell == "" || cell == "?" || cell == "NA" || strings.EqualFold(cell, "nan")
}
