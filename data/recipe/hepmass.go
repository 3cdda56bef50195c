package recipe

import (
	"context"
	"errors"
	"fmt"
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
func loadHepmass(ctx context.Context, in input) (s data.Source, err error) {
	var read [2]*data.Table
	for i, file := range in.Files {
		if read[i], err = readLines(ctx, in, file, readHepmass); err != nil {
			return s, err
		}
	}
	train, test := read[0], read[1]
	for c, name := range train.Columns {
		if c >= len(test.Columns) || test.Columns[c] != name {
			return s, fmt.Errorf("%s has the column %q at %d, but %s has not", in.Files[0], name, c+1, in.Files[1])
		}
	}
	rows := train.Rows()
	kept, err := withoutRepeats(train)
	if err == nil && rows < 10 {
		err = fmt.Errorf("%d rows of label 1 are too few: a tenth is for validation", rows)
	}
	var z *data.Scale
	if err == nil {
		train, test = train.Select(nil, kept), test.Select(nil, kept) // test alone has one more column, the mass, the last
		z, err = scaleOf(train, rows, 1)
	}
	if err != nil {
		return s, fmt.Errorf("%s: %w", in.Files[0], err)
	}
	train.Name, test.Name = in.Name, in.Name
	s = data.Cut(train, rows-rows/10, rows, z)
	s.Test = data.Part{Table: test, Name: "test"}
	return s, nil
}

// readHepmass reads the rows of label 1 without the label. Cells behind the last
// that the header names are left out, as pandas does here.
func readHepmass(l *lineReader) (*data.Table, error) {
	l.comma = ","
	if !l.next() {
		return l.all(&data.Table{})
	}
	switch {
	case l.isNumber(0) || !strings.Contains(l.cells[0], "label"):
		l.refuse(0, "not the header of a first column with labels")
		return nil, l.failed
	case len(l.cells) < 2:
		return nil, errors.New("line 1 names no column but the label")
	}
	names, err := format.ColumnNames(l.cells, l.line)
	if err != nil {
		return nil, err
	}
	t, width := &data.Table{Columns: names[1:]}, 0
	for l.next() {
		if width == 0 && len(l.cells) >= len(names) {
			width = len(l.cells)
			l.columns = slices.Concat(names, numbered("unnamed_", width-len(names)))
		}
		if !l.want(max(width, len(names))) {
			break
		}
		switch l.number(0) {
		case 0:
		case 1:
			l.add(t, l.numbers(1, len(t.Columns))...)
		default:
			l.refuse(0, "not the label 0 or 1")
		}
	}
	if l.failed == nil && t.Rows() == 0 {
		return nil, errors.New("it holds no rows of label 1")
	}
	return l.all(t)
}
