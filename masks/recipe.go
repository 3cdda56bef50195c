package masks

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Unlimited is the [Recipe] count of a cycle that draws a fresh set for every update.
const Unlimited = -1

// MaxSets is the largest number of sets that are held at once, and maxDegrees that of all their degrees.
const (
	MaxSets    = 100_000
	maxDegrees = 1 << 24
)

// OrderKind is the first order of a cycle, by its name.
type OrderKind string

const (
	// NaturalOrder is 1, 2, …, D.
	NaturalOrder OrderKind = "natural"
	// ReversedOrder is D, …, 2, 1.
	ReversedOrder OrderKind = "reversed"
	// RandomOrder is drawn from the seed.
	RandomOrder OrderKind = "random"
)

// Resample is what differs between the sets of a cycle, by its name.
type Resample string

const (
	// ResampleBoth changes the order and the connectivity.
	ResampleBoth Resample = "both"
	// ResampleOrder changes the order; the degrees of hidden units stay ("order-agnostic").
	ResampleOrder Resample = "order"
	// ResampleConnectivity changes the degrees of hidden units; the order stays ("connectivity-agnostic").
	ResampleConnectivity Resample = "connectivity"
)

// Recipe says how to make the mask sets of a [Cycle].
type Recipe struct {
	// Dim is the number of inputs.
	Dim int
	// Hidden holds the widths of the hidden layers. It may be empty.
	Hidden []int
	// Context and Direct are those of every [Set].
	Context, Direct bool
	// Base is the first order when it is not nil. Inputs that share a degree in it stay together in every order.
	Base Order
	// Start is the kind of the first order when Base is nil; "" is natural.
	Start OrderKind
	// Late marks inputs that come after all others in every order; nil is none. Orders are drawn among the others and
	// among these.
	Late []bool
	// Groups merges neighbouring degrees of every order into so many (see [Order.Grouped]), never one of a late input with one of another; 0
	// leaves them as they are.
	Groups int
	// Degrees is how degrees of hidden units are chosen; "" is sequential.
	Degrees Kind
	// Count is the number K of sets, or [Unlimited]; 0 means 1.
	Count int
	// Resample is what differs between the sets when there is more than one; "" is both.
	Resample Resample
	// Seed is what all random choices follow from.
	Seed uint64
}

func (r Recipe) withDefaults() Recipe {
	r.Start, r.Degrees = cmp.Or(r.Start, NaturalOrder), cmp.Or(r.Degrees, SequentialDegrees)
	r.Count, r.Resample = cmp.Or(r.Count, 1), cmp.Or(r.Resample, ResampleBoth)
	return r
}

// Most is how many sets of the recipe may be held at once, as those of a cycle or of an ensemble are: [MaxSets], or fewer
// where a set has many units.
func (r Recipe) Most() int {
	units := max(r.Dim, 1)
	for _, width := range r.Hidden {
		units += max(width, 0)
	}
	return min(MaxSets, max(1, maxDegrees/units))
}

// resamplesOrder says whether the sets of the cycle differ in their orders.
func (r Recipe) resamplesOrder() bool {
	return r.Count != 1 && r.Resample != ResampleConnectivity
}

// resamplesConnectivity says whether the sets of the cycle differ in the degrees of their hidden units.
func (r Recipe) resamplesConnectivity() bool {
	return r.Count != 1 && r.Resample != ResampleOrder
}

// Validate returns every problem of the recipe, joined, each with the name of its field.
func (r Recipe) Validate() error {
	r = r.withDefaults()
	var problems []error
	report := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if r.Dim < 1 {
		report("dim: %d inputs, need at least 1", r.Dim)
	}
	for l, width := range r.Hidden {
		if width < 1 {
			report("hidden[%d]: %d units, need at least 1", l, width)
		}
	}
	degrees := r.Dim
	if r.Base != nil {
		degrees = r.Base.Max()
		if len(r.Base) != r.Dim {
			report("base: an order of %d inputs for %d inputs", len(r.Base), r.Dim)
		}
		if err := r.Base.Validate(); err != nil {
			report("base: %w", err)
		}
	}
	if r.Late != nil && len(r.Late) != r.Dim {
		report("late: marks of %d inputs for %d inputs", len(r.Late), r.Dim)
	} else if early := r.Base.early(r.Late); slices.ContainsFunc(r.Base.Sequence(), func(i int) bool { return r.late(i) && r.Base[i] <= early }) {
		report("base: inputs %s have to come after all others", r.lateText())
	}
	word := func(field, value string, known ...string) {
		if !slices.Contains(known, value) {
			report("%s: unknown value %q (known: %s)", field, value, strings.Join(known, ", "))
		}
	}
	word("start", string(r.Start), string(NaturalOrder), string(ReversedOrder), string(RandomOrder))
	word("degrees", string(r.Degrees), string(SequentialDegrees), string(SampledDegrees))
	word("resample", string(r.Resample), string(ResampleBoth), string(ResampleOrder), string(ResampleConnectivity))
	if r.Groups < 0 || r.Groups > max(degrees, 0) {
		report("groups: %d, need 1 to %d (the degrees there are), or 0 for no grouping", r.Groups, degrees)
	}
	if r.Groups == 1 && slices.Contains(r.Late, true) && slices.Contains(r.Late, false) {
		report("groups: 1, but inputs %s have to come after all others: need 2 groups at least", r.lateText())
	}
	if r.Count < Unlimited {
		report("count: %d sets, need at least 1, or %d for unlimited", r.Count, Unlimited)
	}
	if most := r.Most(); r.Count > most {
		report("count: %d sets, and the most for layers of these widths are %d, or unlimited", r.Count, most)
	}
	if r.Degrees == SequentialDegrees && r.resamplesConnectivity() {
		report("degrees: sequential degrees are the same in every set, so there is no connectivity to resample: use sampled degrees, or resample only the order")
	}
	return errors.Join(problems...)
}

// late says whether an input is marked.
func (r Recipe) late(input int) bool { return input < len(r.Late) && r.Late[input] }

// lateText lists the marked inputs, counted from 0.
func (r Recipe) lateText() string {
	var marked []string
	for i, late := range r.Late {
		if late {
			marked = append(marked, fmt.Sprint(i))
		}
	}
	return strings.Join(marked, ", ")
}
