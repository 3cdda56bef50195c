package recipe

import (
	"errors"
	"fmt"
	"math"

	"github.com/maskflow/maskflow/data"
)

// withoutRepeats are the columns whose smallest value stands in five rows at
// most. The paper means to leave columns out in which any value repeats that
// often, but its code looks at the first of the sorted values alone. It is an error
// when none is left.
func withoutRepeats(t *data.Table) (kept []int, err error) {
	rows, dim := t.Dims()
	for c := range dim {
		least, count := math.Inf(1), 0
		for i := range rows {
			switch v := t.At(i, c); {
			case v < least:
				least, count = v, 1
			case v == least:
				count++
			}
		}
		if count <= 5 {
			kept = append(kept, c)
		}
	}
	if kept == nil {
		return nil, errors.New("the smallest value of every column stands in more than 5 rows: none is left")
	}
	return kept, nil
}

// scaleOf is the step to the z-scores of the first n rows, whose deviation is the
// root of the mean square of n rows less the degrees of freedom. A constant column
// is an error.
func scaleOf(t *data.Table, n, freedom int) (*data.Scale, error) {
	_, dim := t.Dims()
	s, err := data.FitScale(dim, freedom, func(f func([]float64)) error {
		for i := range n {
			f(t.Row(nil, i))
		}
		return nil
	})
	for c := range dim {
		if err == nil && s.SD[c] == 0 {
			err = fmt.Errorf("column %q is constant: it cannot be standardised", t.Columns[c])
		}
	}
	return s, err
}

// scored cuts a table in three as the paper does, with the z-scores of the rows as
// pandas computes them, of all, or else as numpy does, of those of train and valid.
func scored(t *data.Table, name string, pandas bool, note string) (data.Source, error) {
	train, valid, err := lastTenths(t.Rows())
	if err != nil {
		return data.Source{}, err
	}
	fitted, freedom := valid, 0
	if pandas {
		fitted, freedom = t.Rows(), 1
	}
	z, err := scaleOf(t, fitted, freedom)
	if err != nil {
		return data.Source{}, err
	}
	t.Name = name
	s := data.Cut(t, train, valid, z)
	s.Note = note
	return s, nil
}

// lastTenths are where the paper cuts n rows: the last tenth is the test set,
// the last tenth of what is left the validation set, both rounded down.
func lastTenths(n int) (train, valid int, err error) {
	valid = n - n/10
	train = valid - valid/10
	if n < 10 || valid == train {
		return 0, 0, fmt.Errorf("%d rows are too few: a tenth is for testing, a tenth of the rest for validation", n)
	}
	return train, valid, nil
}
