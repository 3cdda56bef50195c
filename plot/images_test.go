package plot

import (
	"image/color"
	"math"
	"slices"
	"testing"
)

// Five images of 3 x 5 where just they fit at their own size: every pixel can be read back.
func TestPixelsOfImages(t *testing.T) {
	const n, h, w = 5, 3, 5
	images := make([]float64, n*h*w)
	for i := range images {
		images[i] = float64(i) / float64(len(images)-1)
	}
	lines := Images(images, n, h, w, 3*w+2, 4, full) // rows of three and of two: half lines 0 to 2 and 4 to 6
	if len(lines) != 4 {
		t.Fatalf("%d lines", len(lines))
	}
	for i := range n {
		for r := range h {
			for c := range w {
				half, x := i/3*(h+1)+r, i%3*(w+1)+c
				upper, lower := read(t, lines[half/2])[x].halves(t)
				got := upper
				if half%2 == 1 {
					got = lower
				}
				if want := grey(images[i*h*w+r*w+c]); got != want {
					t.Errorf("image %d, row %d, column %d: %v, want %v", i, r, c, got, want)
				}
			}
		}
	}
}

// Between images the terminal keeps its own colours.
func TestGapsBetweenImagesHaveNoColour(t *testing.T) {
	line := read(t, Images([]float64{1, 1, 1, 1}, 2, 2, 1, 3, 1, full)[0])
	if want := []glyph{{' ', color.RGBA{}, grey(1)}, {' ', color.RGBA{}, color.RGBA{}}, {' ', color.RGBA{}, grey(1)}}; !slices.Equal(line, want) {
		t.Errorf("%v, want %v", line, want)
	}
}

func TestTilesAreAsLargeAsFit(t *testing.T) {
	for _, test := range []struct {
		n, h, w, width, height int // height in lines
		tall, wide             int // of a tile, in pixels
		shown                  int
	}{
		{1, 8, 8, 80, 24, 32, 32, 1},       // four pixels for one, no more
		{6, 28, 28, 86, 29, 28, 28, 6},     // two rows of three at their own size
		{16, 28, 28, 79, 24, 10, 10, 16},   // a third of it
		{1000, 28, 28, 80, 24, 10, 10, 28}, // never below eight pixels: a third, as many as fit
		{3, 100, 100, 9, 3, 6, 6, 1},       // but smaller rather than none
	} {
		got := tile(test.n, test.h, test.w, test.width, 2*test.height)
		if got.height != test.tall || got.width != test.wide || min(got.rows*got.cols, test.n) != test.shown {
			t.Errorf("%+v: %+v", test, got)
		}
	}
}

func TestShadesOfBinaryImages(t *testing.T) {
	image := []float64{
		1, 1, 0, 0,
		1, 0, 1, 0,
	}
	if got, want := Images(image, 1, 2, 4, 4, 1, Style{Unicode: true})[0], "█▀▄"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Images(image, 1, 2, 4, 4, 1, Style{})[0], "@++"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestImagesOutOfRange(t *testing.T) {
	line := read(t, Images([]float64{-3, 7, math.NaN(), math.Inf(1)}, 1, 1, 4, 4, 1, full)[0])
	if len(line) != 4 || line[2].r != '?' {
		t.Fatalf("%+v", line)
	}
	for x, want := range map[int]float64{0: 0, 1: 1, 3: 1} {
		if upper, _ := line[x].halves(t); upper != grey(want) {
			t.Errorf("column %d is %v, want %v", x, upper, grey(want))
		}
	}
	for _, shape := range [][3]int{{0, 2, 2}, {2, 2, 2}, {-1, -2, 2}, {1, math.MaxInt, math.MaxInt}} {
		if got := Images(make([]float64, 4), shape[0], shape[1], shape[2], 80, 24, full); len(got) != 1 || got[0] != "no images" {
			t.Errorf("shape %v: %q", shape, got)
		}
	}
}

func TestSquareSide(t *testing.T) {
	for bits, want := range map[int]int{784: 28, 256: 16, 255: 0, 225: 0, 783: 0, 785: 0, 0: 0, -4: 0, 1 << 20: 1 << 10} {
		if got := SquareSide(bits); got != want {
			t.Errorf("%d bits: %d, want %d", bits, got, want)
		}
	}
}
