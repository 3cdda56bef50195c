package recipe

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// mnistFolder has the files of idxFolder where the recipe looks for them.
func mnistFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must.M(os.Rename(datatest.IDXFolder(t), filepath.Join(dir, "mnist")))
	return dir
}

// Pixel k of the images, in the order train, valid, test, gets the k-th number
// of numpy's RandomState(42).
func TestMNISTRecipe(t *testing.T) {
	dir := mnistFolder(t)
	s, err := load(context.Background(), data.Options{Dir: dir, Source: "mnist", Labels: true})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Rows != 11 || s.Valid.Rows != 2 || s.Test.Rows != 5 || s.ContextDim != 4 || !slices.Equal(s.Shape, []int{2, 3}) {
		t.Fatalf("%d/%d/%d rows, context %d, shape %v", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.ContextDim, s.Shape)
	}
	m := newRandomState(42)
	first := []int{0, 11, 0} // image i is filled with i
	for k, n := range s.Sets() {
		if n.Set.LogDet != -6*math.Log(256) {
			t.Errorf("%s: log-determinant %v", n.Split, n.Set.LogDet)
		}
		for i := range n.Set.Rows {
			for _, v := range n.Set.Row(i) {
				if want := (float64(first[k]+i) + m.float64()) / 256; math.Abs(float64(v)-want) > 1e-7 {
					t.Fatalf("%s image %d: %v, want %v", n.Split, i, v, want)
				}
			}
		}
	}
	if s, err = load(context.Background(), data.Options{Dir: dir, Source: "mnist", Binarize: "threshold"}); err != nil || s.Train.CheckBinary() != nil || s.Train.LogDet != 0 {
		t.Errorf("binarised: %v, log-determinant %v", err, s.Train.LogDet)
	}
	// The folder itself is grey values, as before.
	if s, err = load(context.Background(), data.Options{Dir: dir, Source: "mnist/"}); err != nil || s.Valid.X[0] != 11 || s.Valid.LogDet != 0 {
		t.Errorf("the folder: %v, %v", err, s)
	}
	must.M(os.Remove(filepath.Join(dir, "mnist", "t10k-images-idx3-ubyte.gz")))
	_, err = load(context.Background(), data.Options{Dir: dir, Source: "mnist"})
	datatest.WantError(t, err, "reading mnist", "t10k-images-idx3-ubyte")
}

// In pixel units a density of the noisy digits is one over levels of 1/256.
func TestMNISTRecipeOnDigits(t *testing.T) {
	if testing.Short() {
		t.Skip("55 million pixels")
	}
	dir := filepath.Dir(filepath.Dir(datatest.File(t, "mnist/train-images-idx3-ubyte.gz")))
	s, err := load(context.Background(), data.Options{Dir: dir, Source: "mnist"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Rows != 50000 || s.Valid.Rows != 10000 || s.Test.Rows != 10000 || !slices.Equal(s.Shape, []int{28, 28}) {
		t.Fatalf("%d/%d/%d rows of shape %v", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Shape)
	}
	// The mean grey value of the 60,000 training images is 33.3184, and 1/2 is added.
	var sum float64
	for _, x := range [][]float32{s.Train.X, s.Valid.X} {
		for _, v := range x {
			sum += float64(v)
		}
	}
	if mean := sum / (60000 * 784) * 256; math.Abs(mean-33.8184) > 1e-3 {
		t.Errorf("mean %v of 256, want 33.8184", mean)
	}
	if most := slices.Max(s.Test.X); most >= 1 || slices.Min(s.Test.X) < 0 {
		t.Errorf("values up to %v", most)
	}
}
