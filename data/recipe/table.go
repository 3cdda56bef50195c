package recipe

import (
	"fmt"
	"math"

	"github.com/maskflow/maskflow/data"
)

// withoutRepeats are the columns whose smallest value stands in five rows at
// most. The paper means to leave columns out in which any value repeats that
// often, but its code looks at the first of the sorted values alone.
func withoutRepeats(t *data.Table) []int {
	rows, dim := t.Dims()
	var kept []int
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
	return kept
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

// cut makes a source of a table whose validation rows begin at row train and whose
// test rows begin at row valid.
func cut(t *data.Table, name string, train, valid int, scale *data.Scale) data.Source {
	t.Name = name
	return data.Source{
		Train: data.Span(t, 0, train, "train"), Valid: data.Span(t, train, valid, "valid"), Test: data.Span(t, valid, t.Rows(), "test"),
		Steps: []data.Step{scale},
	}
}
