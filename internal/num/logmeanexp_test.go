package num_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/internal/num"
	"pgregory.net/rapid"
)

func TestLogMeanExp(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, tt := range []struct {
		v    []float64
		want float64
	}{
		{nil, nan},
		{[]float64{-3.25}, -3.25},
		{[]float64{0, 0, 0}, 0},
		{[]float64{math.Log(1), math.Log(2), math.Log(3)}, math.Log(2)},
		{[]float64{-800, -800}, -800},                            // exp(−800) is 0 in float64
		{[]float64{-800, -801}, -800 + math.Log((1+1/math.E)/2)}, // likelihoods of MNIST are of this size
		{[]float64{-1e5, -1e5 - 1000}, -1e5 - math.Ln2},
		{[]float64{800, 801}, 801 + math.Log((1+1/math.E)/2)}, // exp(800) is +Inf
		{[]float64{-inf}, -inf},
		{[]float64{-inf, -inf, -inf}, -inf},
		{[]float64{-inf, 0, -inf, -inf}, -math.Log(4)},
		{[]float64{inf, 0}, inf},
		{[]float64{inf, -inf}, inf},
		{[]float64{nan, 0}, nan},
		{[]float64{0, nan}, nan},
		{[]float64{inf, nan}, nan},
		{[]float64{nan, inf, -inf}, nan},
	} {
		if got := num.LogMeanExp(tt.v); !near(got, tt.want, 1e-15) {
			t.Errorf("LogMeanExp(%v) = %v, want %v", tt.v, got, tt.want)
		}
	}
}

// What holds for the logarithm of any mean: it lies between the mean of the
// logarithms and the largest, not below the largest less ln K; the order of the
// values does not matter, one value is itself, and a common factor comes out.
func TestLogMeanExpIsTheLogarithmOfAMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		around := rapid.SampledFrom([]float64{0, -800, -5000, 700}).Draw(t, "around")
		v := rapid.SliceOfN(rapid.Float64Range(around-50, around+50), 1, 40).Draw(t, "values")
		got := num.LogMeanExp(v)
		slack := 1e-12 * math.Max(1, math.Abs(around))
		mean, top := 0.0, slices.Max(v)
		for _, x := range v {
			mean += x / float64(len(v))
		}
		if got < mean-slack || got > top+slack || got < top-math.Log(float64(len(v)))-slack {
			t.Fatalf("%v is not between the mean %v and the largest %v, or more than ln %d below it", got, mean, top, len(v))
		}
		if len(v) == 1 && got != v[0] {
			t.Fatalf("one value %v becomes %v", v[0], got)
		}
		mixed := slices.Clone(v)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if again := num.LogMeanExp(mixed); math.Abs(again-got) > slack {
			t.Fatalf("in another order %v, before %v", again, got)
		}
		shift := rapid.Float64Range(-1000, 1000).Draw(t, "shift")
		for i := range mixed {
			mixed[i] += shift
		}
		if moved := num.LogMeanExp(mixed); math.Abs(moved-got-shift) > 1e-9 {
			t.Fatalf("moved by %v it is %v, before %v", shift, moved, got)
		}
	})
}
