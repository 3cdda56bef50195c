package recipe

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/maskflow/maskflow/data"
)

var minibooneRecipe = recipe{
	Info: Info{
		Name:      "miniboone",
		About:     "MINIBOONE: electron neutrinos in a detector, without discrete features: 43 columns, z-scores; the authors' miniboone/data.npy too",
		Files:     []string{"MiniBooNE_PID.txt"},
		Publisher: "UCI Machine Learning Repository, MiniBooNE Particle Identification: archive.ics.uci.edu/dataset/199",
	},
	folders: []string{"miniboone", "miniboone+particle+identification", "."},
	load:    loadMiniboone,
}

const (
	minibooneColumns = 50
	minibooneKept    = 43   // of them in the authors' rows
	minibooneOutlier = -100 // a first value below this is none
)

// loadMiniboone takes the signal rows in the order of the file. The z-scores are
// those of train and valid.
func loadMiniboone(ctx context.Context, in input) (data.Source, error) {
	var none data.Source
	t, err := readRows(ctx, in, numbered("kept_", minibooneKept), func(r io.Reader) (*data.Table, error) { return readMiniboone(r, in.limit) })
	if err != nil {
		return none, err
	}
	train, valid, err := lastTenths(t.Rows())
	if err != nil {
		return none, err
	}
	kept := withoutRepeats(t)
	if len(kept) == 0 {
		return none, errors.New("the smallest value of every column stands in more than 5 rows: none is left")
	}
	t = t.Select(kept)
	z, err := scaleOf(t, valid, 0)
	if err != nil {
		return none, err
	}
	return cut(t, in.Name, train, valid, z), nil
}

// readMiniboone reads the signal rows, which come first: as many as the first of
// two numbers on the first line says. Rows with an outlier are left out.
func readMiniboone(r io.Reader, limit *data.Limit) (*data.Table, error) {
	t := &data.Table{Columns: numbered("pid_", minibooneColumns)}
	l := newLineReader(r, ' ', nil)
	if !l.next() {
		return nil, l.ended("it holds no rows")
	}
	if err := l.want(2); err != nil {
		return nil, fmt.Errorf("%w: the first line has the numbers of signal and background rows", err)
	}
	signal, err := l.number(0)
	if err != nil {
		return nil, err
	}
	if signal < 1 || signal != float64(int64(signal)) {
		return nil, l.bad(0, "not a number of rows")
	}
	l.columns = t.Columns
	row := make([]float64, 0, minibooneColumns)
	for k := range int64(signal) {
		if !l.next() {
			return nil, l.ended(fmt.Sprintf("the first line says %v signal rows, but there are %d: the file is cut short", signal, k))
		}
		if err := l.want(minibooneColumns); err != nil {
			return nil, err
		}
		if row, err = l.numbers(row[:0], 0); err != nil {
			return nil, err
		}
		if row[0] < minibooneOutlier {
			continue
		}
		if err := limit.Take(minibooneColumns); err != nil {
			return nil, err
		}
		t.Append(row)
	}
	return t, nil
}
