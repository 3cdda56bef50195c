package masks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNaturalAndReversed(t *testing.T) {
	if got := Natural(5); !slices.Equal(got, Order{1, 2, 3, 4, 5}) {
		t.Errorf("natural: %v", got)
	}
	if got := Reversed(5); !slices.Equal(got, Order{5, 4, 3, 2, 1}) {
		t.Errorf("reversed: %v", got)
	}
}

func TestShuffledGivesEveryOrderEquallyOften(t *testing.T) {
	random := rng(2)
	counts := make([]int, 6)
	all := []Order{{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}}
	for range 6000 {
		o := Shuffled(3, random)
		counts[slices.IndexFunc(all, func(other Order) bool { return slices.Equal(o, other) })]++
	}
	if x := chiSquare(counts); x > 20.52 { // 0.1 % of 5 degrees of freedom
		t.Errorf("counts %v, chi-square %.1f", counts, x)
	}
}

func TestSequence(t *testing.T) {
	// Input 2 comes first, and inputs 1 and 3 share the second place.
	if got := (Order{3, 2, 1, 2}).Sequence(); !slices.Equal(got, []int{2, 1, 3, 0}) {
		t.Errorf("sequence %v", got)
	}
}

func TestSequenceIsTheInverseOfAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Shuffled(rapid.IntRange(1, 50).Draw(t, "dim"), rng(rapid.Uint64().Draw(t, "seed")))
		for place, i := range o.Sequence() {
			if o[i] != place+1 {
				t.Fatalf("input %d of degree %d comes in place %d", i, o[i], place+1)
			}
		}
	})
}

func TestGrouped(t *testing.T) {
	for _, c := range []struct {
		order  Order
		groups int
		want   Order
	}{
		{Order{1, 2, 3, 4}, 2, Order{1, 1, 2, 2}},
		{Order{4, 1, 3, 2}, 2, Order{2, 1, 2, 1}},
		{Order{3, 1, 2}, 3, Order{3, 1, 2}},
		{Order{3, 1, 2}, 1, Order{1, 1, 1}},
		{Order{1, 1, 2, 3, 4}, 2, Order{1, 1, 1, 2, 2}},
	} {
		got, err := c.order.Grouped(c.groups)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v in %d groups: %v, %v; want %v", c.order, c.groups, got, err, c.want)
		}
	}
	for _, groups := range []int{-1, 0, 4} {
		if _, err := (Order{2, 1, 3, 3}).Grouped(groups); err == nil || !strings.Contains(err.Error(), "use 1 to 3") {
			t.Errorf("%d groups of 3 degrees: %v", groups, err)
		}
	}
	if _, err := (Order{1, 3}).Grouped(1); err == nil {
		t.Error("an order that is not valid was grouped")
	}
}

func TestGroupsAreEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.IntRange(1, 60).Draw(t, "dim")
		groups := rapid.IntRange(1, dim).Draw(t, "groups")
		natural := Natural(dim)
		got, err := natural.Grouped(groups)
		if err != nil || got.Validate() != nil || got.Max() != groups || !slices.IsSorted(got) {
			t.Fatalf("%v, %v", got, err)
		}
		if counts := tally(t, got, groups); slices.Max(counts)-slices.Min(counts) > 1 {
			t.Fatalf("groups of %v", counts)
		}
	})
}

func TestOrderValidate(t *testing.T) {
	for _, c := range []struct {
		order Order
		want  string // parts of the message, "" for none
	}{
		{Order{1}, ""},
		{Order{2, 1, 2, 3}, ""},
		{nil, "empty"},
		{Order{1, 2, 0}, "order[2]: "},
		{Order{1, -7}, "order[1]: "},
		{Order{5, 1, 2}, "order[0]: "},
		{Order{1, 4, 2, 4}, "no input has degree 3"},
		{Order{2, 2}, "no input has degree 1"},
	} {
		err := c.order.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.order, err, c.want)
		}
	}
}

// Late inputs come after all others in every order: the first, given or of a kind, and those that are drawn, in groups too.
// Among the late and among the others every order is drawn.
func TestLateInputsComeLast(t *testing.T) {
	late := []bool{false, true, false, false, true, true, false}
	for _, start := range []OrderKind{NaturalOrder, ReversedOrder, RandomOrder} {
		for groups := range 8 {
			if groups == 1 {
				continue
			}
			for _, base := range []Order{nil, {2, 5, 1, 3, 7, 6, 4}, {1, 3, 2, 2, 4, 4, 1}} {
				if groups > 4 && base != nil && base.Max() == 4 {
					continue
				}
				c := newCycle(t, Recipe{Dim: 7, Start: start, Base: base, Groups: groups, Late: late, Count: Unlimited, Resample: ResampleOrder, Seed: 3})
				seen := map[string]bool{}
				for k := range 2000 {
					order := c.At(k).Order
					if err := order.Validate(); err != nil || groups > 0 && order.Max() != groups {
						t.Fatalf("%s, %d groups: %v, %v", start, groups, order, err)
					}
					for i := range order {
						for j := range order {
							if late[i] && !late[j] && order[i] <= order[j] {
								t.Fatalf("%s, %d groups: input %d is not after %d in %v", start, groups, i, j, order)
							}
						}
					}
					seen[fmt.Sprint(order)] = true
				}
				if groups == 0 && base == nil && len(seen) != 24*6 {
					t.Errorf("%s: %d orders of 4 and 3 inputs, want %d", start, len(seen), 24*6)
				}
			}
		}
	}
	for _, c := range []struct {
		start OrderKind
		want  string
	}{{NaturalOrder, "[1 5 2 3 6 7 4]"}, {ReversedOrder, "[4 7 3 2 6 5 1]"}} {
		if got := newCycle(t, Recipe{Dim: 7, Start: c.start, Late: late}).At(0).Order; fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", c.start, got, c.want)
		}
	}
}
