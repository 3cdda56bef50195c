package backend

import (
	"context"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Speed is how fast a product [M, K]·[K, N] of float32 matrices runs,
// 2·M·K·N operations in the best of several runs.
type Speed struct {
	Backend string  `json:"backend"` // KindGo, KindXLA or KindCUDA.
	M       int     `json:"m"`
	K       int     `json:"k"`
	N       int     `json:"n"`
	GFLOPS  float64 `json:"gflops"`
	Error   string  `json:"error,omitempty"` // Why there is no figure.
}

// products are a square one and the first layer of a MADE for 28×28 pixels.
var products = [][3]int{{512, 512, 512}, {100, 784, 1000}}

// timeBudget is how long one product is repeated.
var timeBudget = 400 * time.Millisecond

func timeKind(ctx context.Context, kind string) []Speed {
	b, err := open(ctx, kind, Options{})
	if err != nil {
		return []Speed{{Backend: kind, Error: err.Error()}}
	}
	defer b.Close()
	var all []Speed
	for _, p := range products {
		s := Speed{Backend: kind, M: p[0], K: p[1], N: p[2]}
		best, err := timeProduct(ctx, b, s.M, s.K, s.N)
		if err != nil {
			s.Error = err.Error()
		} else {
			s.GFLOPS = 2 * float64(s.M) * float64(s.K) * float64(s.N) / float64(best.Nanoseconds())
		}
		all = append(all, s)
	}
	return all
}

func timeProduct(ctx context.Context, b *Backend, m, k, n int) (best time.Duration, err error) {
	defer recovered(&err)
	exec, err := graph.NewExec(b.Compute, func(x, y *graph.Node) (*graph.Node, *graph.Node) {
		z := graph.Dot(x, y).Product()
		return z, graph.Slice(z, graph.AxisRange(0, 1), graph.AxisRange(0, 1))
	})
	if err != nil {
		return 0, OneLine(err)
	}
	defer exec.Finalize()
	x, y := sawtooth(m, k), sawtooth(k, n)
	defer x.MustFinalizeAll()
	defer y.MustFinalizeAll()
	start := time.Now()
	for i := 0; i < 2 || time.Since(start) < timeBudget; i++ {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		began := time.Now()
		out, err := exec.Call(x, y)
		if err != nil {
			return 0, OneLine(err)
		}
		// A device runs ahead of the host; reading an element waits for it.
		tensors.MustCopyFlatData[float32](out[1])
		took := time.Since(began)
		for _, t := range out {
			t.MustFinalizeAll()
		}
		switch {
		case i == 0: // compiles, and uploads the matrices
			start = time.Now()
		case i == 1 || took < best:
			best = took
		}
	}
	return best, nil
}

// sawtooth is a matrix of small values without denormals or zeros to skip.
func sawtooth(rows, cols int) *tensors.Tensor {
	flat := make([]float32, rows*cols)
	for i := range flat {
		flat[i] = float32(i%17)/16 - 0.53
	}
	return tensors.FromFlatDataAndDimensions(flat, rows, cols)
}
