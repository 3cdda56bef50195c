package output

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// uncertain is how near to its threshold a uniform number may come before float32 no
// longer tells on which side it is.
const uncertain = 1e-4

// choose is the index that a uniform number chooses by logits, −1 where these are not
// numbers, and how near to another one it is.
func choose(logits []float32, u float64) (k int, margin float64) {
	top, sum := math.Inf(-1), 0.0
	for _, l := range logits {
		top = math.Max(top, float64(l))
	}
	for _, l := range logits {
		sum += math.Exp(float64(l) - top)
	}
	if math.IsNaN(sum) { // of logits beyond float32, none is the right one
		return -1, 0
	}
	left, margin := u*sum, math.Inf(1)
	last := len(logits) - 1
	for last > 0 && math.IsInf(float64(logits[last]), -1) { // it has no share, however u is rounded
		last--
	}
	for k, l := range logits[:last] {
		left -= math.Exp(float64(l) - top)
		margin = math.Min(margin, math.Abs(left)/sum)
		if left < 0 {
			return k, margin
		}
	}
	return last, margin
}

// logSoftmax are the logarithms of the weights that logits give.
func logSoftmax(logits []float32) []float64 {
	w := make([]float64, len(logits))
	for k, l := range logits {
		w[k] = float64(l)
	}
	floats.AddConst(-floats.LogSumExp(w), w)
	return w
}

// bisect finds the quantile at p of a continuous distribution function between two
// numbers, or beyond them.
func bisect(cdf func(x float64) float64, p, low, high float64) float64 {
	for width := max(high-low, 1); cdf(low) > p; width *= 2 {
		low -= width
	}
	for width := max(high-low, 1); cdf(high) < p; width *= 2 {
		high += width
	}
	for middle := low + (high-low)/2; low < middle && middle < high; middle = low + (high-low)/2 {
		if cdf(middle) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// continuous is the distribution of a number, which also has the probabilities of cells.
type continuous interface {
	models.Conditional
	// LogCell is ln P(low < X < high); an end may be infinite.
	LogCell(low, high float64) float64
}

// rounded is the distribution of a number as its variable has it: rounded to its grid, if it
// has one.
func rounded(v models.Variable, c continuous) models.Conditional {
	if v.Grid == nil {
		return c
	}
	return gridAt{c, v.Grid}
}

// gridAt is the distribution of a number that is rounded to the cells of a grid. A cell is
// known by any number within it.
type gridAt struct {
	continuous
	grid models.Grid
}

// LogProb is that of the cell of x, of a cell whose ends are equal in units of the distribution by
// its density.
func (g gridAt) LogProb(x float64) float64 {
	low, high := g.grid.Cell(x)
	p := g.LogCell(low, high)
	if math.IsInf(p, -1) && !math.IsInf(high-low, 0) {
		p = g.continuous.LogProb(x) + math.Log(high-low)
	}
	return p
}

func (g gridAt) CDF(x float64) float64 {
	_, high := g.grid.Cell(x)
	return g.continuous.CDF(high)
}

func (g gridAt) Quantile(p float64) float64 {
	x := g.Round(g.continuous.Quantile(p))
	if !num.Finite(x) {
		return x
	}
	// The quantile is rounded, and may lie beyond the end of its cell.
	low, high := g.grid.Cell(x)
	step := 1e-3 * g.grid.Width(x)
	if !math.IsInf(low, 0) {
		if below := g.Round(low - step); below < x && g.CDF(below) >= p {
			return below
		}
	}
	if !math.IsInf(high, 0) && g.CDF(x) < p {
		return g.Round(high + step)
	}
	return x
}

// Round is the middle of the cell of a number, of an infinite one the end of the grid, which may be infinite too. What is
// not a number stays one.
func (g gridAt) Round(x float64) float64 {
	first, last := g.grid.Ends()
	switch {
	case math.IsNaN(x):
		return x
	case math.IsInf(x, -1):
		return first
	case math.IsInf(x, 1):
		return last
	}
	return g.grid.Round(x)
}

func (g gridAt) Draw(noise []float32) float64 { return g.Round(g.continuous.Draw(noise)) }

// Residual is how far the number that the noise gives is from the cell of x.
func (g gridAt) Residual(x float64, noise []float32) (off float64, sure bool) {
	y := g.continuous.Draw(noise)
	low, high := g.grid.Cell(x)
	if y >= low && y <= high || g.Round(y) == g.Round(x) { // of a circle a cell is on both sides of 0
		return 0, true
	}
	fromLow, sure := g.continuous.Residual(low, noise)
	fromHigh, _ := g.continuous.Residual(high, noise)
	return math.Min(fromLow, fromHigh), sure
}
