package main

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models"
)

var (
	tinyMAF = flow{dim: 5, layers: 3, hidden: []int{11, 7}, batch: 13, rows: 130, samples: 17}
	tinyIAF = flow{dim: 2, layers: 3, hidden: []int{7, 5}, inverse: true, batch: 13, rows: 130, samples: 17}
)

// Each variable has mean 0, variance 1, and correlation 0.6 with the one before
// it in its row, but none with the end of the row before.
func TestRowsOfFlows(t *testing.T) {
	f := tinyMAF.withRows(20_000)
	x := f.table().X
	at := func(row, d int) float64 { return float64(x[row*f.dim+d]) }
	const within = 0.03 // four standard errors
	for d := range f.dim {
		var mean, square, before, acrossRows float64
		for i := range f.rows {
			mean += at(i, d)
			square += at(i, d) * at(i, d)
			if d > 0 {
				before += at(i, d) * at(i, d-1)
			} else if i > 0 {
				acrossRows += at(i, 0) * at(i-1, f.dim-1)
			}
		}
		want := 0.6
		if d == 0 {
			want = 0
		}
		n := float64(f.rows)
		if math.Abs(mean/n) > within || math.Abs(square/n-1) > 2*within || math.Abs(before/n-want) > 2*within || math.Abs(acrossRows/n) > within {
			t.Errorf("variable %d has mean %.3f, variance %.3f, correlation %.3f with the one before and %.3f with the row before",
				d, mean/n, square/n, before/n, acrossRows/n)
		}
	}
}

// The banana's normaliser is 2π, by a sum over a grid.
func TestBanana(t *testing.T) {
	const step, lower, upper, top = 0.1, -6.0, 6.0, 24.0
	var grid []float32
	for a := lower; a < upper; a += step {
		for b := lower; b < top; b += step {
			grid = append(grid, float32(a), float32(b))
		}
	}
	b := backendtest.Open(t, backend.KindGo)
	out, err := graph.CallOnce(b.Compute, func(x *graph.Node) *graph.Node {
		return banana(models.Params{}, graph.Reshape(x, len(grid)/2, 2))
	}, grid)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, v := range out.Value().([]float32) {
		sum += math.Exp(float64(v)) * step * step
	}
	out.MustFinalizeAll()
	if math.Abs(sum-2*math.Pi) > 1e-3 {
		t.Errorf("the banana sums to %v, want 2π", sum)
	}
}

func TestRequestsOfFlows(t *testing.T) {
	dir := t.TempDir()
	r, err := tinyMAF.request("flow_density", dir)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(r.File) != dir || r.Dim != 5 || r.Layers != 3 || len(r.Hidden) != 2 || r.Inverse {
		t.Errorf("request %+v, want that of the flow with a file", r)
	}
	set, err := format.ReadFile(context.Background(), r.File, format.ReadOptions{Array: "rows"})
	if err != nil {
		t.Fatal(err)
	}
	want := tinyMAF.table()
	if rows, dim := set.Dims(); rows != want.Rows || dim != want.Dim || !slices.Equal(set.Float32(), want.X) {
		t.Errorf("the file has %d×%d values, want the %d×%d of the table", rows, dim, want.Rows, want.Dim)
	}
	for _, c := range []struct {
		kind  string
		of    flow
		batch int
	}{{"flow_sample", tinyMAF, 17}, {"flow_train", tinyIAF, 13}, {"flow_sample", tinyIAF, 17}} {
		if r, err = c.of.request(c.kind, dir); err != nil || r.File != "" || r.Batch != c.batch {
			t.Errorf("%s of an inverse %v flow asks for %+v, %v; want no file and %d a call", c.kind, c.of.inverse, r, err, c.batch)
		}
	}
}
