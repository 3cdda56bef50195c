// Package baseline has densities of few assumptions, fitted in seconds, that a trained model has to beat: a full
// Gaussian, a Gaussian copula, and a mixture of products. Each is fitted to the training rows of [data.Splits], its choices
// are made on the validation rows, and it gives ln p of rows in nats, in the units of the source, as models do. A context
// counts for nothing in them.
package baseline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// Density is a fitted baseline.
type Density struct {
	// Kind is what it is on any rows.
	Kind Kind
	// Name says what it is, with an article, as "a mixture of 3 products", and of how many rows where these are not all.
	Name string

	logp func(t *table) []float64
}

// Kind is one of the densities that a model is compared with.
type Kind string

// The kinds of baseline.
const (
	Gaussian Kind = "full Gaussian"
	Copula   Kind = "Gaussian copula"
	Mixture  Kind = "mixture of products" // of one where more are not better on validation rows
)

// Densities are fitted to so many cells of the training rows, of 1,000 rows at least: of more rows a part, drawn from a seed. A
// number, of which most rows have another, counts for ten levels. A fit takes a second or two.
const (
	mostCells = 400_000
	ofNumber  = 10
	leastRows = 1000
)

// Fit fits the baselines that are possible for the rows: a full Gaussian where all variables are numbers, a copula where two are,
// and a mixture always. It returns none for a target, nor where training or validation has no rows.
func Fit(ctx context.Context, s *data.Splits) (fitted []Density, err error) {
	if s == nil || s.Target != "" || s.Train == nil || s.Valid == nil || s.Train.Rows < 2 || s.Valid.Rows == 0 || s.Train.Dim == 0 {
		return nil, nil
	}
	variables := variablesOf(s)
	train, valid := some(variables, s.Train), some(variables, s.Valid)
	if train.rows == 0 || valid.rows == 0 {
		return nil, nil
	}
	train.fitMargins()
	for _, fit := range []func(context.Context, *table, *table) (*Density, error){gaussian, copula, mixture} {
		d, err := fit(ctx, train, valid)
		if err != nil {
			return nil, err
		}
		if d != nil {
			if train.part {
				d.Name += fmt.Sprintf(" of %s rows", text.Grouped(train.rows))
			}
			fitted = append(fitted, *d)
		}
	}
	return fitted, nil
}

// LogProb returns ln p of prepared rows of the splits that the density was fitted to, in nats and in the units of the source;
// nil without a density or rows.
func (d Density) LogProb(s *data.Splits, of *data.Prepared) []float64 {
	if d.logp == nil || s == nil || s.Train == nil || of == nil {
		return nil
	}
	return d.inSource(newTable(variablesOf(s), nil, of), of)
}

// inSource is ln p of rows, of which t is the table, in the units of the source.
func (d Density) inSource(t *table, of *data.Prepared) []float64 {
	logp := d.logp(t)
	for i := range logp {
		logp[i] += of.RowLogDet(i)
		for v := range t.points {
			logp[i] -= t.point(i, v).Slope
		}
	}
	return logp
}

// variablesOf are what the columns of prepared rows are, their margins straight: a baseline is the same whatever a model has
// for margins. Rows without a schema are bits where all training and validation rows are, else real numbers.
func variablesOf(s *data.Splits) []data.Modelled {
	if all := s.Prep.Modelled(); all != nil {
		for d, m := range all {
			all[d] = m.Straight()
		}
		return all
	}
	one := data.Modelled{Kind: data.Binary, Levels: 2}
	for _, set := range []*data.Prepared{s.Train, s.Valid, s.Test} {
		if set != nil && slices.ContainsFunc(set.X, func(v float32) bool { return v != 0 && v != 1 }) {
			one = data.Modelled{Kind: data.Real}
		}
	}
	return slices.Repeat([]data.Modelled{one}, s.Train.Dim)
}

// some is the table of the rows of a set that densities are fitted to, in which equal rows are one with their weights together.
func some(variables []data.Modelled, s *data.Prepared) *table {
	cells := 0
	for _, m := range variables {
		if cells++; m.Levels == 0 {
			cells += ofNumber - 1
		}
	}
	all := distinct(s)
	most := max(mostCells/cells, leastRows)
	part := len(all) > most
	if part {
		drawn := make([]distinctRow, most)
		for k, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(all))[:most] {
			drawn[k] = all[i]
		}
		all = drawn
	}
	rows, weights := make([]int, len(all)), make([]float64, len(all))
	sum, squares := 0.0, 0.0
	for k, r := range all {
		rows[k], weights[k] = r.first, r.weight
		sum, squares = sum+r.weight, squares+r.squares
	}
	t := newTable(variables, rows, s)
	t.weights, t.part = weights, part
	if sum > 0 {
		t.n = sum * sum / squares
		floats.Scale(t.n/sum, t.weights)
	}
	return t
}

// distinctRow is all the rows that are equal to one, but for those of weight 0: the sums of their weights, and of the squares
// of these.
type distinctRow struct {
	first           int
	weight, squares float64
}

// distinct are the rows of a set in the order in which they come first.
func distinct(s *data.Prepared) (all []distinctRow) {
	hash, at := num.RowHash(), make(map[uint64]int, s.Rows)
	top := 1.0 // to which weights are taken, so that those that are equal are 1
	if s.Weights != nil {
		top = slices.Max(s.Weights)
	}
	for i := range s.Rows {
		w := s.Weight(i) / top
		if !(w > 0) {
			continue
		}
		row := hash(s.Row(i)[:s.Dim])
		k, is := at[row]
		if !is {
			k = len(all)
			at[row], all = k, append(all, distinctRow{first: i})
		}
		all[k].weight, all[k].squares = all[k].weight+w, all[k].squares+w*w
	}
	return all
}

// table is rows by the distinct values of each variable, so that a density computes each of them once.
type table struct {
	variables []data.Modelled
	rows      int
	part      bool      // they are not all
	n         float64   // the effective number of rows, by which estimates are drawn to others and parts are counted
	weights   []float64 // of the rows, which sum to n; nil of those that are only scored
	points    [][]data.Point
	codes     [][]int32     // of the rows, in points
	margins   []data.Margin // of training rows, else nil
}

func newTable(variables []data.Modelled, rows []int, s *data.Prepared) *table {
	t := &table{variables: variables, rows: len(rows), points: make([][]data.Point, len(variables)), codes: make([][]int32, len(variables))}
	at := func(i int) int { return rows[i] }
	if rows == nil {
		t.rows, at = s.Rows, func(i int) int { return i }
	}
	num.Each(len(variables), func(d int) {
		values := make([]float32, t.rows)
		for i := range values {
			values[i] = s.Row(at(i))[d] + 0 // no −0
		}
		distinct := slices.Clone(values)
		slices.Sort(distinct)
		distinct = slices.Compact(distinct)
		t.points[d], t.codes[d] = make([]data.Point, len(distinct)), make([]int32, t.rows)
		for k, v := range distinct {
			t.points[d][k] = variables[d].Point(v)
		}
		for i, v := range values {
			k, _ := slices.BinarySearch(distinct, v)
			t.codes[d][i] = int32(k)
		}
	})
	return t
}

// point is variable d of a row.
func (t *table) point(i, d int) data.Point { return t.points[d][t.codes[d][i]] }

// numbers are the variables that are numbers on a line.
func (t *table) numbers() (of []int) {
	for d, m := range t.variables {
		if m.Levels == 0 && m.Kind != data.Circular {
			of = append(of, d)
		}
	}
	return of
}

// fitMargins fits the margins, no part of which is narrower than the gap.
func (t *table) fitMargins() {
	t.margins = make([]data.Margin, len(t.variables))
	num.Each(len(t.margins), func(d int) {
		t.margins[d] = t.margin(d, t.weights, nil)
		t.margins[d].Least = t.gap(d)
	})
}

// margin is that of variable d by rows with such weights.
func (t *table) margin(d int, weights []float64, within *data.Margin) data.Margin {
	counts := t.counts(d, weights)
	return t.variables[d].Margin(len(counts), func(k int) (data.Point, float64) { return t.points[d][k], counts[k] }, within)
}

// counts are the sums of the weights of the rows at each point of variable d.
func (t *table) counts(d int, weights []float64) []float64 {
	counts := make([]float64, len(t.points[d]))
	for i, k := range t.codes[d] {
		counts[k] += weights[i]
	}
	return counts
}

// gap is the mean distance of neighbouring values of a number without cells, its ends left out; else 0. A density of a finer width
// would tell values that are rounded from those between, which is worth any number of nats.
func (t *table) gap(d int) float64 {
	var values []float64
	for _, p := range t.points[d] {
		if p.Known && p.State < 0 && !p.Cells() {
			values = append(values, p.Value)
		}
	}
	end := len(values) / 20
	if t.variables[d].Levels > 0 || len(values)-2*end < 2 {
		return 0
	}
	return (values[len(values)-1-end] - values[end]) / float64(len(values)-1-2*end)
}

// mean is the weighted mean of a number of each row.
func (t *table) mean(v []float64) float64 { return floats.Dot(v, t.weights) / floats.Sum(t.weights) }

// Comparison is a model beside a baseline.
type Comparison struct {
	// Name is that of the baseline, and NLL its mean over the rows in nats.
	Name string  `json:"name"`
	NLL  float64 `json:"nll"`
	// Better is the mean, over rows that have a likelihood, of how many nats the model gives a row more than the baseline,
	// and Better2SE twice its standard error: the difference is taken row by row.
	Better    float64 `json:"better"`
	Better2SE float64 `json:"better_2se"`
}

// MarshalJSON writes numbers that are not finite as the strings "NaN", "Inf" and "-Inf".
func (c Comparison) MarshalJSON() ([]byte, error) {
	type plain Comparison // without this method
	return json.Marshal(struct {
		plain
		Better2SE runlog.Float `json:"better_2se"`
	}{plain(c), runlog.Float(c.Better2SE)})
}

// Compare compares ln p of rows under a model, in nats and in the units of the source, with all baselines, the best first. It
// returns an error where there is not one number for each row, and ctx's.
func Compare(ctx context.Context, s *data.Splits, of *data.Prepared, logp []float64) ([]Comparison, error) {
	fitted, err := Fit(ctx, s)
	if err != nil || fitted == nil {
		return nil, err
	}
	if of == nil || len(logp) != of.Rows {
		return nil, tooFew(logp)
	}
	var all []Comparison
	rows := newTable(variablesOf(s), nil, of)
	for _, d := range fitted {
		var nll, better num.Mean
		for i, v := range d.inSource(rows, of) {
			if num.Finite(logp[i]) && num.Finite(v) {
				nll.Add(-v, of.Weight(i))
				better.Add(logp[i]-v, of.Weight(i))
			}
		}
		if num.Finite(nll.Value()) {
			all = append(all, Comparison{d.Name, nll.Value(), better.Value(), 2 * better.StandardError()})
		}
	}
	slices.SortStableFunc(all, func(a, b Comparison) int { return cmp.Compare(a.NLL, b.NLL) })
	return all, nil
}

// Best is the first of some comparisons, nil of none.
func Best(of []Comparison) *Comparison {
	if len(of) == 0 {
		return nil
	}
	return &of[0]
}

// Worse reports whether the model is worse by more than twice the standard error.
func (c Comparison) Worse() bool { return c.Better < -c.Better2SE }

// Dominant is the row whose share of the sum of −ln p, by weights, is half or more, with the median of ln p, by weights; −1
// where none is: the mean says little of the others then. Rows without a likelihood are left out.
func Dominant(of *data.Prepared, logp []float64) (row int, median float64) {
	if of == nil || len(logp) != of.Rows {
		return -1, math.NaN()
	}
	var known, weights []float64
	sum, largest := 0.0, 0.0
	row = -1
	for i, v := range logp {
		w := of.Weight(i)
		if !num.Finite(v) || w == 0 {
			continue
		}
		known, weights = append(known, v), append(weights, w)
		if sum -= w * v; -w*v > largest {
			largest, row = -w*v, i
		}
	}
	const few = 3 // rows, of which one often makes half
	if row < 0 || len(known) <= few || largest < math.Abs(sum-largest) {
		return -1, math.NaN()
	}
	stat.SortWeighted(known, weights)
	return row, stat.Quantile(0.5, stat.Empirical, known, weights)
}
