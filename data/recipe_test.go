package data

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
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

// wantScores fails unless the columns of some rows have mean 0 and deviation 1,
// n less freedom rows counting.
func wantScores(t *testing.T, freedom int, sets ...*Set) {
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
	kinds := map[string]string{}
	for _, s := range Sources() {
		kinds[s.Name] = s.Kind
	}
	for _, r := range Recipes() {
		if r.About == "" || len(r.Files) == 0 || r.Publisher == "" || kinds[r.Name] != "recipe" {
			t.Errorf("%s says too little, or is no source", r.Name)
		}
		_, err := Load(context.Background(), Options{Dir: dir, Source: r.Name})
		wantError(t, err, "reading "+r.Name, "no "+strings.TrimSuffix(r.Files[0], "/"), filepath.Join(dir, r.Name), r.Publisher, "MASKFLOW_DATA")
	}
	Recipes()[0].Files[0] = "another"
	if Recipes()[0].Files[0] == "another" {
		t.Error("the list is not the caller's own")
	}
	_, err := Load(context.Background(), Options{Dir: dir, Source: "hepmas"})
	wantError(t, err, `did you mean "hepmass"`)
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
	wantError(t, err, "10 rows are too few")
}

func TestWithoutRepeats(t *testing.T) {
	// The smallest value of column 0 stands in six rows, that of column 1 in five;
	// a larger value of column 2 in six: the code of the paper does not look there.
	x := &table{dim: 3, columns: []string{"a", "b", "c"}}
	for i := range 8 {
		x.append([]float64{max(0, float64(i-5)), max(0, float64(i-4)), min(float64(i), 2)})
	}
	kept := x.withoutRepeats()
	if len(kept) != 2 || kept[0] != 1 || kept[1] != 2 {
		t.Errorf("columns %v, want 1 and 2", kept)
	}
	x.keep(kept)
	if x.dim != 2 || x.columns[0] != "b" || x.row(7)[0] != 3 || x.row(7)[1] != 2 || x.row(1)[1] != 1 {
		t.Errorf("kept %v", x)
	}
}

// ln p(x) = ln p(z) + LogDet: for a Gaussian column x of deviation σ, the
// standard normal density of the scores, less ln σ.
func TestLogDetOfScores(t *testing.T) {
	x := &table{dim: 2, columns: []string{"a", "b"}}
	for i := range 9 {
		x.append([]float64{float64(3 * i), float64(i*i - 5)})
	}
	z, err := x.scaleOf(7, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := x.set("s", 7, 9, z)
	for i := range s.Rows {
		var direct, scored float64
		for c, v := range x.row(7 + i) {
			direct += logNormal(v, z.mean[c], z.sd[c])
			scored += logNormal(float64(s.Row(i)[c]), 0, 1)
		}
		if math.Abs(direct-scored-s.LogDet) > 1e-5 {
			t.Errorf("row %d: %v directly, %v + %v by the scores", i, direct, scored, s.LogDet)
		}
	}
	// 0, 3, …, 18: mean 9, sum of squares 252 over 6 degrees of freedom.
	if math.Abs(z.mean[0]-9) > 1e-12 || math.Abs(z.sd[0]-math.Sqrt(42)) > 1e-12 {
		t.Errorf("mean %v and deviation %v, want 9 and √42", z.mean[0], z.sd[0])
	}
	flat := &table{dim: 1, columns: []string{"flat"}}
	flat.append([]float64{2})
	flat.append([]float64{2})
	_, err = flat.scaleOf(2, 0)
	wantError(t, err, `column "flat" is constant`)
}

// checkTable states what holds of every table that a recipe's reader gives.
func checkTable(t *testing.T, x *table, err error) {
	t.Helper()
	if err != nil {
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("error of several lines: %q", err)
		}
		return
	}
	if len(x.x) != x.rows*x.dim || len(x.columns) != x.dim {
		t.Errorf("%d rows of %d with %d values and %d names", x.rows, x.dim, len(x.x), len(x.columns))
	}
	for _, v := range x.x {
		if v-v != 0 {
			t.Errorf("a value is %v", v)
		}
	}
}
