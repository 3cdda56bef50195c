package masks

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Cuts draws for a row which of its variables are given and which are asked: an order of them with two ties, cut at a
// random place. Trained on cuts a network knows p(x_d | x given) for every d and every set of given variables (Uria,
// Murray and Larochelle, "A Deep and Tractable Density Estimator", arXiv 1310.1757).
//
// Of the O variables of the row that are known, k are given, k being 0, …, O−1 with the probability q(k), and all others
// that may follow are asked. The factor 1/(q(k)·a) of the a asked ones makes
//
//	Σ_asked factor · −ln p(x_d | x given)
//
// an unbiased estimate of the mean over all orders of −ln p(x), whatever q is. Where only some variables are Targets, all
// others that are known are given in every draw, O is the number of targets that are known, and the sum estimates the mean
// over the orders of the targets of −ln p(targets | others).
type Cuts struct {
	// Dim is the number of variables.
	Dim int
	// Targets marks the variables that are asked at all; nil is all.
	Targets []bool
	// Late marks variables that are given or asked only after all others; nil is none. Of those that are no targets it
	// changes nothing.
	Late []bool
	// Tilt chooses q(k) ∝ ((O−k)/O)^Tilt: 0 is uniform, more asks more often with few given, less with many.
	Tilt float64
}

// Given is the number by which a cut marks a variable that is given. One that is asked has its factor, which is
// positive, and all others 0.
const Given = -1

// Validate returns what is wrong with the cuts.
func (c Cuts) Validate() error {
	switch {
	case c.Dim < 1:
		return fmt.Errorf("dim: %d inputs, need at least 1", c.Dim)
	case c.Late != nil && len(c.Late) != c.Dim:
		return fmt.Errorf("late: marks of %d inputs for %d inputs", len(c.Late), c.Dim)
	case c.Targets != nil && (len(c.Targets) != c.Dim || !slices.Contains(c.Targets, true)):
		return fmt.Errorf("targets: marks of %d inputs for %d inputs, need them for all, and one that is set", len(c.Targets), c.Dim)
	case math.IsNaN(c.Tilt) || math.Abs(c.Tilt) > MaxTilt:
		return fmt.Errorf("tilt: %v, need -%d to %d", c.Tilt, MaxTilt, MaxTilt)
	}
	return nil
}

// MaxTilt bounds [Cuts.Tilt]: beyond it some numbers of given variables are hardly ever drawn.
const MaxTilt = 4

// Drawer returns a function that draws a cut of a row into a slice of Dim numbers. at in [0, 1) is how far along the
// order it is cut, by which draws can be spread evenly. unknown says which variables of the row are not known, nil that all are:
// such are neither given nor asked. The function keeps memory between calls, and serves one goroutine.
func (c Cuts) Drawer() func(rng *rand.Rand, at float64, unknown func(d int) bool, cut []float32) {
	early, late, natural := make([]int, 0, c.Dim), make([]int, 0, c.Dim), Natural(c.Dim).Sequence()
	shares := map[int][]float64{}
	return func(rng *rand.Rand, at float64, unknown func(d int) bool, cut []float32) {
		if early, late = early[:0], late[:0]; unknown == nil && c.Late == nil && c.Targets == nil {
			early = append(early, natural...)
		} else {
			for d := range cut {
				switch cut[d] = 0; {
				case unknown != nil && unknown(d):
				case c.Targets != nil && !c.Targets[d]:
					cut[d] = Given
				case c.Late != nil && c.Late[d]:
					late = append(late, d)
				default:
					early = append(early, d)
				}
			}
		}
		known := len(early) + len(late)
		if known == 0 {
			return
		}
		k, q := min(int(at*float64(known)), known-1), 1/float64(known)
		if c.Tilt != 0 {
			if shares[known] == nil {
				shares[known] = c.shares(known)
			}
			k, q = choose(shares[known], at)
		}
		among := early
		if k >= len(early) {
			for _, d := range early {
				cut[d] = Given
			}
			among, k = late, k-len(early)
		}
		factor := float32(1 / (q * float64(len(among)-k)))
		given := subset(rng, among, k)
		asked := among[k:]
		switch {
		case len(among) < len(cut):
			mark(cut, given, Given)
			mark(cut, asked, factor)
		case len(given) < len(asked): // of all variables most in one go
			fill(cut, factor)
			mark(cut, given, Given)
		default:
			fill(cut, Given)
			mark(cut, asked, factor)
		}
	}
}

func mark(cut []float32, variables []int, v float32) {
	for _, d := range variables {
		cut[d] = v
	}
}

func fill(cut []float32, v float32) {
	for d := range cut {
		cut[d] = v
	}
}

// subset moves a random choice of k elements to the front of all, and returns them.
func subset(rng *rand.Rand, all []int, k int) []int {
	n := len(all)
	if 2*k <= n {
		for i := range k {
			j := i + rng.IntN(n-i)
			all[i], all[j] = all[j], all[i]
		}
	} else {
		for i := n - 1; i >= k; i-- {
			j := rng.IntN(i + 1)
			all[i], all[j] = all[j], all[i]
		}
	}
	return all[:k]
}

// shares are the probabilities q(0), …, q(known−1).
func (c Cuts) shares(known int) []float64 {
	q, sum := make([]float64, known), 0.0
	for k := range q {
		q[k] = math.Pow(float64(known-k)/float64(known), c.Tilt)
		sum += q[k]
	}
	for k := range q {
		q[k] /= sum
	}
	return q
}

// choose is the number k, with its probability, whose share of [0, 1) at is in.
func choose(q []float64, at float64) (k int, share float64) {
	for k, share = range q {
		if at -= share; at < 0 {
			return k, share
		}
	}
	k = len(q) - 1 // what rounding leaves
	return k, q[k]
}

// After moves the inputs that are marked behind all others, which keep their order among each other as do these. Each
// input must have a degree of its own; an order of another length than the marks stays as it is.
func (o Order) After(late []bool) Order {
	if len(late) != len(o) {
		return slices.Clone(o)
	}
	return slices.Clone(o.after(late))
}
