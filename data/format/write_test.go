package format

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/internal/files"
)

// What is written reads back bit for bit, in every format.
func TestWriteThenRead(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows, dim := rapid.IntRange(1, 7).Draw(t, "rows"), rapid.IntRange(1, 5).Draw(t, "dim")
		x := rapid.SliceOfN(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32), rows*dim, rows*dim).Draw(t, "x")
		a := must.M1(data.FromFlat(x, dim))
		if rapid.Bool().Draw(t, "named") {
			a.Columns = []string{"a,b", "c;d", "e f", "g\"h", "i"}[:dim]
		}
		suffix := rapid.SampledFrom([]string{".npy", ".npz", ".csv", ".csv.gz", ".tsv", ".npy.gz"}).Draw(t, "suffix")
		path := filepath.Join(dir, "x"+suffix)
		must.M(WriteFile(path, a))
		s, err := ReadFile(context.Background(), path, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := must.M1(s.Values()); s.Rows() != rows || !slices.Equal(got, x) {
			t.Fatalf("%s: %v, want %v", suffix, got, x)
		}
		if isText := KindOf(path) == CSVFile; isText && !slices.Equal(s.Columns, a.Columns) {
			t.Fatalf("%s: columns %q, want %q", suffix, s.Columns, a.Columns)
		}
	})
}

func TestWriteFloat64(t *testing.T) {
	lp := must.M1(data.FromFlat([]float64{-83.123456789012345, math.Inf(-1), 0.1}, 1, "log_prob"))
	lp.Shape = []int{}
	var b bytes.Buffer
	must.M(WriteCSV(&b, lp))
	if want := "log_prob\n-83.12345678901235\n-Inf\n0.1\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	path := filepath.Join(t.TempDir(), "lp.npy")
	must.M(WriteFile(path, lp))
	file := must.M1(os.ReadFile(path))
	if !bytes.Contains(file, []byte("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }")) || len(file) != 128+24 {
		t.Errorf("npy file %q", file)
	}
}

func TestWriteSeveral(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.npz")
	x := must.M1(data.FromFlat(make([]float32, 12), 6))
	x.Shape = []int{2, 3}
	lp := must.M1(data.FromFlat([]float64{1, 2}, 1))
	lp.Name = "log_prob"
	must.M(WriteFile(path, x, lp))
	s := must.M1(ReadFile(context.Background(), path, ReadOptions{Array: "log_prob"}))
	datatest.WantTable(t, s, 2, 1, 1, 2)
	s = must.M1(ReadFile(context.Background(), path, ReadOptions{Array: "x"}))
	if !slices.Equal(s.Shape, x.Shape) {
		t.Errorf("shape %v, want %v", s.Shape, x.Shape)
	}
	first := must.M1(os.ReadFile(path))
	must.M(WriteFile(path, x, lp))
	if !bytes.Equal(first, must.M1(os.ReadFile(path))) {
		t.Error("equal arrays make different files")
	}
}

// A table that comes in blocks is the file of one that is held.
func TestWriteRows(t *testing.T) {
	dir := t.TempDir()
	const rows, dim = 9_000, 3
	wide, narrow := make([]float64, rows*dim), make([]float32, rows*dim)
	for i := range wide {
		wide[i] = math.Sqrt(float64(i))
		narrow[i] = float32(wide[i])
	}
	for name, table := range map[string]*data.Table{
		"wide": must.M1(data.FromFlat(wide, dim, "a", "b,", "c")), "narrow": must.M1(data.FromFlat(narrow, dim)),
	} {
		for _, suffix := range []string{".npy", ".npz", ".npy.gz", ".csv", ".csv.gz", ".tsv"} {
			whole, parts := filepath.Join(dir, name+suffix), filepath.Join(dir, name+"parts"+suffix)
			must.M(WriteFile(whole, table))
			for _, announced := range []int{rows, AnyRows} {
				must.M(WriteRows(parts, announced, func(write func(*data.Table) error) error {
					for first := 0; first < rows; first += 4_001 {
						n := min(4_001, rows-first) * dim
						part := must.M1(data.FromFlat(wide[first*dim:][:n], dim, table.Columns...))
						if name == "narrow" {
							part = must.M1(data.FromFlat(narrow[first*dim:][:n], dim))
						}
						must.M(write(part))
					}
					return nil
				}))
				if !bytes.Equal(must.M1(os.ReadFile(whole)), must.M1(os.ReadFile(parts))) {
					t.Errorf("%s%s: blocks of %d rows make another file", name, suffix, announced)
				}
			}
		}
	}
}

func TestWriteRowsRefuses(t *testing.T) {
	one, other := must.M1(data.FromFlat([]float32{1, 2}, 2)), must.M1(data.FromFlat([]float32{1, 2, 3}, 3))
	ours := errors.New("ours")
	for name, c := range map[string]struct {
		blocks []*data.Table
		err    error
		want   string
	}{
		"fewer":         {[]*data.Table{one}, nil, "1 of 2 rows are missing"},
		"more":          {[]*data.Table{one, one, one}, nil, "more than 2 rows"},
		"another width": {[]*data.Table{one, other}, nil, "rows of 3 columns cannot follow rows of 2"},
		"another type":  {[]*data.Table{one, must.M1(data.FromFlat([]float64{1, 2}, 2))}, nil, "of another type"},
		"the caller's":  {[]*data.Table{one}, ours, "ours"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "x.npy")
			must.M(os.WriteFile(path, []byte("old"), 0o600))
			err := WriteRows(path, 2, func(write func(*data.Table) error) error {
				for _, block := range c.blocks {
					_ = write(block) // the writer remembers
				}
				return c.err
			})
			datatest.WantError(t, err, c.want)
			if left := must.M1(os.ReadDir(dir)); errors.Is(err, ours) != (c.err != nil) || len(left) != 1 || string(must.M1(os.ReadFile(path))) != "old" {
				t.Errorf("%v, and %d files are left", err, len(left))
			}
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	one := must.M1(data.FromFlat([]float32{1}, 1))
	shaped, renamed := must.M1(data.FromFlat([]float32{1}, 1)), must.M1(data.FromFlat([]float32{1}, 1))
	shaped.Shape, renamed.Columns = []int{3}, []string{"a", "b"}
	cases := map[string]struct {
		name   string
		arrays []*data.Table
		want   string
	}{
		"suffix":    {"x.text", []*data.Table{one}, "*.text are not written"},
		"IDX":       {"x.idx", []*data.Table{one}, "not written"},
		"several":   {"x.npy", []*data.Table{one, one}, "only .npz"},
		"none":      {"x.csv", nil, "only .npz"},
		"same name": {"x.npz", []*data.Table{one, one}, `two arrays are named "x"`},
		"shape":     {"x.npy", []*data.Table{shaped}, "shape (3) do not fit 1 column"},
		"names":     {"x.csv", []*data.Table{renamed}, "2 column names for 1 column"},
		"no table":  {"x.npy", []*data.Table{nil}, "no table"},
		"no folder": {"none/x.npy", []*data.Table{one}, "no such file"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, c.name)
			datatest.WantError(t, WriteFile(path, c.arrays...), "writing "+path, c.want)
			if left := must.M1(os.ReadDir(dir)); len(left) != 0 {
				t.Errorf("%d files are left", len(left))
			}
		})
	}
}

func TestWriteIsAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	must.M(os.WriteFile(path, []byte("old"), 0o600))
	failed := errors.New("disk full")
	err := files.WriteAtomic(path, func(w io.Writer) error {
		must.M1(io.WriteString(w, strings.Repeat("new", 1<<16)))
		return failed
	})
	if !errors.Is(err, failed) || string(must.M1(os.ReadFile(path))) != "old" {
		t.Errorf("a failed write changed the file (%v)", err)
	}
	must.M(os.WriteFile(filepath.Join(dir, ".x.csv.0.tmp"), nil, 0o600)) // left by a crash
	must.M(WriteFile(path, must.M1(data.FromFlat([]float32{1}, 1))))
	if got := string(must.M1(os.ReadFile(path))); got != "1\n" {
		t.Errorf("%q, want 1", got)
	}
	if left := must.M1(os.ReadDir(dir)); len(left) != 2 {
		t.Errorf("files %v, want x.csv and the old temporary one", left)
	}
}
