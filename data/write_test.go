package data

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

	"github.com/maskflow/maskflow/internal/files"
)

// What is written reads back bit for bit, in every format.
func TestWriteThenRead(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows, dim := rapid.IntRange(1, 7).Draw(t, "rows"), rapid.IntRange(1, 5).Draw(t, "dim")
		x := rapid.SliceOfN(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32), rows*dim, rows*dim).Draw(t, "x")
		a := Array{Shape: []int{rows, dim}, Float32: x}
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
		if s.Rows != rows || s.Dim != dim || !slices.Equal(s.X, x) {
			t.Fatalf("%s: %v, want %v", suffix, s.X, x)
		}
		if isText := kindOf(path) == csvKind; isText && !slices.Equal(s.Columns, a.Columns) {
			t.Fatalf("%s: columns %q, want %q", suffix, s.Columns, a.Columns)
		}
	})
}

func TestWriteFloat64(t *testing.T) {
	lp := Array{Shape: []int{3}, Float64: []float64{-83.123456789012345, math.Inf(-1), 0.1}, Columns: []string{"log_prob"}}
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
	x := Array{Name: "x", Shape: []int{2, 2, 3}, Float32: make([]float32, 12)}
	must.M(WriteFile(path, x, Array{Name: "log_prob", Shape: []int{2}, Float64: []float64{1, 2}}))
	s := must.M1(ReadFile(context.Background(), path, ReadOptions{Array: "log_prob"}))
	wantSet(t, s, 2, 1, 1, 2)
	s = must.M1(ReadFile(context.Background(), path, ReadOptions{Array: "x"}))
	if got := s.Array().Shape; !slices.Equal(got, x.Shape) {
		t.Errorf("shape %v, want %v", got, x.Shape)
	}
	first := must.M1(os.ReadFile(path))
	must.M(WriteFile(path, x, Array{Name: "log_prob", Shape: []int{2}, Float64: []float64{1, 2}}))
	if !bytes.Equal(first, must.M1(os.ReadFile(path))) {
		t.Error("equal arrays make different files")
	}
}

func TestWriteRefuses(t *testing.T) {
	one := Array{Shape: []int{1}, Float32: []float32{1}}
	cases := map[string]struct {
		name   string
		arrays []Array
		want   string
	}{
		"suffix":      {"x.txt", []Array{one}, "*.txt are not written"},
		"IDX":         {"x.idx", []Array{one}, "not written"},
		"several":     {"x.npy", []Array{one, one}, "only .npz"},
		"none":        {"x.csv", nil, "only .npz"},
		"same name":   {"x.npz", []Array{one, one}, `two arrays are named "x"`},
		"shape":       {"x.npy", []Array{{Shape: []int{2, 3}, Float32: []float32{1}}}, "shape (2, 3) does not fit 1 values"},
		"no shape":    {"x.npy", []Array{{Float32: []float32{1}}}, "needs a shape"},
		"names":       {"x.csv", []Array{{Shape: []int{1, 1}, Float32: []float32{1}, Columns: []string{"a", "b"}}}, "2 column names for 1 columns"},
		"both widths": {"x.npy", []Array{{Shape: []int{1}, Float32: []float32{1}, Float64: []float64{1}}}, "not both"},
		"no folder":   {"none/x.npy", []Array{one}, "no such file"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, c.name)
			wantError(t, WriteFile(path, c.arrays...), "writing "+path, c.want)
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
	must.M(WriteFile(path, Array{Shape: []int{1}, Float32: []float32{1}}))
	if got := string(must.M1(os.ReadFile(path))); got != "1\n" {
		t.Errorf("%q, want 1", got)
	}
	if left := must.M1(os.ReadDir(dir)); len(left) != 2 {
		t.Errorf("files %v, want x.csv and the old temporary one", left)
	}
}
