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

// A row of the picture is an image, what is given of it, and its completions, each pixel a square of its own colour.
func TestPixelsOfCompletions(t *testing.T) {
	for _, shape := range [][]int{{3, 2}, {3, 3, 2}} {
		const n, k, h, w = 2, 3, 3, 2
		size := h * w
		if len(shape) == 3 {
			size *= 3
		}
		values := make([]float32, n*(1+k)*size)
		for i := range values {
			values[i] = float32(40+i) / 255
		}
		images, drawn := values[:n*size], values[n*size:]
		given := []bool{true, false, true, false, false, false}
		img := drawnPNG(t, func(path string) error { return Completions(path, images, given, drawn, n, shape, Labels{}) })
		found := patches(img)
		at := func(image, p int) patch {
			c := color.RGBA{A: 0xff}
			for channel, light := range []*uint8{&c.R, &c.G, &c.B} {
				*light = uint8(40 + image*size + (p+channel*h*w)%size)
			}
			return found[c]
		}
		side := at(0, 1).Dx() // of a pixel that is not given, and so is there once
		hidden := found[notGiven]
		key := hidden.n - n*4*side*side // in the header
		if side == 0 || key <= 0 || key > side*side*4 {
			t.Fatalf("shape %v: %d pixels of the picture are not given, pixels of images have a side of %d", shape, hidden.n, side)
		}
		for image := range n * (1 + k) {
			row, first := image, 0 // of completions: those before it
			if image >= n {
				row, first = (image-n)/k, 2+(image-n)%k
			}
			for p := range h * w {
				twice := image < n && given[p]
				place, count := at(image, p), side*side
				if twice {
					count *= 2
				}
				if place.n != count || place.Dy() != side || !twice && place.Dx() != side {
					t.Errorf("shape %v, image %d, pixel %d: %d pixels in %v", shape, image, p, place.n, place.Rectangle)
				}
				if p > 0 && place.Min.Y-at(image, 0).Min.Y != p/w*side {
					t.Errorf("shape %v, image %d: pixel %d is %v below the first", shape, image, p, place.Min.Y-at(image, 0).Min.Y)
				}
			}
			if corner := at(image, 0).Min; corner.Y != at(row, 0).Min.Y || first > 2 && corner.X <= at(image-1, 0).Min.X || first > 0 && corner.X <= at(row, 0).Max.X {
				t.Errorf("shape %v: completion %d is at %v", shape, image-n, corner)
			}
		}
	}
}

func TestCompletionsInWords(t *testing.T) {
	nan := float32(math.NaN())
	text := words(t, drawn(t, ".svg", func(path string) error {
		return Completions(path, []float32{0, 1}, []bool{true, false}, []float32{0, nan, 0, 1}, 1, []int{1, 2}, Labels{Title: "halves"})
	}))
	for _, want := range []string{"halves", "not given", "2 completions", "not numbers (vermilion): 1 of 6"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
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
