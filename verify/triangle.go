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

// triangle looks at the Jacobian of a layer in an order.
func triangle(j *mat.Dense, order masks.Order) lower {
	var t lower
	for d := range order {
		t.logDet += math.Log(math.Abs(j.At(d, d)))
		for i := range order {
			entry := j.At(d, i)
			switch {
			case i == d:
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
