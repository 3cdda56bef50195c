package format

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// reads is the variable by which the test runs itself as a process that reads a file.
const reads = "MASKFLOW_TEST_READS"

// Readers take little more memory than the values of a table: of a text and of Parquet half as
// much again and 64 MB, also from a pipe, whose length nobody knows; of arrays half as much again.
func TestMemoryOfReaders(t *testing.T) {
	if path := os.Getenv(reads); path != "" {
		readAlone(path)
	}
	if testing.Short() {
		t.Skip("tables of 64 MB")
	}
	const rows, dim, process = 2_000_000, 4, 16 << 20
	dir := t.TempDir()
	line := []byte("0.125,-3,7.5,1e-3\n")
	text := bytes.Repeat(line, rows)
	must.M(os.WriteFile(filepath.Join(dir, "x.csv"), text, 0o600))
	must.M(os.WriteFile(filepath.Join(dir, "x.csv.gz"), datatest.Gzip(text), 0o600))
	wide := must.M1(data.FromFlat(make([]float64, rows*dim), dim))
	narrow := must.M1(data.FromFlat(make([]float32, rows*dim), dim))
	must.M(WriteFile(filepath.Join(dir, "wide.npy"), wide))
	must.M(WriteFile(filepath.Join(dir, "wide.npz"), wide))
	must.M(WriteFile(filepath.Join(dir, "narrow.npy"), narrow))
	for k := range wide.Float64() {
		wide.Float64()[k] = math.Sqrt(float64(k % 1009))
	}
	must.M(WriteFile(filepath.Join(dir, "x.parquet"), wide))
	fortran := bytes.Replace(must.M1(os.ReadFile(filepath.Join(dir, "wide.npy"))), []byte("'fortran_order': False"), []byte("'fortran_order': True "), 1)
	must.M(os.WriteFile(filepath.Join(dir, "fortran.npy"), fortran, 0o600))
	const values = rows * dim * 8
	for name, most := range map[string]int64{
		"x.csv": values*3/2 + 64<<20, "x.csv.gz": values*3/2 + 64<<20, "pipe": values*3/2 + 64<<20,
		"wide.npy": values * 3 / 2, "wide.npz": values * 3 / 2, "fortran.npy": values * 3 / 2, "narrow.npy": values * 3 / 4, "x.parquet": values*3/2 + 64<<20,
	} {
		c := exec.Command(os.Args[0], "-test.run=^TestMemoryOfReaders$")
		c.Env = append(os.Environ(), reads+"="+filepath.Join(dir, name))
		if name == "pipe" {
			c.Env, c.Stdin = append(os.Environ(), reads+"=-"), io.MultiReader(bytes.NewReader(text))
		}
		out, err := c.CombinedOutput()
		var n int
		var peak int64
		if _, scan := fmt.Sscan(string(out), &n, &peak); err != nil || scan != nil || n != rows {
			t.Fatalf("%s: %v, %s", name, err, out)
		}
		t.Logf("%-12s %d MB", name, peak>>20)
		if peak > most+process {
			t.Errorf("%s takes %d MB, more than %d beside %d of the process", name, peak>>20, most>>20, process>>20)
		}
	}
}

// readAlone reads a table, prints its rows and the most memory that the process has had,
// and ends it.
func readAlone(path string) {
	var t *data.Table
	if path == "-" {
		t = must.M1(ReadCSV(os.Stdin, "a pipe", ReadOptions{}))
	} else {
		t = must.M1(ReadFile(context.Background(), path, ReadOptions{}))
	}
	_, peak, _ := strings.Cut(string(must.M1(os.ReadFile("/proc/self/status"))), "VmHWM:")
	var kilobytes int64
	must.M1(fmt.Sscan(peak, &kilobytes))
	fmt.Println(t.Rows(), kilobytes<<10)
	os.Exit(0)
}
