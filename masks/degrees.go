package masks

import (
	"math/rand/v2"
)

// Connects is the one rule from which every mask comes. A unit of degree from may feed a unit of degree to when
//
//	to >= from   between layers (strict false), eq. 12
//	to >  from   into an output (strict true),  eq. 13
//
// Degrees never fall along a path and rise at its end, so output d can only depend on inputs of a smaller degree.
func Connects(from, to int, strict bool) bool {
	if strict {
		return to > from
	}
	return to >= from
}

// Kind is how the degrees of hidden units are chosen, by its name.
type Kind string

const (
	// SequentialDegrees gives each degree as equally many units as possible (see [Sequential]), as MAF does.
	SequentialDegrees Kind = "sequential"
	// SampledDegrees draws the degree of each unit (see [Sampled]) from the range that starts at the smallest degree of
	// the layer below, as MADE does.
	SampledDegrees Kind = "sampled"
)

// Sequential returns the degrees of width units, sorted, with as equal counts as possible of the degrees lo..hi. With
// fewer units than degrees they are spread evenly over lo..hi, both ends included; a single unit takes lo, so that it
// feeds every later output. It needs lo <= hi.
func Sequential(width, lo, hi int) []int {
	degrees := make([]int, max(0, width))
	count := hi - lo + 1
	for k := range degrees {
		if width >= count {
			degrees[k] = lo + k*count/width
		} else if width > 1 {
			last := width - 1
			degrees[k] = lo + (2*k*(count-1)+last)/(2*last) // rounded to the nearest
		} else {
			degrees[k] = lo
		}
	}
	return degrees
}

// Sampled returns the degrees of width units, each drawn independently and uniformly from lo..hi. It needs lo <= hi.
func Sampled(width, lo, hi int, rng *rand.Rand) []int {
	degrees := make([]int, max(0, width))
	for k := range degrees {
		degrees[k] = lo + rng.IntN(max(1, hi-lo+1))
	}
	return degrees
}

// degreeRange returns the degrees that a hidden unit may have below outputs of degrees 1..largest. A unit of degree 0
// sees no input: it is of use when a context feeds it, and without a context it exists only where no other can (largest
// 1, a network of nothing but biases). A unit of degree largest or more could feed no output.
func degreeRange(largest int, context bool) (lo, hi int) {
	if context || largest == 1 {
		return 0, largest - 1
	}
	return 1, largest - 1
}
