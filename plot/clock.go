package plot

import (
	"math"
	"strconv"
)

// clock is the round times, in seconds. Below a second and above a day round numbers of them are round.
var clock = [...]float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400}

const day = 86400

// clockSteps yields the ticks of finer and coarser times, n at most of the finest.
func clockSteps(x Range, n int) func(yield func([]tick) bool) {
	return func(yield func([]tick) bool) {
		each := (x.Hi/2 - x.Lo/2) / float64(max(n, 1)) * 2
		for step := roundTime(each); finite(step); step = roundTime(step * 1.01) {
			var ticks []tick
			first, last := math.Ceil(x.Lo/step), math.Floor(x.Hi/step)
			if !(last-first < most) || !(math.Abs(first)+math.Abs(last) < 1<<52) {
				return
			}
			for k := first; k <= last; k++ {
				ticks = append(ticks, tick{k * step, clockLabel(k * step)})
			}
			if len(ticks) < 2 || !yield(ticks) {
				return
			}
		}
	}
}

// roundTime returns the smallest round time that is no shorter.
func roundTime(seconds float64) float64 {
	if seconds < clock[0]/2 {
		return stepOver(Range{0, seconds}, 1).size()
	}
	for _, step := range clock {
		if step >= seconds {
			return step
		}
	}
	return stepOver(Range{0, seconds / day}, 1).size() * day
}

// clockLabel writes seconds with their two largest units, such as 45s, 1m30s, 2h or 3d12h, and with fractions where they
// are fewer than ten.
func clockLabel(seconds float64) string {
	s := math.Abs(seconds)
	sign := ""
	if seconds < 0 {
		sign = "-"
	}
	switch {
	case !finite(seconds):
		return "?"
	case s == 0:
		return "0s"
	case s < 10:
		return sign + shortExponent(strconv.FormatFloat(s, 'g', 3, 64)) + "s"
	case s >= 1e6*day:
		return sign + shortExponent(strconv.FormatFloat(s/day, 'g', 3, 64)) + "d"
	}
	units := [...]struct {
		name    string
		seconds int64
	}{{"d", day}, {"h", 3600}, {"m", 60}, {"s", 1}}
	rest := int64(math.Round(s))
	for i, u := range units {
		if rest < u.seconds {
			continue
		}
		text := sign + strconv.FormatInt(rest/u.seconds, 10) + u.name
		if i+1 < len(units) {
			if next := rest % u.seconds / units[i+1].seconds; next > 0 {
				text += strconv.FormatInt(next, 10) + units[i+1].name
			}
		}
		return text
	}
	return "0s"
}
