package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
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
// A separator behind the last cell of a line is no further cell. A column without a
// name is called by its number.
//
// A number has digits, a sign, a point and an exponent, and nothing else but the
// separator of thousands that the dialect has. A cell with one of the signs of
// [data.Dialect] is missing; any other is a text, without the blanks around it. Quotes
// make no difference. Whole numbers with leading zeros make a column one of texts, as
// they are codes; where it has other numbers than whole ones they are numbers.
//
// It returns an error with the line and the column when a line has more or
// fewer cells than the first, a number is infinite, or a cell of a column of numbers
// can only be a number of another dialect; and an error when there are no rows. Guesses
// that could be wrong are among the notes of the table.
func ReadCSV(r io.Reader, name string, o ReadOptions) (*data.Table, error) {
	t, err := readCSV(r, name, data.NewLimit(o.MaxValues), o)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return t, nil
}

func readCSV(r io.Reader, name string, limit *data.Limit, o ReadOptions) (*data.Table, error) {
	s, err := newSheet(r, o)
	if err != nil {
		return nil, err
	}
	return s.page(name, math.MaxInt, limit)
}

// page reads so many rows, of a text that ends fewer, and at its end none: nil.
func (s *sheet) page(name string, most int, limit *data.Limit) (*data.Table, error) {
	t := &data.Table{Name: name, Lines: &data.Lines{}, Columns: s.named, First: s.rows}
	for t.Rows() < most {
		cells, line, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if s.first == 0 {
			header, err := s.begin(t, cells, line)
			if err != nil {
				return nil, err
			}
			if header {
				continue
			}
		}
		if err := s.append(t, cells, line, limit); err != nil {
			return nil, err
		}
	}
	switch {
	case s.first == 0:
		return nil, errors.New("it holds no rows")
	case t.Rows() == 0 && s.rows == 0:
		return nil, fmt.Errorf("it holds no rows, only a header on line %d", s.first)
	case t.Rows() == 0:
		return nil, nil
	}
	if err := s.settle(t); err != nil {
		return nil, err
	}
	if s.rows == 0 && s.utf16 && s.Encoding != "utf-16" {
		t.Notes = append(t.Notes, "read as UTF-16 (data.encoding)")
	}
	if s.rounded != "" && !s.noted {
		t.Notes, s.noted = append(t.Notes, s.rounded), true
	}
	if s.rows == 0 && s.Header != "no" && t.Columns == nil {
		t.Notes = append(t.Notes, oddFirst(t)...)
	}
	s.rows, s.named = s.rows+t.Rows(), t.Columns
	return t, nil
}

// pages reads a page after the other.
func (s *sheet) pages(name string) nextPage {
	return func(rows int, limit *data.Limit) (*data.Table, error) { return s.page(name, rows, limit) }
}

// begin looks at the first line, and returns whether it is a header.
func (s *sheet) begin(t *data.Table, cells []string, line int) (header bool, err error) {
	s.first = line
	if n := len(cells) - 1; n > 0 && cells[n] == "" {
		cells, s.open = cells[:n], true
	}
	s.row = make([]float64, len(cells))
	if header, err = s.isHeader(cells, line); header && err == nil {
		err = s.columns(t, cells, line)
	} else if s.Header != "no" {
		t.Columns = s.names(len(s.row))
	}
	for col := range t.Columns {
		for _, c := range s.schema {
			if c.Name == t.Columns[col] && slices.ContainsFunc(c.Levels, isCode) { // so are the cells of every page
				s.codes = append(s.codes, make([]digits, max(0, col+1-len(s.codes)))...)
				s.codes[col].padded = true
			}
		}
	}
	return header, err
}

// append adds the cells of a line.
func (s *sheet) append(t *data.Table, cells []string, line int, limit *data.Limit) error {
	if n := len(s.row); len(cells) == n+1 {
		first := s.rows+t.Rows() == 0 && line != s.first
		if cells[n] == "" {
			cells = cells[:n]
		} else if s.open && first && t.Columns != nil { // its name is empty
			s.row = append(s.row, 0)
			t.Columns = append(t.Columns, unnamed(n, t.Columns))
			t.Notes = append(t.Notes, fmt.Sprintf("line %d: column %d has no name: its number is its name", s.first, n))
		} else if s.comma == '\t' && first && t.Columns != nil { // as R writes names of rows
			s.row = append(s.row, 0)
			t.Columns = append([]string{unnamed(0, t.Columns)}, t.Columns...)
			t.Notes = append(t.Notes, fmt.Sprintf("line %d has a cell more than the header: the first is column %q", line, t.Columns[0]))
		}
	}
	if len(cells) != len(s.row) {
		return fmt.Errorf("line %d has %s, but line %d has %d (separator %s; for another set data.separator or --separator)",
			line, text.Count(len(cells), "cell"), s.first, len(s.row), s.separatorName())
	}
	if err := limit.Take(int64(len(s.row))); err != nil {
		return fmt.Errorf("line %d: %w", line, err)
	}
	texts := s.texts[:0]
	for col, cell := range cells {
		v, isText := s.value(cell, col)
		if isText {
			texts = append(texts, col)
		}
		if math.IsInf(v, 0) && !s.infinite {
			return fmt.Errorf("%s %s", data.Place(line, col, true, t.Columns), data.Refuse(v))
		}
		if s.row[col] = v; math.Abs(v) >= exactWhole && s.rounded == "" {
			if cell = strings.TrimSpace(cell); !strings.ContainsAny(cell, "eE.,'") && strconv.FormatFloat(v, 'f', 0, 64) != strings.TrimPrefix(cell, "+") {
				s.rounded = roundedNote(data.Place(line, col, true, t.Columns), v)
			}
		}
	}
	t.Append(s.row)
	t.Lines.Append(line)
	for _, col := range texts {
		cell, err := s.text(t, strings.TrimSpace(cells[col]), line, col)
		if err != nil {
			return err
		}
		if err := setText(t, t.Rows()-1, col, cell, limit); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
	s.texts = texts
	return nil
}

// isHeader tells the names of columns from a first row. A line with numbers and words
// is a row if its words recur, which [sheet.settle] finds out: taking it for a header
// would lose a row silently.
func (s *sheet) isHeader(cells []string, line int) (bool, error) {
	if s.Header == "yes" || s.Header == "no" {
		return s.Header == "yes", nil
	}
	if slices.ContainsFunc(cells, func(cell string) bool { return s.isName(strings.TrimSpace(cell), len(cells)) }) {
		return true, nil
	}
	numeric, worded := -1, -1
	for col, cell := range cells {
		v := s.number(cell)
		if math.IsNaN(v) && !math.IsNaN(num.ParseCell(cell, '.'+','-s.point())) {
			return false, fmt.Errorf("line %d, column %d: %q has another decimal sign (data.decimal or --decimal; where it is a name, data.header or --header yes)",
				line, col, text.Shorten(cell, 41))
		}
		if v == v {
			numeric = col
		} else if !s.missing[strings.TrimSpace(cell)] && worded < 0 {
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
		s.mixed = fmt.Errorf("line %d, column %d: %q is not a number, but column %d is (whether the line is a header: data.header or --header yes or no)",
			line, worded, text.Shorten(cells[worded], 41), numeric)
		return false, nil
	}
	return worded >= 0, nil
}

// indexed reports whether cells are the numbers of columns: consecutive ones, from 0 if
// there is only one.
func indexed(cells []string) bool {
	first, err := strconv.Atoi(cells[0])
	for i, cell := range cells {
		if err != nil || cell != strconv.Itoa(first+i) {
			return false
		}
	}
	return first == 0 || len(cells) > 1
}

// columns takes the names in a header.
func (s *sheet) columns(t *data.Table, cells []string, line int) error {
	names := make([]string, len(cells))
	for col, cell := range cells {
		name, err := s.text(t, cell, line, col)
		if err != nil {
			return err
		}
		if names[col] = name; strings.TrimSpace(name) == "" {
			t.Notes = append(t.Notes, fmt.Sprintf("line %d: column %d has no name: its number is its name", line, col))
		}
	}
	var err error
	t.Columns, err = ColumnNames(names, line)
	return err
}

// text returns a copy of a name or a text, in UTF-8.
func (s *sheet) text(t *data.Table, cell string, line, col int) (string, error) {
	text, latin, err := s.utf8(cell)
	if err != nil {
		return "", fmt.Errorf("%s %w", data.Place(line, col, true, nil), err)
	}
	if latin && t.Notes == nil && !s.latin {
		t.Notes, s.latin = []string{fmt.Sprintf("line %d is not UTF-8: read as Latin-1 (data.encoding)", line)}, true
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

// ColumnNames copies a header and checks that each name can be asked for: an empty one
// becomes the number of the column.
func ColumnNames(cells []string, line int) ([]string, error) {
	names, err := columnNames(cells)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w (rename one; if the line is a row, set data.header or --header no)", line, err)
	}
	return names, nil
}

func columnNames(cells []string) ([]string, error) {
	names := make([]string, len(cells))
	at := make(map[string]int, len(cells))
	for col, cell := range cells {
		name := strings.TrimSpace(cell)
		if name == "" {
			continue
		}
		if other, twice := at[name]; twice {
			return nil, fmt.Errorf("columns %d and %d are both named %q", other, col, text.Shorten(name, 41))
		}
		at[name], names[col] = col, strings.Clone(name)
	}
	for col, name := range names {
		if name == "" {
			names[col] = unnamed(col, names)
		}
	}
	return names, nil
}

// unnamed is a name for a column that has none: its number, unless others are named so.
func unnamed(col int, others []string) string {
	name := strconv.Itoa(col)
	for slices.Contains(others, name) {
		name = "column " + name
	}
	return name
}
