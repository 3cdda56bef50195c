package recipe

import (
	"context"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/data"
)

var gasRecipe = recipe{
	Info: Info{
		Name:      "gas",
		About:     "GAS: sensors in mixtures of ethylene and CO, less those that repeat others: 8 columns, z-scores",
		Files:     []string{"ethylene_CO.txt"},
		Publisher: "UCI Machine Learning Repository, Gas Sensor Array under Dynamic Gas Mixtures: archive.ics.uci.edu/dataset/322",
	},
	folders: []string{"gas", "gas+sensor+array+under+dynamic+gas+mixtures", "."},
	load:    loadGas,
}

const (
	gasSensors = 16
	gasOthers  = 3 // time and the two concentrations come first
	gasShare   = 4 // one row in four is used
)

// loadGas uses a quarter of the rows, leaves out sensors that repeat others and
// takes the z-scores of all rows. The paper's sizes, 1,052,065 rows of the
// file's 4,208,261, and a line of its code tell that its authors drew a quarter
// by pandas' sample, which also mixes the rows, without a seed: the rows here
// are as many, drawn in the same way by seed 42, but not the same.
func loadGas(ctx context.Context, in input) (data.Source, error) {
	var none data.Source
	rows, err := readText(ctx, in, in.Files[0], countGas)
	if err != nil {
		return none, err
	}
	share := int(math.RoundToEven(float64(rows) / gasShare))
	train, valid, err := lastTenths(share)
	if err != nil {
		return none, err
	}
	if err := in.limit.Take(int64(share) * gasSensors); err != nil {
		return none, err
	}
	target := make([]int32, rows) // where each row of the file goes, from 1; 0 is nowhere
	for k, row := range newRandomState(42).permutation(rows)[:share] {
		target[row] = int32(k + 1)
	}
	t, err := readText(ctx, in, in.Files[0], func(r io.Reader) (*data.Table, error) { return readGas(r, target, share) })
	if err != nil {
		return none, err
	}
	t = t.Select(uncorrelated(t))
	z, err := scaleOf(t, t.Rows(), 1)
	if err != nil {
		return none, err
	}
	s := cut(t, in.Name, train, valid, z)
	s.Note = fmt.Sprintf("%d of %d rows, drawn as pandas draws them by seed 42; the paper's are as many, not the same", share, rows)
	return s, nil
}

func gasColumns() []string {
	return append([]string{"time", "CO", "ethylene"}, numbered("sensor_", gasSensors)...)
}

// firstRow returns a reader of the rows that has read the first one, behind the
// header.
func firstRow(r io.Reader) (*lineReader, error) {
	l := newLineReader(r, ' ', gasColumns())
	if !l.next() || (!l.isNumber(0) && !l.next()) {
		return nil, l.ended("it holds no rows")
	}
	return l, nil
}

// countGas counts the rows.
func countGas(r io.Reader) (int, error) {
	l, err := firstRow(r)
	if err != nil {
		return 0, err
	}
	n := 1
	for l.next() {
		n++
	}
	return n, l.err()
}

// readGas reads the rows of the file that have a place.
func readGas(r io.Reader, target []int32, rows int) (*data.Table, error) {
	x := make([]float64, rows*gasSensors)
	l, err := firstRow(r)
	if err != nil {
		return nil, err
	}
	for row := range target {
		if row > 0 && !l.next() {
			return nil, l.ended(fmt.Sprintf("the file changed while it was read: %d rows instead of %d", row, len(target)))
		}
		if err := l.want(gasOthers + gasSensors); err != nil {
			return nil, err
		}
		if target[row] == 0 {
			continue
		}
		if _, err := l.numbers(x[(int(target[row])-1)*gasSensors:][:0], gasOthers); err != nil {
			return nil, err
		}
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	return data.FromFlat(x, gasSensors, numbered("sensor_", gasSensors)...)
}

// uncorrelated leaves out, as long as two columns have a correlation above 0.98,
// the first column that has such a partner.
func uncorrelated(t *data.Table) (kept []int) {
	var c mat.SymDense
	stat.CorrelationMatrix(&c, t, nil)
	for c := range t.Columns {
		kept = append(kept, c)
	}
	for i := 0; i < len(kept); {
		repeated := false
		for j := range kept {
			repeated = repeated || i != j && c.At(kept[i], kept[j]) > 0.98
		}
		if repeated {
			kept = append(kept[:i], kept[i+1:]...)
			i = 0
		} else {
			i++
		}
	}
	return kept
}
