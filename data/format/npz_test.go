package format

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

func readNPZBytes(t *testing.T, content []byte, array string) (*data.Table, error) {
	t.Helper()
	return ReadFile(context.Background(), datatest.Temp(t, "x.npz", content), ReadOptions{Array: array})
}

func TestNPZ(t *testing.T) {
	a, b := datatest.NPYFloat32(2, 1, 1, 2), datatest.NPYFloat32(1, 3, 4, 5, 6)
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		both := datatest.NPZ(method, "readme.txt", []byte("hello"), "a.npy", a, "b.npy", b)
		s, err := readNPZBytes(t, both, "b")
		if err != nil {
			t.Fatal(err)
		}
		datatest.WantTable(t, s, 1, 3, 4, 5, 6)
		s, err = readNPZBytes(t, datatest.NPZ(method, "a.npy", a), "")
		if err != nil {
			t.Fatal(err)
		}
		datatest.WantTable(t, s, 2, 1, 1, 2)
		_, err = readNPZBytes(t, both, "")
		datatest.WantError(t, err, "2 arrays (a, b)")
		_, err = readNPZBytes(t, both, "c")
		datatest.WantError(t, err, `no array "c" (it has a, b)`)
	}
}

// An archive of very many arrays does not make a message as long.
func TestNPZNamesAreListedBriefly(t *testing.T) {
	var members []any
	for i := range 1000 {
		members = append(members, fmt.Sprintf("a%d.npy", i), datatest.NPYFloat32(1, 1, 1))
	}
	_, err := readNPZBytes(t, datatest.NPZ(zip.Store, members...), "")
	datatest.WantError(t, err, "1000 arrays (a0, a1, a10,", "…")
	if len(err.Error()) > 400 {
		t.Errorf("a message of %d bytes", len(err.Error()))
	}
}

func TestNPZContext(t *testing.T) {
	x := datatest.NPZ(zip.Deflate, "x.npy", datatest.NPYFloat32(2, 1, 1, 2), "x_context.npy", datatest.NPYFloat32(2, 2, 3, 4, 5, 6))
	s, err := readNPZBytes(t, x, "")
	if err != nil {
		t.Fatal(err)
	}
	datatest.WantTable(t, s, 2, 1, 1, 2)
	datatest.WantTable(t, s.Context, 2, 2, 3, 4, 5, 6)
	_, err = readNPZBytes(t, datatest.NPZ(zip.Deflate, "x.npy", datatest.NPYFloat32(2, 1, 1, 2), "x_context.npy", datatest.NPYFloat32(1, 2, 3, 4)), "")
	datatest.WantError(t, err, "(x_context) has 1 row,", "(x) has 2")
}

func TestNPZRefuses(t *testing.T) {
	whole := datatest.NPZ(zip.Deflate, "train.npy", datatest.NPYFloat32(3, 2, 1, 2, 3, 4, 5, 6))
	stored := datatest.NPZ(zip.Store, "train.npy", datatest.NPYFloat32(3, 2, 1, 2, 3, 4, 5, 6))
	flipped := bytes.Clone(stored)
	flipped[bytes.Index(flipped, datatest.Float32s(4))]++
	cases := map[string]struct {
		file []byte
		want []string
	}{
		"cut":         {whole[:len(whole)-30], []string{"not a whole zip archive"}},
		"empty":       {nil, []string{"the file is empty"}},
		"no arrays":   {datatest.NPZ(zip.Store, "readme.txt", []byte("hello")), []string{"no arrays"}},
		"checksum":    {flipped, []string{"array train", "checksum"}},
		"same name":   {datatest.NPZ(zip.Store, "a.npy", datatest.NPYFloat32(1, 1, 1), "a.npy", datatest.NPYFloat32(1, 1, 1)), []string{`two arrays are named "a"`}},
		"array name":  {datatest.NPZ(zip.Store, "a\x1b[2J\nb.npy", datatest.NPYFloat32(1, 1, 1)), []string{`named "a\x1b[2J\nb"`, "printable"}},
		"name bytes":  {datatest.NPZ(zip.Store, "a\x9b2J.npy", datatest.NPYFloat32(1, 1, 1)), []string{"printable"}},
		"long name":   {datatest.NPZ(zip.Store, strings.Repeat("a", 1000)+".npy", datatest.NPYFloat32(1, 1, 1)), []string{"…", "at most 200 bytes"}},
		"cut array":   {datatest.NPZ(zip.Deflate, "a.npy", datatest.NPYFloat32(3, 2, 1, 2, 3, 4)), []string{"array a", "needs 24 bytes"}},
		"not a table": {datatest.NPZ(zip.Deflate, "a.npy", []byte("hello, world")), []string{"array a", "does not begin"}},
		"huge": {
			datatest.NPZ(zip.Deflate, "a.npy", datatest.NPY(datatest.NPYHeader("<f4", false, "(100000000000, 3)"), datatest.Float32s(1, 2))),
			[]string{"array a", "needs 1200000000000 bytes", "at most 8 follow"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := readNPZBytes(t, c.file, "")
			datatest.WantError(t, err, append(c.want, "reading ")...)
		})
	}
}

// A zip directory may claim any size; only the bytes that are there count.
func TestNPZClaimedSize(t *testing.T) {
	file := datatest.NPZ(zip.Deflate, "a.npy", datatest.NPY(datatest.NPYHeader("<f4", false, "(100000000, 3)"), datatest.Float32s(1, 2)))
	at := bytes.Index(file, []byte("PK\x01\x02"))
	copy(file[at+20:], []byte{0xf0, 0xff, 0xff, 0x7f, 0xf0, 0xff, 0xff, 0x7f}) // compressed and uncompressed size
	_, err := readNPZBytes(t, file, "")
	datatest.WantError(t, err, "array a", "needs 1200000000 bytes")
}

func FuzzNPZ(f *testing.F) {
	f.Add(datatest.NPZ(zip.Deflate, "train.npy", datatest.NPYFloat32(2, 1, 1, 2), "valid.npy", datatest.NPYFloat32(1, 1, 1), "test.npy", datatest.NPYFloat32(1, 1, 1)))
	f.Add(datatest.NPZ(zip.Store, "x.npy", datatest.NPYFloat32(2, 1, 1, 2), "x_context.npy", datatest.NPYFloat32(2, 1, 1, 2), "x_labels.npy", datatest.NPYFloat32(2, 1, 1, 2)))
	f.Add(datatest.NPZ(zip.Deflate, "x.npy", datatest.NPY(datatest.NPYHeader("<f4", false, "(100000000000, 3)"), datatest.Float32s(1, 2))))
	f.Add(datatest.NPZ(zip.Store, "a.npy", datatest.NPY(datatest.NPYHeader("<U1", false, "(2,)"), []byte{'x', 0, 0, 0, 0, 0, 0, 0}), "b.npy", datatest.NPYFloat32(2, 1, 1, 2)))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, file []byte) {
		path := dir + "/x.npz"
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Skip(err)
		}
		z, err := OpenNPZ(context.Background(), path, smallLimit())
		if err != nil {
			checkRead(t, nil, err)
			return
		}
		defer z.Close()
		for _, name := range z.Names() {
			s, err := z.WithContext(name)
			checkRead(t, s, err)
		}
		if z.IsTable() {
			s, err := z.Table()
			checkRead(t, s, err)
		}
	})
}

// Vectors of one length are the columns of a table, whatever numpy types they have.
func TestNPZOfColumns(t *testing.T) {
	vector := func(kind string, b ...byte) []byte { return datatest.NPY(datatest.NPYHeader(kind, false, "(2,)"), b) }
	columns := []any{"b/1.npy", vector("<i2", 1, 0, 2, 0), "a.npy", vector("<U2", 'x', 0, 0, 0, 0, 0, 0, 0, 0xe4, 0, 0, 0, 'y', 0, 0, 0),
		"a_context.npy", vector("|S3", 'n', 'o', 0, 0, 0, 0), "c.npy", vector("<f4", datatest.Float32s(0.5, 1)...)}
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		s, err := readNPZBytes(t, datatest.NPZ(method, columns...), "")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := shown(s), `1 "x" "no" 0.5; 2 "äy" - 1`; got != want || !slices.Equal(s.Columns, []string{"b/1", "a", "a_context", "c"}) {
			t.Errorf("%q with %s, want %s", s.Columns, got, want)
		}
	}
	for name, members := range map[string][]any{
		"splits":  {"train.npy", vector("|i1", 1, 2), "valid.npy", vector("|i1", 1, 2), "test.npy", vector("|i1", 1, 2)},
		"folds":   {"fold_1.npy", vector("|i1", 1, 2), "fold_2.npy", vector("|i1", 1, 2)},
		"one":     {"x.npy", vector("|i1", 1, 2)},
		"context": {"x.npy", vector("|i1", 1, 2), "x_context.npy", vector("|i1", 1, 2)},
		"lengths": {"x.npy", vector("|i1", 1, 2), "y.npy", datatest.NPYFloat32(1, 1, 1)},
	} {
		z, err := OpenNPZ(context.Background(), datatest.Temp(t, "x.npz", datatest.NPZ(zip.Store, members...)), data.NewLimit(0))
		if err != nil {
			t.Fatal(err)
		}
		if z.IsTable() {
			t.Errorf("%s are taken for columns of a table", name)
		}
		z.Close()
	}
}
