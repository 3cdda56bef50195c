package data

import (
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
	// IndependentNLL is what independent Bernoulli columns score on test: the
	// mean negative log-likelihood in nats a row, with the probabilities
	// (k + 1)/(n + 2) for k ones in n rows of train. Any model must beat it. It
	// is 0 when the data is not binary.
	IndependentNLL float64 `json:"independent_nll,omitzero"`
	// GaussianNLL is what independent Gaussian columns, with the means and
	// variances of train, score on test: the mean negative log-likelihood in
	// nats a row. It is 0 when the data is binary or a column is constant in
	// train, which no Gaussian fits.
	GaussianNLL float64 `json:"gaussian_nll,omitzero"`
}

// SplitStats describe one split.
type SplitStats struct {
	Split string  `json:"split"`
	Rows  int     `json:"rows"`
	Mean  float64 `json:"mean"`
	Min   float32 `json:"min"`
	Max   float32 `json:"max"`
	// Duplicates counts the rows that equal an earlier row of the split; InTrain
	// those that equal a row of train, 0 for train itself. The context is not
	// looked at.
	Duplicates int `json:"duplicates"`
	InTrain    int `json:"in_train"`
}

// Describe reads all values of the splits a few times. It takes memory of some
// 20 bytes for each row of train and of the largest other split.
func Describe(s *Splits) Stats {
	d := Stats{Source: s.Source, Target: s.Target, Note: s.Note, Dim: s.Dim, ContextDim: s.ContextDim, Shape: s.Shape, Binary: s.Target == ""}
	if s.Target != "" {
		for _, n := range s.Sets() {
			d.Splits = append(d.Splits, SplitStats{Split: n.Split, Rows: n.Set.Rows})
		}
		return d
	}
	var train *rowIndex
	for _, n := range s.Sets() {
		t := SplitStats{Split: n.Split, Rows: n.Set.Rows, Min: n.Set.X[0], Max: n.Set.X[0]}
		var sum float64
		for _, v := range n.Set.X {
			sum += float64(v)
			t.Min, t.Max = min(t.Min, v), max(t.Max, v)
			d.Binary = d.Binary && (v == 0 || v == 1)
		}
		t.Mean = sum / float64(len(n.Set.X))
		index := newRowIndex(n.Set)
		t.Duplicates = n.Set.Rows - index.distinct
		if train == nil {
			train = index
		} else {
			t.InTrain = train.count(n.Set)
		}
		d.Splits = append(d.Splits, t)
	}
	for col := range s.Dim {
		if constant(s.Train, col) {
			d.Constant++
		}
	}
	if d.Binary {
		d.IndependentNLL = independentNLL(s.Train, s.Test)
	} else if d.Constant == 0 {
		d.GaussianNLL = gaussianNLL(s.Train, s.Test)
	}
	return d
}

func constant(s *Set, col int) bool {
	for i := range s.Rows {
		if s.Row(i)[col] != s.X[col] {
			return false
		}
	}
	return true
}

// independentNLL is Σ_d −[m_d ln p_d + (1−m_d) ln(1−p_d)] with the means m of
// test and Laplace's estimates p from train.
func independentNLL(train, test *Set) float64 {
	ones, mean := columnSums(train), columnSums(test)
	var nll float64
	for d := range mean {
		p := (ones[d] + 1) / (float64(train.Rows) + 2)
		m := mean[d] / float64(test.Rows)
		nll -= m*math.Log(p) + (1-m)*math.Log1p(-p)
	}
	return nll
}

// gaussianNLL is Σ_d ½ [ln 2πσ_d² + E(x_d − μ_d)²/σ_d²] with the means μ and
// variances σ² of train and the expectation over test.
func gaussianNLL(train, test *Set) float64 {
	mean := columnSums(train)
	for d := range mean {
		mean[d] /= float64(train.Rows)
	}
	variance, scatter := scatterAbout(train, mean), scatterAbout(test, mean)
	var nll float64
	for d := range mean {
		nll += (math.Log(2*math.Pi*variance[d]) + scatter[d]/variance[d]) / 2
	}
	return nll
}

// scatterAbout is the mean of (x_d − m_d)².
func scatterAbout(s *Set, m []float64) []float64 {
	mean := make([]float64, s.Dim)
	for i := range s.Rows {
		for d, v := range s.Row(i) {
			mean[d] += (float64(v) - m[d]) * (float64(v) - m[d])
		}
	}
	for d := range mean {
		mean[d] /= float64(s.Rows)
	}
	return mean
}

func columnSums(s *Set) []float64 {
	sums := make([]float64, s.Dim)
	for i := range s.Rows {
		for d, v := range s.Row(i) {
			sums[d] += float64(v)
		}
	}
	return sums
}

// rowIndex finds equal rows of a set. Rows of one hash are a chain, from the
// last to the first.
type rowIndex struct {
	set      *Set
	last     map[uint64]int32 // by hash, from 1
	before   []int32          // the row before in the chain, from 1; 0 ends it
	distinct int
}

func newRowIndex(s *Set) *rowIndex {
	x := &rowIndex{set: s, last: make(map[uint64]int32, s.Rows), before: make([]int32, s.Rows)}
	for i := range s.Rows {
		if h := hashRow(s.Row(i)); !x.has(h, s.Row(i)) {
			x.before[i], x.last[h] = x.last[h], int32(i+1)
			x.distinct++
		}
	}
	return x
}

func (x *rowIndex) has(hash uint64, row []float32) bool {
	for i := x.last[hash]; i > 0; i = x.before[i-1] {
		if slices.Equal(x.set.Row(int(i-1)), row) {
			return true
		}
	}
	return false
}

// count returns how many rows of s are in the index.
func (x *rowIndex) count(s *Set) int {
	n := 0
	for i := range s.Rows {
		if x.has(hashRow(s.Row(i)), s.Row(i)) {
			n++
		}
	}
	return n
}

// hashRow mixes the bits of a row (FNV-1a, a float at a time, and a final mix).
func hashRow(row []float32) uint64 {
	h := uint64(14695981039346656037)
	for _, v := range row {
		h = (h ^ uint64(math.Float32bits(v+0))) * 1099511628211 // v+0 makes −0 into 0, its equal
	}
	return h ^ h>>32
}
