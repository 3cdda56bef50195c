package recipe

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
	"gonum.org/v1/gonum/mat"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// pngOf is a PNG image of that size whose pixels are given by a function.
func pngOf(width, height int, at func(x, y int) color.Color) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, at(x, y))
		}
	}
	var b bytes.Buffer
	must.M(png.Encode(&b, img))
	return b.Bytes()
}

// loadPatches prepares so many patches.
func loadPatches(o data.Options, rows [3]int) (*data.Splits, error) {
	s, err := loadBSDS300(context.Background(), input{bsds300Recipe, o, data.NewLimit(o.MaxValues)}, rows)
	if err != nil {
		return nil, err
	}
	return data.Prepare(s, o)
}

func grey(v uint8) color.Color { return color.Gray{Y: v} }

// imageFolder is a data folder with 10 training and 3 test images of 11 × 9
// pixels: image i has the grey value 16i + x at column x.
func imageFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for part, n := range map[string]int{"train": 10, "test": 3} {
		folder := filepath.Join(dir, "bsds300", part)
		must.M(os.MkdirAll(folder, 0o700))
		for i := range n {
			file := pngOf(11, 9, func(x, _ int) color.Color { return grey(uint8(16*i + x)) })
			must.M(os.WriteFile(filepath.Join(folder, string(rune('a'+i))+".png"), file, 0o600))
		}
	}
	return dir
}

// A patch of a ramp in x, its mean of 3.5 and the noise of mean 1/2 removed, is
// the ramp itself up to noise below 1.
func TestBSDS300Patches(t *testing.T) {
	o := data.Options{Dir: imageFolder(t), Source: "bsds300", DropColumns: []string{}}
	s, err := loadPatches(o, [3]int{211, 13, 17})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Rows != 211 || s.Valid.Rows != 13 || s.Test.Rows != 17 || s.Dim != 63 || s.Shape != nil || s.Note == "" {
		t.Fatalf("%d/%d/%d rows of %d, shape %v", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim, s.Shape)
	}
	for _, n := range s.Sets() {
		if want := -63 * math.Log(256); math.Abs(n.Set.LogDet-want) > 1e-9 {
			t.Errorf("%s: log-determinant %v, want %v", n.Split, n.Set.LogDet, want)
		}
		for i := range n.Set.Rows {
			row, sum := n.Set.Row(i), 0.0
			for k, v := range row {
				if noise := 256*float64(v) - (float64(k%8) - 3.5); math.Abs(noise) > 1 {
					t.Fatalf("%s row %d: pixel %d is off the ramp by %v", n.Split, i, k, noise)
				}
				sum += float64(v)
			}
			if last := 256 * -sum; math.Abs(last-3.5) > 1 { // the pixel that was left out
				t.Fatalf("%s row %d: the last pixel would be %v, want 3.5", n.Split, i, last)
			}
		}
	}
	o.Seed = new(uint64(9))
	if !slices.Equal(s.Test.X, must.M1(loadPatches(o, [3]int{211, 13, 17})).Test.X) {
		t.Error("the patches depend on the seed")
	}
}

// One training image in ten gives the validation patches, and no other split.
func TestBSDS300ImagesAreApart(t *testing.T) {
	dir := t.TempDir()
	// Image i is flat but for one column, 40 steps apart from the others' heights.
	for part, n := range map[string]int{"train": 10, "test": 2} {
		must.M(os.MkdirAll(filepath.Join(dir, "BSDS300", "images", part), 0o700))
		for i := range n {
			height := 20 * (i + 1)
			if part == "test" {
				height += 10
			}
			file := pngOf(8, 8, func(x, _ int) color.Color { return grey(uint8(height * (x % 2))) })
			must.M(os.WriteFile(filepath.Join(dir, "BSDS300", "images", part, string(rune('a'+i))+".png"), file, 0o600))
		}
	}
	s := must.M1(loadPatches(data.Options{Dir: dir, Source: "bsds300"}, [3]int{401, 101, 101}))
	heights := func(s *data.Prepared) map[int]bool {
		seen := map[int]bool{}
		for i := range s.Rows {
			var up, down float64
			for k, v := range s.Row(i)[:62] {
				if k%2 == 1 {
					up += float64(v) * 256 / 31
				} else {
					down += float64(v) * 256 / 31
				}
			}
			seen[int(math.Round((up-down)/10))] = true
		}
		return seen
	}
	train, valid, test := heights(s.Train), heights(s.Valid), heights(s.Test)
	if len(train) != 9 || len(valid) != 1 || len(test) != 2 {
		t.Errorf("images of train %v, valid %v, test %v", train, valid, test)
	}
	for h := range valid {
		if train[h] || test[h] {
			t.Errorf("image of height %d is in two splits", h)
		}
	}
	if !test[3] || !test[5] {
		t.Errorf("images of test %v, want 3 and 5", test)
	}
}

func TestGreyValues(t *testing.T) {
	cases := map[color.RGBA]uint8{{255, 0, 0, 255}: 76, {0, 255, 0, 255}: 150, {0, 0, 255, 255}: 29, {255, 255, 255, 255}: 255, {10, 20, 30, 255}: 18}
	for c, want := range cases {
		file := pngOf(2, 1, func(int, int) color.Color { return c })
		g, err := decodeGrey(file, smallLimit())
		if err != nil || len(g.pixels) != 2 || g.pixels[1] != want {
			t.Errorf("grey of %v: %v, %v, want %d", c, g.pixels, err, want)
		}
	}
	// A flat colour passes JPEG almost unchanged.
	img := image.NewRGBA(image.Rect(0, 0, 16, 8))
	for k := range img.Pix {
		img.Pix[k] = 120
	}
	var b bytes.Buffer
	must.M(jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}))
	g, err := decodeGrey(b.Bytes(), smallLimit())
	if err != nil || g.width != 16 || g.height != 8 || g.pixels[77] < 118 || g.pixels[77] > 122 {
		t.Errorf("grey of a JPEG image: %v, %v", g, err)
	}
}

func TestBSDS300Refuses(t *testing.T) {
	empty := t.TempDir()
	_, err := load(context.Background(), data.Options{Dir: empty, Source: "bsds300"})
	datatest.WantError(t, err, "reading bsds300", "no train: looked in", filepath.Join(empty, "bsds300"), "Berkeley", "--data-dir")
	dir := imageFolder(t)
	for name, c := range map[string]struct {
		o    data.Options
		want string
	}{
		"labels":     {data.Options{Labels: true}, "no labels"},
		"binarize":   {data.Options{Binarize: "sample"}, "cannot be binarised"},
		"dequantize": {data.Options{Dequantize: 256}, "adds noise itself"},
		"fold":       {data.Options{Fold: 1, Folds: 2}, "not divided into folds"},
		"columns":    {data.Options{DropColumns: []string{"0"}}, "none can be dropped"},
		"context":    {data.Options{ContextColumns: 1}, "none of them can be a context"},
		"array":      {data.Options{Array: "x"}, `no array "x"`},
		"limit":      {data.Options{MaxValues: 5000}, "the limit"},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Dir, c.o.Source = dir, "bsds300"
			_, err := load(context.Background(), c.o)
			datatest.WantError(t, err, "reading bsds300", c.want)
		})
	}
	add := func(name string, file []byte) {
		must.M(os.WriteFile(filepath.Join(dir, "bsds300", "test", name), file, 0o600))
		_, err = loadPatches(data.Options{Dir: dir, Source: "bsds300"}, [3]int{1, 1, 1})
	}
	whole := pngOf(9, 9, func(x, y int) color.Color { return grey(uint8(x * y)) })
	add("c.png", whole[:len(whole)-30])
	datatest.WantError(t, err, "c.png", "damaged")
	add("c.png", []byte("GIF89a"))
	datatest.WantError(t, err, "c.png", "neither a JPEG nor a PNG")
	add("c.png", pngOf(7, 9, func(int, int) color.Color { return grey(1) }))
	datatest.WantError(t, err, "c.png has 7 × 9 pixels", "8 × 8")
	for i := range 3 {
		must.M(os.Remove(filepath.Join(dir, "bsds300", "test", string(rune('a'+i))+".png")))
	}
	_, err = load(context.Background(), data.Options{Dir: dir, Source: "bsds300"})
	datatest.WantError(t, err, "test: it holds no .jpg and no .png images")
}

// moments returns the mean of the rows of s, or takes the one given, and the
// mean of (x − mean)(x − mean)ᵀ.
func moments(s *data.Prepared, mean []float64) ([]float64, *mat.SymDense) {
	if mean == nil {
		mean = columnSums(s)
		for d := range mean {
			mean[d] /= float64(s.Rows)
		}
	}
	sum := mat.NewSymDense(s.Dim, nil)
	const chunk = 4096
	for lo := 0; lo < s.Rows; lo += chunk {
		n := min(chunk, s.Rows-lo)
		x := mat.NewDense(n, s.Dim, nil)
		for i := range n {
			for d, v := range s.Row(lo + i) {
				x.Set(i, d, float64(v)-mean[d])
			}
		}
		sum.SymRankK(sum, 1/float64(s.Rows), x.T())
	}
	return mean, sum
}

// A Gaussian of full covariance scores 96.8 ± 0.4 nats on patches of the test
// images (the MAF paper's scores 96.67 ± 0.25 on its own patches):
// −½ [D ln 2π + ln det Σ + tr(Σ⁻¹ S)], S being the scatter of test about the
// mean of train.
func TestBSDS300Gaussian(t *testing.T) {
	if testing.Short() {
		t.Skip("300 photographs")
	}
	dir := filepath.Dir(filepath.Dir(datatest.File(t, "bsds300/train")))
	s, err := loadPatches(data.Options{Dir: dir, Source: "bsds300"}, [3]int{300000, 1000, 250000})
	if err != nil {
		t.Fatal(err)
	}
	mean, covariance := moments(s.Train, nil)
	_, scatter := moments(s.Test, mean)
	var cholesky mat.Cholesky
	if !cholesky.Factorize(covariance) {
		t.Fatal("the covariance is not positive definite")
	}
	var ratio mat.Dense
	must.M(cholesky.SolveTo(&ratio, scatter))
	ll := -(patchDim*math.Log(2*math.Pi) + cholesky.LogDet() + mat.Trace(&ratio)) / 2
	if math.Abs(ll-96.8) > 0.4 {
		t.Errorf("a Gaussian scores %v nats on test, want 96.8 ± 0.4", ll)
	}
	t.Logf("a Gaussian scores %.2f nats on test", ll)
}

func FuzzGrey(f *testing.F) {
	f.Add(pngOf(3, 2, func(x, y int) color.Color { return grey(uint8(x + y)) }))
	var b bytes.Buffer
	must.M(jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	f.Add(b.Bytes())
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		g, err := decodeGrey(file, smallLimit())
		if err == nil && (g.width < 1 || g.height < 1 || len(g.pixels) != g.width*g.height) {
			t.Errorf("%d × %d pixels, but %d values", g.width, g.height, len(g.pixels))
		}
	})
}
