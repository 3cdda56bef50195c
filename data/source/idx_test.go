package source

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

func TestIDXFolder(t *testing.T) {
	s, err := Load(context.Background(), data.Options{Source: datatest.IDXFolder(t), Labels: true})
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
	datatest.WantError(t, s.Valid.CheckBinary(), "train-images-idx3-ubyte.gz (valid)", "row 11, column 0", "is 11, not 0 or 1")
}

func TestIDXFolderRefuses(t *testing.T) {
	dir := datatest.IDXFolder(t)
	must.M(os.Remove(filepath.Join(dir, "t10k-labels.idx1-ubyte")))
	_, err := Load(context.Background(), data.Options{Source: dir, Labels: true})
	datatest.WantError(t, err, dir, "no t10k-labels-idx1-ubyte")
	if _, err := Load(context.Background(), data.Options{Source: dir}); err != nil {
		t.Errorf("labels are needed when they are not asked for: %v", err)
	}
	must.M(os.WriteFile(filepath.Join(dir, "t10k-labels-idx1-ubyte"), datatest.IDX(8, []byte{1, 2}, 2), 0o600))
	_, err = Load(context.Background(), data.Options{Source: dir, Labels: true})
	datatest.WantError(t, err, "t10k-labels-idx1-ubyte has 2 rows", "has 5")
	_, err = Load(context.Background(), data.Options{Source: dir, Array: "x"})
	datatest.WantError(t, err, `array "x"`)
}

func TestIDXSingleFile(t *testing.T) {
	path := filepath.Join(datatest.IDXFolder(t), "train-images-idx3-ubyte.gz")
	s, err := Load(context.Background(), data.Options{Source: path, Labels: true, Seed: new(uint64(5))})
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
	dir := filepath.Dir(datatest.File(t, "mnist/train-images-idx3-ubyte.gz"))
	s, err := Load(context.Background(), data.Options{Source: dir, Labels: true, Binarize: "sample", Seed: new(uint64(1))})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Rows != 50000 || s.Valid.Rows != 10000 || s.Test.Rows != 10000 || s.Dim != 784 || s.ContextDim != 10 {
		t.Fatalf("%d/%d/%d rows, dim %d, context %d", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim, s.ContextDim)
	}
	// Counts of the digits 0 to 9 in the test set (LeCun, Cortes, Burges).
	want := []float64{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}
	got := make([]float64, 10)
	for i := range s.Test.Rows {
		for k, v := range s.Test.ContextRow(i) {
			got[k] += float64(v)
		}
	}
	if !slices.Equal(got, want) {
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
