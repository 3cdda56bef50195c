package nn

import (
	"math"
	"os"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
)

func TestMain(m *testing.M) {
	backend.ProbeMain()
	os.Exit(m.Run())
}

// number is a type of element that graphs are tested in.
type number interface{ float32 | float64 }

// evaluate builds a graph, runs it once and returns its outputs, flat.
func evaluate[T number](t *testing.T, b *backend.Backend, fn func(args []*Node) []*Node, args ...any) [][]T {
	t.Helper()
	exec, err := NewExec(b.Compute, fn)
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	return backendtest.Call[T](t, exec, args...)
}

func matrix[T number](flat []T, rows, cols int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(flat, rows, cols)
}

// near says whether got is want to a relative error, absolute below 1. NaN is
// near NaN, and an infinity only itself.
func near(got, want, tolerance float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return got == want || math.IsNaN(got) && math.IsNaN(want)
	}
	return math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}
