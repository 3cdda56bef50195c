package data

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
)

func TestDequantize(t *testing.T) {
	const n = 20011
	draw := func(seed uint64) *Set {
		s := &Set{Rows: n, Dim: 3, X: make([]float32, 3*n)}
		for i := range n {
			copy(s.Row(i), []float32{0, 4, 6})
		}
		if err := Dequantize(7, seed, s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := draw(1)
	for d, x := range []float64{0, 4, 6} {
		var noise float64
		for i := range n {
			u := float64(s.Row(i)[d])*7 - x
			if u < -1e-6 || u > 1 || s.Row(i)[d] >= float32((x+1)/7) {
				t.Fatalf("row %d: %v is not in the level of %v", i, s.Row(i)[d], x)
			}
			noise += u / n
		}
		if math.Abs(noise-0.5) > 5/math.Sqrt(12*n) {
			t.Errorf("level %v: mean of the noise %v", x, noise)
		}
	}
	if want := -3 * math.Log(7); s.LogDet != want {
		t.Errorf("log-determinant %v, want %v", s.LogDet, want)
	}
	if !slices.Equal(s.X, draw(1).X) || slices.Equal(s.X, draw(2).X) {
		t.Error("the noise does not follow the seed")
	}
	if !slices.Equal(must.M1(Load(context.Background(), Options{Source: writeTemp(t, "x.csv", []byte("1\n0\n1\n")), Dequantize: 2})).Train.shape, nil) {
		t.Error("a shape comes from nowhere")
	}
}

// The largest noise stays in its level after rounding to float32.
func TestDequantizedStaysInItsLevel(t *testing.T) {
	for _, levels := range []int{2, 3, 256, 1 << 16} {
		for _, x := range []float64{0, 1, float64(levels - 1)} {
			u := math.Nextafter(1, 0)
			if v := dequantized(x, u, levels); v >= float32((x+1)/float64(levels)) || float64(v) < x/float64(levels) {
				t.Errorf("(%v + 1⁻)/%d = %v", x, levels, v)
			}
		}
	}
}

func TestDequantizeRefuses(t *testing.T) {
	for _, v := range []float32{-1, 256, 0.5, float32(math.NaN())} {
		s := &Set{Name: "s", Rows: 2, Dim: 1, X: []float32{7, v}}
		wantError(t, Dequantize(256, 0, s), "s: row 1, column 0", "0 to 255")
		if s.X[0] != 7 || s.LogDet != 0 {
			t.Error("values changed in spite of the error")
		}
	}
	s := &Set{Name: "s", Rows: 1, Dim: 1, X: []float32{1}}
	must.M(Dequantize(2, 0, s))
	wantError(t, Dequantize(2, 0, s), "s is scaled already")
	wantError(t, s.TakeContext(1), "s is scaled already")
	_, err := Load(context.Background(), Options{Source: "x.csv", Dequantize: 1, Binarize: "sample"})
	wantError(t, err, "1 levels", "2 to 65536", "bits or real numbers")
	file := writeTemp(t, "x.csv", []byte("a,b\n1,2\n1,2\n1,2\n1,3\n"))
	_, err = Load(context.Background(), Options{Source: file, Dequantize: 3})
	wantError(t, err, file, `line 5, column "b" is 3, not a whole number from 0 to 2`)
}
