// Package data holds the rows that a density is trained on and those that it
// produces, and the preparation between them.
//
// A [Table] has rows in the units of their source. [FromRows], [FromFlat] and
// [FromMatrix] make one of rows in memory; package data/format reads and writes
// files. [Split] divides a table into train, valid and test, as [Options] choose,
// fits a [Preparation] to the training rows and applies it to all:
//
//	table, err := data.FromRows(rows)
//	splits, err := data.Split(table, data.Options{Standardise: true})
//
// Package data/source does the same for a file, a published data set or a generator
// by its name. Each of the three splits is a [Prepared], which is what models see:
// float32, [rows, dim], with the log-determinant of the preparation in nats. The
// preparation is kept with the model; [Preparation.Apply] makes a Prepared of other
// rows, and [Preparation.Undo] takes rows that a model produced back to the units
// of the source. A table with names or texts has a [Schema], by which each column is
// prepared and comes back as it was: levels, whole numbers, steps, dates and holes.
// [Describe] summarises the splits and scores independent columns
// on them, which any model must beat.
//
// Errors name the table, the row and the column: rows of arrays count from 0, lines
// of text from 1.
package data

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
)

// Prepared is rows that a [Preparation] made for a model, each with an optional
// context that it is conditioned on. Sets of one source may share memory, so a
// Prepared is to be read only.
type Prepared struct {
	Name      string // what messages call it: a file, with the array or split in parentheses
	Rows, Dim int
	// Cells is the number of variables whose values are rounded to a grid: the widths of their cells
	// follow the values of all variables.
	Cells   int
	X       []float32 // [Rows, Width()], row after row
	Columns []string  // names of the Dim columns, nil when the source has none

	// Weights are 0 or more, and say how much each row counts beside the others: in means and scales, the loss and its
	// gradient a row of weight 2 is the row twice. Where a number of rows decides it is [Prepared.EffectiveRows].
	// They are nil where all count once.
	Weights []float64

	ContextDim   int
	Context      []float32 // [Rows, ContextDim], nil without a context
	ContextNames []string  // names of the ContextDim columns, or nil

	// LogDet is the mean over rows of ln |det| in nats of the preparation that
	// made the rows: add it to ln p to get the density of the source's values.
	LogDet float64

	// ModelLogDet is the part of LogDet that is due to the logit and the scale that
	// belong to the model, not to the source: all of it where there is a schema.
	ModelLogDet float64

	rowLogDet []float64    // of each row, nil when all have LogDet
	places    []int        // which rows of the source they were, nil when row i was row i
	first     int          // the number of the first row of that source in a larger one
	lines     *Lines       // of the rows of the source where it is a text, or has others
	of        *Preparation // where it has a schema
}

// Width is the number of values of a row.
func (s *Prepared) Width() int { return s.Dim + s.Cells }

// Row returns row i, a slice of X of length Width().
func (s *Prepared) Row(i int) []float32 {
	return s.X[i*s.Width() : (i+1)*s.Width() : (i+1)*s.Width()]
}

// Values are a copy of the variables of all rows, [Rows, Dim], without the widths of cells.
func (s *Prepared) Values() []float32 {
	x := make([]float32, 0, s.Rows*s.Dim)
	for i := range s.Rows {
		x = append(x, s.Row(i)[:s.Dim]...)
	}
	return x
}

// ContextRow returns the context of row i, of length ContextDim.
func (s *Prepared) ContextRow(i int) []float32 {
	return s.Context[i*s.ContextDim : (i+1)*s.ContextDim : (i+1)*s.ContextDim]
}

// EffectiveRows is (Σ w)²/Σ w² of the weights w of the rows, of which as many rows of one weight would give the same
// errors: the number of rows where all have one.
func (s *Prepared) EffectiveRows() float64 {
	if s.Weights == nil {
		return float64(s.Rows)
	}
	return num.EffectiveNumber(s.Weights)
}

// Weight is how much row i counts.
func (s *Prepared) Weight(i int) float64 {
	if s.Weights == nil {
		return 1
	}
	return s.Weights[i]
}

// RowLogDet returns ln |det| of the preparation of row i, in nats.
func (s *Prepared) RowLogDet(i int) float64 {
	if s.rowLogDet == nil {
		return s.LogDet
	}
	return s.rowLogDet[i]
}

// Counting returns the set with the ln |det| of some of its variables alone, which takes a conditional density of these
// to the units of the source. It is an error where rows without a schema are scaled.
func (s *Prepared) Counting(variables []int) (*Prepared, error) {
	if s.of == nil {
		if s.rowLogDet == nil && s.LogDet == 0 {
			return s, nil
		}
		return nil, fmt.Errorf("%s: the units of single variables are known of a table with a schema alone (targets need rows whose columns have a schema, or rows that are not scaled)", s.Name)
	}
	some := *s
	some.rowLogDet = make([]float64, s.Rows)
	for i := range some.rowLogDet {
		row := s.Row(i)
		for _, d := range variables {
			some.rowLogDet[i] += s.of.table.Columns[s.of.Variables[d]].logDet(row[d], s.of.noisy())
		}
		if math.IsInf(s.RowLogDet(i), -1) { // it is beyond the range of float32
			some.rowLogDet[i] = math.Inf(-1)
		}
	}
	some.sumLogDets()
	return &some, nil
}

// sumLogDets sets the means of ln |det| by that of each row, for rows with a schema.
func (s *Prepared) sumLogDets() {
	weight, weights := weightOf(s.Weights, s.Rows)
	sum := 0.0
	for i, v := range s.rowLogDet {
		if w := weight(i); w > 0 {
			sum += w * v
		}
	}
	s.LogDet = sum / weights
	if s.Rows > 0 && slices.Min(s.rowLogDet) == slices.Max(s.rowLogDet) {
		s.LogDet, s.rowLogDet = s.rowLogDet[0], nil
	}
	s.ModelLogDet = s.LogDet
}

// Check returns nil when the set has as many values as its size says, all of them finite
// numbers, otherwise an error that names the set, the first other value and its place in
// the source.
func (s *Prepared) Check() error {
	if len(s.X) != s.Rows*s.Width() || len(s.Context) != s.Rows*s.ContextDim {
		return fmt.Errorf("%s: %d values and %d of context are not %d rows of %d and %d", s.Name, len(s.X), len(s.Context), s.Rows, s.Dim, s.ContextDim)
	}
	if s.Weights != nil && len(s.Weights) != s.Rows {
		return fmt.Errorf("%s: %d weights for %d rows", s.Name, len(s.Weights), s.Rows)
	}
	for i, w := range s.Weights {
		if !isWeight(w) {
			return fmt.Errorf("%s: its weight is %v, %s", s.RowPlace(i), w, noWeight)
		}
	}
	if s.Rows > 0 && s.Weights != nil && slices.Max(s.Weights) == 0 {
		return fmt.Errorf("%s: every row has the weight 0", s.Name)
	}
	for k, v := range s.X {
		if !num.Finite(float64(v)) {
			return fmt.Errorf("%s: %s is %v: values must be finite numbers", s.Name, s.Place(k/s.Width(), k%s.Width()), v)
		}
	}
	for k, v := range s.Context {
		if !num.Finite(float64(v)) {
			return fmt.Errorf("%s: %s is %v: values must be finite numbers", s.RowPlace(k/s.ContextDim), s.Column(s.Dim+k%s.ContextDim), v)
		}
	}
	return nil
}

// from is the row, or the line of a text, of the source that row i was; i itself where
// there is no such row.
func (s *Prepared) from(i int) int {
	if i < 0 || i >= s.Rows {
		return i
	}
	if s.places != nil {
		i = s.places[i]
	}
	if s.lines != nil {
		return s.lines.At(i)
	}
	return s.first + i
}

// RowPlace names row i by its place in the source.
func (s *Prepared) RowPlace(i int) string {
	if s.lines.ofText() {
		return fmt.Sprintf("line %d of %s", s.from(i), s.Name)
	}
	return fmt.Sprintf("row %d (counted from 0) of %s", s.from(i), s.Name)
}

// CheckRange returns nil unless a row is beyond the range of float32 once it is prepared,
// otherwise an error that names it: it has no likelihood and no latent code.
func (s *Prepared) CheckRange() error {
	for i, v := range s.rowLogDet {
		if math.IsInf(v, -1) {
			return fmt.Errorf("%s: once it is prepared it is too large for float32", s.RowPlace(i))
		}
	}
	return nil
}

// CheckBinary returns nil when every value is 0 or 1, otherwise an error that
// names the set, the first other value and its place in the source.
func (s *Prepared) CheckBinary() error {
	for k, v := range s.X {
		if v != 0 && v != 1 || s.Cells > 0 {
			return fmt.Errorf("%s: %s is %v, not 0 or 1 (a Bernoulli output needs bits: set data.binarize for grey values, another model.output for real numbers)",
				s.Name, s.Place(k/s.Width(), k%s.Width()), v)
		}
	}
	return nil
}

// Column names a column of the set; those of its context follow the variables.
func (s *Prepared) Column(col int) string {
	if col >= s.Dim && s.ContextDim > 0 {
		return "context " + namedColumn(col-s.Dim, s.ContextNames)
	}
	return namedColumn(col, s.Columns)
}

// Place names a value of the set by its place in the source.
func (s *Prepared) Place(row, col int) string {
	return Place(s.from(row), col, s.lines.ofText(), s.Columns)
}

func sequence(lo, hi int) []int {
	s := make([]int, max(0, hi-lo))
	for i := range s {
		s[i] = lo + i
	}
	return s
}

// DefaultMaxValues is the number of values that one call reads unless another is
// set: 4 GiB of float64.
const DefaultMaxValues = 1 << 29

// Limit is the number of values that may still be read from files.
type Limit struct{ left, limit int64 }

// NewLimit returns a limit of that many values; 0 is [DefaultMaxValues].
func NewLimit(values int) *Limit {
	most := int64(cmp.Or(values, DefaultMaxValues))
	return &Limit{most, most}
}

// Left is the number of values that may still be read.
func (l *Limit) Left() int64 { return l.left }

// Take counts n more values, and returns an error when they are too many.
func (l *Limit) Take(n int64) error {
	if n > l.left {
		return fmt.Errorf("more than %d values, the limit: %.3g GiB (if the file is to be trusted, raise data.max_values, --max-values or MaxValues)",
			l.limit, float64(l.limit)*8/(1<<30))
	}
	l.left -= n
	return nil
}
