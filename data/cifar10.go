package data

import (
	"context"
	"fmt"
	"io"
	"math"
)

var cifar10Recipe = recipe{
	RecipeInfo: RecipeInfo{
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
func loadCIFAR10(ctx context.Context, in recipeInput) (*Splits, error) {
	var train, test cifarImages
	for i, file := range in.Files {
		to := &train
		if i == len(in.Files)-1 {
			to = &test
		}
		if _, err := readText(ctx, in, file, func(r io.Reader) (int, error) { return to.read(r, in.limit) }); err != nil {
			return nil, err
		}
	}
	cut := 9 * len(train.labels) / 10
	if cut == 0 || cut == len(train.labels) {
		return nil, fmt.Errorf("%d training images are too few: a tenth is for validation", len(train.labels))
	}
	if err := in.limit.take(int64(cut) * cifarDim); err != nil { // the mirror images
		return nil, err
	}
	m := newMT19937(42)
	s := &Splits{Note: "valid is the last tenth of the training images; with the paper's noise (numpy, seed 42)"}
	s.Train = train.part(0, cut).set(m, "cifar10 (train)", true)
	s.Valid = train.part(cut, len(train.labels)).set(m, "cifar10 (valid)", false)
	s.Test = test.set(m, "cifar10 (test)", false)
	if !in.o.Labels {
		return s, nil
	}
	labels := []*Set{mirrored(train.part(0, cut).labels), labelSet(train.labels[cut:]), labelSet(test.labels)}
	return s, attachLabels([]*Set{s.Train, s.Valid, s.Test}, labels, in.limit)
}

// read appends the images of a file: a byte with the label, then the pixels.
func (c *cifarImages) read(r io.Reader, limit *budget) (int, error) {
	record := make([]byte, 1+cifarDim)
	for n := 0; ; n++ {
		switch _, err := io.ReadFull(r, record); {
		case err == io.EOF && n > 0:
			return n, nil
		case err != nil:
			return n, fmt.Errorf("image %d (counted from 0): %w", n, damage(err))
		case record[0] >= cifarClasses:
			return n, fmt.Errorf("image %d (counted from 0) has the label %d, not one from 0 to %d", n, record[0], cifarClasses-1)
		}
		if err := limit.take(cifarDim); err != nil {
			return n, err
		}
		c.labels, c.pixels = append(c.labels, record[0]), append(c.pixels, record[1:]...)
	}
}

func (c cifarImages) part(lo, hi int) cifarImages {
	return cifarImages{c.pixels[lo*cifarDim : hi*cifarDim], c.labels[lo:hi]}
}

// set adds noise, and the mirror images when they are asked for.
func (c cifarImages) set(m *mt19937, name string, mirror bool) *Set {
	rows := len(c.labels)
	s := &Set{Name: name, Rows: rows, Dim: cifarDim, shape: []int{3, cifarSide, cifarSide}, LogDet: -cifarDim * math.Log(256)}
	if mirror {
		s.Rows *= 2
	}
	s.X = make([]float32, s.Rows*cifarDim)
	for k, v := range c.pixels {
		s.X[k] = dequantized(float64(v), m.float64(), 256)
	}
	for i := rows; i < s.Rows; i++ {
		from, to := s.Row(i-rows), s.Row(i)
		for k := range to {
			to[k] = from[k^(cifarSide-1)] // the same row of pixels, read from its end
		}
	}
	return s
}

func labelSet(labels []uint8) *Set {
	s := &Set{Name: "labels of cifar10", Rows: len(labels), Dim: 1, X: make([]float32, len(labels))}
	for i, l := range labels {
		s.X[i] = float32(l)
	}
	return s
}

// mirrored are the labels of images that are followed by their mirror images.
func mirrored(labels []uint8) *Set {
	s := labelSet(labels)
	s.X, s.Rows = append(s.X, s.X...), 2*s.Rows
	return s
}
