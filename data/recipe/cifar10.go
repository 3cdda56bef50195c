package recipe

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/maskflow/maskflow/data"
)

var cifar10Recipe = recipe{
	Info: Info{
		Name:  "cifar10",
		About: "CIFAR-10 with noise in [0, 1): 3 × 32 × 32 colours, 45,000 images and their mirror images, 5,000 and 10,000",
		Files: []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"},
		Publisher: "Alex Krizhevsky, the binary version of the CIFAR-10 dataset: " +
			"www.cs.toronto.edu/~kriz/cifar.html",
	},
	folders: []string{"cifar10", "cifar-10-batches-bin"},
	labels:  true,
	load:    loadCIFAR10,
}

const (
	cifarSide    = 32
	cifarDim     = 3 * cifarSide * cifarSide // red, then green, then blue, row after row
	cifarClasses = 10
)

// cifarImages are images as the files have them.
type cifarImages struct {
	pixels []uint8 // [rows, cifarDim]
	labels []uint8
}

// loadCIFAR10 takes the last tenth of the training images for validation. The
// noise is the paper's, that of numpy's RandomState(42): x becomes (x + u)/256.
// The training images are followed by their mirror images, noise included.
func loadCIFAR10(ctx context.Context, in input) (data.Source, error) {
	var none data.Source
	var train, test cifarImages
	for i, file := range in.Files {
		to := &train
		if i == len(in.Files)-1 {
			to = &test
		}
		if _, err := readFile(ctx, in, file, func(r io.Reader) (int, error) { return to.read(r, in.limit) }); err != nil {
			return none, err
		}
	}
	cut := 9 * len(train.labels) / 10
	if cut == 0 || cut == len(train.labels) {
		return none, fmt.Errorf("%d training images are too few: a tenth is for validation", len(train.labels))
	}
	if err := in.limit.Take(int64(cut) * cifarDim); err != nil { // the mirror images
		return none, err
	}
	m := newRandomState(42)
	var images, labels []*data.Table
	for i, of := range []cifarImages{train.part(0, cut), train.part(cut, len(train.labels)), test} {
		x, classes := of.noisy(m), of.labels
		if i == 0 {
			x, classes = mirrored(x), slices.Repeat(classes, 2)
		}
		t, err := data.FromFlat(x, cifarDim)
		if err != nil {
			return none, fmt.Errorf("no images: %w", err)
		}
		t.Shape = []int{3, cifarSide, cifarSide}
		l := &data.Table{Name: "labels of cifar10"}
		for _, class := range classes {
			l.Append([]float64{float64(class)})
		}
		images, labels = append(images, t), append(labels, l)
	}
	s := data.Divided(in.Name, images[0], images[1], images[2])
	s.Steps, s.NoiseAdded = []data.Step{&data.Dequantise{Levels: 256}}, true
	s.Note = "valid is the last tenth of the training images; with the paper's noise (numpy, seed 42)"
	if !in.o.Labels {
		return s, nil
	}
	return s, data.AttachLabels(images, labels, in.limit)
}

// read appends the images of a file: a byte with the label, then the pixels.
func (c *cifarImages) read(r io.Reader, limit *data.Limit) (int, error) {
	record := make([]byte, 1+cifarDim)
	for n := 0; ; n++ {
		switch _, err := io.ReadFull(r, record); {
		case err == io.EOF && n > 0:
			return n, nil
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return n, fmt.Errorf("image %d (counted from 0): the data ends too early: the file is cut short or damaged", n)
		case err != nil:
			return n, fmt.Errorf("image %d (counted from 0): %w", n, err)
		case record[0] >= cifarClasses:
			return n, fmt.Errorf("image %d (counted from 0) has the label %d, not one from 0 to %d", n, record[0], cifarClasses-1)
		}
		if err := limit.Take(cifarDim); err != nil {
			return n, err
		}
		c.labels, c.pixels = append(c.labels, record[0]), append(c.pixels, record[1:]...)
	}
}

func (c cifarImages) part(lo, hi int) cifarImages {
	return cifarImages{c.pixels[lo*cifarDim : hi*cifarDim], c.labels[lo:hi]}
}

// noisy are the pixels with noise, x + u with u uniform on [0, 1).
func (c cifarImages) noisy(m randomState) []float32 {
	x := make([]float32, len(c.pixels))
	for k, v := range c.pixels {
		x[k] = data.Jitter(float64(v), m.float64())
	}
	return x
}

// mirrored are images followed by their mirror images.
func mirrored(x []float32) []float32 {
	both := make([]float32, 2*len(x))
	copy(both, x)
	for k := range x {
		both[len(x)+k] = x[k^(cifarSide-1)] // the same row of pixels, read from its end
	}
	return both
}
