package source

import (
	"archive/zip"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/janpfeifer/must"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/data/format"
)

func wantSet(t *testing.T, s *data.Prepared, rows, dim int, x ...float32) {
	t.Helper()
	if s.Rows != rows || s.Dim != dim || !slices.Equal(s.X, x) {
		t.Errorf("%d rows of %d: %v, want %d rows of %d: %v", s.Rows, s.Dim, s.X, rows, dim, x)
	}
}

// contextOf is the context of a row in the units of the source, a whole number.
func contextOf(s *data.Splits, set *data.Prepared, i int) float32 {
	v := float64(set.ContextRow(i)[0])
	if scale := s.Prep.ContextScale; scale != nil {
		v = v*scale.SD[0] + scale.Mean[0]
	}
	return float32(math.Round(v))
}

func equalSets(a, b *data.Prepared) bool {
	return a.Rows == b.Rows && a.Dim == b.Dim && a.ContextDim == b.ContextDim && slices.Equal(a.X, b.X) && slices.Equal(a.Context, b.Context)
}

func TestLoadNPZSplits(t *testing.T) {
	file := datatest.Temp(t, "s.npz", datatest.NPZ(zip.Deflate,
		"train.npy", datatest.NPYFloat32(3, 2, 1, 0, 0, 1, 1, 1), "valid.npy", datatest.NPYFloat32(1, 2, 0, 0), "test.npy", datatest.NPYFloat32(2, 2, 1, 1, 0, 1),
		"train_context.npy", datatest.NPYFloat32(3, 1, 1, 2, 3), "valid_context.npy", datatest.NPYFloat32(1, 1, 4), "test_context.npy", datatest.NPYFloat32(2, 1, 5, 6)))
	for _, o := range []data.Options{{Source: file}, {Dir: filepath.Dir(file), Source: "s.npz"}} {
		s, err := Load(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		wantSet(t, s.Train, 3, 2, 1, 0, 0, 1, 1, 1)
		wantSet(t, s.Valid, 1, 2, 0, 0)
		wantSet(t, s.Test, 2, 2, 1, 1, 0, 1)
		if s.Dim != 2 || s.ContextDim != 1 || contextOf(s, s.Test, 1) != 6 || s.Source != o.Source || s.Note != "" {
			t.Errorf("splits %+v", s)
		}
	}
}

func TestLoadLabels(t *testing.T) {
	file := datatest.Temp(t, "s.npz", datatest.NPZ(zip.Deflate,
		"train.npy", datatest.NPYFloat32(2, 1, 1, 0), "valid.npy", datatest.NPYFloat32(1, 1, 0), "test.npy", datatest.NPYFloat32(1, 1, 1),
		"train_labels.npy", datatest.NPYFloat32(2, 1, 0, 1), "valid_labels.npy", datatest.NPYFloat32(1, 1, 1), "test_labels.npy", datatest.NPYFloat32(1, 1, 2)))
	s, err := Load(context.Background(), data.Options{Source: file, Labels: true})
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{1, 0, 0, 0, 1, 0}; s.ContextDim != 3 || !slices.Equal(s.Train.Context, want) {
		t.Errorf("one-hot labels %v, want %v", s.Train.Context, want)
	}
	if s, err = Load(context.Background(), data.Options{Source: file}); err != nil || s.ContextDim != 0 {
		t.Errorf("labels without being asked for: %d context columns, %v", s.ContextDim, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	splits := func(train, valid, test []byte, more ...any) []byte {
		return datatest.NPZ(zip.Deflate, append([]any{"train.npy", train, "valid.npy", valid, "test.npy", test}, more...)...)
	}
	one, two := datatest.NPYFloat32(1, 1, 1), datatest.NPYFloat32(1, 2, 1, 2)
	cases := map[string]struct {
		name string
		file []byte
		o    data.Options
		want []string
	}{
		"widths":            {"s.npz", splits(two, two, one), data.Options{}, []string{"train has 2 columns, but test has 1"}},
		"no valid":          {"s.npz", datatest.NPZ(0, "train.npy", one, "test.npy", one), data.Options{}, []string{`no array "valid" (it has test, train)`}},
		"context of one":    {"s.npz", splits(one, one, one, "train_context.npy", one), data.Options{}, []string{"train has 1 context column, but valid has 0"}},
		"no labels":         {"s.npz", splits(one, one, one), data.Options{Labels: true}, []string{"array train_labels"}},
		"label":             {"s.npz", datatest.NPZ(0, "x.npy", one, "x_labels.npy", datatest.NPYFloat32(1, 1, 0.5)), data.Options{Labels: true}, []string{"(x_labels): row 0, column 0", "0.5, not a label"}},
		"large label":       {"s.npz", datatest.NPZ(0, "x.npy", one, "x_labels.npy", datatest.NPYFloat32(1, 1, 1e30)), data.Options{Labels: true}, []string{"e+30, not a label"}},
		"wide labels":       {"s.npz", datatest.NPZ(0, "x.npy", one, "x_labels.npy", two), data.Options{Labels: true}, []string{"2 columns", "NAME_context"}},
		"labels, context":   {"s.npz", datatest.NPZ(0, "x.npy", one, "x_labels.npy", one, "x_context.npy", one), data.Options{Labels: true}, []string{"has a context"}},
		"too many contexts": {"s.npz", splits(two, two, two), data.Options{ContextColumns: 2}, []string{"has 2 columns", "leaves none"}},
		"two contexts":      {"s.npz", splits(two, two, two, "train_context.npy", one), data.Options{ContextColumns: 1}, []string{"1 context column,"}},
		"two rows":          {"x.csv", []byte("1\n2\n"), data.Options{}, []string{"2 rows cannot be divided"}},
		"labels of text":    {"x.csv", []byte("1\n2\n"), data.Options{Labels: true}, []string{"last columns"}},
		"array of text":     {"x.csv", []byte("1\n2\n"), data.Options{Array: "a"}, []string{`array "a"`}},
		"no such array":     {"s.npz", splits(one, one, one), data.Options{Array: "tests"}, []string{`no array "tests"`, `did you mean "test"`}},
		"suffix":            {"s.npx", one, data.Options{}, []string{"*.npx are not read", `did you mean ".npz"`}},
		"no suffix":         {"s", one, data.Options{}, []string{"are not read"}},
		"binarize":          {"x.csv", []byte("1\n0\n0.5\n-4\n"), data.Options{Binarize: "threshold"}, []string{"line 4, column 0", "is -4"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.o.Source = datatest.Temp(t, c.name, c.file)
			_, err := Load(context.Background(), c.o)
			datatest.WantError(t, err, append(c.want, c.o.Source)...)
		})
	}
}

func TestLoadReportsAllOptions(t *testing.T) {
	_, err := Load(context.Background(), data.Options{Fractions: [3]float64{0.5, 0.5, 0.5}, Binarize: "treshold", ContextColumns: -1})
	datatest.WantError(t, err, "source: ", "fractions: ", "binarize: ", "context_columns: ")
	nan := math.NaN()
	_, err = Load(context.Background(), data.Options{Source: "connect4", Fractions: [3]float64{nan, nan, nan}})
	datatest.WantError(t, err, "fractions.0: ")
	_, err = Load(context.Background(), data.Options{Source: "connect4", Labels: true, ContextColumns: 3})
	datatest.WantError(t, err, "context_columns: ")
}

// Dividing neither loses nor repeats a row, keeps each with its context and its
// place, and depends on the seed alone.
func TestDivide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(3, 211).Draw(t, "rows")
		seed := rapid.Uint64().Draw(t, "seed")
		valid := rapid.Float64Range(0.001, 0.6).Draw(t, "valid")
		test := rapid.Float64Range(0.001, 0.39).Draw(t, "test")
		fractions := [3]float64{1 - valid - test, valid, test}
		divide := func() *data.Splits {
			all := &data.Table{Name: "all"}
			for i := range rows {
				all.Append([]float64{float64(i), float64(2 * i), float64(-i)})
			}
			return must.M1(data.Split(all, data.Options{Fractions: fractions, Seed: new(seed), ContextColumns: 1}))
		}
		s := divide()
		seen := make([]bool, rows)
		for _, n := range s.Sets() {
			if n.Set.Rows < 1 {
				t.Fatalf("%s is empty", n.Split)
			}
			for i := range n.Set.Rows {
				row := n.Set.Row(i)
				id := int(row[0])
				if seen[id] || row[1] != 2*row[0] || contextOf(s, n.Set, i) != -row[0] {
					t.Fatalf("%s row %d: %v, context %v", n.Split, i, row, n.Set.ContextRow(i))
				}
				seen[id] = true
			}
		}
		if slices.Contains(seen, false) {
			t.Fatal("a row is lost")
		}
		if got, want := float64(s.Valid.Rows), valid*float64(rows); math.Abs(got-want) > 1 {
			t.Fatalf("%v rows for validation, want %v", got, want)
		}
		again := divide()
		for k, n := range s.Sets() {
			if !equalSets(n.Set, again.Sets()[k].Set) {
				t.Fatal("the same seed gives other splits")
			}
		}
	})
}

func TestDivisionDependsOnSeed(t *testing.T) {
	var text []byte
	for i := range 97 {
		text = fmt.Appendln(text, i*i)
	}
	file := datatest.Temp(t, "x.csv", text)
	first := must.M1(Load(context.Background(), data.Options{Source: file, Seed: new(uint64(1))}))
	other := must.M1(Load(context.Background(), data.Options{Source: file, Seed: new(uint64(2))}))
	if equalSets(first.Test, other.Test) {
		t.Error("two seeds give the same test rows")
	}
	if first.Train.Rows != 77 || first.Valid.Rows != 10 || first.Test.Rows != 10 {
		t.Errorf("%d/%d/%d rows of 97, want 77/10/10", first.Train.Rows, first.Valid.Rows, first.Test.Rows)
	}
	// A row of a shuffled text file is named by its line: value v² is on line v+1.
	s := first.Test
	for i := range s.Rows {
		v := must.M1(first.Prep.Undo(s.Row(i)[:s.Dim])).At(0, 0)
		if want := fmt.Sprintf("line %v, column 0", math.Sqrt(v)+1); s.Place(i, 0) != want {
			t.Errorf("%v is at %s, want %s", v, s.Place(i, 0), want)
		}
	}
}

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(t.TempDir())
	must.M(os.WriteFile(filepath.Join(dir, "dna.csv"), []byte("1\n2\n3\n"), 0o600))
	must.M(os.WriteFile("here.csv", []byte("4\n5\n6\n7\n"), 0o600))
	for _, c := range []struct {
		dir, source string
		rows        int
	}{{dir, "dna.csv", 3}, {dir, "./dna.csv", 3}, {"", "here.csv", 4}, {dir, filepath.Join(must.M1(os.Getwd()), "here.csv"), 4}} {
		source, rows := c.source, c.rows
		s, err := Load(context.Background(), data.Options{Dir: c.dir, Source: source})
		if err != nil {
			t.Fatal(err)
		}
		if n := s.Train.Rows + s.Valid.Rows + s.Test.Rows; n != rows {
			t.Errorf("%s: %d rows, want %d", source, n, rows)
		}
	}
	// A file of that name in the working directory is other data.
	_, err := Load(context.Background(), data.Options{Dir: dir, Source: "here.csv"})
	datatest.WantError(t, err, filepath.Join(dir, "here.csv"))
	_, err = Load(context.Background(), data.Options{Dir: dir, Source: "dan.csv"})
	datatest.WantError(t, err, filepath.Join(dir, "dan.csv"), "--data-dir", "MASKFLOW_DATA", `did you mean "dna.csv"`)
	_, err = Load(context.Background(), data.Options{Dir: dir, Source: "conect4"})
	datatest.WantError(t, err, `did you mean "connect4"`)
	_, err = Load(context.Background(), data.Options{Source: dir})
	datatest.WantError(t, err, "no train-images-idx3-ubyte", "folders")
}

func TestSourcesAreLoaded(t *testing.T) {
	for _, s := range List() {
		if s.About == "" {
			t.Errorf("%s says nothing", s.Name)
		}
		if s.Kind == "file" && format.KindOf("x"+s.Name) == format.Unknown {
			t.Errorf("%s is listed, but not known", s.Name)
		}
	}
}

// Loading the largest of the paper's files takes about half a second; the bound
// leaves room for a busy machine.
func TestLoadBinarizedMNIST(t *testing.T) {
	if testing.Short() {
		t.Skip("55 million values")
	}
	path := datatest.File(t, "binary/binarized_mnist.npz")
	start := time.Now()
	s, err := Load(context.Background(), data.Options{Source: path})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Rows != 50000 || s.Valid.Rows != 10000 || s.Test.Rows != 10000 || s.Dim != 784 {
		t.Errorf("%d/%d/%d rows of %d", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("loading took %v", took)
	}
}

// A column that no model sees, or whose values are no numbers, may look like anything.
func TestRolesActBeforeCellsAreNumbers(t *testing.T) {
	text := "a,b\n" + strings.Repeat("1,5\n2,6\n3,7\n", 7) + "4,\"1,234\"\n"
	path := datatest.Temp(t, "rows.csv", []byte(text))
	_, err := Load(context.Background(), data.Options{Source: path})
	datatest.WantError(t, err, "line 23", `"b"`, "1,234", "data.thousands")
	for _, o := range []data.Options{{DropColumns: []string{"b"}}, {DropColumns: []string{"1"}}, {Columns: data.Schema{{Name: "b", Role: data.IDRole}}}, {Columns: data.Schema{{Name: "b", Kind: data.Categorical}}}} {
		o.Source = path
		if _, err := Load(context.Background(), o); err != nil {
			t.Errorf("%+v: %v", o.Columns, err)
		}
	}
}
