package data

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mathext"

	"github.com/maskflow/maskflow/internal/num"
)

// monotone is an increasing map y = T(x) of the numbers of a column, in float64. It is written
// in JSON as its fields.
type monotone interface {
	// kind is the name by which it is kept.
	kind() string
	// check returns what is wrong with its numbers.
	check() error
	// forward returns T(x) and ln dT/dx, where x is in the domain; else y is not finite.
	forward(x float64) (y, logDet float64)
	// inverse returns the x of the domain whose T(x) is y, or is nearest to it.
	inverse(y float64) float64
}

// monotones lists them by the names by which they are kept.
var monotones = []func() monotone{
	func() monotone { return new(linear) },
	func() monotone { return new(bounded) },
	func() monotone { return new(marginal) },
}

// chain is maps, one after the other.
type chain []monotone

func (c chain) forward(x float64) (y, logDet float64) {
	for _, t := range c {
		var one float64
		x, one = t.forward(x)
		logDet += one
	}
	return x, logDet
}

func (c chain) inverse(y float64) float64 {
	for _, t := range slices.Backward(c) {
		y = t.inverse(y)
	}
	return y
}

// MarshalJSON writes the maps with their kinds.
func (c chain) MarshalJSON() ([]byte, error) { return json.Marshal(withKinds(c)) }

// UnmarshalJSON reads what MarshalJSON wrote, and returns an error for what it cannot have.
func (c *chain) UnmarshalJSON(kept []byte) error {
	var all []oneStep[json.RawMessage]
	if err := strictJSON(kept, &all); err != nil {
		return err
	}
	maps, err := ofKinds(all, monotones)
	if err != nil {
		return fmt.Errorf("map %w", err)
	}
	*c = maps
	return c.check()
}

func (c chain) check() error {
	for _, t := range c {
		if err := t.check(); err != nil {
			return fmt.Errorf("%s: %w", t.kind(), err)
		}
	}
	return nil
}

// linear is T(x) = (x − Mean)/SD.
type linear struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
}

func (*linear) kind() string { return "standardise" }

func (l *linear) check() error {
	if !(l.SD > 0) || math.IsInf(l.SD, 0) || !num.Finite(l.Mean) {
		return fmt.Errorf("the mean %g and the deviation %g, which is not finite or not positive", l.Mean, l.SD)
	}
	return nil
}

func (l *linear) forward(x float64) (y, logDet float64) { return l.of(x), -math.Log(l.SD) }

func (l *linear) of(x float64) float64 { return (x - l.Mean) / l.SD }

func (l *linear) inverse(y float64) float64 { return y*l.SD + l.Mean }

// fitLinear gives values, which count by weights, mean 0 and variance 1. Of equal values it makes
// the step ten units: about all of a normal density is in their cell.
func fitLinear(values, weights []float64, step float64) *linear {
	l := &linear{SD: 1}
	if len(values) == 0 {
		return l
	}
	if low := slices.Min(values); low == slices.Max(values) {
		if l.Mean = low; step > 0 {
			l.SD = step / 10
		}
		return l
	}
	weight, n := weightOf(weights, len(values))
	for i, v := range values {
		l.Mean += v * weight(i) / n
	}
	squares := 0.0
	for i, v := range values {
		squares += (v - l.Mean) * (v - l.Mean) * weight(i) / n
	}
	if l.SD = math.Sqrt(squares); l.SD == 0 { // rows that count are equal
		l.SD = cmp.Or(step, 1)
	}
	return l
}

// fromNormal is about how many nats a row a normal density of the values is behind their own, by their skewness and excess kurtosis
// (Jones and Sibson 1987): 1/12 of the square of the one and 1/48 of that of the other.
func (l *linear) fromNormal(values, weights []float64) float64 {
	weight, n := weightOf(weights, len(values))
	skewness, kurtosis := 0.0, -3.0
	for i, v := range values {
		z := (v - l.Mean) / l.SD
		skewness += z * z * z * weight(i) / n
		kurtosis += z * z * z * z * weight(i) / n
	}
	return skewness*skewness/12 + kurtosis*kurtosis/48
}

// bounded takes an open interval to all real numbers: ln(x − Min) where it has the bound Min
// alone, −ln(Max − x) where it has Max alone, and of both ln(x − Min) − ln(Max − x) or, with
// Probit, Φ⁻¹((x − Min)/(Max − Min)).
type bounded struct {
	Min    *float64 `json:"min,omitempty"`
	Max    *float64 `json:"max,omitempty"`
	Probit bool     `json:"probit,omitempty"`
}

func (*bounded) kind() string { return "bounds" }

func (b *bounded) check() error {
	switch {
	case b.Min == nil && b.Max == nil || b.Probit && (b.Min == nil || b.Max == nil):
		return errors.New("a bound is missing")
	case b.Min != nil && !num.Finite(*b.Min) || b.Max != nil && !num.Finite(*b.Max):
		return errors.New("a bound is not finite")
	case b.Min != nil && b.Max != nil && (!(*b.Min < *b.Max) || math.IsInf(*b.Max-*b.Min, 0)):
		return fmt.Errorf("no numbers are between %g and %g", *b.Min, *b.Max)
	}
	return nil
}

func (b *bounded) forward(x float64) (y, logDet float64) {
	switch {
	case b.Max == nil:
		y = math.Log(x - *b.Min)
		return y, -y
	case b.Min == nil:
		y = -math.Log(*b.Max - x)
		return y, y
	}
	low, high, all := x-*b.Min, *b.Max-x, *b.Max-*b.Min
	if !b.Probit {
		l, h := math.Log(low), math.Log(high)
		return l - h, math.Log(all) - l - h
	}
	switch {
	case !(low > 0 && high > 0):
		return math.Inf(1), 0
	case low < high:
		y = mathext.NormalQuantile(low / all)
	default: // more digits than from the other side
		y = -mathext.NormalQuantile(high / all)
	}
	return y, y*y/2 + math.Log(2*math.Pi)/2 - math.Log(all)
}

func (b *bounded) inverse(y float64) float64 {
	x := 0.0
	switch {
	case b.Max == nil:
		x = *b.Min + math.Exp(y)
	case b.Min == nil:
		x = *b.Max - math.Exp(-y)
	default:
		e := math.Exp(-math.Abs(y))
		share := e / (1 + e) // of the interval, from its nearer end
		if b.Probit {
			share = math.Erfc(math.Abs(y)/math.Sqrt2) / 2
		}
		if share *= *b.Max - *b.Min; y < 0 {
			x = *b.Min + share
		} else {
			x = *b.Max - share
		}
	}
	if b.Min != nil && !(x > *b.Min) {
		x = math.Nextafter(*b.Min, math.Inf(1))
	}
	if b.Max != nil && !(x < *b.Max) {
		x = math.Nextafter(*b.Max, math.Inf(-1))
	}
	return min(max(x, -math.MaxFloat64), math.MaxFloat64)
}

// marginal takes the values of training rows to about N(0, 1): a monotone spline of rational
// quadratic pieces (Gregory and Delbourgo 1982) through points (X, Y) with the slopes D there,
// and straight lines beyond.
type marginal struct {
	X []float64 `json:"x"`
	Y []float64 `json:"y"`
	D []float64 `json:"d"`
}

func (*marginal) kind() string { return "spline" }

func (m *marginal) check() error {
	n := len(m.X)
	if n < 2 || len(m.Y) != n || len(m.D) != n {
		return fmt.Errorf("%d and %d coordinates and %d slopes", n, len(m.Y), len(m.D))
	}
	for k, d := range m.D {
		if !(d > 0) || math.IsInf(d, 0) || !num.Finite(m.X[k]) || !num.Finite(m.Y[k]) ||
			k > 0 && !(m.X[k] > m.X[k-1] && m.Y[k] > m.Y[k-1]) {
			return fmt.Errorf("point %d does not rise from the one before it", k)
		}
	}
	return nil
}

// piece is the number of the piece of v among ends, −1 and len(ends)−1 beyond them.
func piece(ends []float64, v float64) int {
	k, found := slices.BinarySearch(ends, v)
	if found && k < len(ends)-1 {
		return k
	}
	return k - 1
}

func (m *marginal) forward(x float64) (y, logDet float64) {
	k, last := piece(m.X, x), len(m.X)-1
	switch {
	case k < 0:
		return m.Y[0] + m.D[0]*(x-m.X[0]), math.Log(m.D[0])
	case k >= last:
		return m.Y[last] + m.D[last]*(x-m.X[last]), math.Log(m.D[last])
	}
	width, height := m.X[k+1]-m.X[k], m.Y[k+1]-m.Y[k]
	s, t := height/width, (x-m.X[k])/width
	r, below := 1-t, s+(m.D[k]+m.D[k+1]-2*s)*t*(1-t)
	slope := s * s * (m.D[k+1]*t*t + 2*s*t*r + m.D[k]*r*r) / (below * below)
	return m.Y[k] + height*(s*t*t+m.D[k]*t*r)/below, math.Log(slope)
}

func (m *marginal) inverse(y float64) float64 {
	k, last := piece(m.Y, y), len(m.X)-1
	switch {
	case k < 0:
		return m.X[0] + (y-m.Y[0])/m.D[0]
	case k >= last:
		return m.X[last] + (y-m.Y[last])/m.D[last]
	}
	width, height := m.X[k+1]-m.X[k], m.Y[k+1]-m.Y[k]
	s, v := height/width, y-m.Y[k]
	bend := m.D[k] + m.D[k+1] - 2*s
	a, b, c := height*(s-m.D[k])+v*bend, height*m.D[k]-v*bend, -s*v
	return m.X[k] + width*2*c/(-b-math.Sqrt(b*b-4*a*c))
}

// Bounds of a spline that is fitted: how steep or flat a piece may be beside that in the middle,
// and how many rows are beyond its ends.
const (
	steepest   = 1e3
	rowsBeyond = 3
)

// fitMarginal returns the spline of values, which count by weights: its points are at quantiles of
// equally distant normal scores, at most the cube root of their number, by weights the effective one. It is nil
// where the values have no two of them.
func fitMarginal(values, weights []float64) *marginal {
	const slack = 1e-9 // more than sums of weights are rounded by: ×10 changes nothing
	n, rows := len(values), float64(len(values))
	if weights != nil {
		rows = num.EffectiveNumber(weights)
	}
	points := int(math.Cbrt(rows * (1 + slack)))
	if points < 2 {
		return nil
	}
	order, sorted := make([]int, n), slices.Clone(values)
	floats.Argsort(sorted, order)
	weight, _ := weightOf(weights, n)
	below := make([]float64, n+1) // the weights of the values before each
	for i, at := range order {
		below[i+1] = below[i] + weight(at)
	}
	m, sum := &marginal{}, below[n]
	end := mathext.NormalQuantile(1 - min(0.25, rowsBeyond/rows))
	for k := range points {
		score := end * (2*float64(k)/float64(points-1) - 1)
		rank, _ := slices.BinarySearch(below, sum*(math.Erfc(-score/math.Sqrt2)/2+slack))
		x := sorted[min(max(rank-1, 0), n-1)]
		if len(m.X) > 0 && !(x > m.X[len(m.X)-1]) {
			continue
		}
		low, _ := slices.BinarySearch(sorted, x)
		high, _ := slices.BinarySearch(sorted, math.Nextafter(x, math.Inf(1)))
		m.X = append(m.X, x)
		m.Y = append(m.Y, mathext.NormalQuantile((below[low]+below[high])/2/sum)) // half of the rows that have x itself
	}
	slopes := m.slopes()
	if slopes == nil {
		return nil
	}
	usual := num.Median(slopes)
	for k, s := range slopes {
		slopes[k] = min(max(s, usual/steepest), usual*steepest)
		m.Y[k+1] = m.Y[k] + slopes[k]*(m.X[k+1]-m.X[k])
	}
	return m.through(slopes)
}

// slopes are those of the straight lines between the points, nil of fewer than two points.
func (m *marginal) slopes() (of []float64) {
	for k := range len(m.X) - 1 {
		of = append(of, (m.Y[k+1]-m.Y[k])/(m.X[k+1]-m.X[k]))
	}
	return of
}

// through has at each point the geometric mean of the slopes beside it; it is nil where that is no spline.
func (m *marginal) through(slopes []float64) *marginal {
	if len(slopes) == 0 {
		return nil
	}
	m.D = append(m.D, slopes[0])
	for k, s := range slopes {
		m.D = append(m.D, math.Sqrt(s*slopes[min(k+1, len(slopes)-1)]))
	}
	if m.check() != nil {
		return nil
	}
	return m
}
