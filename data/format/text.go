package format

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/maskflow/maskflow/data"
)

// sheet is a table of text whose dialect is known: its lines in UTF-8.
type sheet struct {
	*records
	data.Dialect
	schema  data.Schema     // what is known of columns
	missing map[string]bool // the signs of a missing value
	grouped *regexp.Regexp  // numbers with separators of thousands, nil where they have none
	blank   bool            // runs of blanks were its separators
	utf16   bool
	mixed   error    // what is wrong with the first line unless it is a row
	rounded string   // what to note of the first whole number that float64 has not
	comment string   // the last before the table
	codes   []digits // of each column so far

	infinite bool
	first    int      // the number of the first line of the table, 0 before it
	open     bool     // which ends with a separator
	named    []string // the columns
	rows     int      // of the pages so far
	noted    bool     // the rounded number
	latin    bool     // that a line is not UTF-8 is noted
	row      []float64
	texts    []int // columns of a row with neither a number nor a missing value
}

// newSheet decodes a table of text and finds out what its dialect leaves open.
func newSheet(r io.Reader, o ReadOptions) (*sheet, error) {
	d := o.Dialect
	s := &sheet{records: newRecords(r), Dialect: d, schema: o.Schema, missing: signsOf(d.MissingSigns()), infinite: o.Infinite}
	comma, ok := d.Comma()
	if !ok {
		return nil, fmt.Errorf("%q is no separator", d.Separator)
	}
	if s.grouped, ok = groupings[d.Thousands]; !ok || s.grouped != nil && groupSigns[d.Thousands] == string(s.point()) {
		return nil, fmt.Errorf("%q is no separator of thousands where the decimal sign is %q", d.Thousands, s.point())
	}
	if err := s.decode(); err != nil {
		return nil, err
	}
	head, _ := s.in.Peek(1 << 16)
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 { // lines as of old Macs
		s.in = bufio.NewReaderSize(transform.NewReader(s.in, newlines{}), 1<<16)
		head, _ = s.in.Peek(1 << 16)
	}
	if first, _, _ := bytes.Cut(head, []byte("\n")); bytes.IndexByte(first, 0) >= 0 {
		return nil, errors.New("its first line has bytes of value zero: it is no text, or its encoding is not known (data.encoding or --encoding)")
	}
	s.comma = comma
	_, _ = s.in.Discard(s.skip(head))
	head, _ = s.in.Peek(1 << 16)
	if comma == data.AutoSeparator {
		s.comma = s.separator(head)
	}
	if s.comma == data.Blanks {
		s.comma, s.blank, s.in = '\t', true, bufio.NewReaderSize(&blanks{r: s.in}, 1<<16)
	}
	return s, nil
}

// signsOf are the signs of a missing value, with the empty cell.
func signsOf(missing []string) map[string]bool {
	signs := map[string]bool{"": true}
	for _, sign := range missing {
		signs[strings.TrimSpace(sign)] = true
	}
	return signs
}

// decode makes UTF-8 of the text.
func (s *sheet) decode() error {
	head, _ := s.in.Peek(1 << 16)
	order, mark := utf16Of(head)
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return errors.New("it is a zip archive and no text (of a workbook save each sheet as CSV)")
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return errors.New("it is UTF-32 text, which is not read (save it as UTF-8)")
	case s.Encoding == "utf-16", mark && (s.Encoding == "" || s.Encoding == "auto"):
		s.utf16 = true
		decoder := unicode.UTF16(order, unicode.UseBOM).NewDecoder()
		s.in = bufio.NewReaderSize(transform.NewReader(s.in, decoder), 1<<16)
	case s.Encoding == "latin-1":
		s.in = bufio.NewReaderSize(transform.NewReader(s.in, charmap.Windows1252.NewDecoder()), 1<<16)
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = s.in.Discard(3)
	}
	return nil
}

// utf16Of returns in which order the bytes of UTF-16 stand, and whether the text is
// UTF-16: it begins with the mark of the order, or the half of its bytes that are
// zero in all of ASCII has many zeros and the other half none.
func utf16Of(head []byte) (order unicode.Endianness, is bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return unicode.LittleEndian, true
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return unicode.BigEndian, true
	}
	var zeros [2]int
	for i, b := range head[:len(head)/2*2] {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch many := max(2, len(head)/8); {
	case zeros[0] == 0 && zeros[1] >= many:
		return unicode.LittleEndian, true
	case zeros[1] == 0 && zeros[0] >= many:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

// skip returns the bytes of the lines before the table, which are empty or comments.
func (s *sheet) skip(head []byte) (n int) {
	for line := range bytes.Lines(head) {
		text := bytes.TrimSpace(line)
		if len(text) > 0 && text[0] != '#' || !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		if len(text) > 0 {
			s.comment = string(text)
		}
		n += len(line)
		s.line++
	}
	return n
}

// names returns the cells of the last comment where they can only be the names of
// the columns: as many words as the first row has numbers, as numpy writes them.
func (s *sheet) names(cells int) []string {
	line := strings.TrimPrefix(s.comment, "# ")
	names := strings.Split(line, string(s.comma))
	if s.blank {
		names = strings.Fields(line)
	}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if !math.IsNaN(s.number(names[i])) || slices.Contains(names[:i], names[i]) || names[i] == "" {
			return nil
		}
	}
	if len(names) != cells {
		return nil
	}
	return names
}

// separators in the order of preference: where cells are separated by
// semicolons, commas are often decimal ones.
var separators = []rune{';', '\t', ',', '|'}

// quoted is a quoted cell, or the part of one on its line.
var quoted = regexp.MustCompile(`"[^"]*("|$)`)

// separator chooses by the first lines that are not empty: the first candidate that the
// first two have equally often, outside quotes.
func (s *sheet) separator(text []byte) rune {
	var lines [][]byte
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) > 0 && len(lines) < 10 {
			lines = append(lines, quoted.ReplaceAll(bytes.TrimRight(line, "\r\n"), []byte(`""`)))
		}
	}
	separators, none := separators, ','
	if s.Decimal == "comma" {
		separators, none = slices.DeleteFunc(slices.Clone(separators), func(c rune) bool { return c == ',' }), ';'
	}
	if len(lines) == 0 {
		return none
	}
	first, last := lines[0], lines[min(1, len(lines)-1)]
	for _, same := range []bool{true, false} { // else the first that line 1 has
		for _, c := range separators {
			count := func(line []byte) int { return bytes.Count(line, []byte(string(c))) }
			if count(first) > 0 && (!same || count(first) == count(last)) {
				return c
			}
		}
		if cells := bytes.Fields(last); len(cells) > 1 && len(bytes.Fields(first)) == len(cells) && !slices.ContainsFunc(cells, s.isText) {
			return data.Blanks
		}
	}
	if s.blanksBetween(lines) {
		return data.Blanks
	}
	return none
}

// blanksBetween reports whether blanks separate cells of which some are texts: all lines
// have equally many, or the first, as R writes it, one fewer, and each but the first has a number or a hole.
func (s *sheet) blanksBetween(lines [][]byte) bool {
	cells := len(bytes.Fields(lines[len(lines)-1]))
	for i, line := range lines {
		fields := bytes.Fields(line)
		numbers := slices.ContainsFunc(fields, func(cell []byte) bool { return !s.isText(cell) })
		if n := len(fields); n != cells && (i > 0 || numbers || n != cells-1) || i > 0 && !numbers {
			return false
		}
	}
	return cells > 1 && len(lines) > 1
}

// separatorName is the separator in messages.
func (s *sheet) separatorName() string {
	if s.blank {
		return "blanks"
	}
	return strconv.QuoteRune(s.comma)
}

// isText tells a cell that is neither a number nor missing.
func (s *sheet) isText(cell []byte) bool {
	return math.IsNaN(s.number(string(cell))) && !s.missing[string(cell)]
}

// point is the decimal sign.
func (s *sheet) point() byte {
	if s.Decimal == "comma" {
		return ','
	}
	return '.'
}

// utf8 returns a name or a text in UTF-8, and whether it was not: then it is taken for
// Latin-1, or is an error where the encoding is given.
func (s *sheet) utf8(cell string) (text string, latin bool, err error) {
	switch {
	case utf8.ValidString(cell):
		return cell, false, nil
	case s.Encoding == "utf-8":
		return "", false, errors.New("is not UTF-8 (another encoding: data.encoding or --encoding)")
	}
	text, err = charmap.Windows1252.NewDecoder().String(cell)
	return text, true, err
}

// newlines makes of the ends of lines of old Macs those of today.
type newlines struct{ transform.NopResetter }

func (newlines) Transform(dst, src []byte, _ bool) (nDst, nSrc int, err error) {
	n := copy(dst, src)
	for i, c := range dst[:n] {
		if c == '\r' {
			dst[i] = '\n'
		}
	}
	if n < len(src) {
		err = transform.ErrShortDst
	}
	return n, n, err
}

// blanks makes a tab of every run of spaces and tabs outside quotes, and nothing of
// those around a line.
type blanks struct {
	r                  *bufio.Reader
	quoted, begun, gap bool
}

func (b *blanks) Read(p []byte) (n int, err error) {
	if len(p) < 2 {
		return 0, io.ErrShortBuffer
	}
	for n < len(p)-1 {
		c, err := b.r.ReadByte()
		switch {
		case err != nil:
			return n, err
		case b.quoted:
			b.quoted = c != '"'
		case c == ' ' || c == '\t':
			b.gap = b.begun
			continue
		case c == '\n' || c == '\r':
			b.begun, b.gap = false, false
		default:
			if b.gap {
				p[n] = '\t'
				n++
			}
			b.begun, b.gap, b.quoted = true, false, c == '"'
		}
		p[n] = c
		n++
	}
	return n, nil
}
