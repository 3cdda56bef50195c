package data

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
)

// Stats describe the splits of a source.
type Stats struct {
	Source     string       `json:"source"`
	Target     string       `json:"target,omitempty"` // then there are no values: all else but Dim and Rows is 0
	Note       string       `json:"note,omitempty"`
	Dim        int          `json:"dim"`
	ContextDim int          `json:"context_dim"`
	Shape      []int        `json:"shape,omitempty"`
	Binary     bool         `json:"binary"`   // every value is 0 or 1
	Constant   int          `json:"constant"` // columns with one value in all of train
	Splits     []SplitStats `json:"splits"`
	// Columns and Guesses are of a table with a schema, of which Shape, Binary, Constant and what splits have of values
	// are not known: what each of its columns is, and which guesses act, each with how to overrule it.
	Columns []ColumnStats `json:"columns,omitempty"`
	Guesses []string      `json:"guesses,omitempty"`
	// Warnings are those of the splits under a density of such values.
	Warnings []string `json:"warnings,omitempty"`
	// IndependentNLL and GaussianNLL are the [Baseline] of binary and of other data,
	// 0 where there is none.
	IndependentNLL float64 `json:"independent_nll,omitzero"`
	GaussianNLL    float64 `json:"gaussian_nll,omitzero"`
}

// SplitStats describe one split.
type SplitStats struct {
	Split string `json:"split"`
	Rows  int    `json:"rows"`
	*ValueStats
	// Duplicates counts the rows that equal an earlier row of the split; InTrain
	// those that equal a row of train, 0 for train itself. The context is not
	// looked at.
	Duplicates int `json:"duplicates"`
	InTrain    int `json:"in_train"`
}

// ValueStats describe all values of a split.
type ValueStats struct {
	Mean float64 `json:"mean"`
	Min  float64 `json:"min"`
	Max  float64 `json:"max"`
}

// Describe reads all values of the splits a few times. It takes memory of
// 8 bytes for each row of train and of the largest other split.
func Describe(s *Splits) Stats {
	if s == nil || s.Target == "" && s.Train == nil {
		return Stats{}
	}
	d := Stats{Source: s.Source, Target: s.Target, Note: s.Note, Dim: s.Dim, ContextDim: s.ContextDim, Shape: s.Shape, Binary: s.Target == ""}
	if s.Target != "" {
		for _, n := range s.Sets() {
			d.Splits = append(d.Splits, SplitStats{Split: n.Split, Rows: n.Set.Rows})
		}
		return d
	}
	seed, buffer := maphash.MakeSeed(), []byte(nil)
	var train []uint64 // hashes of its rows, sorted
	var columns [3][]column
	for k, n := range s.Sets() {
		t := SplitStats{Split: n.Split, Rows: n.Set.Rows, ValueStats: &ValueStats{Min: math.MaxFloat64, Max: -math.MaxFloat64}}
		columns[k] = make([]column, s.Dim)
		hashes := make([]uint64, n.Set.Rows)
		var sum float64
		s.each(n.Set, func(i int, row []float64) {
			for c, v := range row {
				sum += v
				t.Min, t.Max = min(t.Min, v), max(t.Max, v)
				d.Binary = d.Binary && (v == 0 || v == 1)
				columns[k][c].add(v)
			}
			hashes[i], buffer = hashRow(seed, n.Set.Row(i), buffer)
		})
		slices.Sort(hashes)
		t.Duplicates, t.InTrain = repeated(hashes, train)
		t.Mean = sum / float64(n.Set.Rows*s.Dim)
		if s.odd.ends != nil { // of the source, before float32
			t.Min, t.Max = s.odd.ends[k][0], s.odd.ends[k][1]
		}
		if k == 0 {
			train = hashes
		}
		d.Splits = append(d.Splits, t)
	}
	for _, c := range columns[0] {
		if c.squares == 0 {
			d.Constant++
		}
	}
	if s.Prep.Schema() != nil {
		d.IndependentNLL = s.independent(nil).NLL
	} else if b := s.baseline(d.Binary, columns[0], columns[2]); d.Binary {
		d.IndependentNLL = b.NLL
	} else if !math.IsInf(b.NLL, 0) {
		d.GaussianNLL = b.NLL
	}
	d.Warnings = s.Warnings(!d.Binary)
	return d
}

// repeated counts what equals an earlier one of sorted hashes, and what is among
// other sorted ones.
func repeated(hashes, others []uint64) (earlier, among int) {
	for i, h := range hashes {
		if i > 0 && h == hashes[i-1] {
			earlier++
		}
		for len(others) > 0 && others[0] < h {
			others = others[1:]
		}
		if len(others) > 0 && others[0] == h {
			among++
		}
	}
	return earlier, among
}

// Baseline is what a model without any dependence scores on test, which any model must
// beat: the mean negative log-likelihood in nats a row, in the units of the source.
type Baseline struct {
	// Name is what scores: independent Bernoulli columns, with the probabilities
	// (k + 1)/(n + 2) for k ones in n rows of train, where all values are bits, otherwise
	// independent Gaussian columns with the means and variances of train. Of columns with a
	// schema holes, atoms and levels have such probabilities, and numbers are Gaussian behind
	// their transform, those with a step by the cells of it.
	Name string
	// NLL is +Inf where there is none: for a target, and for a column that is constant in
	// train, which no Gaussian fits.
	NLL float64
}

// IndependentColumns returns the baseline of the splits: of all columns or, where some variables are given by their
// numbers, of these alone. Of some it is +Inf, too, where their units are not known; see [Prepared.Counting].
func IndependentColumns(s *Splits, variables ...int) Baseline {
	if s == nil || s.Train == nil || s.Test == nil || s.Train.Dim == 0 || s.Test.Rows == 0 {
		return Baseline{NLL: math.Inf(1)}
	}
	if variables != nil {
		test, err := s.Test.Counting(variables)
		if err != nil {
			return Baseline{NLL: math.Inf(1)}
		}
		some := *s
		some.Test, s = test, &some
	}
	if s.Prep.Schema() != nil {
		return s.independent(variables)
	}
	binary, columns := true, [2][]column{}
	for k, set := range []*Prepared{s.Train, s.Test} {
		columns[k] = make([]column, set.Dim)
		s.each(set, func(_ int, row []float64) {
			for c, v := range row {
				binary = binary && (v == 0 || v == 1)
				columns[k][c].add(v)
			}
		})
	}
	if variables != nil {
		columns = [2][]column{pick(columns[0], variables), pick(columns[1], variables)}
	}
	return s.baseline(binary, columns[0], columns[1])
}

// baseline is that of columns before the logit and the scale of the model.
func (s *Splits) baseline(binary bool, train, test []column) Baseline {
	switch {
	case binary:
		return Baseline{"independent columns", independentNLL(train, test)}
	case slices.ContainsFunc(train, func(c column) bool { return c.squares == 0 }):
		return Baseline{NLL: math.Inf(1)}
	}
	return Baseline{"independent Gaussian columns", gaussianNLL(train, test) - (s.Test.LogDet - s.Test.ModelLogDet)}
}

// each calls f with the rows of a set as they were before the logit and the scale
// that belong to the model.
func (s *Splits) each(set *Prepared, f func(i int, row []float64)) {
	row, p := make([]float64, set.Dim), s.Prep
	for i := range set.Rows {
		for c, v := range set.Row(i) {
			row[c] = float64(v)
		}
		for k := range p.ownSteps() {
			p.Steps[len(p.Steps)-1-k].undo(row)
		}
		f(i, row)
	}
}

// column sums the values of a column: mean and sum of squares about it (Welford).
type column struct{ n, mean, squares float64 }

func (c *column) add(v float64) { c.addWeighted(v, 1) }

func (c *column) addWeighted(v, weight float64) {
	if weight == 0 {
		return
	}
	c.n += weight
	d := v - c.mean
	c.mean += d * weight / c.n
	c.squares += d * weight * (v - c.mean)
}

// independentNLL is Σ_d −[m_d ln p_d + (1−m_d) ln(1−p_d)] with the means m of
// test and Laplace's estimates p from train.
func independentNLL(train, test []column) (nll float64) {
	for d, c := range train {
		p, m := (c.n*c.mean+1)/(c.n+2), test[d].mean
		nll -= m*math.Log(p) + (1-m)*math.Log1p(-p)
	}
	return nll
}

// gaussianNLL is Σ_d ½ [ln 2πσ_d² + E(x_d − μ_d)²/σ_d²] with the means μ and
// variances σ² of train and the expectation over test.
func gaussianNLL(train, test []column) (nll float64) {
	for d, c := range train {
		variance, off := c.squares/c.n, test[d].mean-c.mean
		nll += (math.Log(2*math.Pi*variance) + (test[d].squares/test[d].n+off*off)/variance) / 2
	}
	return nll
}

// hashRow takes −0, which equals 0, for 0.
func hashRow(seed maphash.Seed, row []float32, buffer []byte) (uint64, []byte) {
	buffer = buffer[:0]
	for _, v := range row {
		buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v+0))
	}
	return maphash.Bytes(seed, buffer), buffer
}

// independent is the baseline of a table with a schema, or of some of its variables.
func (s *Splits) independent(variables []int) Baseline {
	logp := make([]float64, s.Test.Rows)
	for d, m := range s.Prep.Modelled() {
		if variables != nil && !slices.Contains(variables, d) {
			continue
		}
		score := m.MarginOf(s.Train, d)
		for i := range logp {
			logp[i] += score.LogProb(m.Point(s.Test.Row(i)[d]))
		}
	}
	sum := 0.0
	weight, weights := weightOf(s.Test.Weights, s.Test.Rows)
	for i, v := range logp {
		if w := weight(i); w > 0 {
			sum += w * (v + s.Test.RowLogDet(i))
		}
	}
	return Baseline{"independent columns", -sum / weights}
}
