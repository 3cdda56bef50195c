package recipe

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// cifarFile has n images. In image i the value of channel ch, row y, column x is
// 100ch + 3x + i, and the label is i mod 10.
func cifarFile(first, n int) string {
	var b bytes.Buffer
	for i := first; i < first+n; i++ {
		b.WriteByte(byte(i % 10))
		for k := range cifarDim {
			b.WriteByte(byte(100*(k/1024)/2 + 3*(k%32) + i))
		}
	}
	return b.String()
}

func cifarFolder(t *testing.T) string {
	return recipeFolder(t, "cifar-10-batches-bin",
		"data_batch_1.bin", cifarFile(0, 3), "data_batch_2.bin", cifarFile(3, 2), "data_batch_3.bin", cifarFile(5, 2),
		"data_batch_4.bin", cifarFile(7, 2), "data_batch_5.bin", cifarFile(9, 1), "test_batch.bin", cifarFile(20, 4))
}

func TestCIFAR10(t *testing.T) {
	dir := cifarFolder(t)
	s, err := load(context.Background(), data.Options{Dir: dir, Source: "cifar10", Labels: true})
	if err != nil {
		t.Fatal(err)
	}
	// Nine images and their mirror images, the tenth, and four.
	if s.Train.Rows != 18 || s.Valid.Rows != 1 || s.Test.Rows != 4 || s.Dim != 3072 || s.ContextDim != 10 || !slices.Equal(s.Shape, []int{3, 32, 32}) {
		t.Fatalf("%d/%d/%d rows of %d, context %d, shape %v", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim, s.ContextDim, s.Shape)
	}
	m := newRandomState(42)
	check := func(row []float32, image int) {
		t.Helper()
		for k, v := range row {
			grey := 100*(k/1024)/2 + 3*(k%32) + image
			if want := (float64(grey) + m.float64()) / 256; math.Abs(float64(v)-want) > 1e-7 {
				t.Fatalf("image %d, value %d: %v, want %v", image, k, v, want)
			}
		}
	}
	for i := range 9 {
		check(s.Train.Row(i), i)
	}
	check(s.Valid.Row(0), 9)
	for i := range 4 {
		check(s.Test.Row(i), 20+i)
	}
	for i := range 9 {
		image, mirror := s.Train.Row(i), s.Train.Row(9+i)
		for k := range image {
			if line := k / 32 * 32; mirror[k] != image[line+31-k%32] {
				t.Fatalf("image %d, value %d is not its mirror image", i, k)
			}
		}
		if s.Train.ContextRow(i)[i] != 1 || s.Train.ContextRow(9 + i)[i] != 1 {
			t.Errorf("labels of image %d: %v and %v", i, s.Train.ContextRow(i), s.Train.ContextRow(9+i))
		}
	}
	if s.Valid.LogDet != -3072*math.Log(256) || s.Train.LogDet != s.Test.LogDet {
		t.Errorf("log-determinant %v", s.Valid.LogDet)
	}
	if s, err = load(context.Background(), data.Options{Dir: dir, Source: "cifar10"}); err != nil || s.ContextDim != 0 {
		t.Errorf("labels without being asked for: %v", err)
	}
}

func TestCIFAR10Refuses(t *testing.T) {
	for want, file := range map[string]string{
		"image 1 (counted from 0): the data ends too early": cifarFile(0, 2)[:4000],
		"image 0 (counted from 0) has the label 11":         strings.Replace(cifarFile(1, 1), "\x01", "\x0b", 1),
		"image 0 (counted from 0) has the label 80":         "PK" + cifarFile(0, 1),
	} {
		dir := cifarFolder(t)
		must.M(os.WriteFile(filepath.Join(dir, "cifar-10-batches-bin", "data_batch_3.bin"), []byte(file), 0o600))
		_, err := load(context.Background(), data.Options{Dir: dir, Source: "cifar10"})
		datatest.WantError(t, err, "reading cifar10", "data_batch_3.bin", want)
	}
	dir := cifarFolder(t)
	_, err := load(context.Background(), data.Options{Dir: dir, Source: "cifar10", MaxValues: 14 * cifarDim})
	datatest.WantError(t, err, "the limit")
	must.M(os.Remove(filepath.Join(dir, "cifar-10-batches-bin", "data_batch_2.bin")))
	_, err = load(context.Background(), data.Options{Dir: dir, Source: "cifar10"})
	datatest.WantError(t, err, "no data_batch_2.bin", "Krizhevsky")
}

func FuzzCIFAR10(f *testing.F) {
	f.Add([]byte(cifarFile(0, 2)))
	f.Add([]byte{10})
	f.Fuzz(func(t *testing.T, file []byte) {
		var c cifarImages
		err := c.read(bytes.NewReader(file), smallLimit())
		n := len(c.labels)
		if len(c.pixels) != len(c.labels)*cifarDim || err == nil && (n < 1 || n*(cifarDim+1) != len(file)) {
			t.Errorf("%d labels and %d values of %d bytes: %v", n, len(c.pixels), len(file), err)
		}
	})
}
