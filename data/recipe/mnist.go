package recipe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
)

var mnistRecipe = recipe{
	Info: Info{
		Name:  "mnist",
		About: "MNIST with noise in [0, 1): 28 × 28 pixels, 50,000, 10,000 and 10,000 images; with binarize, grey values without noise",
		Files: []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
		Publisher: "Yann LeCun, Corinna Cortes and Christopher Burges, the MNIST database: " +
			"yann.lecun.com/exdb/mnist",
	},
	folders:  []string{"mnist", "MNIST/raw", "MNIST"},
	labels:   true,
	binarize: true,
	load:     loadMNIST,
}

// loadMNIST adds the paper's noise, that of numpy's RandomState(42), to the grey
// values.
func loadMNIST(ctx context.Context, in input) (data.Source, error) {
	path, err := in.locate("train-images-idx3-ubyte", "train-images.idx3-ubyte")
	if err != nil {
		return data.Source{}, err
	}
	dir := filepath.Dir(path)
	s, err := Folder(ctx, dir, in.o.Labels, in.limit)
	if err != nil {
		return data.Source{}, fmt.Errorf("%s: %w", dir, err)
	}
	if in.o.Binarize != "" {
		s.White = 255
		return s, nil
	}
	m := newRandomState(42)
	for _, t := range []*data.Table{s.Train.Table, s.Test.Table} {
		for k, v := range t.Float32() {
			if v < 0 || v > 255 || v != float32(int(v)) {
				_, dim := t.Dims()
				return data.Source{}, fmt.Errorf("%s: %s is %v, not a grey level from 0 to 255", t.Name, t.Place(k/dim, k%dim), v)
			}
			t.Float32()[k] = data.Jitter(float64(v), m.float64())
		}
	}
	s.Steps = []data.Step{&data.Dequantise{Levels: 256, Noisy: true}}
	s.Note += "; with the paper's noise (numpy, seed 42)"
	return s, nil
}

// Folder reads a folder with MNIST's four files. The last sixth of the
// training images is the validation set: of MNIST's 60,000, the last 10,000.
func Folder(ctx context.Context, dir string, labels bool, limit *data.Limit) (s data.Source, err error) {
	var images, classes []*data.Table
	for _, part := range []string{"train", "t10k"} {
		t, err := readIDXIn(ctx, dir, part+"-images", 3, limit)
		if err != nil {
			return s, err
		}
		if images = append(images, t); !labels {
			continue
		}
		if t, err = readIDXIn(ctx, dir, part+"-labels", 1, limit); err != nil {
			return s, err
		}
		classes = append(classes, t)
	}
	if err := data.AttachLabels(images, classes, 0, limit); err != nil {
		return s, err
	}
	rows := images[0].Rows()
	valid := rows / 6
	if valid == 0 {
		return s, fmt.Errorf("%s has %d images: at least 6 are needed, one in six for validation", images[0].Name, rows)
	}
	s = data.Cut(images[0], rows-valid, rows)
	s.Test = data.Part{Table: images[1]}
	s.Note = fmt.Sprintf("valid is the last %d of %d training images", valid, rows)
	return s, nil
}

// Labels reads the labels of a single IDX file of images, which lie beside it
// under the name that MNIST gives them.
func Labels(ctx context.Context, path string, limit *data.Limit) (*data.Table, error) {
	dir, file := filepath.Split(path)
	name, _, isImages := strings.Cut(file, "-images")
	if !isImages {
		return nil, errors.New("labels are asked for, but the name does not tell where: NAME-images-idx3-ubyte goes with NAME-labels-idx1-ubyte")
	}
	return readIDXIn(ctx, dir, name+"-labels", 1, limit)
}

// readIDXIn reads the file of a folder with that name, spelled and compressed
// as it may be.
func readIDXIn(ctx context.Context, dir, name string, rank int, limit *data.Limit) (*data.Table, error) {
	for _, form := range []string{"%s-idx%d-ubyte", "%s-idx%d-ubyte.gz", "%s.idx%d-ubyte", "%s.idx%d-ubyte.gz"} {
		file := fmt.Sprintf(form, name, rank)
		t, err := format.Read(ctx, filepath.Join(dir, file), format.ReadOptions{}, limit)
		switch {
		case err == nil:
			return t, nil
		case !errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil, fmt.Errorf("the folder has no %s-idx%d-ubyte or %[1]s-idx%[2]d-ubyte.gz: of folders, those with MNIST's four IDX files are read",
		name, rank)
}
