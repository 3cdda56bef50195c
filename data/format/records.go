package format

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unsafe"
)

// maxCSVLine bounds the bytes of one line, and of cells whose quote is not closed.
const maxCSVLine = 1 << 26

// maxCells bounds the cells of a row: a bomb of nothing but separators takes many
// times the memory of its line.
const maxCells = 1 << 20

// records reads a text line by line and divides it into cells. Most lines have no
// quotes and are divided where they are read, so that a table leaves no garbage as
// large as itself; the others are the business of package csv.
type records struct {
	comma rune
	limit *lineLimit
	in    *bufio.Reader
	line  int      // number of the last line that was read
	long  []byte   // a line that is longer than the buffer of in
	cells []string // of the last record

	quoted *csv.Reader
	given  []byte // what it has not read of the last line
	taken  int    // number of lines that it was given
	commas int    // in those of its record
}

func newRecords(r io.Reader) *records {
	limit := &lineLimit{r: r, left: maxCSVLine}
	return &records{limit: limit, in: bufio.NewReaderSize(limit, 1<<16)}
}

// next returns the cells of the next record, which are valid until the next call, and
// the number of its first line. Empty lines are skipped.
func (r *records) next() (cells []string, line int, err error) {
	for {
		r.limit.left = maxCSVLine
		text, err := r.readLine()
		if err != nil {
			return nil, 0, err
		}
		if bytes.IndexByte(text, '"') >= 0 {
			return r.withQuotes(text)
		}
		if text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")); len(text) > 0 {
			cells, err = r.split(unsafe.String(&text[0], len(text))) // a view of the buffer
			return cells, r.line, err
		}
	}
}

// split divides a line without quotes.
func (r *records) split(line string) ([]string, error) {
	for r.cells = r.cells[:0]; len(r.cells) < maxCells; {
		i := strings.IndexByte(line, byte(r.comma))
		if i < 0 {
			r.cells = append(r.cells, line)
			return r.cells, nil
		}
		r.cells, line = append(r.cells, line[:i]), line[i+1:]
	}
	return nil, r.tooMany(r.line)
}

func (r *records) tooMany(line int) error {
	return fmt.Errorf("line %d has more than %d cells", line, maxCells)
}

// withQuotes reads a record that begins with a line.
func (r *records) withQuotes(first []byte) (cells []string, line int, err error) {
	if r.quoted == nil {
		r.quoted = csv.NewReader(lineByLine{r})
		r.quoted.Comma = r.comma
		r.quoted.FieldsPerRecord = -1 // counted by the caller, whose message can name both lines
		r.quoted.ReuseRecord = true
		r.quoted.TrimLeadingSpace = r.comma != '\t'
	}
	line, before := r.line, r.line-1-r.taken // lines that were not given to it
	r.given, r.taken, r.commas = first, r.taken+1, bytes.Count(first, []byte{byte(r.comma)})
	if r.commas >= maxCells {
		return nil, 0, r.tooMany(line)
	}
	if cells, err = r.quoted.Read(); err != nil {
		return nil, 0, csvError(err, before)
	}
	return cells, line, nil
}

// readLine returns the next line with its end, valid until the next call.
func (r *records) readLine() ([]byte, error) {
	text, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.long = r.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			r.long = append(r.long, text...)
			text, err = r.in.ReadSlice('\n')
		}
		r.long = append(r.long, text...)
		text = r.long
	}
	if len(text) > 0 && err == io.EOF {
		err = nil
	}
	if err == io.EOF {
		return nil, err
	}
	if err != nil {
		return nil, damage(err)
	}
	r.line++
	return text, nil
}

// lineByLine gives a reader of quotes one line at a time, and no more of them than
// its record has.
type lineByLine struct{ *records }

func (r lineByLine) Read(p []byte) (int, error) {
	if len(r.given) == 0 {
		text, err := r.readLine()
		if err != nil {
			return 0, err
		}
		if r.commas += bytes.Count(text, []byte{byte(r.comma)}); r.commas >= maxCells {
			return 0, r.tooMany(r.line)
		}
		r.given = text
		r.taken++
	}
	n := copy(p, r.given)
	r.given = r.given[n:]
	return n, nil
}

// csvError says what is wrong with quotes; so many lines come before those that were
// counted.
func csvError(err error, before int) error {
	e, ok := errors.AsType[*csv.ParseError](err)
	switch {
	case !ok:
		return err
	case errors.Is(e.Err, csv.ErrBareQuote):
		return fmt.Errorf("line %d: a quote inside a cell that does not begin with one", e.Line+before)
	case errors.Is(e.Err, csv.ErrQuote):
		return fmt.Errorf("line %d: text after a closing quote, or a quote that is never closed (opened on line %d)", e.Line+before, e.StartLine+before)
	}
	return fmt.Errorf("line %d: %w", e.Line+before, e.Err)
}

// lineLimit stops a reader that gives a line without end: no one line of a
// decompression bomb may fill the memory.
type lineLimit struct {
	r    io.Reader
	left int
}

func (l *lineLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("a line is longer than %d MiB", maxCSVLine>>20)
	}
	n, err := l.r.Read(p)
	l.left -= n
	return n, err
}
