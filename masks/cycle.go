package masks

import (
	"fmt"
	"slices"
)

// Cycle is a list of mask sets that can be replayed: K sets, used in turn, or an unlimited number of them. Each set
// follows from the recipe and its index alone, so training, validation, test and a resumed run see the same. A Cycle
// never changes and is safe for concurrent use.
type Cycle struct {
	recipe Recipe
	base   Order   // whose degrees are given out anew for each random order
	first  Order   // order of set 0, and of every set while the order is kept
	hidden [][]int // degrees of every set while the connectivity is kept, else nil
	sets   []*Set  // the K sets, nil when unlimited
}

// NewCycle returns the cycle of a recipe, or what [Recipe.Validate] finds wrong with it.
func NewCycle(r Recipe) (*Cycle, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	r = r.withDefaults()
	c := &Cycle{recipe: r.clone()}
	switch {
	case r.Base != nil:
		c.base = c.recipe.Base
	case r.Start == ReversedOrder:
		c.base = Reversed(r.Dim).after(r.Late)
	default:
		c.base = Natural(r.Dim).after(r.Late)
	}
	c.first = c.grouped(c.base)
	if r.Base == nil && r.Start == RandomOrder {
		c.first = c.randomOrder(trainingOrders, 0)
	}
	if !r.resamplesConnectivity() {
		c.hidden = c.degrees(trainingDegrees, 0)
		for _, degrees := range c.hidden {
			slices.Sort(degrees) // only names of units change, and sorted masks are cheaper to multiply
		}
	}
	if r.Count != Unlimited {
		c.sets = make([]*Set, r.Count)
		for i := range c.sets {
			c.sets[i] = c.draw(i, trainingOrders, trainingDegrees)
		}
	}
	return c, nil
}

func (r Recipe) clone() Recipe {
	r.Hidden = slices.Clone(r.Hidden)
	r.Base, r.Late = slices.Clone(r.Base), slices.Clone(r.Late)
	return r
}

// Recipe returns what the cycle was made from.
func (c *Cycle) Recipe() Recipe { return c.recipe.clone() }

// Len returns the number K of sets, or [Unlimited].
func (c *Cycle) Len() int { return c.recipe.Count }

// Index returns which set the update with this number, counted from 0, uses: the remainder of update by K, or update
// itself when sets are unlimited.
func (c *Cycle) Index(update int) int {
	if c.recipe.Count == Unlimited {
		return update
	}
	return update % c.recipe.Count
}

// At returns set index of the cycle, counted from 0. Like the index of a slice, it must be less than K when there are K
// sets, and never negative.
func (c *Cycle) At(index int) *Set {
	if c.sets != nil {
		return c.sets[index]
	}
	if index < 0 {
		panic(fmt.Sprintf("masks: set %d of a cycle", index))
	}
	return c.draw(index, trainingOrders, trainingDegrees)
}

// Eval returns the sets that a likelihood is averaged over. For K sets they are exactly those that are trained, in the
// same places, whatever n is. Unlimited sets give n sets from a stream of their own, which training never draws from;
// they are the same each time, and a smaller n gives the first of them.
func (c *Cycle) Eval(n int) []*Set {
	if c.sets != nil {
		return slices.Clone(c.sets)
	}
	sets := make([]*Set, max(n, 0))
	for i := range sets {
		sets[i] = c.draw(i, evaluationOrders, evaluationDegrees)
	}
	return sets
}

// draw makes set index of the training stream or of that of evaluations.
func (c *Cycle) draw(index int, orders, degrees purpose) *Set {
	s := &Set{Order: c.first, Hidden: c.hidden, Context: c.recipe.Context, Direct: c.recipe.Direct}
	if c.recipe.resamplesOrder() && (index > 0 || orders == evaluationOrders) {
		s.Order = c.randomOrder(orders, index)
	}
	if s.Hidden == nil {
		s.Hidden = c.degrees(degrees, index)
	}
	if err := s.validate(); err != nil {
		panic(fmt.Sprintf("masks: a validated recipe: %v", err))
	}
	return s
}

// randomOrder gives the degrees of the base order out anew.
func (c *Cycle) randomOrder(why purpose, index int) Order {
	return c.grouped(c.base.relabelled(stream(c.recipe.Seed, why, index, 0), c.recipe.Late))
}

func (c *Cycle) grouped(o Order) Order {
	if c.recipe.Groups == 0 {
		return o
	}
	return o.grouped(c.recipe.Groups, c.recipe.Late)
}

// degrees returns the degrees of all hidden layers, not sorted. Sampled ones are independent and uniform, but for one
// unit of a layer that has to take degree 0 when there is a context and no other unit drew it.
func (c *Cycle) degrees(why purpose, index int) [][]int {
	lo, hi := degreeRange(c.first.Max(), c.recipe.Context)
	hidden := make([][]int, len(c.recipe.Hidden))
	for l, width := range c.recipe.Hidden {
		if c.recipe.Degrees == SequentialDegrees {
			hidden[l] = Sequential(width, lo, hi)
			continue
		}
		rng := stream(c.recipe.Seed, why, index, l)
		hidden[l] = Sampled(width, lo, hi, rng)
		if c.recipe.Context && !slices.Contains(hidden[l], 0) {
			hidden[l][rng.IntN(width)] = 0 // else the first variable would be blind to the context
		}
		lo = slices.Min(hidden[l])
	}
	return hidden
}
