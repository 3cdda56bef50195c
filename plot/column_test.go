package plot

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every bin of rounded numbers covers as many multiples of the step, and no number is lost.
func TestBinsOfSteps(t *testing.T) {
	for _, step := range []float64{0.01, 0.1, 1, 5} {
		for most := 3; most < 50; most += 7 {
			var v []float64
			for k := -17; k <= 41; k++ {
				v = append(v, float64(k)*step)
			}
			c := Column{}.Number([2][]float64{v, v[:20]}, [2][]float64{}, [2]float64{118, 20}, step, most)
			n := len(c.Bins[0])
			width := (c.X.Hi - c.X.Lo) / float64(n) / step
			if n > most || math.Abs(width-math.Round(width)) > 1e-9 {
				t.Fatalf("step %v, %d bins of %v steps, want %d at most", step, n, width, most)
			}
			for i, share := range c.Bins[0][:n-1] {
				if math.Abs(share*118-math.Round(width)) > 1e-9 {
					t.Errorf("step %v: bin %d of %d has %v of %v values", step, i, n, share*118, width)
				}
			}
			for k, want := range [2]float64{0.5, 1} {
				sum := 0.0
				for _, share := range c.Bins[k] {
					sum += share
				}
				if math.Abs(sum-want) > 1e-9 {
					t.Errorf("step %v: shares of set %d sum to %v, want %v", step, k, sum, want)
				}
			}
		}
	}
}

// A number of weight 2 is the number twice, and of weight 0 none.
func TestBinsOfWeights(t *testing.T) {
	v, w := []float64{1, 2, 2.5, 7, 9}, []float64{2, 1, 0, 3, 1}
	a := Column{}.Number([2][]float64{v, v}, [2][]float64{w, nil}, [2]float64{7, 5}, 1, 40)
	b := Column{}.Number([2][]float64{{1, 1, 2, 7, 7, 7, 9}, v}, [2][]float64{}, [2]float64{7, 5}, 1, 40)
	if !slices.EqualFunc(a.Bins[0], b.Bins[0], func(v, w float64) bool { return math.Abs(v-w) < 1e-12 }) || !slices.Equal(a.Bins[1], b.Bins[1]) {
		t.Errorf("%v by weights, %v of repeated numbers", a.Bins, b.Bins)
	}
}

// One number that is far out does not squeeze the others into one bin.
func TestBinsLeaveOutWhatIsFar(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	v := []float64{1e9, math.NaN(), math.Inf(1)}
	for range 1000 {
		v = append(v, rng.NormFloat64())
	}
	c := Column{}.Number([2][]float64{v, v}, [2][]float64{}, [2]float64{1003, 1003}, 0, 40)
	sum := 0.0
	for _, share := range c.Bins[0] {
		sum += share
	}
	if c.X.Hi > 5 || math.Abs(sum-1000.0/1003) > 1e-9 || slices.Max(c.Bins[0]) > 0.2 {
		t.Errorf("bins over %+v of %v of the numbers, the largest %v", c.X, sum, slices.Max(c.Bins[0]))
	}
}

// The levels that are left out are the rarest, and counted as one.
func TestFrequentLevels(t *testing.T) {
	var c Column
	for i := range 40 {
		c.Levels = append(c.Levels, Level{fmt.Sprint(i), [2]float64{float64(i*7%40) / 780, 1.0 / 40}})
	}
	f := c.Frequent()
	sum, least := 0.0, 1.0
	for _, l := range f.Levels {
		sum += l.Shares[0]
		least = min(least, l.Shares[0])
	}
	if len(f.Levels) != mostLevels || math.Abs(sum-1) > 1e-9 || least < 29.0/780 || f.Levels[mostLevels-1].Name != "29 more" {
		t.Errorf("%+v sum to %v", f.Levels, sum)
	}
	lines := f.Compare(60, 5, Style{Unicode: true})
	if len(lines) != mostLevels || !strings.HasSuffix(lines[mostLevels-1], "%") {
		t.Errorf("%q", lines)
	}
}

// Ticks of dates are the first days of months or years, or midnights, and round hours within days.
func TestTicksOfDates(t *testing.T) {
	at := func(s string) float64 {
		d, err := time.Parse(time.RFC3339, s+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return float64(d.Unix())
	}
	for _, test := range []struct {
		from, to, first, last string
		n                     int
	}{
		{"1931-05-07T00:00:00", "2021-05-07T00:00:00", "1940", "2020", 5},
		{"2017-05-07T00:00:00", "2021-05-07T00:00:00", "2018", "2021", 5},
		{"2019-05-07T00:00:00", "2019-12-24T00:00:00", "2019-07", "2019-10", 4},
		{"2019-05-07T00:00:00", "2019-05-11T00:00:00", "2019-05-07", "2019-05-11", 6},
		{"1970-01-01T00:00:00", "1970-01-01T23:30:00", "00:00", "18:00", 6},
		{"2019-05-07T01:00:00", "2019-05-07T13:30:00", "05-07 03:00", "05-07 12:00", 5},
	} {
		for _, unit := range []float64{1, day} {
			_, labels := Dates(Range{at(test.from) / unit, at(test.to) / unit}, unit, test.n)
			if len(labels) > test.n || labels[0] != test.first || labels[len(labels)-1] != test.last {
				t.Errorf("%s to %s: %q, want from %s to %s", test.from, test.to, labels, test.first, test.last)
			}
		}
	}
}
