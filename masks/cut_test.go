package masks

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// drawn counts the cuts of a row by what is given, with the mean of what each variable counts.
func drawn(c Cuts, n int, unknown func(int) bool) (given map[string]int, counts []float64) {
	draw, rng, cut := c.Drawer(), rand.New(rand.NewPCG(1, 2)), make([]float32, c.Dim)
	given, counts = map[string]int{}, make([]float64, c.Dim)
	for range n {
		draw(rng, rng.Float64(), unknown, cut)
		name := make([]byte, c.Dim)
		for d, v := range cut {
			switch {
			case v == Given:
				name[d] = '1'
			case v > 0:
				name[d] = '?'
			default:
				name[d] = '-'
			}
			counts[d] += float64(max(v, 0)) / float64(n)
		}
		given[string(name)]++
	}
	return given, counts
}

// Every number of given variables is as likely as its share says, and every choice of so many as any other.
func TestCuts(t *testing.T) {
	const n = 200_000
	for _, tilt := range []float64{0, 1, -2} {
		c := Cuts{Dim: 4, Tilt: tilt}
		got, counts := drawn(c, n, nil)
		sum, shares := 0.0, make([]float64, 4)
		for k := range shares {
			shares[k] = math.Pow(float64(4-k)/4, tilt)
			sum += shares[k]
		}
		choices := []float64{1, 4, 6, 4}
		if len(got) != 15 {
			t.Errorf("%d cuts, need each of 15 sets that leave something to ask", len(got))
		}
		for name, times := range got {
			k := strings.Count(name, "1")
			want := n * shares[k] / sum / choices[k]
			if math.Abs(float64(times)-want) > 5*math.Sqrt(want) {
				t.Errorf("tilt %v: %s comes %d times, want about %.0f", tilt, name, times, want)
			}
		}
		for d, v := range counts { // in every order each variable is one of the terms
			if math.Abs(v-1) > 0.03 {
				t.Errorf("tilt %v: variable %d counts %v times", tilt, d, v)
			}
		}
	}
}

// Late variables are given or asked only after all others, and what is not known is neither.
func TestCutsOfLateAndUnknown(t *testing.T) {
	const n = 60_000
	late := []bool{true, false, true, false, false}
	got, counts := drawn(Cuts{Dim: 5, Late: late}, n, func(d int) bool { return d == 3 })
	want := map[string]float64{"-?--?": 1.0 / 4, "-1--?": 1.0 / 8, "-?--1": 1.0 / 8, "?1?-1": 1.0 / 4, "11?-1": 1.0 / 8, "?11-1": 1.0 / 8}
	for name, times := range got {
		if math.Abs(float64(times)-n*want[name]) > 5*math.Sqrt(n*want[name]) || want[name] == 0 {
			t.Errorf("%s comes %d times, want about %.0f", name, times, n*want[name])
		}
	}
	for d, v := range counts {
		if w := 1.0; d == 3 && v != 0 || d != 3 && math.Abs(v-w) > 0.03 {
			t.Errorf("variable %d counts %v times", d, v)
		}
	}
	if got, _ := drawn(Cuts{Dim: 2}, 10, func(int) bool { return true }); got["--"] != 10 {
		t.Errorf("of a row of which nothing is known the cuts are %v", got)
	}
}

// All that are no targets are given, those that are known, and the targets among themselves as all variables are.
func TestCutsOfTargets(t *testing.T) {
	const n = 60_000
	c := Cuts{Dim: 6, Targets: []bool{true, false, true, false, true, true}, Late: []bool{true, true, false, false, false, false}}
	got, counts := drawn(c, n, func(d int) bool { return d == 3 || d == 5 })
	want := map[string]float64{"-1?-?-": 1.0 / 3, "-11-?-": 1.0 / 6, "-1?-1-": 1.0 / 6, "?11-1-": 1.0 / 3}
	for name, times := range got {
		if math.Abs(float64(times)-n*want[name]) > 5*math.Sqrt(n*want[name]) || want[name] == 0 {
			t.Errorf("%s comes %d times, want about %.0f", name, times, n*want[name])
		}
	}
	for d, v := range counts {
		if w := map[int]float64{0: 1, 2: 1, 4: 1}[d]; math.Abs(v-w) > 0.03 {
			t.Errorf("variable %d counts %v times, need %v", d, v, w)
		}
	}
	if got, _ := drawn(Cuts{Dim: 3, Targets: []bool{true, false, false}}, 10, func(d int) bool { return d == 0 }); got["-11"] != 10 {
		t.Errorf("of a row whose target is not known the cuts are %v", got)
	}
	if got, _ := drawn(Cuts{Dim: 3, Targets: []bool{true, false, false}}, 10, nil); got["?11"] != 10 {
		t.Errorf("of one target the cuts are %v", got)
	}
}

func TestCutsValidate(t *testing.T) {
	for _, c := range []struct {
		cuts Cuts
		want string
	}{{Cuts{}, "dim"}, {Cuts{Dim: 3, Late: []bool{true}}, "late"}, {Cuts{Dim: 3, Targets: make([]bool, 3)}, "targets"}, {Cuts{Dim: 3, Targets: []bool{true}}, "targets"}, {Cuts{Dim: 3, Tilt: math.NaN()}, "tilt"}, {Cuts{Dim: 3, Tilt: MaxTilt + 1}, "tilt"}} {
		if err := c.cuts.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: the error is %v, want %q", c.cuts, err, c.want)
		}
	}
	if err := (Cuts{Dim: 3, Late: []bool{true, false, true}, Tilt: 2}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestOrderAfter(t *testing.T) {
	o := Order{2, 4, 1, 3}
	if got := fmt.Sprint(o.After([]bool{true, false, false, false})); got != "[4 3 1 2]" {
		t.Errorf("%v", got)
	}
	if got := fmt.Sprint(o.After(nil), o.After([]bool{true})); got != "[2 4 1 3] [2 4 1 3]" {
		t.Errorf("%v", got)
	}
}

// The cuts of a step of training: 100 rows of images.
func BenchmarkCuts(b *testing.B) {
	draw, cut, rng := Cuts{Dim: 784}.Drawer(), make([]float32, 784), rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		for range 100 {
			draw(rng, rng.Float64(), nil, cut)
		}
	}
}
