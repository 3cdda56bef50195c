package picture

import (
	"image"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/plot"
)

// quarters is a grid of four cells, each of its own colour, and the colours.
var quarters = plot.Grid{
	Rows: 2, Cols: 2, Values: []float64{0, 1, 2, 3}, X: plot.Range{Lo: -1, Hi: 3}, Y: plot.Range{Lo: 10, Hi: 20}, Name: "log p(x), nats",
}

func TestCellsOfADensity(t *testing.T) {
	img := drawnPNG(t, func(path string) error { return Density(path, quarters, nil, Labels{}) })
	if got := img.Bounds().Dx(); got != 880 {
		t.Errorf("%d pixels wide, want 4.4 inches of 200", got)
	}
	var cells [4]image.Rectangle
	for i := range cells {
		r, n := extent(img, plot.Ramp(float64(i)/3))
		if n < 50_000 {
			t.Fatalf("cell %d has %d pixels", i, n)
		}
		cells[i] = r
	}
	// Row 0 is below, column 0 on the left.
	middle := func(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }
	if !(middle(cells[0]).Y > middle(cells[2]).Y && middle(cells[1]).Y > middle(cells[3]).Y) {
		t.Errorf("rows: %v", cells)
	}
	if !(cells[0].Min.X < cells[1].Min.X && cells[2].Min.X < cells[3].Min.X) {
		t.Errorf("columns: %v", cells)
	}
}

func TestPointsOfADensity(t *testing.T) {
	g := quarters
	g.Values = []float64{0, 0, 0, 0}
	nan := float32(math.NaN())
	points := []float32{2, 12.5, -2, 15, nan, 15, 0, 21} // one inside: three quarters along x, one quarter along y
	img := drawnPNG(t, func(path string) error { return Density(path, g, points, Labels{}) })
	data, _ := extent(img, plot.Ramp(1))
	var r image.Rectangle
	for y := data.Min.Y + 20; y < data.Max.Y-20; y++ {
		for x := data.Min.X + 20; x < data.Min.X+(data.Max.Y-data.Min.Y)-20; x++ {
			if img.RGBAAt(x, y) == white {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if r.Empty() || r.Dx() > 12 {
		t.Fatalf("the white of the point is at %v", r)
	}
	svg := drawn(t, ".svg", func(path string) error { return Density(path, g, points, Labels{}) })
	if text := words(t, svg); !strings.Contains(text, "points outside: 3 of 4") {
		t.Errorf("no count of the points outside in %q", text)
	}
}

func TestWordsOfADensity(t *testing.T) {
	g := quarters
	g.Values = []float64{math.NaN(), math.Inf(-1), -5, -1}
	g.Depth = 2
	svg := drawn(t, ".svg", func(path string) error {
		return Density(path, g, nil, Labels{Title: "a <b> & \"c\" \x00\x1b[2J\xff", X: "length, cm", Y: "weight, kg"})
	})
	text := words(t, svg)
	for _, want := range []string{`a <b> & "c" �`, "length, cm", "weight, kg", "log p(x), nats", "cells that are not numbers (grey): 1 of 4", "−2"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	images, letters := strings.Count(string(svg), "<image"), strings.Count(string(svg), "<text")
	if n := strings.Count(string(svg), `preserveAspectRatio="none" xlink:href="data:image/png;`); n != images || n != 2 {
		t.Errorf("%d of %d images fill their place", n, images)
	}
	if n := strings.Count(string(svg), "'Liberation Sans',Arial,"); n != letters {
		t.Errorf("%d of %d texts name a second font", n, letters)
	}
	img := drawnPNG(t, func(path string) error { return Density(path, g, nil, Labels{}) })
	if _, n := extent(img, none); n < 50_000 {
		t.Errorf("%d pixels of the cell that is not a number are grey", n)
	}
}

// The numbers of the colour bar are where their colours are: evenly spaced, from its lower end to its upper one.
func TestNumbersOfTheColourBar(t *testing.T) {
	g := quarters
	g.Values = []float64{0, 100, 200, 300}
	svg := string(drawn(t, ".svg", func(path string) error { return Density(path, g, nil, Labels{}) }))
	var heights []float64
	for _, label := range []string{"0", "100", "200", "300"} {
		match := regexp.MustCompile(`<text x="\S+" y="(\S+)"[^>]*>`+label+`</text>`).FindAllStringSubmatch(svg, -1)
		if len(match) == 0 {
			t.Fatalf("no number %s", label)
		}
		height, err := strconv.ParseFloat(match[len(match)-1][1], 64) // the last, since the x axis has a 0 too
		if err != nil {
			t.Fatal(err)
		}
		heights = append(heights, -height)
	}
	step := heights[1] - heights[0]
	for i := 1; i < len(heights); i++ {
		if got := heights[i] - heights[i-1]; math.Abs(got-step) > 0.01 || step < 60 {
			t.Errorf("steps of %v and %v points", step, got)
		}
	}
}

func TestGridsWithoutAScale(t *testing.T) {
	inf := math.Inf(1)
	for _, values := range [][]float64{{math.NaN()}, {inf}, {-inf}, {7}, {-math.MaxFloat64}, {0}} {
		g := plot.Grid{Rows: 1, Cols: 1, Values: values}
		drawnPNG(t, func(path string) error { return Density(path, g, nil, Labels{}) })
	}
	g := plot.Grid{Rows: 1, Cols: 2, Values: []float64{-math.MaxFloat64, math.MaxFloat64}}
	drawnPNG(t, func(path string) error { return Density(path, g, nil, Labels{}) })
	long := plot.Grid{Rows: 1, Cols: 100_000, Values: make([]float64, 100_000)}
	if got := raster(long, plot.Range{Lo: 0, Hi: 1}).Bounds(); got.Dx() > 1600 || got.Dy() > 1600 {
		t.Errorf("a raster of %v", got)
	}
}
