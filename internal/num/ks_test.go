package num

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// shifted is n numbers whose statistic is d: evenly spaced ones, moved.
func shifted(n int, d float64) []float64 {
	u := make([]float64, n)
	for i := range u {
		u[i] = min(float64(i)/float64(n)+d, 1) // number i is then d above the distribution function before it
	}
	return u
}

func TestKSAtKnownCriticalValues(t *testing.T) {
	const n = 100_000
	for lambda, want := range map[float64]float64{0.828: 0.5, 1.073: 0.2, 1.224: 0.1, 1.358: 0.05, 1.628: 0.01, 1.949: 0.001} {
		d, p := KS(shifted(n, lambda/math.Sqrt(n)), nil)
		if math.Abs(d-lambda/math.Sqrt(n)) > 1e-9 {
			t.Errorf("d = %v, want %v", d, lambda/math.Sqrt(n))
		}
		if math.Abs(p/want-1) > 0.02 {
			t.Errorf("√n d = %v: p = %v, want %v", lambda, p, want)
		}
	}
}

// The exact critical values of small samples (Massey 1951, table 1, and Miller 1956).
func TestKSOfFewNumbers(t *testing.T) {
	for _, exact := range []struct {
		n         int
		alpha, at float64
	}{
		{5, 0.05, 0.56328}, {5, 0.01, 0.66853}, {10, 0.05, 0.40925}, {10, 0.01, 0.48893}, {20, 0.05, 0.29408}, {20, 0.01, 0.35241},
	} {
		if got := KSCritical(float64(exact.n), exact.alpha); math.Abs(got-exact.at) > 0.01 {
			t.Errorf("n = %d at %v: %v, want %v", exact.n, exact.alpha, got, exact.at)
		}
		if _, p := KS(shifted(exact.n, exact.at), nil); math.Abs(p-exact.alpha) > 0.003 {
			t.Errorf("n = %d at %v: p = %v, want %v", exact.n, exact.at, p, exact.alpha)
		}
	}
}

func TestKSOfUniformNumbersIsUniform(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const trials = 4000
	below := 0
	u := make([]float64, 30)
	for range trials {
		for i := range u {
			u[i] = rng.Float64()
		}
		if _, p := KS(u, nil); p < 0.1 {
			below++
		}
	}
	if share, se := float64(below)/trials, math.Sqrt(0.1*0.9/trials); math.Abs(share-0.1) > 4*se+0.003 {
		t.Errorf("p is below 0.1 in %v of all cases", share)
	}
}

func TestKSOfCasesByHand(t *testing.T) {
	for _, test := range []struct {
		u    []float64
		want float64
	}{
		{[]float64{0.5}, 0.5}, {[]float64{1}, 1}, {[]float64{0.75, 0.25}, 0.25}, {[]float64{0, 0, 0, 0.5}, 0.75}, {[]float64{-7, 9}, 0.5},
	} {
		before := slices.Clone(test.u)
		if d, p := KS(test.u, nil); d != test.want || !(p >= 0 && p <= 1) {
			t.Errorf("%v: d = %v, p = %v, want d = %v", test.u, d, p, test.want)
		}
		if !slices.Equal(before, test.u) {
			t.Errorf("%v became %v", before, test.u)
		}
	}
	for _, u := range [][]float64{nil, {0.5, math.NaN()}} {
		if d, p := KS(u, nil); !math.IsNaN(d) || !math.IsNaN(p) {
			t.Errorf("%v: d = %v, p = %v", u, d, p)
		}
	}
}

func TestBothSeriesOfKolmogorovAgree(t *testing.T) {
	const at = 1.18
	if a, b := kolmogorov(math.Nextafter(at, 0)), kolmogorov(at); math.Abs(a-b) > 1e-12 {
		t.Errorf("%v below and %v from %v on", a, b, at)
	}
	last := 1.0
	for lambda := 0.0; lambda < 9; lambda += 0.01 {
		p := kolmogorov(lambda)
		if p > last || p < 0 {
			t.Fatalf("%v after %v at %v", p, last, lambda)
		}
		last = p
	}
}

// In the distance a number of weight 2 is the number twice; 0 is its absence and ×10 changes nothing, in the probability too.
func TestKSOfWeights(t *testing.T) {
	u, w := []float64{0.9, 0.3, 0.35, 0.8, 0.31}, []float64{1, 2, 1, 1, 2}
	d, p := KS(u, w)
	if twice, _ := KS(append([]float64{0.3, 0.31}, u...), nil); math.Abs(d-twice) > 1e-15 {
		t.Errorf("d = %v by weights, %v of repeated numbers", d, twice)
	}
	if want := kolmogorov(d * ksScale(49.0/11)); math.Abs(p-want) > 1e-15 {
		t.Errorf("p = %v, want %v", p, want)
	}
	for name, other := range map[string][2][]float64{
		"×10": {u, {10, 20, 10, 10, 20}}, "with others of weight 0": {append([]float64{0, 0.01, 0.02}, u...), append([]float64{0, 0, 0}, w...)},
	} {
		if got, q := KS(other[0], other[1]); math.Abs(got-d) > 1e-15 || math.Abs(q-p) > 1e-12 {
			t.Errorf("%s: d = %v, p = %v, want %v, %v", name, got, q, d, p)
		}
	}
	one, _ := KS(u, []float64{0.3, 0.3, 0.3, 0.3, 0.3})
	if none, _ := KS(u, nil); math.Abs(one-none) > 1e-15 {
		t.Errorf("d = %v of one weight for all, %v without", one, none)
	}
	if d, _ := KS(u, make([]float64, 5)); !math.IsNaN(d) {
		t.Errorf("d = %v of no weight", d)
	}
}
