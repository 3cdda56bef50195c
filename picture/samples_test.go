package picture

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/plot"
)

// Each pixel of each image is a square of its own colour, in the sequence of reading.
func TestPixelsOfSamples(t *testing.T) {
	for _, shape := range [][]int{{2, 3}, {3, 2, 3}} {
		const n, h, w = 5, 2, 3
		size := h * w
		if len(shape) == 3 {
			size *= 3
		}
		samples := make([]float32, n*size)
		for i := range samples {
			samples[i] = float32(40+i*2) / 255
		}
		img := drawnPNG(t, func(path string) error { return Samples(path, samples, n, shape, Labels{}) })
		found := patches(img)
		last := -1
		for i := range n {
			for p := range h * w {
				c := color.RGBA{A: 0xff}
				for channel, light := range []*uint8{&c.R, &c.G, &c.B} {
					*light = uint8(40 + 2*(i*size+(p+channel*h*w)%size))
				}
				r, count := found[c].Rectangle, found[c].n
				if count == 0 || count != r.Dx()*r.Dy() || r.Dx() != r.Dy() {
					t.Fatalf("shape %v, image %d, pixel %d of colour %v: %d pixels in %v", shape, i, p, c, count, r)
				}
				if p == 0 && i > 0 && r.Min.Y*10_000+r.Min.X <= last {
					t.Errorf("image %d is not after the one before", i)
				}
				if p == 0 {
					last = r.Min.Y*10_000 + r.Min.X
				}
			}
		}
	}
}

func TestSamplesOutOfRange(t *testing.T) {
	nan := float32(math.NaN())
	draw := func(path string) error { return Samples(path, []float32{-2, 3, nan, 1}, 1, []int{1, 4}, Labels{}) }
	img := drawnPNG(t, draw)
	_, dark := extent(img, color.RGBA{0, 0, 0, 0xff})
	_, marked := extent(img, plot.Series(3))
	if dark == 0 || dark != marked {
		t.Errorf("%d black pixels and %d marked ones", dark, marked)
	}
	if text := words(t, drawn(t, ".svg", draw)); !strings.Contains(text, "not numbers (vermilion): 1 of 4") {
		t.Errorf("no count in %q", text)
	}
}

func TestScatterOfSamples(t *testing.T) {
	inf := float32(math.Inf(1))
	draw := func(path string) error {
		return Samples(path, []float32{0, 0, 1, 2, inf, 0}, 3, []int{2}, Labels{Title: "pairs", X: "a", Y: "b"})
	}
	text := words(t, drawn(t, ".svg", draw))
	for _, want := range []string{"pairs", "a", "b", "points that are not finite: 1 of 3"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	if r := inked(drawnPNG(t, draw)); r.Dx() < 600 {
		t.Errorf("ink only in %v", r)
	}
}
