package data

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/internal/text"
)

// Weights are from leastWeight to mostWeight, so that their squares and the sums of these are within the range of float64,
// or 0.
const (
	leastWeight = 1e-100
	mostWeight  = 1e100
)

var noWeight = fmt.Sprintf("which is no weight (give 0, which leaves the row out, or a number from %g to %g)", leastWeight, mostWeight)

func isWeight(w float64) bool { return w == 0 || w >= leastWeight && w <= mostWeight }

// weightOf returns the weights of n rows, and their sum; 1 each where there are none.
func weightOf(weights []float64, n int) (of func(i int) float64, sum float64) {
	if sum = floats.Sum(weights); sum == 0 {
		return func(int) float64 { return 1 }, float64(n)
	}
	return func(i int) float64 { return weights[i] }, sum
}

// weight is that of a row by the column of weights.
func (s source) weight(row int) (float64, error) {
	v := s.t.At(row, s.col)
	if isWeight(v) {
		return v, nil
	}
	problem := fmt.Sprintf("is %v, ", v)
	if cell, is := s.t.Text(row, s.col); is {
		problem = fmt.Sprintf("is %q, ", text.Shorten(cell, 41))
	} else if math.IsNaN(v) {
		problem = "is missing, "
	}
	return 0, s.t.refused(row, s.col, problem+noWeight)
}

// weights are those of a part, nil where its rows have none.
func (s *source) weights(of Part) (weights []float64, err error) {
	if s == nil {
		return nil, nil
	}
	weights = make([]float64, of.Len())
	for i := range weights {
		if weights[i], err = s.weight(of.row(i)); err != nil {
			return nil, err
		}
	}
	return weights, nil
}

// weightsOf is the column of the weights of rows, nil where they have none.
func (p *Preparation) weightsOf(t *Table) *source {
	w := slices.IndexFunc(p.table.Columns, func(f fitted) bool { return f.Role == WeightRole })
	if w < 0 {
		return nil
	}
	at, err := p.sources(t, []int{w})
	if err != nil || p.Columns == nil && t.dim+t.apart() != len(p.table.Columns) {
		return nil
	}
	return &at[0]
}

// weightsOf is the column of weights that the options declare or a trained preparation has, nil where there is none. Mistakes
// in the options are of those who read them all.
func (o *Options) weightsOf(t *Table) *source {
	if o.Prep != nil {
		return o.Prep.weightsOf(t)
	}
	g := guesser{o: *o, tables: []*Table{t}}
	if g.declare() != nil {
		return nil
	}
	if w := slices.IndexFunc(g.schema, func(c Column) bool { return c.Role == WeightRole }); w >= 0 {
		at, col := t.source(w)
		return &source{at, col}
	}
	return nil
}

// leaveOut takes the rows of weight 0 out of a source with a schema, as if it did not have them.
func (s *Source) leaveOut(o Options) error {
	selected := map[*Table]*Table{}
	for _, part := range []*Part{&s.Train, &s.Valid, &s.Test} {
		t := part.Table
		if t == nil || part.Rows == nil && selected[t] != nil {
			part.Table = selected[t]
			continue
		}
		some, err := part.counted(o.weightsOf(t))
		if err != nil {
			return err
		}
		s.left += part.Len() - some.Len()
		if *part = some; some.Rows == nil {
			selected[t] = some.Table
		}
	}
	return nil
}

// Counted are pages without the rows of weight 0, of which [Preparation.Apply] makes rows, too. What is no weight is an error,
// and that all are 0.
func (p *Preparation) Counted(pages Pages) Pages {
	if p == nil || p.table == nil || pages == nil {
		return pages
	}
	return func(rows int) iter.Seq2[*Table, error] {
		return func(yield func(*Table, error) bool) {
			none, any := error(nil), false
			for t, err := range pages(rows) {
				if err == nil && t != nil {
					var some Part
					if some, err = (Part{Table: t}).counted(p.weightsOf(t)); errors.Is(err, errWeightless) {
						none = err
						continue
					}
					t, any = some.Table, true
				}
				if !yield(t, err) || err != nil {
					return
				}
			}
			if none != nil && !any {
				yield(nil, none)
			}
		}
	}
}

var errWeightless = errors.New("every row has the weight 0")

// counted is the part without the rows of weight 0.
func (p Part) counted(at *source) (Part, error) {
	weights, err := at.weights(p)
	if err != nil || len(weights) == 0 || slices.Min(weights) > 0 {
		return p, err
	}
	var kept []int
	for i, w := range weights {
		if w > 0 {
			kept = append(kept, p.row(i))
		}
	}
	switch {
	case kept == nil:
		return p, fmt.Errorf("%s: %w", p.name(), errWeightless)
	case p.Rows != nil:
		p.Rows = kept
	default:
		p.Table = p.Table.only(kept)
	}
	return p, nil
}

// only is a table of some rows of t, which are called as they are in t.
func (t *Table) only(rows []int) *Table {
	some := Part{Table: t, Rows: rows}.Select()
	some.Notes = t.Notes
	for from, to := t, some; from != nil; from, to = from.Context, to.Context {
		if from.Lines == nil {
			to.Lines = LinesOf()
			for _, row := range rows {
				to.Lines.Append(from.First + row)
			}
			to.Lines.noText = true
		}
	}
	return some
}

// twoWeights is what is wrong with a second column of weights.
func twoWeights(first string) string {
	return fmt.Sprintf("column %q has the weights of rows already (keep one)", text.Shorten(first, 41))
}
