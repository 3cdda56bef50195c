package masks

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Order is an order of the inputs: Order[i] is the degree of input i, its position 1..D in the factorisation
//
//	p(x) = prod_d p(x_d | x with a smaller degree)
//
// Inputs may share a degree; then they are independent of each other given those before them.
type Order []int

// Natural returns the order 1, 2, …, dim.
func Natural(dim int) Order {
	o := make(Order, max(0, dim))
	for i := range o {
		o[i] = i + 1
	}
	return o
}

// Reversed returns the order dim, …, 2, 1.
func Reversed(dim int) Order {
	o := Natural(dim)
	slices.Reverse(o)
	return o
}

// Shuffled returns a uniformly random order of dim inputs.
func Shuffled(dim int, rng *rand.Rand) Order {
	return Natural(dim).relabelled(rng, nil)
}

// early is the largest degree of the inputs that are not late; those of late ones are larger.
func (o Order) early(late []bool) int {
	largest := 0
	for i, degree := range o {
		if i >= len(late) || !late[i] {
			largest = max(largest, degree)
		}
	}
	return largest
}

// after moves the late inputs of an order behind the others, where each input has a degree of its own.
func (o Order) after(late []bool) Order {
	if late == nil {
		return o
	}
	sequence := o.Sequence()
	slices.SortStableFunc(sequence, func(a, b int) int {
		switch {
		case late[a] == late[b]:
			return 0
		case late[b]:
			return -1
		}
		return 1
	})
	out := make(Order, len(o))
	for k, i := range sequence {
		out[i] = k + 1
	}
	return out
}

// relabelled gives the degrees of the order to each other at random, those of late inputs among each other. Inputs that
// share a degree stay together.
func (o Order) relabelled(rng *rand.Rand, late []bool) Order {
	early := o.early(late)
	labels := rng.Perm(early)
	for _, label := range rng.Perm(o.Max() - early) {
		labels = append(labels, early+label)
	}
	out := make(Order, len(o))
	for i, degree := range o {
		out[i] = labels[degree-1] + 1
	}
	return out
}

// Grouped merges neighbouring degrees of the order into the given number of degrees 1..groups, each made of as equally
// many old degrees as possible. It is an error to ask for less than one group or for more groups than degrees.
func (o Order) Grouped(groups int) (Order, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	largest := o.Max()
	if groups < 1 || groups > largest {
		return nil, fmt.Errorf("%d groups of an order with %d degrees: use 1 to %d", groups, largest, largest)
	}
	return o.grouped(groups, nil), nil
}

// grouped merges the degrees of the inputs that are not late, and those of late ones, into their shares of the groups.
func (o Order) grouped(groups int, late []bool) Order {
	early, largest := o.early(late), o.Max()
	after := largest - early
	first := groups
	if after > 0 {
		first = min(max((groups*early+largest/2)/largest, groups-after, min(early, 1)), early, groups-1)
	}
	out := make(Order, len(o))
	for i, degree := range o {
		if degree <= early {
			out[i] = 1 + (degree-1)*first/early
		} else {
			out[i] = 1 + first + (degree-early-1)*(groups-first)/after
		}
	}
	return out
}

// Max returns the largest degree, 0 for an empty order.
func (o Order) Max() int {
	largest := 0
	for _, degree := range o {
		largest = max(largest, degree)
	}
	return largest
}

// Sequence returns the indices of the inputs in the order in which they are modelled: by degree, and by index where
// degrees are equal.
func (o Order) Sequence() []int {
	indices := make([]int, len(o))
	for i := range indices {
		indices[i] = i
	}
	slices.SortStableFunc(indices, func(a, b int) int { return o[a] - o[b] })
	return indices
}

// Validate returns an error unless there is an input and the degrees are exactly 1..Max, each at least once.
func (o Order) Validate() error {
	if i, text := o.Problem(); i >= 0 {
		return fmt.Errorf("order[%d]: %s", i, text)
	} else if text != "" {
		return errors.New(text)
	}
	return nil
}

// Problem returns what [Order.Validate] finds wrong, with the index of the input at fault, or -1 when it is about all of them; no
// text when nothing is wrong.
func (o Order) Problem() (input int, text string) {
	if len(o) == 0 {
		return -1, "the order is empty: it needs one degree for each input"
	}
	seen := make([]bool, len(o)+1)
	for i, degree := range o {
		if degree < 1 || degree > len(o) {
			return i, fmt.Sprintf("degrees of %d inputs lie in 1 to %d, got %d", len(o), len(o), degree)
		}
		seen[degree] = true
	}
	for degree := 1; degree < o.Max(); degree++ {
		if !seen[degree] {
			return -1, fmt.Sprintf("no input has degree %d, but one has %d (every degree from 1 to the largest must occur)", degree, o.Max())
		}
	}
	return -1, ""
}
