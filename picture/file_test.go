package picture

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/plot"
)

func TestErrorsNameWhatIsWrong(t *testing.T) {
	curves := func(series ...Series) func(string) error {
		return func(path string) error { return Curve(path, Labels{}, series...) }
	}
	density := func(g plot.Grid, points ...float32) func(string) error {
		return func(path string) error { return Density(path, g, points, Labels{}) }
	}
	samples := func(values, n int, shape ...int) func(string) error {
		return func(path string) error { return Samples(path, make([]float32, values), n, shape, Labels{}) }
	}
	completions := func(images, given, drawn, n int, shape ...int) func(string) error {
		return func(path string) error {
			pixels := make([]bool, given)
			copy(pixels, []bool{true})
			return Completions(path, make([]float32, images), pixels, make([]float32, drawn), n, shape, Labels{})
		}
	}
	calibration := func(names []string, pit ...[]float64) func(string) error {
		return func(path string) error { return Calibration(path, pit, nil, names, Labels{}) }
	}
	pairs := func(names, values int) func(string) error {
		return func(path string) error {
			return Pairs(path, plot.Pairs{Names: make([]string, names), Samples: plot.Samples{Values: make([]float32, values)}}, Labels{})
		}
	}
	backwards := quarters
	backwards.X = plot.Range{Lo: 4, Hi: -4}
	for _, test := range []struct {
		file string
		draw func(string) error
		want []string
	}{
		{"a.pdf", curves(Series{Y: []float64{1}}), []string{".png or .svg", `".pdf"`}},
		{"a", curves(Series{Y: []float64{1}}), []string{".png or .svg", `""`}},
		{"a.png", curves(), []string{"no series"}},
		{"a.png", curves(Series{}, Series{Name: "valid", X: []float64{1, 2}, Y: []float64{1}}), []string{"series 1", `"valid"`, "2 x and 1 y"}},
		{"a.png", curves(Series{Y: []float64{-math.MaxFloat64, math.MaxFloat64}}), []string{"too far apart"}},
		{"a.png", density(plot.Grid{Rows: 3, Cols: 2, Values: make([]float64, 5)}), []string{"5 values", "3 rows x 2 columns"}},
		{"a.png", density(plot.Grid{}), []string{"0 values"}},
		{"a.png", density(backwards), []string{"x axis", "from 4 to -4"}},
		{"a.png", density(quarters, 1, 2, 3), []string{"3 coordinates"}},
		{"a.png", samples(12, 1, 12), []string{"[12]", "[h w], [3 h w]"}},
		{"a.png", samples(24, 1, 4, 2, 3), []string{"[4 2 3]"}},
		{"a.png", samples(0, 1, 0, 3), []string{"[0 3]"}},
		{"a.png", samples(1, 1, math.MaxInt, math.MaxInt), []string{"sides of 1 to"}},
		{"a.png", samples(0, 0, 2, 3), []string{"0 values", "0 samples"}},
		{"a.png", samples(13, 2, 2, 3), []string{"13 values", "2 samples of shape [2 3]"}},
		{"a.png", samples(2000, 2000, 1, 1), []string{"2000 images", "1024"}},
		{"a.png", completions(2, 2, 2, 1, 2), []string{"no images"}},
		{"a.png", completions(13, 6, 12, 2, 2, 3), []string{"13 values", "2 images of shape [2 3]"}},
		{"a.png", completions(12, 12, 12, 2, 2, 3), []string{"6 pixels", "got 12"}},
		{"a.png", completions(2, 1, 2, 2, 1, 1), []string{"1 pixels", "others not"}},
		{"a.png", completions(12, 6, 18, 2, 2, 3), []string{"18 values", "2 images"}},
		{"a.png", completions(12, 6, 0, 2, 2, 3), []string{"0 values"}},
		{"a.png", completions(2, 2, 2100, 1, 1, 2), []string{"1052 images", "1024"}},
		{"a.png", pairs(9, 9), []string{"9 variables", "2 to 8"}},
		{"a.png", pairs(2, 3), []string{"3 values", "2 variables"}},
		{"a.png", pairs(2, 0), []string{"no samples"}},
		{"a.png", calibration(nil), []string{"0 variables"}},
		{"a.png", calibration([]string{"a"}, []float64{1}, []float64{1}), []string{"1 names for 2 variables"}},
		{"a.png", calibration([]string{"a", "pH"}, []float64{1}, []float64{0, 1.5}), []string{"variable 1", `"pH"`, "row 1", "1.5"}},
		{"a.png", calibration(nil, []float64{math.NaN()}), []string{"variable 0, row 0", "NaN"}},
		{"a.png", calibration(nil, []float64{}), []string{"variable 0", "no transforms"}},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, test.file)
		err := test.draw(path)
		if err == nil {
			t.Errorf("%s: no error, want %q", test.file, test.want)
			continue
		}
		for _, want := range append(test.want, "drawing "+path+": ") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is missing in %q", want, err)
			}
		}
		if files, _ := os.ReadDir(dir); len(files) != 0 {
			t.Errorf("%v left %d files", err, len(files))
		}
	}
}

func TestAFileIsReplacedWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.PNG") // suffixes of any case
	draw := func(y ...float64) error { return Curve(path, Labels{}, Series{Y: y}) }
	if err := draw(1, 2, 3); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := draw(-math.MaxFloat64, math.MaxFloat64); err == nil {
		t.Fatal("no error")
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
		t.Error("a picture that failed changed the file")
	}
	if err := draw(3, 2, 1); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(path); bytes.Equal(after, before) {
		t.Error("the file was not replaced")
	}
	if err := draw(1, 2, 3); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(after, before) {
		t.Error("the same data made another file")
	}
}

func TestFoldersThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "a.png")
	err := Curve(path, Labels{}, Series{Y: []float64{1}})
	if err == nil || err.Error() != "drawing "+path+": no such file or directory" {
		t.Errorf("%v", err)
	}
	dir := filepath.Join(t.TempDir(), "a.png")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := Curve(dir, Labels{}, Series{Y: []float64{1}}); err == nil || strings.Contains(err.Error(), ".tmp") {
		t.Errorf("%v", err)
	}
	if files, _ := os.ReadDir(filepath.Dir(dir)); len(files) != 1 {
		t.Error("a temporary file is left")
	}
}

// No letter is cut off at the edge of a picture, whatever the words are.
func TestMarginsAreFree(t *testing.T) {
	long := strings.Repeat("negative log-likelihood ", 20)
	l := Labels{Title: long, X: "x", Y: "y"}
	g := quarters
	g.Name = long
	for name, draw := range map[string]func(string) error{
		"density":     func(path string) error { return Density(path, g, nil, l) },
		"samples":     func(path string) error { return Samples(path, make([]float32, 6), 1, []int{2, 3}, l) },
		"scatter":     func(path string) error { return Samples(path, []float32{0, 0, 1e6, 1e6}, 2, []int{2}, l) },
		"calibration": func(path string) error { return Calibration(path, [][]float64{{0.5, 0.7}}, nil, []string{long}, l) },
		"pairs": func(path string) error {
			p := plot.Pairs{Names: []string{long, long}, Samples: plot.Samples{Name: long, Values: []float32{0, 1e6, 1, 1.0001e6}}, Marks: []float64{0, 0}}
			return Pairs(path, p, l)
		},
		"curve": func(path string) error { return Curve(path, l, Series{Name: long, Y: []float64{0, 1e8}}) },
	} {
		img := drawnPNG(t, draw)
		r, page := inked(img), img.Bounds()
		const least = 4
		if r.Min.X < least || r.Min.Y < least || r.Max.X > page.Max.X-least || r.Max.Y > page.Max.Y-least {
			t.Errorf("%s: ink in %v of %v", name, r, page)
		}
		if r.Min.X > 30 || r.Min.Y > 30 || r.Max.X < page.Max.X-30 || r.Max.Y < page.Max.Y-30 {
			t.Errorf("%s: only %v of %v is used", name, r, page)
		}
	}
}
