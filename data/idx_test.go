package data

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
)

func readIDXBytes(b []byte) (*Set, error) {
	return readIDX(bytes.NewReader(b), int64(len(b)), "x.idx", smallBudget(), false)
}

func TestIDXElementTypes(t *testing.T) {
	cases := map[byte]any{
		0x08: []uint8{0, 255}, 0x09: []int8{-128, 127}, 0x0B: []int16{-32768, 258},
		0x0C: []int32{-66051, 66051}, 0x0D: []float32{-0.5, 0.1}, 0x0E: []float64{-0.5, 0.25},
	}
	want := map[byte][]float32{
		0x08: {0, 255}, 0x09: {-128, 127}, 0x0B: {-32768, 258}, 0x0C: {-66051, 66051}, 0x0D: {-0.5, 0.1}, 0x0E: {-0.5, 0.25},
	}
	for code, data := range cases {
		s, err := readIDXBytes(idxBytes(code, must.M1(binary.Append(nil, binary.BigEndian, data)), 2))
		if err != nil {
			t.Fatal(err)
		}
		wantSet(t, s, 2, 1, want[code]...)
	}
}

func TestIDXRefuses(t *testing.T) {
	cases := map[string]struct {
		file []byte
		want []string
	}{
		"huge":       {idxBytes(8, []byte{1, 2}, 4294967295, 4294967295, 2), []string{"more values"}},
		"large":      {idxBytes(8, []byte{1, 2}, 60000, 28, 28), []string{"needs 47040000 bytes", "at most 2 follow"}},
		"type":       {idxBytes(7, nil, 1), []string{"does not begin", "00 00 07 01"}},
		"scalar":     {idxBytes(8, []byte{1}), []string{"single number"}},
		"no rows":    {idxBytes(8, nil, 0, 28, 28), []string{"no rows"}},
		"no columns": {idxBytes(8, nil, 5, 0), []string{"no columns"}},
		"short":      {[]byte{0, 0, 8}, []string{"IDX header", "too early"}},
		"dimensions": {[]byte{0, 0, 8, 3, 0, 0}, []string{"IDX header", "too early"}},
		"more":       {idxBytes(8, []byte{1, 2, 3}, 2), []string{"more bytes follow"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ReadFile(context.Background(), writeTemp(t, "x-idx3-ubyte", c.file), ReadOptions{})
			wantError(t, err, append(c.want, "x-idx3-ubyte")...)
		})
	}
}

// idxFolder has 13 training and 5 test images of 2 by 3 pixels, image i being
// filled with i, and label i mod 4.
func idxFolder(t *testing.T) string {
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

func TestIDXFolder(t *testing.T) {
	s, err := Load(context.Background(), Options{Source: idxFolder(t), Labels: true})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Rows != 11 || s.Valid.Rows != 2 || s.Test.Rows != 5 || s.Dim != 6 || s.ContextDim != 4 || !slices.Equal(s.Shape, []int{2, 3}) {
		t.Fatalf("%d/%d/%d rows, dim %d, context %d, shape %v", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim, s.ContextDim, s.Shape)
	}
	for i := range 2 { // the last sixth of 13 images: 11 and 12
		if v := s.Valid.Row(i)[0]; v != float32(11+i) {
			t.Errorf("validation image %d is image %v, want %d", i, v, 11+i)
		}
		for k, v := range s.Valid.ContextRow(i) {
			if (v == 1) != (k == (11+i)%4) {
				t.Errorf("validation image %d has the context %v", i, s.Valid.ContextRow(i))
			}
		}
	}
	wantError(t, s.Valid.CheckBinary(), "train-images-idx3-ubyte.gz (valid)", "row 11, column 0", "is 11, not 0 or 1")
}

func TestIDXFolderRefuses(t *testing.T) {
	dir := idxFolder(t)
	must.M(os.Remove(filepath.Join(dir, "t10k-labels.idx1-ubyte")))
	_, err := Load(context.Background(), Options{Source: dir, Labels: true})
	wantError(t, err, dir, "no t10k-labels-idx1-ubyte")
	if _, err := Load(context.Background(), Options{Source: dir}); err != nil {
		t.Errorf("labels are needed when they are not asked for: %v", err)
	}
	must.M(os.WriteFile(filepath.Join(dir, "t10k-labels-idx1-ubyte"), idxBytes(8, []byte{1, 2}, 2), 0o600))
	_, err = Load(context.Background(), Options{Source: dir, Labels: true})
	wantError(t, err, "t10k-labels-idx1-ubyte has 2 rows", "has 5")
	_, err = Load(context.Background(), Options{Source: dir, Array: "x"})
	wantError(t, err, `array "x"`)
}

func TestIDXSingleFile(t *testing.T) {
	path := filepath.Join(idxFolder(t), "train-images-idx3-ubyte.gz")
	s, err := Load(context.Background(), Options{Source: path, Labels: true, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range s.Sets() {
		for i := range n.Set.Rows {
			if label := int(n.Set.Row(i)[0]) % 4; n.Set.ContextRow(i)[label] != 1 {
				t.Errorf("%s row %d: image %v has the context %v", n.Split, i, n.Set.Row(i)[0], n.Set.ContextRow(i))
			}
		}
	}
}

func TestMNIST(t *testing.T) {
	if testing.Short() {
		t.Skip("47 million pixels")
	}
	dir := filepath.Dir(dataFile(t, "mnist/train-images-idx3-ubyte.gz"))
	s, err := Load(context.Background(), Options{Source: dir, Labels: true, Binarize: "sample", Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Rows != 50000 || s.Valid.Rows != 10000 || s.Test.Rows != 10000 || s.Dim != 784 || s.ContextDim != 10 {
		t.Fatalf("%d/%d/%d rows, dim %d, context %d", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim, s.ContextDim)
	}
	// Counts of the digits 0 to 9 in the test set (LeCun, Cortes, Burges).
	want := []float64{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}
	if got := columnSums(&Set{Rows: s.Test.Rows, Dim: 10, X: s.Test.Context}); !slices.Equal(got, want) {
		t.Errorf("digits of the test set: %v, want %v", got, want)
	}
	// The mean grey value of the 60,000 training images is 33.3184 of 255.
	var sum float64
	for _, x := range [][]float32{s.Train.X, s.Valid.X} {
		for _, v := range x {
			sum += float64(v)
		}
	}
	if mean := sum / (60000 * 784); mean < 0.13066-0.0003 || mean > 0.13066+0.0003 {
		t.Errorf("mean of the sampled bits %v, want 33.3184/255 = 0.13066", mean)
	}
	if err := s.Train.CheckBinary(); err != nil {
		t.Error(err)
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(idxBytes(8, []byte{1, 2, 3, 4}, 2, 1, 2))
	f.Add(idxBytes(0x0E, make([]byte, 16), 2))
	f.Add(idxBytes(0x0D, nil, 4294967295, 4294967295, 4294967295))
	f.Add([]byte{0, 0, 8, 255})
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := readIDXBytes(file)
		checkRead(t, s, err)
	})
}
