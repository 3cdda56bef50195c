package source

import (
	"archive/zip"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// The folds of a table are apart, hold every row once, and differ in size by
// one at most; train, valid and test of each fold hold every row once.
func TestFoldsOfTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(7, 211).Draw(t, "rows")
		folds := rapid.IntRange(2, 7).Draw(t, "folds")
		seed := rapid.Uint64().Draw(t, "seed")
		tested := make([]int, rows)
		for k := 1; k <= folds; k++ {
			all := &data.Table{Name: "all"}
			for i := range rows {
				all.Append([]float64{float64(i), float64(-i)})
			}
			s := must.M1(data.Split(all, data.Options{Fold: k, Folds: folds, Seed: new(seed), ContextColumns: 1}))
			seen := make([]bool, rows)
			for _, n := range s.Sets() {
				for i := range n.Set.Rows {
					id := int(n.Set.Row(i)[0])
					if seen[id] || contextOf(s, n.Set, i) != float32(-id) {
						t.Fatalf("fold %d, %s row %d: %v twice, or apart from its context", k, n.Split, i, id)
					}
					seen[id] = true
					if n.Split == "test" {
						tested[id]++
					}
				}
			}
			if slices.Contains(seen, false) {
				t.Fatalf("fold %d loses a row", k)
			}
			if n := s.Test.Rows; n != rows/folds && n != rows/folds+1 {
				t.Fatalf("fold %d of %d has %d of %d rows", k, folds, n, rows)
			}
			if n := s.Valid.Rows; n < 1 || float64(n) > 0.1*float64(rows)+1 {
				t.Fatalf("%d of %d rows for validation", n, rows)
			}
		}
		for id, times := range tested {
			if times != 1 {
				t.Fatalf("row %d is in %d folds", id, times)
			}
		}
	})
}

func TestFoldsOfFile(t *testing.T) {
	var members []any
	for k := range 3 {
		v := float32(10 * k)
		members = append(members, fmt.Sprintf("fold_%d.npy", k+1), datatest.NPYFloat32(5, 1, v, v+1, v+2, v+3, v+4),
			fmt.Sprintf("fold_%d_context.npy", k+1), datatest.NPYFloat32(5, 1, -v, -v-1, -v-2, -v-3, -v-4))
	}
	file := datatest.Temp(t, "f.npz", datatest.NPZ(zip.Deflate, members...))
	s, err := Load(context.Background(), data.Options{Source: file, Fold: 2})
	if err != nil {
		t.Fatal(err)
	}
	wantSet(t, s.Test, 5, 1, 10, 11, 12, 13, 14)
	if s.Train.Rows != 9 || s.Valid.Rows != 1 || s.ContextDim != 1 {
		t.Fatalf("%d/%d rows, context %d", s.Train.Rows, s.Valid.Rows, s.ContextDim)
	}
	rest := append(slices.Clone(s.Train.X), s.Valid.X...)
	slices.Sort(rest)
	if !slices.Equal(rest, []float32{0, 1, 2, 3, 4, 20, 21, 22, 23, 24}) {
		t.Errorf("the other folds are %v", rest)
	}
	for i := range s.Train.Rows {
		if contextOf(s, s.Train, i) != -s.Train.Row(i)[0] {
			t.Errorf("row %v has the context %v", s.Train.Row(i), s.Train.ContextRow(i))
		}
	}
	for want, o := range map[string]data.Options{
		"folds 1 to 3, not 4":       {Fold: 4},
		"3 folds of its own, not 5": {Fold: 1, Folds: 5},
		"labels of folds":           {Fold: 1, Labels: true},
		"it holds 3 folds":          {},
	} {
		o.Source = file
		_, err := Load(context.Background(), o)
		datatest.WantError(t, err, file, want)
	}
	// One of the arrays can be divided as a table.
	if s, err = Load(context.Background(), data.Options{Source: file, Array: "fold_3", Fold: 1, Folds: 5}); err != nil || s.Test.Rows != 1 || s.Test.X[0] < 20 {
		t.Errorf("a fold of one array: %+v, %v", s, err)
	}
}

func TestFoldRefuses(t *testing.T) {
	table := datatest.Temp(t, "x.csv", []byte("1\n2\n3\n"))
	splits := datatest.Temp(t, "s.npz", datatest.NPZ(0, "train.npy", datatest.NPYFloat32(1, 1, 1), "valid.npy", datatest.NPYFloat32(1, 1, 1), "test.npy", datatest.NPYFloat32(1, 1, 1)))
	uneven := datatest.Temp(t, "u.npz", datatest.NPZ(0, "fold_1.npy", datatest.NPYFloat32(1, 1, 1), "fold_2.npy", datatest.NPYFloat32(1, 2, 1, 2), "fold_3.npy", datatest.NPYFloat32(1, 1, 1)))
	for want, o := range map[string]data.Options{
		"set folds too":                 {Source: table, Fold: 1},
		"3 rows cannot be divided into": {Source: table, Fold: 1, Folds: 4},
		"fold: there are only 3":        {Source: table, Fold: 4, Folds: 3},
		"fold: must be":                 {Source: table, Fold: -1},
		"folds: folds have no use":      {Source: table, Folds: 3},
		"folds: one fold":               {Source: table, Fold: 1, Folds: 1},
		"no arrays fold_1":              {Source: splits, Fold: 1},
		"splits of its own":             {Source: "banana", Fold: 1, Folds: 2},
		"fold_2: it has 2 columns":      {Source: uneven, Fold: 3},
	} {
		_, err := Load(context.Background(), o)
		datatest.WantError(t, err, want)
	}
}

// RNADE's folds of red wine: nine of 159 rows and one of 168.
func TestRedWineFolds(t *testing.T) {
	file := datatest.File(t, "real/red_wine_folds.npz")
	for k := 1; k <= 10; k++ {
		s, err := Load(context.Background(), data.Options{Source: file, Fold: k})
		if err != nil {
			t.Fatal(err)
		}
		want := 159
		if k == 10 {
			want = 168
		}
		if s.Dim != 11 || s.Test.Rows != want || s.Train.Rows+s.Valid.Rows != 1599-want || s.Valid.Rows < 143 || s.Valid.Rows > 144 {
			t.Errorf("fold %d: %d/%d/%d rows of %d", k, s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim)
		}
	}
}
