package recipe

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
)

// dataFile returns the path of a file in the data folder, or skips the test.
func dataFile(t testing.TB, name string) string {
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

// wantError fails unless err is one line that has all the parts.
func wantError(t testing.TB, err error, parts ...string) {
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

// wantTable fails unless a table has those values.
func wantTable(t testing.TB, table interface {
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

// npyBytes is an npy file of version 1.0 with that header and data.
func npyBytes(header string, data []byte) []byte {
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(b, header...), data...)
}

// npyHeaderText is the text of the header of an npy file.
func npyHeaderText(descr string, fortran bool, shape string) string {
	order := "False"
	if fortran {
		order = "True"
	}
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, order, shape)
}

// gzipped is the content compressed.
func gzipped(content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	must.M1(z.Write(content))
	must.M(z.Close())
	return b.Bytes()
}

// idxBytes is an IDX file.
func idxBytes(code byte, data []byte, dims ...uint32) []byte {
	b := []byte{0, 0, code, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, data...)
}

// idxFolder has 13 training and 5 test images of 2 by 3 pixels, image i being
// filled with i, and label i mod 4, as MNIST's files.
func idxFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for part, n := range map[string]uint32{"train": 13, "t10k": 5} {
		var pixels, labels []byte
		for i := range byte(n) {
			pixels = append(pixels, bytes.Repeat([]byte{i}, 6)...)
			labels = append(labels, i%4)
		}
		must.M(os.WriteFile(filepath.Join(dir, part+"-images-idx3-ubyte.gz"), gzipped(idxBytes(8, pixels, n, 2, 3)), 0o600))
		must.M(os.WriteFile(filepath.Join(dir, part+"-labels.idx1-ubyte"), idxBytes(8, labels, n), 0o600))
	}
	return dir
}
