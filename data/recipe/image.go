package recipe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/jpeg" // the formats that a folder of images may hold
	_ "image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/files"
)

// greyImage holds the grey values 0 to 255 of an image, row after row.
type greyImage struct {
	width, height int
	pixels        []uint8
}

// images reads the .jpg and .png images of a folder in the order of their names. They
// must have room for a patch.
func (in input) images(ctx context.Context, folder string) ([]greyImage, error) {
	dir, err := in.locate(folder)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, files.Cause(err))
	}
	var images []greyImage
	for _, f := range entries {
		if !slices.Contains([]string{".jpg", ".jpeg", ".png"}, strings.ToLower(filepath.Ext(f.Name()))) {
			continue
		}
		g, err := readGrey(ctx, filepath.Join(dir, f.Name()), in.limit)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %s: %w", dir, f.Name(), err)
		case g.width < patchSide || g.height < patchSide:
			return nil, fmt.Errorf("%s: %s has %d × %d pixels: a patch needs %d × %d", dir, f.Name(), g.width, g.height, patchSide, patchSide)
		}
		images = append(images, g)
	}
	if images == nil {
		return nil, fmt.Errorf("%s: it holds no .jpg and no .png images", dir)
	}
	return images, nil
}

// maxImage bounds the bytes of an image file.
const maxImage = 1 << 28

func readGrey(ctx context.Context, path string, limit *data.Limit) (greyImage, error) {
	f, err := format.Open(ctx, path)
	if err != nil {
		return greyImage{}, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxImage))
	if err != nil {
		return greyImage{}, err
	}
	return decodeGrey(content, limit)
}

// decodeGrey reads the size before the pixels, so that a header's claim takes
// no more memory than the limit allows. A grey value is the luma of ITU-R BT.601, with
// the digits of MATLAB's rgb2gray.
func decodeGrey(content []byte, limit *data.Limit) (greyImage, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return greyImage{}, imageDamage(err)
	}
	if size.Width < 1 || size.Height < 1 {
		return greyImage{}, fmt.Errorf("%d × %d pixels: the image is empty or damaged", size.Width, size.Height)
	}
	if err := limit.Take(int64(size.Width) * int64(size.Height)); err != nil {
		return greyImage{}, err
	}
	img, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return greyImage{}, imageDamage(err)
	}
	rgba := image.NewRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(rgba, rgba.Rect, img, img.Bounds().Min, draw.Src)
	g := greyImage{width: rgba.Rect.Dx(), height: rgba.Rect.Dy(), pixels: make([]uint8, 0, len(rgba.Pix)/4)}
	for c := range slices.Chunk(rgba.Pix, 4) {
		g.pixels = append(g.pixels, uint8(math.Round(0.2989*float64(c[0])+0.5870*float64(c[1])+0.1140*float64(c[2]))))
	}
	return g, nil
}

func imageDamage(err error) error {
	if errors.Is(err, image.ErrFormat) {
		return errors.New("it is neither a JPEG nor a PNG image")
	}
	return fmt.Errorf("the image is damaged: %w", err)
}
