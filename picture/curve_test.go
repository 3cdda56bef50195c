package picture

import (
	"image"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/plot"
)

func TestCurveIsWhereItsDataAre(t *testing.T) {
	falling := Series{Name: "falling", X: []float64{0, 10}, Y: []float64{1, 0}}
	img := drawnPNG(t, func(path string) error { return Curve(path, Labels{}, Series{Y: falling.Y, X: falling.X}) })
	if got := img.Bounds().Dx(); got != 880 {
		t.Errorf("%d pixels wide", got)
	}
	r, n := extent(img, plot.Series(0))
	if n < 500 {
		t.Fatalf("%d pixels of the line", n)
	}
	left, right := column(img, r.Min.X+5), column(img, r.Max.X-5)
	if left >= right || r.Dx() < 700 {
		t.Errorf("the line in %v is at %d on the left and at %d on the right", r, left, right)
	}
}

// column is where the line is in a column of pixels.
func column(img *image.RGBA, x int) int {
	for y := range img.Bounds().Dy() {
		if img.RGBAAt(x, y) == plot.Series(0) {
			return y
		}
	}
	return -1
}

func TestWordsOfACurve(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	svg := drawn(t, ".svg", func(path string) error {
		return Curve(path, Labels{Title: "Loss", X: "step", Y: "loss, nats"},
			Series{Name: "train", Y: []float64{3, nan, 2, 1, inf, 4}}, Series{Name: "<valid>", X: []float64{0, 5}, Y: []float64{nan, nan}})
	})
	text := words(t, svg)
	for _, want := range []string{
		"Loss", "step", "loss, nats", "train", "<valid>",
		"points of train that are not finite: 2 of 6", "points of <valid> that are not finite: 2 of 2",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
}

func TestCurvesOfAnyValues(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(-100, 100), rapid.Float64Range(-1e300, 1e300),
		rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), 5e-324, 1e-300, 1e15, 1e15 + 1}))
	rapid.Check(t, func(t *rapid.T) {
		var series []Series
		for range rapid.IntRange(1, 3).Draw(t, "series") {
			y := rapid.SliceOfN(value, 0, 9).Draw(t, "y")
			series = append(series, Series{X: rapid.SliceOfN(value, len(y), len(y)).Draw(t, "x"), Y: y, Name: rapid.String().Draw(t, "name")})
		}
		f, err := curve(Labels{Title: rapid.String().Draw(t, "title")}, series)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := f.svg(&out); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "NaN") && !strings.Contains(series[0].Name, "NaN") {
			t.Fatal("a coordinate is not a number")
		}
		words(t, []byte(out.String()))
	})
}

func TestRunsEndAtGaps(t *testing.T) {
	nan := math.NaN()
	got := runs([]float64{0, 1, 2, 3, nan, 5}, []float64{1, 1, nan, 1, 1, 1})
	if len(got) != 3 || len(got[0]) != 2 || len(got[1]) != 1 || len(got[2]) != 1 || got[2][0] != (plotter.XY{X: 5, Y: 1}) {
		t.Errorf("%v", got)
	}
}

// A thinned line keeps its ends and all that is extreme.
func TestThinLosesNoPeak(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "n")
		line := make(plotter.XYs, n)
		lo, hi := math.Inf(1), math.Inf(-1)
		x := 0.0
		for i := range line {
			x += float64(rapid.IntRange(0, 3).Draw(t, "step"))
			line[i] = plotter.XY{X: x, Y: rapid.Float64Range(-9, 9).Draw(t, "y")}
			lo, hi = min(lo, line[i].Y), max(hi, line[i].Y)
		}
		const columns = 10
		got := thin(line, columns)
		if len(got) > 4*columns {
			t.Fatalf("%d points of %d are left", len(got), n)
		}
		gotLo, gotHi := math.Inf(1), math.Inf(-1)
		for i, p := range got {
			gotLo, gotHi = min(gotLo, p.Y), max(gotHi, p.Y)
			if i > 0 && p.X < got[i-1].X {
				t.Fatal("the line runs backwards")
			}
		}
		if gotLo != lo || gotHi != hi || got[0] != line[0] || got[len(got)-1] != line[n-1] {
			t.Fatalf("from %v to %v, want %v to %v; ends %v, %v", gotLo, gotHi, lo, hi, got[0], got[len(got)-1])
		}
	})
}
