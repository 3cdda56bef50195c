package recipe

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/data"
)

// bsds300Recipe makes patches of natural images as Zoran and Weiss 2011, RNADE
// and MAF model them.
var bsds300Recipe = recipe{
	Info: Info{
		Name:  "bsds300",
		About: "BSDS300: grey 8 × 8 patches of photographs, with noise, without their mean and last pixel: 63 columns",
		Files: []string{"train/", "test/"},
		Publisher: "UC Berkeley, the Berkeley Segmentation Dataset: " +
			"www2.eecs.berkeley.edu/Research/Projects/CS/vision/bsds",
	},
	folders: []string{"bsds300", "BSDS300/images", "BSDS300"},
	load: func(ctx context.Context, in input) (data.Source, error) {
		return loadBSDS300(ctx, in, bsds300Rows)
	},
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
func loadBSDS300(ctx context.Context, in input, rows [3]int) (data.Source, error) {
	var none data.Source
	train, err := in.images(ctx, "train")
	if err != nil {
		return none, err
	}
	test, err := in.images(ctx, "test")
	if err != nil {
		return none, err
	}
	data.StreamBSDS300.Rand(0).Shuffle(len(train), func(i, j int) { train[i], train[j] = train[j], train[i] })
	valid := max(1, int(math.Round(0.1*float64(len(train)))))
	if len(train) < 2 {
		return none, fmt.Errorf("train holds %d image: one is needed for training and one for validation at least", len(train))
	}
	values := (rows[0] + rows[1] + rows[2]) * patchDim
	if err := in.limit.Take(int64(values)); err != nil {
		return none, err
	}
	x := make([]float32, 0, values)
	for i, images := range [][]greyImage{train[valid:], train[:valid], test} {
		x = appendPatches(ctx, x, data.StreamBSDS300.Part(i).Rand(0), images, rows[i])
	}
	t, err := data.FromFlat(x, patchDim)
	if err := cmp.Or(ctx.Err(), err); err != nil {
		return none, err
	}
	t.Name = in.Name
	s := data.Cut(t, rows[0], rows[0]+rows[1], patchScale())
	s.Note = fmt.Sprintf("patches drawn by a fixed seed from %d, %d and %d images; the paper's patches are as many, not the same",
		len(train)-valid, valid, len(test))
	return s, nil
}

// patchScale takes the 256 grey levels to a range of 1, as the papers do.
func patchScale() *data.Scale {
	return &data.Scale{Mean: make([]float64, patchDim), SD: slices.Repeat([]float64{256}, patchDim)}
}

// appendPatches draws rows, unless the context is done: each is an image, a place in it and noise of its own, g + u
// with u uniform on [0, 1), less the mean of the patch. The last pixel is left out,
// since the others give it.
func appendPatches(ctx context.Context, x []float32, r *rand.Rand, images []greyImage, rows int) []float32 {
	var patch [patchDim + 1]float64
	for i := range rows {
		if i%(1<<16) == 0 && ctx.Err() != nil {
			break
		}
		g := &images[r.IntN(len(images))]
		corner := r.IntN(g.height-patchSide+1)*g.width + r.IntN(g.width-patchSide+1)
		var sum float64
		for k := range patch {
			grey := g.pixels[corner+k/patchSide*g.width+k%patchSide]
			patch[k] = float64(grey) + r.Float64()
			sum += patch[k]
		}
		mean := sum / (patchDim + 1)
		for _, v := range patch[:patchDim] {
			x = append(x, float32(v-mean))
		}
	}
	return x
}
