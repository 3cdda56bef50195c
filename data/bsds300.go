package data

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
)

// bsds300Recipe makes patches of natural images as Zoran and Weiss 2011, RNADE
// and MAF model them.
var bsds300Recipe = recipe{
	RecipeInfo: RecipeInfo{
		Name:  "bsds300",
		About: "BSDS300: grey 8 × 8 patches of photographs, with noise, without their mean and last pixel: 63 columns",
		Files: []string{"train/", "test/"},
		Publisher: "UC Berkeley, the Berkeley Segmentation Dataset: " +
			"www2.eecs.berkeley.edu/Research/Projects/CS/vision/bsds",
	},
	folders: []string{"bsds300", "BSDS300/images", "BSDS300"},
	load:    loadBSDS300,
}

const (
	patchSide = 8
	patchDim  = patchSide*patchSide - 1
)

// bsds300Rows are the numbers of patches in train, valid and test of the paper.
var bsds300Rows = [3]int{1000000, 50000, 250000}

// loadBSDS300 sets one training image in ten aside for validation (20 of 200)
// and draws patches from the images of each split. All draws are by a seed of
// their own, so that the patches are the same for everyone.
func loadBSDS300(ctx context.Context, in recipeInput) (*Splits, error) {
	train, err := in.images(ctx, "train")
	if err != nil {
		return nil, err
	}
	test, err := in.images(ctx, "test")
	if err != nil {
		return nil, err
	}
	newRand(0, streamBSDS300).Shuffle(len(train), func(i, j int) { train[i], train[j] = train[j], train[i] })
	valid := share(0.1, len(train), len(train)-1)
	if len(train) < 2 {
		return nil, fmt.Errorf("train holds %d image: one is needed for training and one for validation at least", len(train))
	}
	rows := in.o.Patches
	if rows == [3]int{} {
		rows = bsds300Rows
	}
	var sets [3]*Set
	for i, part := range []struct {
		name   string
		images []greyImage
	}{{"train", train[valid:]}, {"valid", train[:valid]}, {"test", test}} {
		if err := in.limit.take(int64(rows[i]) * patchDim); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
		r := newRand(0, streamBSDS300<<32|uint64(i))
		if sets[i], err = patches(ctx, r, part.images, rows[i]); err != nil {
			return nil, err
		}
		sets[i].Name = "bsds300 (" + part.name + ")"
	}
	return &Splits{Train: sets[0], Valid: sets[1], Test: sets[2],
		Note: fmt.Sprintf("patches drawn by a fixed seed from %d, %d and %d images; the paper's patches are as many, not the same",
			len(train)-valid, valid, len(test))}, nil
}

// images reads the images of a folder, which must have room for a patch.
func (in recipeInput) images(ctx context.Context, folder string) ([]greyImage, error) {
	dir, err := in.locate(folder)
	if err != nil {
		return nil, err
	}
	images, err := readGreyFolder(ctx, dir, in.limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	for _, g := range images {
		if g.width < patchSide || g.height < patchSide {
			return nil, fmt.Errorf("%s: %s has %d × %d pixels: a patch needs %d × %d", dir, g.name, g.width, g.height, patchSide, patchSide)
		}
	}
	return images, nil
}

// patches draws rows: each is an image, a place in it and noise of its own,
// (g + u)/256 with u uniform on [0, 1), less the mean of the patch. The last
// pixel is left out, since the others give it.
func patches(ctx context.Context, r *rand.Rand, images []greyImage, rows int) (*Set, error) {
	s := &Set{Rows: rows, Dim: patchDim, X: make([]float32, rows*patchDim), LogDet: -patchDim * math.Log(256)}
	var patch [patchDim + 1]float64
	for i := range rows {
		if i%(1<<16) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		g := &images[r.IntN(len(images))]
		corner := r.IntN(g.height-patchSide+1)*g.width + r.IntN(g.width-patchSide+1)
		var sum float64
		for k := range patch {
			grey := g.pixels[corner+k/patchSide*g.width+k%patchSide]
			patch[k] = (float64(grey) + r.Float64()) / 256
			sum += patch[k]
		}
		mean := sum / (patchDim + 1)
		for k := range s.Row(i) {
			s.X[i*patchDim+k] = float32(patch[k] - mean)
		}
	}
	return s, nil
}
