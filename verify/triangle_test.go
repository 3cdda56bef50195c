package verify

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/maskflow/maskflow/masks"
)

// The Jacobian of a layer in the order (x2, x1, x3): row d is what variable d
// depends on.
func TestTriangle(t *testing.T) {
	order := masks.Order{2, 1, 3}
	good := []float64{
		2, 5, 0,
		0, -3, 0,
		0, 7, 4}
	if got := triangle(mat.NewDense(3, 3, good), order); got.bad != "" || got.allowed != 3 || got.live != 2 || math.Abs(got.logDet-math.Log(24)) > 1e-12 {
		t.Errorf("%+v", got)
	}
	for at, says := range map[int]string{
		2: "variable 1 (degree 2) depends on variable 3 (degree 3): derivative 1",
		3: "variable 2 (degree 1) depends on variable 1 (degree 2): derivative 1",
		5: "variable 2 (degree 1) depends on variable 3 (degree 3)",
	} {
		j := mat.NewDense(3, 3, append([]float64(nil), good...))
		j.Set(at/3, at%3, 1)
		if got := triangle(j, order); !strings.HasPrefix(got.bad, says) {
			t.Errorf("entry %d: %q, want %q", at, got.bad, says)
		}
	}
}
