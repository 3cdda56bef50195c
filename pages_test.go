package maskflow_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/modeltest"
)

// pagedModel is a MAF of three named columns, with rows of them: more than one block of likelihoods.
func pagedModel(t testing.TB, b *backend.Backend) (*maskflow.Model, *data.Table) {
	t.Helper()
	const rows = 40_007
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, 3*rows)
	for i := range x {
		x[i] = 5 + 3*rng.NormFloat64()
	}
	table := must.M1(data.FromFlat(x, 3, "a", "b", "c"))
	prep := must.M1(data.Split(table, data.Options{})).Prep
	d := must.M1(maf.New(maf.Options{Layers: 2, Dim: 3, Hidden: []int{11}, Seed: 1}))
	return newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{Preparation: prep}), table
}

// Rows of a file have the likelihoods of rows in memory, bit by bit.
func TestPagesHaveTheLikelihoodsOfTables(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		m, table := pagedModel(t, b)
		want := must.M1(m.LogProb(t.Context(), table))
		evaluated := must.M1(m.Evaluate(t.Context(), table, maskflow.EvalOptions{}))
		dir := t.TempDir()
		for _, name := range []string{"x.csv", "x.csv.gz", "x.parquet"} {
			path, out := filepath.Join(dir, name), filepath.Join(dir, "log_prob_"+name)
			must.M(format.WriteFile(path, table))
			pages, blocks, rows := format.Pages(t.Context(), path, format.ReadOptions{}), 0, 0
			must.M(format.WriteRows(out, format.AnyRows, func(write func(*data.Table) error) error {
				return m.LogProbBlocks(t.Context(), pages, nil, func(s *data.Prepared, logp []float64, _ [][]float64) error {
					blocks++
					rows += s.Rows
					return write(must.M1(data.FromFlat(logp, 1, "log_prob")))
				})
			}))
			got := must.M1(format.ReadFile(t.Context(), out, format.ReadOptions{}))
			if blocks < 3 || rows != len(want) || got.Rows() != rows {
				t.Fatalf("%s: %d rows in %d blocks", name, rows, blocks)
			}
			for i, v := range want {
				if got.At(i, 0) != v {
					t.Fatalf("%s: row %d has %v, in memory %v", name, i, got.At(i, 0), v)
				}
			}
			e := must.M1(m.EvaluatePages(t.Context(), pages, maskflow.EvalOptions{}))
			if e.NLL != evaluated.NLL || e.NLL2SE != evaluated.NLL2SE || e.Rows != evaluated.Rows {
				t.Errorf("%s: %v ± %v of %d rows, in memory %v ± %v", name, e.NLL, e.NLL2SE, e.Rows, evaluated.NLL, evaluated.NLL2SE)
			}
		}
	})
}

// A likelihood that ends in the middle, by a cancellation, a writer or a row, leaves no file.
func TestPagesThatEndLeaveNoFile(t *testing.T) {
	m, table := pagedModel(t, backendtest.Open(t, backend.KindGo))
	dir := t.TempDir()
	in := filepath.Join(t.TempDir(), "x.csv")
	full := errors.New("full")
	wants := map[string]error{"cancelled": context.Canceled, "writer": full}
	for _, name := range []string{"cancelled", "writer", "row"} {
		if name == "row" {
			table.Set(39_998, 1, math.NaN())
		}
		must.M(format.WriteFile(in, table))
		ctx, cancel := context.WithCancel(t.Context())
		blocks := 0
		err := format.WriteRows(filepath.Join(dir, "out.csv"), format.AnyRows, func(write func(*data.Table) error) error {
			return m.LogProbBlocks(ctx, format.Pages(ctx, in, format.ReadOptions{}), nil, func(_ *data.Prepared, logp []float64, _ [][]float64) error {
				if blocks++; name == "cancelled" {
					cancel()
				}
				if name == "writer" {
					return full
				}
				return write(must.M1(data.FromFlat(logp, 1)))
			})
		})
		cancel()
		if want := wants[name]; want == nil {
			refuses(t, name, err, `x.csv: line 40000, column "b"`)
		} else if !errors.Is(err, want) {
			t.Errorf("%s: the error is %v", name, err)
		}
		if left := must.M1(os.ReadDir(dir)); blocks == 0 || len(left) > 0 {
			t.Errorf("%s: after %d blocks %v is left", name, blocks, left)
		}
	}
}
