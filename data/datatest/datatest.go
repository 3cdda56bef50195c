// Package datatest makes files of numbers for tests, and checks errors.
package datatest

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
)

// File returns the path of a file in the data folder, or skips the test.
func File(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("MASKFLOW_DATA")
	path := filepath.Join(dir, name)
	if dir == "" {
		t.Skipf("%s is needed: set MASKFLOW_DATA to the data folder", name)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is missing from the data folder MASKFLOW_DATA", name)
	}
	return path
}

// Temp writes a file of that name and returns its path.
func Temp(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must.M(os.WriteFile(path, content, 0o600))
	return path
}

// WantError fails unless err is one line that has all the parts.
func WantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %q", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, want %q in it", err, part)
		}
	}
}

// WantTable fails unless a table has those values.
func WantTable(t testing.TB, table interface {
	Dims() (int, int)
	At(int, int) float64
}, rows, dim int, x ...float32) {
	t.Helper()
	r, c := table.Dims()
	if r != rows || c != dim {
		t.Errorf("%d rows of %d, want %d of %d", r, c, rows, dim)
		return
	}
	for k, v := range x {
		if got := table.At(k/dim, k%dim); float32(got) != v {
			t.Errorf("value %d, %d is %v, want %v", k/dim, k%dim, got, v)
		}
	}
}

// NPY is an npy file of version 1.0 with that header and data.
func NPY(header string, data []byte) []byte {
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(b, header...), data...)
}

// NPYHeader is the text of the header of an npy file.
func NPYHeader(descr string, fortran bool, shape string) string {
	order := "False"
	if fortran {
		order = "True"
	}
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, order, shape)
}

// Float32s is the little-endian bytes of float32 numbers.
func Float32s(x ...float32) []byte {
	var b []byte
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// NPYFloat32 is a whole npy file of float32 numbers.
func NPYFloat32(rows, cols int, x ...float32) []byte {
	return NPY(NPYHeader("<f4", false, fmt.Sprintf("(%d, %d)", rows, cols)), Float32s(x...))
}

// NPZ is a zip archive of the members, given as name and content in turn.
func NPZ(method uint16, members ...any) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w := must.M1(z.CreateHeader(&zip.FileHeader{Name: members[i].(string), Method: method}))
		must.M1(w.Write(members[i+1].([]byte)))
	}
	must.M(z.Close())
	return b.Bytes()
}

// Gzip is the content compressed.
func Gzip(content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	must.M1(z.Write(content))
	must.M(z.Close())
	return b.Bytes()
}

// IDX is an IDX file.
func IDX(code byte, data []byte, dims ...uint32) []byte {
	b := []byte{0, 0, code, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, data...)
}

// zeros gives zeros without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// ZeroBomb is n zero bytes after a prefix, compressed.
func ZeroBomb(prefix []byte, n int64) []byte {
	var b bytes.Buffer
	z := must.M1(gzip.NewWriterLevel(&b, gzip.BestSpeed))
	must.M1(z.Write(prefix))
	must.M1(io.CopyN(z, zeros{}, n))
	must.M(z.Close())
	return b.Bytes()
}

// IDXFolder has 13 training and 5 test images of 2 by 3 pixels, image i being
// filled with i, and label i mod 4, as MNIST's files.
func IDXFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for part, n := range map[string]uint32{"train": 13, "t10k": 5} {
		var pixels, labels []byte
		for i := range byte(n) {
			pixels = append(pixels, bytes.Repeat([]byte{i}, 6)...)
			labels = append(labels, i%4)
		}
		must.M(os.WriteFile(filepath.Join(dir, part+"-images-idx3-ubyte.gz"), Gzip(IDX(8, pixels, n, 2, 3)), 0o600))
		must.M(os.WriteFile(filepath.Join(dir, part+"-labels.idx1-ubyte"), IDX(8, labels, n), 0o600))
	}
	return dir
}
