package data

import (
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
)

// Point is a prepared number of a variable: what a density of this variable takes of it.
type Point struct {
	// Known is false of a value that is not known, for which all else says nothing.
	Known bool
	// State is that of a hole or an atom, −1 of a value.
	State int
	// Level is that of a binary or categorical variable.
	Level int
	// Value is the number, Low and High the ends of its cell and Width the width as rows have it, all 0 of a variable
	// without cells.
	Value, Low, High, Width float64
	// Slope is ln of the slope of the spline that [Modelled.Straight] took back: a density of Value is that of the prepared
	// number less Slope nats.
	Slope float64
}

// Cells reports whether the number has a cell.
func (p Point) Cells() bool { return p.Width > 0 }

// Point is what a prepared number says.
func (m Modelled) Point(v float32) Point {
	p := m.plain(v)
	switch {
	case m.Levels > 0 || !p.Known || p.State >= 0:
	case m.bent != nil:
		x := m.bent.source(p.Value)
		p.Value, p.Width = m.Grid.cell(x)
		p.Low, p.High = m.Grid.cellOf(x)
	case m.bend != nil:
		u := m.bend.inverse(p.Value)
		_, bend := m.bend.forward(u)
		y, scale := m.maps[len(m.maps)-1].forward(u)
		p.Value, p.Slope = y, bend-scale
	case m.Grid != nil:
		p.Low, p.High = m.Grid.Cell(p.Value)
		p.Width = m.Grid.Width(p.Value)
	}
	return p
}

// Straight is the variable with a straight line in the place of the spline of its margin, if it has one, for densities that
// are to be the same whatever a model is given: its median becomes 0, and the quantiles that a normal variable has at ±1 are 2 apart.
func (m Modelled) Straight() Modelled {
	last := len(m.maps) - 1
	if last < 0 || m.Levels > 0 {
		return m
	}
	bend, is := m.maps[last].(*marginal)
	if !is {
		return m
	}
	m.maps = append(slices.Clone(m.maps[:last]), &linear{bend.inverse(0), (bend.inverse(1) - bend.inverse(-1)) / 2})
	m.bend = bend
	if m.Grid != nil {
		straight := *m.Grid
		straight.of = m.maps
		m.bent, m.Grid = m.Grid, &straight
	}
	return m
}

// plain is the point without its cell, which is dear and of which a margin takes nothing.
func (m Modelled) plain(v float32) Point {
	p := Point{Known: v != num.NotKnown, State: num.StateOf(v)}
	switch {
	case !p.Known || p.State >= 0:
	case m.Levels > 0:
		p.Level = int(v)
	default:
		p.Value = float64(v)
	}
	return p
}

// States is the number of states that a value may be in the place of.
func (m Modelled) States() int {
	if m.Hole {
		return m.Atoms + 1
	}
	return m.Atoms
}

// Margin is the density of one variable alone: holes, atoms and levels have probabilities, of k rows in n (k+1)/(n+K)
// where there are K of them, and numbers are Gaussian behind their transform, those with a step by the cells of
// it; a circle is uniform.
type Margin struct {
	of             Modelled
	states, levels []float64 // ln p, states from that of a value on
	// Mean and SD are those of the numbers.
	Mean, SD float64
	// Least is the smallest SD of a part of the rows.
	Least float64
	logSD float64
}

// Margin returns the margin of a variable by n places, with weights that sum to the (effective) number of rows. Where within is
// not nil the places are those of a part of the rows, and within is the margin of all: the variance gets one row more, of a
// tenth of their variance, so that rows that are alike leave it a width, and the SD is not below within's Least.
func (m Modelled) Margin(n int, at func(i int) (p Point, weight float64), within *Margin) Margin {
	d := Margin{of: m, states: make([]float64, m.States()+1), levels: make([]float64, m.Levels)}
	var numbers column
	known := 0.0
	for i := range n {
		p, w := at(i)
		if !p.Known {
			continue
		}
		known += w
		if d.states[p.State+1] += w; p.State >= 0 {
			continue
		}
		numbers.addWeighted(p.Value, w)
		if m.Levels > 0 {
			d.levels[p.Level] += w
		}
	}
	shares(d.states, known)
	shares(d.levels, numbers.n)
	squares, count := numbers.squares, numbers.n
	if within != nil {
		squares, count = squares+within.SD*within.SD/10, count+1
		if numbers.n == 0 {
			numbers.mean = within.Mean
		}
	}
	d.Mean, d.SD = numbers.mean, math.Sqrt(squares/count)
	if d.SD == 0 && m.Grid != nil { // a constant column has cells, too
		d.SD = m.Grid.Width(d.Mean) / math.Sqrt(12)
	}
	if within != nil {
		d.SD = max(d.SD, within.Least)
	}
	d.logSD = math.Log(d.SD)
	return d
}

// MarginOf is the margin of variable d by rows.
func (m Modelled) MarginOf(rows *Prepared, d int) Margin {
	weight, sum := weightOf(rows.Weights, rows.Rows)
	n := rows.EffectiveRows()
	return m.Margin(rows.Rows, func(i int) (Point, float64) { return m.plain(rows.Row(i)[d]), weight(i) * n / sum }, nil)
}

// shares makes counts ln of Laplace's estimates.
func shares(counts []float64, n float64) {
	for k, c := range counts {
		counts[k] = math.Log((c + 1) / (n + float64(len(counts))))
	}
}

// LogProb is ln p of a place, in nats, of a number its density in model space or the probability of its cell; 0 where
// it is not known.
func (d *Margin) LogProb(p Point) float64 {
	if !p.Known {
		return 0
	}
	logp := d.LogState(p)
	switch {
	case p.State >= 0:
		return logp
	case d.of.Levels > 0:
		return logp + d.levels[p.Level]
	case d.of.Kind == Circular && !p.Cells():
		return logp - math.Log(2*math.Pi)
	case d.of.Kind == Circular:
		return logp + math.Log(p.Width/(2*math.Pi))
	case !p.Cells():
		z := (p.Value - d.Mean) / d.SD
		return logp - halfLog2Pi - d.logSD - z*z/2
	}
	return logp + logNormalBetween((p.Low-d.Mean)/d.SD, (p.High-d.Mean)/d.SD)
}

// LogState is the part of LogProb that is due to what is in the place: a value, or a hole or an atom.
func (d *Margin) LogState(p Point) float64 { return d.states[p.State+1] }

const halfLog2Pi = 0.918938533204672741780329736405617639861397 // ½ ln 2π

// logNormalBetween is ln(Φ(b) − Φ(a)).
func logNormalBetween(a, b float64) float64 {
	if a > 0 { // more digits in the other tail
		a, b = -b, -a
	}
	if p := (math.Erfc(-b/math.Sqrt2) - math.Erfc(-a/math.Sqrt2)) / 2; p > 0x1p-40*math.Erfc(-b/math.Sqrt2) && p > math.SmallestNonzeroFloat64 {
		return math.Log(p)
	}
	a = max(a, b-1) // far out, or narrow
	middle := (a + b) / 2
	return -middle*middle/2 - halfLog2Pi + math.Log(b-a)
}
