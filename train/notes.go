package train

import (
	"fmt"
	"iter"
	"math"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

// bounded is a model that leaves values beyond a bound, on both sides of 0, as they are.
type bounded interface{ Bound() float64 }

// Limits of what is usual in rows of real values. Chebyshev's inequality keeps all but a
// ninth of a standardised column within ±3, the usual bound of a spline.
const (
	usualOutside = 1. / 8 // share of a column that may lie beyond a bound
	usualSize    = 100    // of a value, and of the root mean square of a column
)

// notes says what the model cannot learn of the training rows, and what keeps it from learning, before the first
// step.
func (t *Trainer) notes() []string {
	if t.p.Step > 0 || t.splits.Train.Dim == 0 {
		return nil
	}
	return append(t.unknown(), t.obstacles()...)
}

// unknown counts the values of training rows that are not known.
func (t *Trainer) unknown() []string {
	train, n := t.splits.Train, 0
	for i := range train.Rows {
		for _, v := range train.Row(i)[:train.Dim] {
			if models.IsNotKnown(v) {
				n++
			}
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s of %s for training read as unknown (data.holes): the model corrects for what other columns say of a missing cell, but not for what depends on its own value",
		text.Grouped(n), text.Count(train.Rows*train.Dim, "cell"))}
}

// obstacles says what in the training rows keeps the model from learning.
func (t *Trainer) obstacles() []string {
	train := t.splits.Train
	if models.Discrete(t.model) {
		return nil
	}
	bound := math.Inf(1)
	if b, ok := t.model.(bounded); ok && b.Bound() > 0 {
		bound = b.Bound()
	}
	outside, squares, context := make([]int, train.Dim), make([]float64, train.Dim), make([]float64, train.ContextDim)
	for i := range train.Rows {
		for d, v := range t.values(i) {
			squares[d] += v * v
			if v > bound {
				outside[d]++
			}
		}
	}
	for k, v := range train.Context {
		context[k%train.ContextDim] += float64(v) * float64(v)
	}
	for d, sum := range context { // one column is enough
		if size := math.Sqrt(sum / float64(train.Rows)); size > usualSize {
			return []string{fmt.Sprintf("the training values of %s are about %.3g, far from those that a model starts with (scale them in the source)",
				train.Column(train.Dim+d), size)}
		}
	}
	for d := range train.Dim {
		share, size := float64(outside[d])/float64(train.Rows), math.Sqrt(squares[d]/float64(train.Rows))
		switch {
		case share > usualOutside:
			return []string{fmt.Sprintf("%.0f%% of the training values of %s lie outside ±%g, where a spline changes nothing and learns nothing (%s, or a larger model.bound)",
				100*share, train.Column(d), bound, t.rescale(d, bound))}
		case size > usualSize && t.few(d, usualSize):
			return []string{t.farValue()}
		case size > usualSize:
			return []string{fmt.Sprintf("the training values of %s are about %.3g, far from those that a model starts with (%s)", train.Column(d), size, t.rescale(d, usualSize))}
		}
	}
	return nil
}

// farValue names the training value that is farthest from 0 where that is far, with what
// to do.
func (t *Trainer) farValue() string {
	train, far, row, column := t.splits.Train, 0.0, 0, 0
	if train.Dim == 0 || models.Discrete(t.model) {
		return ""
	}
	for i := range train.Rows {
		for d, v := range t.values(i) {
			if v > far {
				far, row, column = v, i, d
			}
		}
	}
	if far > usualSize {
		return fmt.Sprintf("the model sees the value %.3g at %s of %s: %s", train.Row(row)[column], train.Place(row, column), train.Name, t.rescale(column, usualSize))
	}
	return ""
}

// values are the absolute values of the variables of a training row, of those that are numbers.
func (t *Trainer) values(row int) iter.Seq2[int, float64] {
	return func(yield func(d int, size float64) bool) {
		for d, v := range t.splits.Train.Row(row)[:t.splits.Train.Dim] {
			if models.StateOf(v) < 0 && !models.IsNotKnown(v) && !yield(d, math.Abs(float64(v))) {
				return
			}
		}
	}
}

// few reports whether few training values of a column lie beyond a limit.
func (t *Trainer) few(d int, limit float64) bool {
	train, beyond := t.splits.Train, 0
	for i := range train.Rows {
		if v := train.Row(i)[d]; math.Abs(float64(v)) > limit && models.StateOf(v) < 0 && !models.IsNotKnown(v) {
			beyond++
		}
	}
	return float64(beyond) <= usualOutside*float64(train.Rows)
}

// rescale is what to do about values of a column that lie beyond a limit.
func (t *Trainer) rescale(d int, limit float64) string {
	if t.prep().Scales() {
		return "they are scaled already: look at the rows that lie far from all others"
	}
	if t.few(d, limit) {
		return "look at the rows that lie far from all others"
	}
	return "set data.standardise"
}
