package recipe

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// recipeFolder writes files, given as name and content in turn, into the folder
// of a recipe, and returns the data folder.
func recipeFolder(t testing.TB, folder string, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	must.M(os.MkdirAll(filepath.Join(dir, folder), 0o700))
	for i := 0; i < len(files); i += 2 {
		must.M(os.WriteFile(filepath.Join(dir, folder, files[i]), []byte(files[i+1]), 0o600))
	}
	return dir
}

// load prepares the rows of a recipe, or of the folder or generator that tests name.
func load(ctx context.Context, o data.Options) (*data.Splits, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	limit := data.NewLimit(o.MaxValues)
	s, found, err := Load(ctx, o, limit)
	switch {
	case o.Source == "connect4":
		s, err = Connect4(ctx, o)
	case !found:
		s, err = Folder(ctx, filepath.Join(o.Dir, o.Source), o.Labels, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", o.Source, err)
	}
	return data.Prepare(s, o)
}

// columnSums are the sums of the columns of a set.
func columnSums(s *data.Prepared) []float64 {
	sums := make([]float64, s.Dim)
	for i := range s.Rows {
		for d, v := range s.Row(i) {
			sums[d] += float64(v)
		}
	}
	return sums
}

// smallLimit lets fuzzed files ask for little.
func smallLimit() *data.Limit { return data.NewLimit(1 << 16) }

// wantScores fails unless the columns of some rows have mean 0 and deviation 1,
// n less freedom rows counting.
func wantScores(t *testing.T, freedom int, sets ...*data.Prepared) {
	t.Helper()
	for c := range sets[0].Dim {
		var n, sum, squares float64
		for _, s := range sets {
			for i := range s.Rows {
				v := float64(s.Row(i)[c])
				n, sum, squares = n+1, sum+v, squares+v*v
			}
		}
		if sd := math.Sqrt(squares / (n - float64(freedom))); math.Abs(sum/n) > 1e-6 || math.Abs(sd-1) > 1e-6 {
			t.Errorf("column %d: mean %v, deviation %v", c, sum/n, sd)
		}
	}
}

func TestRecipes(t *testing.T) {
	dir := t.TempDir()
	for _, r := range All() {
		if r.About == "" || len(r.Files) == 0 || r.Publisher == "" {
			t.Errorf("%s says too little", r.Name)
		}
		_, err := load(context.Background(), data.Options{Dir: dir, Source: r.Name})
		datatest.WantError(t, err, "reading "+r.Name, "no "+strings.TrimSuffix(r.Files[0], "/"), filepath.Join(dir, r.Name), r.Publisher, "MASKFLOW_DATA")
	}
	All()[0].Files[0] = "another"
	if All()[0].Files[0] == "another" {
		t.Error("the list is not the caller's own")
	}
}

func TestLastTenths(t *testing.T) {
	// Rows, and the sizes that the MAF paper's code makes of them.
	for n, want := range map[int][3]int{
		2049280: {1659917, 184435, 204928}, 1052065: {852174, 94685, 105206}, 36488: {29556, 3284, 3648}, 11: {9, 1, 1},
	} {
		train, valid, err := lastTenths(n)
		if got := [3]int{train, valid - train, n - valid}; err != nil || got != want {
			t.Errorf("%d rows: %v, %v, want %v", n, got, err, want)
		}
	}
	_, _, err := lastTenths(10)
	datatest.WantError(t, err, "10 rows are too few")
}

func TestWithoutRepeats(t *testing.T) {
	// The smallest value of column 0 stands in six rows, that of column 1 in five;
	// a larger value of column 2 in six: the code of the paper does not look there.
	x := &data.Table{Columns: []string{"a", "b", "c"}}
	for i := range 8 {
		x.Append([]float64{max(0, float64(i-5)), max(0, float64(i-4)), min(float64(i), 2)})
	}
	kept, err := withoutRepeats(x)
	if err != nil || len(kept) != 2 || kept[0] != 1 || kept[1] != 2 {
		t.Errorf("columns %v, %v, want 1 and 2", kept, err)
	}
	x = x.Select(nil, kept)
	datatest.WantTable(t, x, 8, 2, 0, 0, 0, 1, 0, 2, 0, 2, 0, 2, 1, 2, 2, 2, 3, 2)
	if x.Columns[0] != "b" {
		t.Errorf("columns %q", x.Columns)
	}
}

func TestScaleOf(t *testing.T) {
	x := &data.Table{Columns: []string{"a", "b"}}
	for i := range 9 {
		x.Append([]float64{float64(3 * i), float64(i*i - 5)})
	}
	z, err := scaleOf(x, 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	// 0, 3, …, 18: mean 9, sum of squares 252 over 6 degrees of freedom.
	if math.Abs(z.Mean[0]-9) > 1e-12 || math.Abs(z.SD[0]-math.Sqrt(42)) > 1e-12 {
		t.Errorf("mean %v and deviation %v, want 9 and √42", z.Mean[0], z.SD[0])
	}
	flat := &data.Table{Columns: []string{"flat"}}
	flat.Append([]float64{2})
	flat.Append([]float64{2})
	_, err = scaleOf(flat, 2, 0)
	datatest.WantError(t, err, `column "flat" is constant`)
}

// checkTable states what holds of every table that a recipe's reader gives.
func checkTable(t *testing.T, x *data.Table, err error) {
	t.Helper()
	if err != nil {
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("error of several lines: %q", err)
		}
		return
	}
	if _, dim := x.Dims(); x.Rows() > 0 && len(x.Columns) != dim {
		t.Errorf("%d columns with %d names", dim, len(x.Columns))
	}
	for _, v := range x.Float64() {
		if v-v != 0 {
			t.Errorf("a value is %v", v)
		}
	}
}
