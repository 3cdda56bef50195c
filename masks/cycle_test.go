package masks

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// What is averaged in the end are the sets that were trained, each of them and no other.
func TestEvaluatedSetsAreTheTrainedSets(t *testing.T) {
	for _, count := range []int{1, 2, 7, 32} {
		c := newCycle(t, Recipe{Dim: 19, Hidden: []int{23}, Count: count, Degrees: SampledDegrees, Start: RandomOrder, Seed: 5})
		trained := make([]*Set, count)
		for update := range 3 * count {
			s := c.At(c.Index(update))
			if k := update % count; trained[k] == nil {
				trained[k] = s
			} else if !sameSet(trained[k], s) {
				t.Errorf("%d sets: update %d does not use set %d", count, update, k)
			}
		}
		for _, n := range []int{0, 1, count, 1000} {
			evaluated := c.Eval(n)
			if !slices.EqualFunc(evaluated, trained, sameSet) {
				t.Errorf("%d sets: Eval(%d) does not give those that were trained", count, n)
			}
		}
		for k, s := range trained {
			if slices.ContainsFunc(trained[:k], func(other *Set) bool { return sameSet(s, other) }) {
				t.Errorf("%d sets: set %d repeats an earlier one", count, k)
			}
		}
	}
}

func TestUnlimitedEvaluationHasAStreamOfItsOwn(t *testing.T) {
	c := newCycle(t, Recipe{Dim: 19, Hidden: []int{23}, Degrees: SampledDegrees, Start: RandomOrder, Seed: 5, Count: Unlimited})
	if c.Len() != Unlimited || c.Index(12345) != 12345 {
		t.Errorf("length %d, update 12345 uses set %d", c.Len(), c.Index(12345))
	}
	const n = 200
	evaluated := c.Eval(n)
	if len(evaluated) != n || len(c.Eval(0)) != 0 || len(c.Eval(-1)) != 0 {
		t.Fatalf("%d sets, want %d", len(evaluated), n)
	}
	if again := c.Eval(n); !slices.EqualFunc(evaluated, again, sameSet) {
		t.Error("evaluation differs from one time to the next")
	}
	if fewer := c.Eval(n / 2); !slices.EqualFunc(evaluated[:n/2], fewer, sameSet) {
		t.Error("fewer sets are not the first of them")
	}
	seenOrders, seenDegrees := map[string]string{}, map[string]string{}
	once := func(stream string, k int, s *Set) {
		t.Helper()
		here := fmt.Sprint(stream, " set ", k)
		if other, ok := seenOrders[fmt.Sprint(s.Order)]; ok {
			t.Errorf("%s has the order of %s", here, other)
		}
		if other, ok := seenDegrees[fmt.Sprint(s.Hidden)]; ok {
			t.Errorf("%s has the degrees of %s", here, other)
		}
		seenOrders[fmt.Sprint(s.Order)], seenDegrees[fmt.Sprint(s.Hidden)] = here, here
	}
	for k := range n {
		once("training", k, c.At(k))
		once("evaluation", k, evaluated[k])
	}
}

// A set follows from recipe and index: it does not matter what was drawn before.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecipe(t)
		first, second := newCycle(t, r), newCycle(t, r)
		n := 9
		if r.Count != Unlimited {
			n = r.Count
		}
		var forwards []*Set
		for k := range n {
			forwards = append(forwards, first.At(k))
		}
		second.Eval(3)
		for k := n - 1; k >= 0; k-- {
			if !sameSet(second.At(k), forwards[k]) || !sameSet(first.At(k), forwards[k]) {
				t.Fatalf("set %d is not replayed", k)
			}
		}
		if !slices.EqualFunc(first.Eval(4), second.Eval(4), sameSet) {
			t.Fatal("evaluation is not replayed")
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	for _, count := range []int{Unlimited, 3} {
		c := newCycle(t, Recipe{Dim: 11, Hidden: []int{13, 17}, Count: count, Degrees: SampledDegrees, Seed: 8})
		want := []*Set{c.At(0), c.At(1), c.At(2)}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for update := range 30 {
					if k := update % 3; !sameSet(c.At(k), want[k]) {
						t.Errorf("set %d differs", k)
					}
				}
				c.Eval(5)
			})
		}
		group.Wait()
	}
}

func TestFirstOrder(t *testing.T) {
	for _, c := range []struct {
		name   string
		recipe Recipe
		want   Order
	}{
		{"natural", Recipe{Dim: 5}, Natural(5)},
		{"reversed", Recipe{Dim: 5, Start: ReversedOrder}, Reversed(5)},
		{"explicit", Recipe{Dim: 5, Base: Order{3, 1, 2, 1, 4}, Start: RandomOrder}, Order{3, 1, 2, 1, 4}},
		{"grouped", Recipe{Dim: 5, Start: ReversedOrder, Groups: 2}, Order{2, 2, 1, 1, 1}},
	} {
		for _, count := range []int{1, 4, Unlimited} {
			for _, resample := range []Resample{ResampleBoth, ResampleOrder, ResampleConnectivity} {
				r := c.recipe
				r.Count, r.Resample, r.Degrees, r.Hidden = count, resample, SampledDegrees, []int{3}
				if got := newCycle(t, r).At(0).Order; !slices.Equal(got, c.want) {
					t.Errorf("%s, %d sets: %v, want %v", c.name, count, got, c.want)
				}
			}
		}
	}
}

func TestWhatIsResampled(t *testing.T) {
	for _, c := range []struct {
		count               int
		resample            Resample
		orders, connections bool // do they differ from set to set?
	}{
		{5, ResampleBoth, true, true},
		{5, ResampleOrder, true, false},
		{5, ResampleConnectivity, false, true},
		{Unlimited, ResampleBoth, true, true},
		{Unlimited, ResampleOrder, true, false},
		{Unlimited, ResampleConnectivity, false, true},
	} {
		for _, start := range []OrderKind{NaturalOrder, RandomOrder} {
			cycle := newCycle(t, Recipe{Dim: 17, Hidden: []int{19, 23}, Count: c.count, Degrees: SampledDegrees, Start: start, Resample: c.resample, Seed: 13})
			sets := append([]*Set{cycle.At(0), cycle.At(1), cycle.At(4)}, cycle.Eval(2)[1])
			for k, s := range sets[1:3] {
				if slices.Equal(s.Order, sets[k].Order) == c.orders {
					t.Errorf("%+v: orders %v and %v", c, sets[k].Order, s.Order)
				}
				if slices.EqualFunc(s.Hidden, sets[k].Hidden, slices.Equal) == c.connections {
					t.Errorf("%+v: degrees %v and %v", c, sets[k].Hidden, s.Hidden)
				}
			}
			if slices.Equal(sets[3].Order, sets[0].Order) == c.orders {
				t.Errorf("%+v: evaluated order %v, first order %v", c, sets[3].Order, sets[0].Order)
			}
			if slices.EqualFunc(sets[3].Hidden, sets[0].Hidden, slices.Equal) == c.connections {
				t.Errorf("%+v: evaluated degrees %v, first degrees %v", c, sets[3].Hidden, sets[0].Hidden)
			}
			for l, degrees := range sets[1].Hidden {
				if slices.IsSorted(degrees) == c.connections {
					t.Errorf("%+v: hidden layer %d has degrees %v", c, l, degrees)
				}
			}
		}
	}
	for _, kind := range []Kind{SequentialDegrees, SampledDegrees} {
		one := newCycle(t, Recipe{Dim: 17, Hidden: []int{19}, Count: 1, Degrees: kind}).At(0)
		if !slices.IsSorted(one.Hidden[0]) {
			t.Errorf("one set, %s degrees: %v", kind, one.Hidden[0])
		}
	}
}

// Were units sorted where the connectivity is resampled, each would keep nearly the same degree.
func TestResampledUnitHasEveryDegree(t *testing.T) {
	c := newCycle(t, Recipe{Dim: 6, Hidden: []int{23, 23}, Degrees: SampledDegrees, Resample: ResampleConnectivity, Seed: 21, Count: Unlimited})
	const draws = 5000
	for _, unit := range []int{0, 11, 22} {
		for l := range 2 {
			var degrees []int
			for k := range draws {
				if hidden := c.At(k).Hidden; l == 0 || slices.Contains(hidden[l-1], 1) { // else the range is smaller
					degrees = append(degrees, hidden[l][unit])
				}
			}
			if counts := tally(t, degrees, 5); chiSquare(counts) > 18.47 { // 0.1 % of 4 degrees of freedom
				t.Errorf("unit %d of layer %d: degrees 1..5 occur %v times", unit, l, counts)
			}
		}
	}
}

func TestRandomOrdersAreUniform(t *testing.T) {
	c := newCycle(t, Recipe{Dim: 5, Start: RandomOrder, Resample: ResampleOrder, Seed: 34, Count: Unlimited})
	for i := range 5 {
		var trained, evaluated []int
		for k, s := range c.Eval(4000) {
			trained = append(trained, c.At(k).Order[i])
			evaluated = append(evaluated, s.Order[i])
		}
		for what, degrees := range map[string][]int{"trained": trained, "evaluated": evaluated} {
			if counts := tally(t, degrees, 5); chiSquare(counts) > 18.47 {
				t.Errorf("input %d, %s: degrees 1..5 occur %v times", i, what, counts)
			}
		}
	}
}

// Layers that drew from one stream would have the same degrees. So would orders and degrees be bound to each other.
func TestLayersHaveStreamsOfTheirOwn(t *testing.T) {
	c := newCycle(t, Recipe{Dim: 41, Hidden: []int{500, 500, 500}, Count: 3, Degrees: SampledDegrees, Seed: 1})
	for k := range c.Len() {
		hidden := c.At(k).Hidden
		for a := range hidden {
			for b := range a {
				if r := correlation(hidden[a], hidden[b]); math.Abs(r) > 0.15 { // 3.3 standard errors
					t.Errorf("set %d: degrees of hidden layers %d and %d correlate by %.2f", k, a, b, r)
				}
			}
			if other := c.At((k + 1) % 3).Hidden[a]; math.Abs(correlation(hidden[a], other)) > 0.15 {
				t.Errorf("hidden layer %d: degrees of sets %d and %d correlate", a, k, (k+1)%3)
			}
		}
	}
}

func correlation(a, b []int) float64 {
	var sa, sb, saa, sbb, sab float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		sa, sb, saa, sbb, sab = sa+x, sb+y, saa+x*x, sbb+y*y, sab+x*y
	}
	n := float64(len(a))
	return (sab - sa*sb/n) / math.Sqrt((saa-sa*sa/n)*(sbb-sb*sb/n))
}

// A unit of degree D would be of use to no output, and one of degree 0 sees nothing but a context.
func TestHiddenDegreesOfACycle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for k, s := range someSets(newCycle(t, drawRecipe(t))) {
			for l, degrees := range s.Hidden {
				for unit, degree := range degrees {
					if degree >= s.Order.Max() || degree < 0 || degree == 0 && !s.Context && s.Order.Max() > 1 {
						t.Fatalf("set %d: unit %d of hidden layer %d has degree %d of %d", k, unit, l, degree, s.Order.Max())
					}
				}
			}
		}
	})
}

func TestSampledDegreesStartAtTheSmallestBelow(t *testing.T) {
	c := newCycle(t, Recipe{Dim: 23, Hidden: []int{3, 31, 31}, Degrees: SampledDegrees, Resample: ResampleConnectivity, Seed: 2, Count: Unlimited})
	risen := 0
	for k := range 50 {
		hidden := c.At(k).Hidden
		for l := 1; l < len(hidden); l++ {
			if slices.Min(hidden[l]) < slices.Min(hidden[l-1]) {
				t.Errorf("set %d: layer %d starts at %d, the one below at %d", k, l, slices.Min(hidden[l]), slices.Min(hidden[l-1]))
			}
		}
		if slices.Min(hidden[0]) > 1 {
			risen++
		}
	}
	if risen == 0 {
		t.Error("three units always drew degree 1")
	}
}

// The first variable of an order depends on the context, through every hidden layer.
func TestContextReachesEveryOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecipe(t)
		r.Context, r.Direct = true, false
		for k, s := range someSets(newCycle(t, r)) {
			if reached := s.ContextReaches(); slices.Contains(reached, false) {
				t.Fatalf("set %d: %v by degrees %v", k, reached, s.Hidden)
			}
		}
	})
}

func TestGroupsOfACycle(t *testing.T) {
	c := newCycle(t, Recipe{Dim: 12, Hidden: []int{9}, Groups: 3, Degrees: SampledDegrees, Seed: 4, Count: Unlimited})
	for k := range 20 {
		s := c.At(k)
		if counts := tally(t, s.Order, 3); slices.Max(counts) != 4 || slices.Max(s.Hidden[0]) > 2 {
			t.Errorf("set %d: order %v, degrees %v", k, s.Order, s.Hidden)
		}
	}
}

// Three pixels of two colours: the colours of a pixel stay together wherever the pixel comes.
func TestInputsThatShareADegreeStayTogether(t *testing.T) {
	c := newCycle(t, Recipe{Dim: 6, Base: Order{1, 1, 2, 2, 3, 3}, Resample: ResampleOrder, Seed: 4, Count: Unlimited})
	seen := map[string]bool{}
	for k := range 60 {
		o := c.At(k).Order
		if o[0] != o[1] || o[2] != o[3] || o[4] != o[5] || o.Validate() != nil || o.Max() != 3 {
			t.Errorf("set %d: %v", k, o)
		}
		seen[fmt.Sprint(o)] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d of 6 orders of three pixels", len(seen))
	}
}

func TestMoreSetsThanOrders(t *testing.T) {
	c := newCycle(t, Recipe{Dim: 2, Count: 7, Resample: ResampleOrder})
	if len(c.Eval(7)) != 7 {
		t.Error("duplicate orders were dropped")
	}
}

func TestSeedsDiffer(t *testing.T) {
	r := Recipe{Dim: 31, Hidden: []int{37}, Count: 1, Start: RandomOrder, Degrees: SampledDegrees}
	zero := newCycle(t, r).At(0)
	for _, seed := range []uint64{1, 2, 1 << 32, 1 << 63, math.MaxUint64} {
		r.Seed = seed
		if s := newCycle(t, r).At(0); slices.Equal(s.Order, zero.Order) || slices.EqualFunc(s.Hidden, zero.Hidden, slices.Equal) {
			t.Errorf("seed %d gives what seed 0 gives", seed)
		}
	}
}

// Weights fit only the masks they were trained with, and a run keeps no masks but the recipe. These draws may never change.
func TestDrawsAreAFormat(t *testing.T) {
	c := newCycle(t, Recipe{Dim: 7, Hidden: []int{5, 3}, Degrees: SampledDegrees, Start: RandomOrder, Seed: 42, Count: Unlimited})
	for _, got := range []struct {
		set  *Set
		want string
	}{
		{c.At(0), "[4 7 5 1 2 3 6] [[1 5 2 2 2] [6 3 6]]"},
		{c.At(1 << 30), "[4 6 2 1 3 5 7] [[4 1 2 5 5] [1 1 6]]"},
		{c.Eval(2)[1], "[7 2 4 5 1 6 3] [[2 4 1 4 4] [3 5 5]]"},
	} {
		if s := fmt.Sprint(got.set.Order, got.set.Hidden); s != got.want {
			t.Errorf("drew %s, want %s", s, got.want)
		}
	}
}

func TestAtHasBounds(t *testing.T) {
	for _, c := range []struct {
		count, index int
	}{{3, 3}, {3, -1}, {Unlimited, -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("set %d of %d", c.index, c.count)
				}
			}()
			newCycle(t, Recipe{Dim: 3, Count: c.count, Resample: ResampleOrder}).At(c.index)
		}()
	}
}

func TestRecipeIsCopied(t *testing.T) {
	r := Recipe{Dim: 3, Hidden: []int{4}, Base: Order{2, 1, 3}, Resample: ResampleOrder, Count: Unlimited}
	c := newCycle(t, r)
	r.Hidden[0], r.Base[0] = 99, 99
	got := c.Recipe()
	got.Hidden[0], got.Base[0] = 77, 77
	if again := c.Recipe(); again.Hidden[0] != 4 || again.Base[0] != 2 || len(c.At(5).Hidden[0]) != 4 {
		t.Errorf("the cycle changed to %+v", again)
	}
}
