package backend_test

import (
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
)

// Six independent products in one graph: with limited parallelism the Go
// backend starts 2·GOMAXPROCS of them, each of which then waits for a worker.
func TestIndependentProductsFinish(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		const rows, inner, cols, n = 101, 397, 211, 6
		exec, err := graph.NewExec(b.Compute, func(in []*graph.Node) *graph.Node {
			sum := graph.Dot(in[0], in[1]).Product()
			for _, w := range in[2:] {
				sum = graph.Add(sum, graph.Dot(in[0], w).Product())
			}
			return graph.ReduceAllMax(sum) // every element is the same exact integer
		})
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Finalize()
		args := []any{constant(1, rows, inner)}
		want := float32(0)
		for i := range n {
			args = append(args, constant(float32(i), inner, cols))
			want += float32(i) * inner
		}
		done := make(chan error, 1)
		var got float32
		go func() {
			for range 20 {
				out, err := exec.Call(args...)
				if err != nil {
					done <- err
					return
				}
				got = tensors.ToScalar[float32](out[0])
				out[0].MustFinalizeAll()
			}
			done <- nil
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("independent products deadlock")
		}
		if got != want {
			t.Errorf("sum of products has elements %v, want %v", got, want)
		}
	})
}

func constant(v float32, dims ...int) *tensors.Tensor {
	size := 1
	for _, d := range dims {
		size *= d
	}
	flat := make([]float32, size)
	for i := range flat {
		flat[i] = v
	}
	return tensors.FromFlatDataAndDimensions(flat, dims...)
}
