package verify

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/maskflow/maskflow/masks"
)

// lower is what a matrix that should be triangular in an order is like.
type lower struct {
	bad           string // the first entry that must be zero and is not
	live, allowed int    // entries that need not be zero
	logDet        float64
}

// matrix is a square one from rows of so many values, the last of which may be
// something else.
func matrix(values []float32, dim, width int) *mat.Dense {
	m := mat.NewDense(dim, dim, nil)
	for d := range dim {
		for i := range dim {
			m.Set(d, i, float64(values[d*width+i]))
		}
	}
	return m
}

// triangle looks at a Jacobian in an order: of a layer, or a strict one, whose
// diagonal must be zero too.
func triangle(j *mat.Dense, order masks.Order, strict bool) lower {
	var t lower
	for d := range order {
		t.logDet += math.Log(math.Abs(j.At(d, d)))
		for i := range order {
			entry := j.At(d, i)
			switch {
			case i == d && !strict:
			case order[i] < order[d]:
				if t.allowed++; entry != 0 {
					t.live++
				}
			case entry != 0 && t.bad == "": // NaN too
				t.bad = fmt.Sprintf("variable %d (degree %d) depends on variable %d (degree %d): derivative %v", d+1, order[d], i+1, order[i], entry)
			}
		}
	}
	return t
}
