package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/plot"
)

// normals are pairs of dim independent normal variables, of which variable d has a mean of 10 d.
func normals(dim, n int) plot.Pairs {
	rng := rand.New(rand.NewPCG(1, 2))
	p := plot.Pairs{Samples: plot.Samples{Name: "samples"}}
	for d := range dim {
		p.Names = append(p.Names, fmt.Sprintf("variable %d", d))
	}
	for range n {
		for d := range dim {
			p.Samples.Values = append(p.Samples.Values, float32(10*d)+float32(rng.NormFloat64()))
		}
	}
	return p
}

// pairPanel is the only pair of a picture of two variables, without its frame, and the colours of it in its place.
func pairPanel(img *image.RGBA, side vg.Length) *image.RGBA {
	right := img.Rect.Max.X - int((margin+side+panelGap)/dot)
	lines := 0 // of frames, from above
	for y := 1; y < img.Rect.Max.Y; y++ {
		if x := right - 6; img.RGBAAt(x, y) == black && img.RGBAAt(x, y-1) != black {
			if lines++; lines == 3 {
				return img.SubImage(image.Rect(right-int(side/dot)+3, y+3, right-3, y+int(side/dot)-3)).(*image.RGBA)
			}
		}
	}
	return image.NewRGBA(image.Rectangle{})
}

// within is the smallest rectangle that holds a colour of a part of a picture, and how many pixels have it.
func within(part *image.RGBA, c color.RGBA) (r image.Rectangle, n int) {
	for y := part.Rect.Min.Y; y < part.Rect.Max.Y; y++ {
		for x := part.Rect.Min.X; x < part.Rect.Max.X; x++ {
			if part.RGBAAt(x, y) == c {
				r, n = r.Union(image.Rect(x, y, x+1, y+1)), n+1
			}
		}
	}
	return r, n
}

// The regions of a pair are as large as those of a normal density, and within each other.
func TestRegionsOfPairs(t *testing.T) {
	p := normals(2, 20_000)
	tri := newTriangle(p)
	img := drawnPNG(t, func(path string) error { return Pairs(path, p, Labels{}) })
	panel := pairPanel(img, tri.side)
	unit := 1.0 // in pixels
	for _, r := range tri.axes {
		unit *= float64(tri.side/dot) / (r.Hi - r.Lo)
	}
	before := 0.0
	for i, share := range plot.Regions {
		_, n := within(panel, regionColour(i))
		area := -2 * math.Pi * math.Log(1-share) * unit
		if want := area - before; math.Abs(float64(n)/want-1) > 0.08 {
			t.Errorf("the region of %v has %d pixels of its own, want %.0f", share, n, want)
		}
		before = area
	}
	// Along a line through the mean the regions are within each other.
	y := panel.Rect.Max.Y + 3 - int((10-tri.axes[1].Lo)/(tri.axes[1].Hi-tri.axes[1].Lo)*float64(tri.side/dot))
	var seen []int
	for x := panel.Rect.Min.X; x < panel.Rect.Max.X; x++ {
		for i := range plot.Regions {
			if panel.RGBAAt(x, y) == regionColour(i) && (seen == nil || seen[len(seen)-1] != i) {
				seen = append(seen, i)
			}
		}
	}
	if !slices.Equal(seen, []int{2, 1, 0, 1, 2}) {
		t.Errorf("regions along a line: %v", seen)
	}
}

// Where lines of true values cross is a point, in a ring of white.
func TestTrueValuesOfPairs(t *testing.T) {
	p := normals(2, 20_000)
	p.Marks = []float64{0.4, 9.7}
	tri := newTriangle(p)
	img := drawnPNG(t, func(path string) error { return Pairs(path, p, Labels{}) })
	panel := pairPanel(img, tri.side)
	region, _ := within(panel, regionColour(0))
	ring, _ := within(panel.SubImage(region.Inset(region.Dx()/4)).(*image.RGBA), white)
	at := func(d int) float64 { return (p.Marks[d] - tri.axes[d].Lo) / (tri.axes[d].Hi - tri.axes[d].Lo) }
	side := float64(tri.side / dot)
	wantX, wantY := float64(panel.Rect.Min.X-3)+at(0)*side, float64(panel.Rect.Max.Y+3)-at(1)*side
	gotX, gotY := float64(ring.Min.X+ring.Max.X)/2, float64(ring.Min.Y+ring.Max.Y)/2
	if math.Abs(gotX-wantX) > 2 || math.Abs(gotY-wantY) > 2 || ring.Dx() < 8 || ring.Dx() > 20 {
		t.Errorf("a ring in %v, want its middle at %.1f, %.1f", ring, wantX, wantY)
	}
}

// A second set is drawn as lines, in its own range.
func TestSecondSetOfPairs(t *testing.T) {
	p := normals(2, 2000)
	count := func() int {
		_, n := extent(drawnPNG(t, func(path string) error { return Pairs(path, p, Labels{}) }), besideLine.Color.(color.RGBA))
		return n
	}
	none := count()
	p.Beside = plot.Samples{Name: "half", Values: p.Samples.Values[:2000]}
	if some := count(); none != 0 || some < 1000 {
		t.Errorf("%d pixels without a second set, %d with it", none, some)
	}
}

// Few samples, equal ones and none that is finite are drawn as well.
func TestPairsOfFewSamples(t *testing.T) {
	nan := float32(math.NaN())
	for _, values := range [][]float32{{1, 2}, {1, 2, 1, 2, 1, 2}, {nan, 2, 1, nan}, {nan, nan}, {-math.MaxFloat32, 0, math.MaxFloat32, 1e-30}} {
		for _, marks := range [][]float64{nil, {1, math.NaN()}} {
			p := plot.Pairs{Names: []string{"a", "b"}, Samples: plot.Samples{Values: values}, Marks: marks}
			svg := drawn(t, ".svg", func(path string) error { return Pairs(path, p, Labels{}) })
			if words(t, svg); strings.Contains(string(svg), "NaN") || strings.Contains(string(svg), "Inf") {
				t.Errorf("a coordinate is not a number for %v", values)
			}
		}
	}
}

// On any axis in panels of any size two numbers stand apart and within their panel.
func TestNumbersOfPairs(t *testing.T) {
	style := letters(tickSize, black)
	rapid.Check(t, func(t *rapid.T) {
		p := plot.Pairs{}
		for range rapid.IntRange(2, plot.MostPairs).Draw(t, "variables") {
			lo := rapid.OneOf(rapid.Float64Range(-10, 10), rapid.Float64Range(-1e6, 1e6)).Draw(t, "lo")
			length := math.Pow(10, rapid.Float64Range(-3, 6).Draw(t, "length"))
			p.Names = append(p.Names, "a")
			p.Samples.Values = append(p.Samples.Values, float32(lo))
			p.Beside.Values = append(p.Beside.Values, float32(lo+length))
		}
		tri := newTriangle(p)
		check := func(name string, m axisMarks, length func(string) vg.Length) {
			end := vg.Length(-panelGap)
			for i, at := range m.at {
				middle, half := vg.Length(at)*tri.side, length(m.labels[i])/2
				if middle-half <= end || middle+half > tri.side+panelGap/2.0 {
					t.Fatalf("%s: the numbers %q touch", name, m.labels)
				}
				end = middle + half
			}
			if len(m.at) < 2 {
				t.Fatalf("%s has the numbers %q alone", name, m.labels)
			}
		}
		high := func(string) vg.Length { return tickSize }
		for d := range p.Names {
			check("y", tri.y[d], high)
			if tri.turned {
				check("x turned", tri.x[d], high)
			} else {
				check("x", tri.x[d], style.Width)
			}
		}
	})
}

func TestWordsOfPairs(t *testing.T) {
	p := normals(3, 500)
	p.Names[1] = `b <&> "c"`
	p.Samples.Values[3], p.Samples.Values[4] = float32(math.NaN()), float32(math.Inf(1))
	p.Beside = plot.Samples{Name: "rows & more", Values: append([]float32{float32(math.NaN())}, p.Samples.Values[7:600]...)}
	p.Marks = []float64{0.5, math.NaN(), 1e6}
	svg := drawn(t, ".svg", func(path string) error { return Pairs(path, p, Labels{Title: "posterior"}) })
	text := words(t, svg)
	for _, want := range []string{"posterior", "50 %", "80 %", "95 % of samples", "rows & more", "true values", "−2",
		"values of samples that are not finite: 2 of 1500", "values of rows & more that are not finite: 1 of 594", "true values beyond the axes: 1 of 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	// The first variable has a name along x alone.
	for d, want := range []int{1, 2, 2} {
		if got := strings.Count(text, p.Names[d]); got != want {
			t.Errorf("%q is there %d times, want %d", p.Names[d], got, want)
		}
	}
}
