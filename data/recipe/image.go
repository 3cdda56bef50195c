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
	name          string
	width, height int
	pixels        []uint8
}

// readGreyFolder reads the .jpg and .png images of a folder in the order of
// their names.
func readGreyFolder(ctx context.Context, dir string, limit *data.Limit) ([]greyImage, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, files.Cause(err)
	}
	var images []greyImage
	for _, f := range entries {
		if !slices.Contains([]string{".jpg", ".jpeg", ".png"}, strings.ToLower(filepath.Ext(f.Name()))) {
			continue
		}
		g, err := readGrey(ctx, filepath.Join(dir, f.Name()), limit)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		images = append(images, g)
	}
	if images == nil {
		return nil, errors.New("it holds no .jpg and no .png images")
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
	return decodeGrey(content, filepath.Base(path), limit)
}

// decodeGrey reads the size before the pixels, so that a header's claim takes
// no more memory than the limit allows. A grey value is the luma of ITU-R BT.601, with
// the digits of MATLAB's rgb2gray.
func decodeGrey(content []byte, name string, limit *data.Limit) (greyImage, error) {
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
	g := greyImage{name: name, width: rgba.Rect.Dx(), height: rgba.Rect.Dy(), pixels: make([]uint8, 0, len(rgba.Pix)/4)}
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
