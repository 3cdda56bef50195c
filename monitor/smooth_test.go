package monitor

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/internal/num"

	"github.com/maskflow/maskflow/plot"
)

// list is Points at 0, 1, 2, …
type list struct{ y []float64 }

func (l *list) Len() int                { return len(l.y) }
func (l *list) At(i int) (x, y float64) { return float64(i), l.y[i] }

func values() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64Range(-100, 100), rapid.SampledFrom([]float64{0, 7, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, math.MaxFloat64, -math.MaxFloat64, 5e-324}))
}

// The average is the sum of the finite values so far, each weighing sᵏ for its distance k, over the sum of the weights.
func TestSmoothIsAWeightedMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-100, 100), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)})), 0, 40).Draw(t, "y")
		factor := rapid.SampledFrom([]float64{0, 0.1, 0.6, 0.99}).Draw(t, "factor")
		s := NewSmooth(&list{y}, factor)
		if s.Len() != len(y) {
			t.Fatalf("%d of %d points", s.Len(), len(y))
		}
		for i := range y {
			x, got := s.At(i)
			if x != float64(i) {
				t.Fatalf("point %d is at %v", i, x)
			}
			if !num.Finite(y[i]) {
				if got != y[i] && !(math.IsNaN(got) && math.IsNaN(y[i])) {
					t.Fatalf("the gap %v is drawn at %v", y[i], got)
				}
				continue
			}
			sum, weights, weight := 0.0, 0.0, 1.0
			for k := i; k >= 0; k-- {
				if num.Finite(y[k]) {
					sum, weights, weight = sum+weight*y[k], weights+weight, weight*factor
				}
			}
			if !near(got, sum/weights, 1e-4) {
				t.Fatalf("point %d of %v is %v, not %v", i, y, got, sum/weights)
			}
		}
	})
}

// However a series grows, the average is that of the series as it is.
func TestSmoothGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &list{}
		s := NewSmooth(l, 0.9)
		for range rapid.IntRange(1, 5).Draw(t, "turns") {
			n := rapid.SampledFrom([]int{0, 1, 5, 1023, 3000}).Draw(t, "more")
			v := rapid.SliceOfN(values(), 3, 3).Draw(t, "values")
			for i := range n {
				l.y = append(l.y, v[i%3]+float64(i%7))
			}
			s.Grow()
		}
		fresh := NewSmooth(l, 0.9)
		if s.Len() != len(l.y) || fresh.Len() != len(l.y) {
			t.Fatalf("%d and %d points of %d", s.Len(), fresh.Len(), len(l.y))
		}
		for i := range l.y {
			_, a := s.At(i)
			if _, b := fresh.At(i); a != b && !(math.IsNaN(a) && math.IsNaN(b)) {
				t.Fatalf("point %d is %v, not %v", i, a, b)
			}
			if _, y := l.At(i); num.Finite(y) != num.Finite(a) {
				t.Fatalf("point %d is %v and its average %v", i, y, a)
			}
		}
	})
}

func TestSmoothLeavesAConstantAlone(t *testing.T) {
	for _, c := range []float64{0.1, -3, 1e-30, 12345.678} {
		l := &list{}
		for range 5000 {
			l.y = append(l.y, c)
		}
		s := NewSmooth(l, 0.97)
		for i := range s.Len() {
			if _, y := s.At(i); y != float64(float32(c)) {
				t.Fatalf("the average of %v is %v", c, y)
			}
		}
	}
	for _, factor := range []float64{math.NaN(), -1, 0} {
		if _, y := NewSmooth(&list{[]float64{1, 1e9, 5}}, factor).At(2); y != 5 {
			t.Errorf("a factor of %v changes 5 to %v", factor, y)
		}
	}
	if _, y := NewSmooth(&list{[]float64{0, 2}}, 7).At(1); !near(y, 1, 1e-3) {
		t.Errorf("a factor above 1 is not bounded: %v", y)
	}
}

var _ plot.Points = (*Smooth)(nil)
