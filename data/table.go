package data

import (
	"fmt"
	"math"
)

// table holds the rows of a recipe in float64, in which they are standardised.
type table struct {
	rows, dim int
	x         []float64 // [rows, dim], row after row
	columns   []string
}

func (t *table) row(i int) []float64 { return t.x[i*t.dim : (i+1)*t.dim] }

// append adds a row.
func (t *table) append(row []float64) {
	t.x = append(t.x, row...)
	t.rows++
}

// keep leaves all but those columns, in ascending order, out, in place.
func (t *table) keep(columns []int) {
	k := 0
	for i := range t.rows {
		for _, c := range columns {
			t.x[k] = t.x[i*t.dim+c] // k never passes the value that is read
			k++
		}
	}
	var names []string
	for _, c := range columns {
		names = append(names, t.columns[c])
	}
	t.x, t.dim, t.columns = t.x[:k:k], len(columns), names
}

// withoutRepeats are the columns whose smallest value stands in five rows at
// most. The paper means to leave columns out in which any value repeats that
// often, but its code looks at the first of the sorted values alone.
func (t *table) withoutRepeats() []int {
	var kept []int
	for c := range t.dim {
		least, count := math.Inf(1), 0
		for i := range t.rows {
			switch v := t.x[i*t.dim+c]; {
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

// scale is what standardises a table: x becomes (x − mean)/sd.
type scale struct{ mean, sd []float64 }

// scaleOf are the means and deviations of the first n rows: the root of the
// mean square of n rows less the given degrees of freedom, 0 as numpy's std, 1
// as pandas'. A constant column is an error.
func (t *table) scaleOf(n, freedom int) (scale, error) {
	s := scale{make([]float64, t.dim), make([]float64, t.dim)}
	varies := make([]bool, t.dim) // rounding can give a constant column a deviation
	for i := range n {
		for c, v := range t.row(i) {
			s.mean[c] += v
			varies[c] = varies[c] || v != t.x[c]
		}
	}
	for c := range s.mean {
		if !varies[c] {
			return scale{}, fmt.Errorf("column %q is constant: it cannot be standardised", t.columns[c])
		}
		s.mean[c] /= float64(n)
	}
	for i := range n {
		for c, v := range t.row(i) {
			s.sd[c] += (v - s.mean[c]) * (v - s.mean[c])
		}
	}
	for c := range s.sd {
		s.sd[c] = math.Sqrt(s.sd[c] / float64(n-freedom))
	}
	return s, nil
}

func (s scale) logDet() float64 {
	var sum float64
	for _, sd := range s.sd {
		sum -= math.Log(sd)
	}
	return sum
}

// set returns rows lo to hi, standardised.
func (t *table) set(name string, lo, hi int, s scale) *Set {
	out := &Set{Name: name, Rows: hi - lo, Dim: t.dim, Columns: t.columns, LogDet: s.logDet(), X: make([]float32, 0, (hi-lo)*t.dim)}
	for i := lo; i < hi; i++ {
		for c, v := range t.row(i) {
			out.X = append(out.X, float32((v-s.mean[c])/s.sd[c]))
		}
	}
	return out
}

// splits cuts the table at rows train and valid.
func (t *table) splits(name string, train, valid int, s scale) *Splits {
	return &Splits{
		Train: t.set(name+" (train)", 0, train, s),
		Valid: t.set(name+" (valid)", train, valid, s),
		Test:  t.set(name+" (test)", valid, t.rows, s),
	}
}
