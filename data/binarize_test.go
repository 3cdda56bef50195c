package data

import (
	"math"
	"slices"
	"testing"
)

func TestBinarizeThreshold(t *testing.T) {
	bytes := &Set{Name: "b", Rows: 1, Dim: 5, X: []float32{0, 127, 128, 255, 1}}
	if err := Binarize("threshold", 0, bytes); err != nil {
		t.Fatal(err)
	}
	wantSet(t, bytes, 1, 5, 0, 0, 1, 1, 0)
	reals := &Set{Name: "r", Rows: 1, Dim: 5, X: []float32{0, 0.5, 0.51, 1, 0.2}}
	if err := Binarize("threshold", 0, reals); err != nil {
		t.Fatal(err)
	}
	wantSet(t, reals, 1, 5, 0, 0, 1, 1, 0)
	// One value above 1 in any set makes 255 white in all of them.
	a, b := &Set{Rows: 1, Dim: 1, X: []float32{1}}, &Set{Rows: 1, Dim: 1, X: []float32{200}}
	if err := Binarize("threshold", 0, a, b); err != nil {
		t.Fatal(err)
	}
	if a.X[0] != 0 || b.X[0] != 1 {
		t.Errorf("%v and %v, want 0 and 1", a.X, b.X)
	}
}

func TestBinarizeSample(t *testing.T) {
	const n = 100003
	for _, white := range []float32{1, 255} {
		draw := func(seed uint64) *Set {
			s := &Set{Rows: n, Dim: 4, X: make([]float32, 4*n)}
			for i := range n {
				copy(s.Row(i), []float32{0, 0.25 * white, 0.9 * white, white})
			}
			if err := Binarize("sample", seed, s); err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := draw(1)
		for d, p := range []float64{0, 0.25, 0.9, 1} {
			// Five standard errors of a mean of Bernoulli draws.
			mean, tolerance := columnSums(s)[d]/n, 5*math.Sqrt(p*(1-p)/n)
			if math.Abs(mean-p) > tolerance {
				t.Errorf("white %v: mean of the draws with p = %v is %v", white, p, mean)
			}
		}
		if !slices.Equal(s.X, draw(1).X) || slices.Equal(s.X, draw(2).X) {
			t.Error("the draws do not follow the seed")
		}
	}
}

func TestBinarizeRefuses(t *testing.T) {
	for _, v := range []float32{-0.1, 255.5, float32(math.NaN())} {
		s := &Set{Name: "s", Rows: 2, Dim: 1, X: []float32{0.7, v}}
		wantError(t, Binarize("sample", 0, s), "s: row 1, column 0", "[0, 255]")
		if s.X[0] != 0.7 {
			t.Error("values changed in spite of the error")
		}
	}
	wantError(t, Binarize("", 0), `binarize: "" is not known`)
}
