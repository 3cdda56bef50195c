package recipe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
)

var hepmassRecipe = recipe{
	Info: Info{
		Name:      "hepmass",
		About:     "HEPMASS: particles that decay from one of mass 1000, without discrete features: 21 columns, z-scores",
		Files:     []string{"1000_train.csv", "1000_test.csv"},
		Publisher: "UCI Machine Learning Repository, HEPMASS: archive.ics.uci.edu/dataset/347",
	},
	folders: []string{"hepmass", "."},
	load:    loadHepmass,
}

// loadHepmass takes the signal rows (label 1) in the order of the files. Columns
// with repeats are found, and the z-scores taken, in all rows of 1000_train, of
// which the last tenth is then valid.
func loadHepmass(ctx context.Context, in input) (data.Source, error) {
	var none data.Source
	read := func(r io.Reader) (*data.Table, error) { return readHepmass(r, in.limit) }
	train, err := readText(ctx, in, in.Files[0], read)
	if err != nil {
		return none, err
	}
	test, err := readText(ctx, in, in.Files[1], read)
	if err != nil {
		return none, err
	}
	for c, name := range train.Columns {
		if c >= len(test.Columns) || test.Columns[c] != name {
			return none, fmt.Errorf("%s has the column %q at %d, but %s has not", in.Files[0], name, c+1, in.Files[1])
		}
	}
	kept := withoutRepeats(train)
	valid := train.Rows() / 10
	switch {
	case len(kept) == 0:
		return none, fmt.Errorf("%s: the smallest value of every column stands in more than 5 rows: none is left", in.Files[0])
	case valid == 0:
		return none, fmt.Errorf("%s: %d rows of label 1 are too few: a tenth is for validation", in.Files[0], train.Rows())
	}
	train, test = train.Select(kept), test.Select(kept) // test alone has one more column, the mass, the last
	z, err := scaleOf(train, train.Rows(), 1)
	if err != nil {
		return none, fmt.Errorf("%s: %w", in.Files[0], err)
	}
	s := cut(train, in.Name, train.Rows()-valid, train.Rows(), z)
	test.Name = in.Name
	s.Test = data.Part{Table: test, Name: "test"}
	return s, nil
}

// readHepmass reads the rows of label 1 without the label. Cells behind the last
// that the header names are left out, as pandas does here.
func readHepmass(r io.Reader, limit *data.Limit) (*data.Table, error) {
	l := newLineReader(r, ',', nil)
	if !l.next() {
		return nil, l.ended("it holds no header")
	}
	if l.isNumber(0) || !strings.Contains(string(l.cells[0]), "label") {
		return nil, l.bad(0, "not the header of a first column with labels")
	}
	var cells []string
	for _, cell := range l.cells {
		cells = append(cells, string(cell))
	}
	if len(cells) < 2 {
		return nil, errors.New("line 1 names no column but the label")
	}
	names, err := format.ColumnNames(cells, l.line)
	if err != nil {
		return nil, err
	}
	t, dim := &data.Table{Columns: names[1:]}, len(names)-1
	width := 0
	row := make([]float64, 0, dim)
	for l.next() {
		if width == 0 && len(l.cells) >= len(names) {
			width = len(l.cells)
			l.columns = slices.Concat(names, numbered("unnamed_", width-len(names)))
		}
		if err := l.want(max(width, len(names))); err != nil {
			return nil, err
		}
		label, err := l.number(0)
		if err != nil {
			return nil, err
		}
		if label != 0 && label != 1 {
			return nil, l.bad(0, "not the label 0 or 1")
		}
		if label == 0 {
			continue
		}
		l.cells = l.cells[:len(names)]
		if row, err = l.numbers(row[:0], 1); err != nil {
			return nil, err
		}
		if err := limit.Take(int64(dim)); err != nil {
			return nil, err
		}
		t.Append(row)
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	if t.Rows() == 0 {
		return nil, errors.New("it holds no rows of label 1")
	}
	return t, nil
}
