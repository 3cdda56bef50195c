package picture

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/plot"
)

func uniform(rng *rand.Rand, n int) []float64 {
	u := make([]float64, n)
	for i := range u {
		u[i] = rng.Float64()
	}
	return u
}

// One in a hundred uniform samples leaves a band. Counts are whole numbers, so the band of the bins is left less often.
func TestBandsHoldUniformSamples(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const trials = 3000
	for _, n := range []int{30, 500} {
		bars, curve := 0, 0
		for range trials {
			u := uniform(rng, n)
			if anyOutside(transformsOf(u, nil)) {
				bars++
			}
			if d, _ := num.KS(u, nil); d > num.KSCritical(float64(n), alpha) {
				curve++
			}
		}
		const most = alpha*trials + 22 // four standard errors
		if bars > most {
			t.Errorf("n = %d: %d of %d histograms leave their band", n, bars, trials)
		}
		if curve > most || curve < alpha*trials-22 {
			t.Errorf("n = %d: %d of %d distribution functions leave their band", n, curve, trials)
		}
	}
}

// The band against sums of the binomial distribution itself: one count more would still be too likely.
func TestBandOfBinsIsTight(t *testing.T) {
	for _, test := range []struct{ n, bins int }{{20, 5}, {100, 10}, {1000, 20}} {
		lo, hi := binBand(test.n, test.bins)
		p := 1 / float64(test.bins)
		mass := func(k int) float64 {
			a, _ := math.Lgamma(float64(test.n + 1))
			b, _ := math.Lgamma(float64(k + 1))
			c, _ := math.Lgamma(float64(test.n - k + 1))
			return math.Exp(a - b - c + float64(k)*math.Log(p) + float64(test.n-k)*math.Log1p(-p))
		}
		tail := alpha / float64(2*test.bins)
		below, above := 0.0, 0.0
		for k := range lo {
			below += mass(k)
		}
		for k := hi + 1; k <= test.n; k++ {
			above += mass(k)
		}
		if below > tail || above > tail {
			t.Errorf("%+v: [%d, %d] leaves %v below and %v above, want %v at most", test, lo, hi, below, above, tail)
		}
		if below+mass(lo) <= tail || above+mass(hi) <= tail {
			t.Errorf("%+v: [%d, %d] is wider than need be", test, lo, hi)
		}
	}
}

// The largest distance of the line from zero is the statistic, and in the chart, on either side.
func TestLineOfADistributionFunction(t *testing.T) {
	for _, u := range [][]float64{{0.1, 0.2, 0.3}, {0.7, 0.8, 0.9}, {0.5}} {
		largest := 0.0
		for _, at := range steps(transformsOf(u, nil)) {
			largest = max(largest, math.Abs(at.Y))
		}
		d, _ := num.KS(u, nil)
		if math.Abs(largest-d) > 1e-12 {
			t.Errorf("%v: the line is %v from zero, the statistic %v", u, largest, d)
		}
		if p := deviation(transformsOf(u, nil)); p.Y.Min != -p.Y.Max || p.Y.Max <= max(d, num.KSCritical(float64(len(u)), alpha)) {
			t.Errorf("%v: an axis from %v to %v", u, p.Y.Min, p.Y.Max)
		}
	}
}

func TestCalibrationIsSeen(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	good, bad := uniform(rng, 1000), uniform(rng, 1000)
	for i, u := range bad {
		bad[i] = u * u
	}
	vermilion := func(u []float64) int {
		img := drawnPNG(t, func(path string) error { return Calibration(path, [][]float64{u}, nil, nil, Labels{}) })
		_, blue := extent(img, plot.Series(0))
		if blue < 500 {
			t.Errorf("%d blue pixels", blue)
		}
		_, n := extent(img, outsideColor)
		return n
	}
	if n := vermilion(good); n != 0 {
		t.Errorf("%d pixels of alarm for uniform numbers", n)
	}
	if n := vermilion(bad); n < 100 {
		t.Errorf("%d pixels of alarm for squares of uniform numbers", n)
	}
	svg := drawn(t, ".svg", func(path string) error {
		return Calibration(path, [][]float64{good, bad}, nil, []string{"pH", "alcohol & more"}, Labels{Title: "wine"})
	})
	text := words(t, svg)
	d, p := num.KS(good, nil)
	for _, want := range []string{"wine", "pH", "alcohol & more", "bin outside", "p < 1e−12", fmt.Sprintf("D = %.2g   p = %.2g", d, p)} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
}

func TestCalibrationOfManyAndFew(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var pit [][]float64
	for range 9 {
		pit = append(pit, uniform(rng, 40))
	}
	wide := drawnPNG(t, func(path string) error { return Calibration(path, pit, nil, nil, Labels{}) }).Bounds()
	tall := drawnPNG(t, func(path string) error { return Calibration(path, pit[:6], nil, nil, Labels{}) }).Bounds()
	if wide.Dx() < 2*tall.Dx()-50 || wide.Dy() >= tall.Dy() {
		t.Errorf("nine variables on %v, six on %v", wide, tall)
	}
	for _, u := range [][]float64{{0}, {1}, {0.5, 0.5}} {
		drawnPNG(t, func(path string) error { return Calibration(path, [][]float64{u}, nil, nil, Labels{}) })
	}
}

// By weights a picture is that of repeated transforms with a wider band.
func TestCalibrationByWeights(t *testing.T) {
	u, w := uniform(rand.New(rand.NewPCG(9, 1)), 400), make([]float64, 400)
	repeated := []float64(nil)
	for i := range w {
		w[i] = float64(10 * (1 + i%3))
		for range 1 + i%3 {
			repeated = append(repeated, u[i])
		}
	}
	few, many := transformsOf(u, w), transformsOf(repeated, nil)
	if few.n >= 400 || many.n != float64(len(repeated)) {
		t.Errorf("%v and %v transforms", few.n, many.n)
	}
	a, lo, hi := binned(few)
	b, low, high := binned(many)
	for i := range a {
		if math.Abs(a[i]/few.n-b[i]/many.n) > 1e-12 {
			t.Errorf("bin %d has %v by weights, %v of repeated transforms", i, a[i]/few.n, b[i]/many.n)
		}
	}
	if lo/few.n >= low/many.n || hi/few.n <= high/many.n {
		t.Errorf("a band from %v to %v by weights, from %v to %v without", lo/few.n, hi/few.n, low/many.n, high/many.n)
	}
	for _, weights := range [][][]float64{{w, w}, {w[1:]}, {make([]float64, 400)}} {
		if err := Calibration(t.TempDir()+"/a.png", [][]float64{u}, weights, nil, Labels{}); err == nil {
			t.Errorf("%d weights are drawn", len(weights[0]))
		}
	}
}
