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
	var all cifarImages
	train := 0
	for _, file := range in.Files { // that for testing is the last
		train = len(all.labels)
		if err := readFile(ctx, in, file, func(r io.Reader) error { return all.read(r, in.limit) }); err != nil {
			return none, err
		}
	}
	cut := 9 * train / 10
	if cut == 0 {
		return none, fmt.Errorf("%d training images are too few: a tenth is for validation", train)
	}
	if err := in.limit.Take(int64(cut) * cifarDim); err != nil { // the mirror images
		return none, err
	}
	m, rows := newRandomState(42), len(all.labels)
	x := make([]float32, 0, (cut+rows)*cifarDim)
	for k, v := range all.pixels {
		if k == cut*cifarDim {
			x = appendMirrored(x)
		}
		x = append(x, data.Jitter(float64(v), m.float64()))
	}
	t, err := data.FromFlat(x, cifarDim)
	if err != nil {
		return none, err
	}
	t.Name, t.Shape = in.Name, []int{3, cifarSide, cifarSide}
	s := data.Cut(t, 2*cut, cut+train, &data.Dequantise{Levels: 256, Noisy: true})
	s.Note = "valid is the last tenth of the training images; with the paper's noise (numpy, seed 42)"
	if !in.o.Labels {
		return s, nil
	}
	labels := &data.Table{Name: "labels of cifar10"}
	for _, class := range slices.Concat(all.labels[:cut], all.labels) {
		labels.Append([]float64{float64(class)})
	}
	return s, data.AttachLabels([]*data.Table{t}, []*data.Table{labels}, 0, in.limit)
}

// read appends the images of a file: a byte with the label, then the pixels.
func (c *cifarImages) read(r io.Reader, limit *data.Limit) error {
	record := make([]byte, 1+cifarDim)
	for n := 0; ; n++ {
		switch _, err := io.ReadFull(r, record); {
		case err == io.EOF && n > 0:
			return nil
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return fmt.Errorf("image %d (counted from 0): the data ends too early: the file is cut short or damaged", n)
		case err != nil:
			return fmt.Errorf("image %d (counted from 0): %w", n, err)
		case record[0] >= cifarClasses:
			return fmt.Errorf("image %d (counted from 0) has the label %d, not one from 0 to %d", n, record[0], cifarClasses-1)
		}
		if err := limit.Take(cifarDim); err != nil {
			return err
		}
		c.labels, c.pixels = append(c.labels, record[0]), append(c.pixels, record[1:]...)
	}
}

// appendMirrored appends the mirror images of images to them.
func appendMirrored(x []float32) []float32 {
	for k := range x {
		x = append(x, x[k^(cifarSide-1)]) // the same row of pixels, read from its end
	}
	return x
}
