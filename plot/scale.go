package plot

import "math"

// scale is an axis: it gives values their place on it.
type scale struct {
	lo, hi float64 // the ends, or their logarithms
	log    bool
}

func newScale(r Range, log bool) scale {
	if log {
		return scale{math.Log10(r.Lo), math.Log10(r.Hi), true}
	}
	return scale{r.Lo, r.Hi, false}
}

// far is a place that no chart reaches. Places are cut off there, so that what is computed from them stays finite.
const far = 1e6

// place returns where a value is: 0 at the lower end, 1 at the upper one, and outside of them beyond.
func (s scale) place(v float64) float64 {
	if s.log {
		v = math.Log10(v)
	}
	d, length := v-s.lo, s.hi-s.lo
	if math.IsInf(d, 0) || math.IsInf(length, 0) {
		d, length = v/2-s.lo/2, s.hi/2-s.lo/2
	}
	return min(max(d/length, -far), far)
}

// value returns what is at a place from 0 to 1 of an axis without logarithms.
func (r Range) value(place float64) float64 { return r.Lo*(1-place) + r.Hi*place }

// proper says whether the range has a length and finite ends.
func (r Range) proper() bool { return r.Hi > r.Lo && finite(r.Lo) && finite(r.Hi) }

// air is the share of the values' range that is added at each end of a robust one.
const air = 0.05

// padded returns a longer range, by a share at each end.
func (r Range) padded(share float64, log bool) Range {
	if log {
		factor := math.Pow(r.Hi/r.Lo, share)
		if math.IsInf(r.Hi/r.Lo, 0) {
			factor = math.Pow(math.Sqrt(r.Hi)/math.Sqrt(r.Lo), 2*share)
		}
		return bounded(r.Lo/factor, r.Hi*factor, log)
	}
	d := (r.Hi/2 - r.Lo/2) * 2 * share
	return bounded(r.Lo-d, r.Hi+d, log)
}

// widened returns a range around the only value of r, or r if it has a length.
func (r Range) widened(log bool) Range {
	switch v := r.Lo; {
	case r.Hi > r.Lo:
		return r
	case log:
		return bounded(v/1.5, v*1.5, log)
	case v == 0:
		return Range{-1, 1}
	default:
		d := math.Abs(v) * air
		return bounded(min(v-d, math.Nextafter(v, math.Inf(-1))), max(v+d, math.Nextafter(v, math.Inf(1))), log)
	}
}

// bounded keeps the ends finite, and above zero for logarithms, and apart.
func bounded(lo, hi float64, log bool) Range {
	least := -math.MaxFloat64
	if log {
		least = math.SmallestNonzeroFloat64
	}
	r := Range{max(lo, least), min(hi, math.MaxFloat64)}
	if !(r.Hi > r.Lo) {
		r.Hi = math.Nextafter(r.Lo, math.Inf(1))
	}
	return r
}
