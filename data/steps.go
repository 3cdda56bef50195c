package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/text"
)

// Binarize turns grey values, White·p with p in [0, 1], into bits. Mode "threshold" is
// 1 where p > 1/2; mode "sample" is one draw of a Bernoulli variable with probability p
// for each value (Salakhutdinov and Murray 2008 binarised MNIST so). Undone, a bit is
// black, 0, or white.
type Binarize struct {
	Mode string `json:"mode"`
	Seed uint64 `json:"seed"`
	// White is the value of white pixels. 0 is the rule of version 0.1.0, for its runs
	// alone: 255 where a table has a value above 1, else 1; bits stay bits.
	White float64 `json:"white"`
}

func (*Binarize) kind() string { return "binarize" }

func (b *Binarize) check(int) error {
	switch {
	case !(b.White >= 0) || math.IsInf(b.White, 0):
		return fmt.Errorf("a white of %v: need a positive number", b.White)
	case !slices.Contains(binarizeModes, b.Mode):
		return fmt.Errorf("binarize: %q is not known (threshold and sample are)", text.Shorten(b.Mode, 41))
	}
	return nil
}

func (b *Binarize) start(set noiseOf) func([]float64) (float64, int, string) {
	draws := set.draws(streamBinarize, b.Seed)
	return func(row []float64) (float64, int, string) {
		r := draws(row)
		for c, v := range row {
			if !(v >= 0 && v <= b.White) {
				return 0, c, fmt.Sprintf("is %v, not a grey value from 0 to %v, which is white (data.white of the training gives white another value)", v, b.White)
			}
			level := 0.5
			if b.Mode == "sample" {
				level = r.Float64()
			}
			row[c] = 0
			if v > level*b.White {
				row[c] = 1
			}
		}
		return 0, 0, ""
	}
}

// whiteOf is the value of white among training rows: 255 where they are whole numbers
// of which one is nearer to 255 than to 0, otherwise 1.
func whiteOf(rows Part, columns []int) float64 {
	most, whole := 0.0, true
	_ = rows.Table.walk(rows.Rows, columns, func(row []float64) (int, string) {
		for _, v := range row {
			most, whole = max(most, v), whole && v == math.Floor(v)
		}
		return 0, ""
	})
	if whole && most > 127 {
		return 255
	}
	return 1
}

// legacy is the step by the rule of version 0.1.0, which looked at all rows of a table.
func (b *Binarize) legacy(t *Table, columns []int, noise noiseOf) *Binarize {
	if noise == otherNoise && !t.has(columns, func(v float64) bool { return v != 0 && v != 1 }) {
		return &Binarize{"threshold", 0, 1}
	}
	white := 1.0
	if t.has(columns, func(v float64) bool { return v > 1 }) {
		white = 255
	}
	return &Binarize{b.Mode, b.Seed, white}
}

// has tells whether f is true of a value in some columns.
func (t *Table) has(columns []int, f func(v float64) bool) bool {
	for i := range t.rows {
		for _, c := range columns {
			if f(t.At(i, c)) {
				return true
			}
		}
	}
	return false
}

func (b *Binarize) undo(row []float64) {
	for c := range row {
		if b.White > 0 {
			row[c] *= b.White
		}
	}
}

// Dequantise turns whole numbers x from 0 to Levels−1 into real ones in [0, 1):
// (x + u)/Levels with u uniform on [0, 1). A density
// of real vectors that is fitted to whole numbers as they are grows without bound
// on them; with the noise its log likelihood, in units of one level, is a lower
// bound on that of the whole numbers (Theis, van den Oord and Bethge 2016, arXiv
// 1511.01844). ln |det| is −D·ln Levels. Undone, it gives the level.
type Dequantise struct {
	Levels int    `json:"levels"`
	Seed   uint64 `json:"seed"`
	// Noisy is true where the source has values x + u: rows with a fraction have their
	// noise already, and undone they keep it.
	Noisy bool `json:"noisy,omitempty"`
}

// noiseMargin is how far the noise of an evaluation stays from the next level, so that
// the rounding of a flow and its inverse leads to the same level.
const noiseMargin = 1. / 2048

func (*Dequantise) kind() string          { return "dequantise" }
func (d *Dequantise) levels() (l float64) { return float64(d.Levels) }

func (d *Dequantise) check(int) error {
	if d.Levels < 2 || d.Levels > maxLevels {
		return fmt.Errorf("dequantise: %d levels: there must be 2 to %d", d.Levels, maxLevels)
	}
	return nil
}

func (d *Dequantise) start(set noiseOf) func([]float64) (float64, int, string) {
	draws := set.draws(streamNoise, d.Seed)
	return func(row []float64) (float64, int, string) {
		noisy := set == points || d.Noisy && slices.ContainsFunc(row, func(v float64) bool { return v != math.Floor(v) })
		r := draws(row)
		for c, v := range row {
			x := math.Floor(v)
			if !(x >= 0 && x < d.levels()) || !noisy && x != v {
				return 0, c, fmt.Sprintf("is %v, not a whole number from 0 to %d (dequantise: %d levels)", v, d.Levels-1, d.Levels)
			}
			u := v - x
			if !noisy {
				u = r.Float64()
			}
			if !noisy && set == ownNoise && x > 0 { // black and white have no level beyond them
				u = max(u, noiseMargin)
			}
			if !noisy && set == ownNoise && x < d.levels()-1 {
				u = min(u, 1-noiseMargin)
			}
			row[c] = float64(belowNext((x+u)/d.levels(), (x+1)/d.levels()))
		}
		return -float64(len(row)) * math.Log(d.levels()), 0, ""
	}
}

func (d *Dequantise) undo(row []float64) {
	for c, v := range row {
		if row[c] = min(max(v*d.levels(), 0), float64(math.Nextafter32(float32(d.levels()), 0))); !d.Noisy {
			row[c] = math.Floor(row[c])
		}
	}
}

// Jitter is x + u in float32 for u in [0, 1), and below x + 1, to which float32
// rounds the largest of the noise.
func Jitter(x, u float64) float32 { return belowNext(x+u, x+1) }

func belowNext(v, next float64) float32 {
	if float32(v) >= float32(next) {
		return math.Nextafter32(float32(next), 0)
	}
	return float32(v)
}

// Logit takes values in [0, 1], such as dequantised pixels, to all real numbers:
// y = logit(s), s = λ + (1 − 2λ)·x, with
//
//	ln |det ∂y/∂x| = Σ_d ln(1 − 2λ) − ln s_d − ln(1 − s_d)
//
// The MAF paper takes λ = 1e-6 for MNIST and 0.05 for CIFAR-10.
type Logit struct {
	Lambda float64 `json:"lambda"`
}

func (*Logit) kind() string { return "logit" }

func (l *Logit) check(int) error {
	if !(l.Lambda > 0 && l.Lambda < 0.5) {
		return fmt.Errorf("logit with λ = %v, need more than 0 and less than 0.5", l.Lambda)
	}
	return nil
}

func (l *Logit) start(noiseOf) func([]float64) (float64, int, string) {
	inner := 1 - 2*l.Lambda
	return func(row []float64) (logDet float64, _ int, _ string) {
		for c, v := range row {
			if !(v >= 0 && v <= 1) {
				return 0, c, fmt.Sprintf("is %v, not from 0 to 1 (logits need such data; for grey levels set dequantise)", v)
			}
			low, high := math.Log(l.Lambda+inner*v), math.Log(l.Lambda+inner*(1-v))
			row[c] = low - high
			logDet += math.Log(inner) - low - high
		}
		return logDet, 0, ""
	}
}

func (l *Logit) undo(row []float64) {
	for c, v := range row {
		row[c] = min(max((1/(1+math.Exp(-v))-l.Lambda)/(1-2*l.Lambda), 0), 1)
	}
}

// Scale is y = (x − Mean)/SD, column by column, with ln |det| = −Σ ln SD_d.
type Scale struct {
	Mean []float64 `json:"mean"`
	SD   []float64 `json:"sd"`
}

func (*Scale) kind() string { return "scale" }

func (s *Scale) check(dim int) error {
	if len(s.Mean) != dim || len(s.SD) != dim {
		return fmt.Errorf("%d means and %d deviations for %d variables", len(s.Mean), len(s.SD), dim)
	}
	for c, sd := range s.SD {
		if !(sd > 0) || math.IsInf(sd, 0) || s.Mean[c]-s.Mean[c] != 0 {
			return fmt.Errorf("column %d has the mean %g and the deviation %g, which is not finite or not positive: its values cannot be standardised", c, s.Mean[c], sd)
		}
	}
	return nil
}

func (s *Scale) start(noiseOf) func([]float64) (float64, int, string) {
	logDet := 0.0
	for _, sd := range s.SD {
		logDet -= math.Log(sd)
	}
	return func(row []float64) (float64, int, string) {
		for c, v := range row {
			row[c] = (v - s.Mean[c]) / s.SD[c]
		}
		return logDet, 0, ""
	}
}

func (s *Scale) undo(row []float64) {
	for c, v := range row {
		row[c] = v*s.SD[c] + s.Mean[c]
	}
}

// FitScale returns the means and standard deviations of rows: the root of the mean
// square of n rows less the given degrees of freedom, 0 as numpy's std, 1 as
// pandas'. each calls its argument with one row after the other, twice. A constant
// column has the deviation 0: rounding can give it another, but not here.
func FitScale(dim, freedom int, each func(func(row []float64)) error) (*Scale, error) {
	if dim < 0 || each == nil {
		return nil, errNoRows
	}
	s := &Scale{make([]float64, dim), make([]float64, dim)}
	n, first, varies := 0, make([]float64, dim), make([]bool, dim)
	err := each(func(row []float64) {
		if n == 0 {
			copy(first, row)
		}
		for c, v := range row {
			s.Mean[c] += v
			varies[c] = varies[c] || v != first[c]
		}
		n++
	})
	if err != nil {
		return nil, err
	}
	for c := range s.Mean {
		s.Mean[c] /= float64(n)
		if !varies[c] {
			s.Mean[c] = first[c]
		}
	}
	err = each(func(row []float64) {
		for c, v := range row {
			s.SD[c] += (v - s.Mean[c]) * (v - s.Mean[c])
		}
	})
	for c := range s.SD {
		s.SD[c] = math.Sqrt(s.SD[c] / float64(n-freedom))
	}
	return s, err
}
