package recipe

import (
	"cmp"
	"context"
	"fmt"

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
	t, err := readRows(ctx, in, numbered("kept_", minibooneKept), readMiniboone)
	if err != nil {
		return data.Source{}, err
	}
	kept, err := withoutRepeats(t)
	if err != nil {
		return data.Source{}, err
	}
	return scored(t.Select(nil, kept), in.Name, false, "")
}

// readMiniboone reads the signal rows, which come first: as many as the first of
// two numbers on the first line says. Rows with an outlier are left out.
func readMiniboone(l *lineReader) (*data.Table, error) {
	t := &data.Table{Columns: numbered("pid_", minibooneColumns)}
	if !l.next() {
		return l.all(t)
	}
	if !l.want(2) {
		return nil, fmt.Errorf("%w: the first line has the numbers of signal and background rows", l.failed)
	}
	signal := l.number(0)
	if signal < 1 || signal != float64(int64(signal)) {
		l.refuse(0, "not a number of rows")
	}
	l.columns = t.Columns
	for k := range int64(signal) {
		if !l.next() {
			l.failed = cmp.Or(l.failed, fmt.Errorf("the first line says %v signal rows, but there are %d: the file is cut short", signal, k))
		}
		if !l.want(minibooneColumns) {
			break
		}
		if row := l.numbers(0, minibooneColumns); row[0] >= minibooneOutlier {
			l.add(t, row...)
		}
	}
	return l.all(t)
}
