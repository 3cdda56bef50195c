package plot

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/internal/num"
)

// tick is a labelled value of an axis.
type tick struct {
	at    float64
	label string
}

// step is a distance between round numbers: …, 1, 2, 5, 10, 20, …, counted from that of 1.
type step int

// tens is the step of a power of ten.
func tens(exponent int) step { return step(3 * exponent) }

// exponent is that of the power of ten of which a step is 1, 2 or 5.
func (s step) exponent() int { return int(math.Floor(float64(s) / 3)) }

func (s step) size() float64 { return s.times(1) }

// times returns k steps, rounded once.
func (s step) times(k float64) float64 {
	e := s.exponent()
	k *= [...]float64{1, 2, 5}[s-tens(e)]
	if e < 0 && e >= -300 {
		return k / math.Pow10(-e)
	}
	return k * math.Pow10(e)
}

// stepOver returns the smallest step that goes at most n times into a range.
func stepOver(r Range, n int) step {
	each := r.Hi/float64(n) - r.Lo/float64(n)
	s := tens(int(max(math.Floor(math.Log10(each)), -330)))
	for s.size() < each && s.exponent() < 308 {
		s++
	}
	return s
}

// most is how many ticks an axis may ever have.
const most = 100

// multiples returns the round numbers in a range, most of them at most.
func (s step) multiples(r Range) []float64 { return multiples(r, s.size(), s.times) }

// multiples returns the times of a distance that are in a range, most of them at most.
func multiples(r Range, distance float64, times func(k float64) float64) []float64 {
	first, last := math.Ceil(r.Lo/distance), math.Floor(r.Hi/distance)
	if !(last-first < most) || !(math.Abs(first)+math.Abs(last) <= 1<<52) {
		return nil // finer than numbers are
	}
	var values []float64
	for k := first; k <= last; k++ {
		if v := times(k); v >= r.Lo && v <= r.Hi {
			values = append(values, v)
		}
	}
	return values
}

// label writes a multiple of the step with as many digits as its neighbours have; most is the largest of them.
func (s step) label(v, largest float64) string {
	if largest < 1e6 && s.exponent() > -6 {
		return plainZero(strconv.FormatFloat(v, 'f', max(-s.exponent(), 0), 64))
	}
	if v == 0 {
		return "0"
	}
	digits := int(math.Floor(math.Log10(largest))) - s.exponent()
	return shortExponent(strconv.FormatFloat(v, 'e', min(max(digits, 0), 15), 64))
}

// plainZero takes the sign from a negative zero.
func plainZero(s string) string {
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return s
}

// shortExponent writes 1e+06 as 1e6.
func shortExponent(s string) string {
	mantissa, exponent, found := strings.Cut(s, "e")
	if !found {
		return s
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	return mantissa + "e" + sign + strings.TrimLeft(exponent, "+-0")
}

// ticks returns the multiples of a step with their labels.
func (s step) ticks(r Range) []tick {
	values := s.multiples(r)
	largest := 0.0
	for _, v := range values {
		largest = max(largest, math.Abs(v))
	}
	ticks := make([]tick, len(values))
	for i, v := range values {
		ticks[i] = tick{v, s.label(v, largest)}
	}
	return ticks
}

// ticksOf returns at most n ticks of a range, but 2 at least: round numbers, or its ends where those are finer than
// numbers are.
func ticksOf(r Range, n int) []tick {
	s := stepOver(r, n) - 1
	for len(s.multiples(r)) > n {
		s++
	}
	for range 3 { // the next power of ten is among them
		if ticks := s.ticks(r); len(ticks) >= 2 {
			return ticks
		}
		s--
	}
	lo, hi := ends(r)
	return []tick{{r.Lo, lo}, {r.Hi, hi}}
}

// Ticks returns where a linear axis is marked at most n times, but 2 times at least, and the labels: round numbers, or the
// ends of the range where those are finer than numbers are, or the range has no length.
func Ticks(r Range, n int) (at []float64, labels []string) {
	if !(r.Lo < r.Hi) || !num.Finite(r.Lo) || !num.Finite(r.Hi) {
		lo, hi := ends(r)
		return []float64{r.Lo, r.Hi}, []string{lo, hi}
	}
	for _, t := range ticksOf(r, max(n, 2)) {
		at, labels = append(at, t.at), append(labels, t.label)
	}
	return at, labels
}

// decades returns about n ticks of a logarithmic axis: powers of ten, and where there are few of them 2 and 5 times
// those, or round numbers.
func decades(r Range, n int) []tick {
	first, last := int(math.Floor(math.Log10(r.Lo))), int(math.Ceil(math.Log10(r.Hi)))
	if span := math.Log10(r.Hi) - math.Log10(r.Lo); span < 2 {
		ticks := powers(r, first, last, 1, 3)
		if span > 0.7 && len(ticks) <= n+1 {
			return ticks
		}
		if ticks := powers(r, first, last, 1, 1); span > 0.7 && len(ticks) >= 2 {
			return ticks
		}
		return ticksOf(r, n)
	}
	for s := tens(0); ; s++ {
		if ticks := powers(r, first, last, int(s.size()), 1); len(ticks) <= max(n, 2) {
			return ticks
		}
	}
}

// powers returns every so manyth power of ten in a range, and some of the steps behind each, itself among them.
func powers(r Range, first, last, every, steps int) []tick {
	var ticks []tick
	for e := first; e <= last; e++ {
		if e%every != 0 {
			continue
		}
		for i := range steps {
			if v := (tens(e) + step(i)).size(); v >= r.Lo && v <= r.Hi {
				ticks = append(ticks, tick{v, powerLabel(v, e)})
			}
		}
	}
	return ticks
}

func powerLabel(v float64, exponent int) string {
	if exponent < -3 || exponent > 4 {
		return shortExponent(strconv.FormatFloat(v, 'e', 0, 64))
	}
	return strconv.FormatFloat(v, 'f', max(-exponent, 0), 64)
}

// clock is the round times, in seconds. Below a second and above a day round numbers of them are round.
var clock = [...]float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400}

const day = 86400

// clockSteps yields the ticks of finer and coarser times, n at most of the finest.
func clockSteps(x Range, n int) func(yield func([]tick) bool) {
	return func(yield func([]tick) bool) {
		each := (x.Hi/2 - x.Lo/2) / float64(max(n, 1)) * 2
		for step := roundTime(each); num.Finite(step); step = roundTime(step * 1.01) {
			var ticks []tick
			for _, v := range multiples(x, step, func(k float64) float64 { return k * step }) {
				ticks = append(ticks, tick{v, clockLabel(v)})
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

// clockLabel writes seconds to a thousandth, without what is zero behind others, such as 45s, 1m30s or 2h. More than
// thirty years are a number.
func clockLabel(seconds float64) string {
	if !(math.Abs(seconds) < 1e9) {
		return shortExponent(strconv.FormatFloat(seconds, 'g', 3, 64))
	}
	s := time.Duration(seconds * float64(time.Second)).Round(time.Millisecond).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// isCalendar reports whether x in so many seconds a unit are dates that can be written.
func isCalendar(x Range, unit float64) bool {
	const centuries = 2e11
	return unit > 0 && x.Lo < x.Hi && x.Lo*unit > -centuries && x.Hi*unit < centuries
}

// What dates are written with: years alone, months, days, or the time of the day.
const (
	years  = "2006"
	months = "2006-01"
	days   = "2006-01-02"
	hours  = "01-02 15:04"
	today  = "15:04"
)

func dateLabel(seconds float64, layout string) string {
	return time.Unix(int64(math.Floor(seconds)), 0).UTC().Format(layout)
}

// calendarSteps yields the ticks of finer and coarser parts of the calendar, n at most of the finest.
func calendarSteps(x Range, unit float64, n int) func(yield func([]tick) bool) {
	seconds := Range{x.Lo * unit, x.Hi * unit}
	return func(yield func([]tick) bool) {
		each, layout := (seconds.Hi-seconds.Lo)/float64(max(n, 1)), hours
		if seconds.Lo >= -day && seconds.Hi <= 2*day {
			layout = today
		}
		offer := func(at []float64, layout string) bool {
			var ticks []tick
			for _, s := range at {
				ticks = append(ticks, tick{s / unit, dateLabel(s, layout)})
			}
			return len(ticks) >= 2 && len(ticks) <= n && !yield(ticks)
		}
		for step := max(roundTime(each), 1); step < 32*day; step = roundTime(step * 1.01) {
			if step >= day {
				layout = days
			}
			if offer(multiples(seconds, step, func(k float64) float64 { return k * step }), layout) {
				return
			}
		}
		for _, step := range []int{1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000} {
			layout := months
			if step >= 12 {
				layout = years
			}
			if offer(firsts(seconds, step), layout) {
				return
			}
		}
	}
}

// firsts are the first days of every so manyth month in a range of seconds.
func firsts(seconds Range, every int) (at []float64) {
	t := time.Unix(int64(seconds.Lo), 0).UTC()
	for month := (t.Year()*12 + int(t.Month()) - 1) / every * every; len(at) < most; month += every {
		s := float64(time.Date(0, time.Month(month+1), 1, 0, 0, 0, 0, time.UTC).Unix())
		if s > seconds.Hi {
			break
		}
		if s >= seconds.Lo {
			at = append(at, s)
		}
	}
	return at
}

// Dates is [Ticks] of an axis of dates, in so many seconds since 1970 a unit.
func Dates(r Range, unit float64, n int) (at []float64, labels []string) {
	if isCalendar(r, unit) {
		for ticks := range calendarSteps(r, unit, max(n, 2)) {
			for _, t := range ticks {
				at, labels = append(at, t.at), append(labels, t.label)
			}
			return at, labels
		}
	}
	return Ticks(r, n)
}
