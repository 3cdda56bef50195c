package masks

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// rng is the source of chance of one test.
func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func newCycle(t interface {
	Helper()
	Fatal(...any)
}, r Recipe) *Cycle {
	t.Helper()
	c, err := NewCycle(r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// drawRecipe returns any valid recipe of a small network.
func drawRecipe(t *rapid.T) Recipe {
	r := Recipe{
		Dim:     rapid.IntRange(1, 13).Draw(t, "dim"),
		Hidden:  rapid.SliceOfN(rapid.IntRange(1, 17), 0, 3).Draw(t, "hidden"),
		Context: rapid.Bool().Draw(t, "context"),
		Direct:  rapid.Bool().Draw(t, "direct"),
		Start:   rapid.SampledFrom([]OrderKind{NaturalOrder, ReversedOrder, RandomOrder}).Draw(t, "start"),
		Degrees: rapid.SampledFrom([]Kind{SequentialDegrees, SampledDegrees}).Draw(t, "degrees"),
		Count:   rapid.IntRange(0, 5).Draw(t, "count"),
		Seed:    rapid.Uint64().Draw(t, "seed"),
	}
	r.Resample = ResampleOrder
	if r.Degrees == SampledDegrees {
		r.Resample = rapid.SampledFrom([]Resample{ResampleBoth, ResampleOrder, ResampleConnectivity}).Draw(t, "resample")
	}
	degrees := r.Dim
	if rapid.Bool().Draw(t, "explicit base") {
		r.Base = drawOrder(t, r.Dim)
		degrees = r.Base.Max()
	}
	r.Groups = rapid.IntRange(0, degrees).Draw(t, "groups")
	return r
}

// drawOrder returns any valid order.
func drawOrder(t *rapid.T, dim int) Order {
	degrees := rapid.IntRange(1, dim).Draw(t, "degrees")
	o := make(Order, dim)
	for i := range o {
		o[i] = i + 1
		if i >= degrees {
			o[i] = rapid.IntRange(1, degrees).Draw(t, "degree")
		}
	}
	return rapid.Permutation(o).Draw(t, "order")
}

// someSets returns the first sets of a cycle as they are trained and as they are evaluated.
func someSets(c *Cycle) []*Set {
	var sets []*Set
	for update := range 3 {
		sets = append(sets, c.At(c.Index(update)))
	}
	return append(sets, c.Eval(3)...)
}

// countPaths follows every path from an input, one connection after the other.
func countPaths(masks [][][]bool, direct [][]bool, input, output int) int64 {
	var follow func(l, unit int) int64
	follow = func(l, unit int) int64 {
		if l == len(masks) {
			return one(unit == output)
		}
		var n int64
		for next, joined := range masks[l][unit] {
			if joined {
				n += follow(l+1, next)
			}
		}
		return n
	}
	n := follow(0, input)
	if direct != nil && direct[input][output] {
		n++
	}
	return n
}

// chiSquare returns the chi-square statistic of counts that should be equal.
func chiSquare(counts []int) float64 {
	total := 0
	for _, n := range counts {
		total += n
	}
	expected := float64(total) / float64(len(counts))
	sum := 0.0
	for _, n := range counts {
		sum += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	return sum
}

// tally counts how often each of 1..largest occurs, and fails at any other value.
func tally(t interface {
	Helper()
	Fatalf(string, ...any)
}, values []int, largest int) []int {
	t.Helper()
	counts := make([]int, largest)
	for i, v := range values {
		if v < 1 || v > largest {
			t.Fatalf("value %d is %d, not in 1..%d", i, v, largest)
		}
		counts[v-1]++
	}
	return counts
}

func sameSet(a, b *Set) bool {
	return slices.Equal(a.Order, b.Order) && slices.EqualFunc(a.Hidden, b.Hidden, slices.Equal) &&
		a.Context == b.Context && a.Direct == b.Direct
}

func sameMask(t *testing.T, what string, got [][]bool, want []string) {
	t.Helper()
	var rows []string
	for _, row := range got {
		line := ""
		for _, joined := range row {
			line += string(rune('0' + one(joined)))
		}
		rows = append(rows, line)
	}
	if !slices.Equal(rows, want) {
		t.Errorf("%s is %v, want %v", what, rows, want)
	}
}
