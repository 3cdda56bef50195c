package data

import (
	"context"
	"fmt"
	"path/filepath"
)

var mnistRecipe = recipe{
	RecipeInfo: RecipeInfo{
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

// loadMNIST adds the paper's noise, that of numpy's RandomState(42): pixel x
// becomes (x + u)/256.
func loadMNIST(ctx context.Context, in recipeInput) (*Splits, error) {
	path, err := in.locate("train-images-idx3-ubyte", "train-images.idx3-ubyte")
	if err != nil {
		return nil, err
	}
	s, err := loadIDXFolder(ctx, filepath.Dir(path), in.o.Labels, in.limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Dir(path), err)
	}
	if in.o.Binarize != "" {
		return s, nil
	}
	m := newMT19937(42)
	for _, n := range s.Sets() {
		if err := n.Set.checkWhole(256); err != nil {
			return nil, err
		}
		n.Set.dequantize(256, m.float64)
	}
	s.Note += "; with the paper's noise (numpy, seed 42)"
	return s, nil
}
