// Package data reads the rows that a density is trained on and writes the rows
// that it produces.
//
// [Load] gives the three splits of a source: a .npz file with the arrays train,
// valid and test, a folder of MNIST's IDX files, a generator such as connect4 or
// one of the [Toys], one of the [Recipes] that prepare a published data set, or
// one table (.npy, .npz, .csv, IDX) that a seed divides. [ReadFile] gives
// one table as it is, [WriteFile] writes one. [Describe] says what is in the
// splits and how well independent columns explain them.
//
// Files are not trusted. A header's claim is checked against the bytes that
// are there before memory is taken, checksums are read to the end, a limit on
// the number of values stops decompression bombs, and every value must be
// finite. What is wrong is told with file, row and column: rows and columns of
// arrays count from 0 as in numpy, lines of text count from 1 as in editors.
package data

import (
	"fmt"
	"strconv"
)

// Set is a table of rows, each with an optional context that it is conditioned
// on. Splits of one source may share memory, so a Set is to be read only.
type Set struct {
	Name      string // what messages call it: a file, with the array or split in parentheses
	Rows, Dim int
	X         []float32 // [Rows, Dim], row after row
	Columns   []string  // names of the Dim columns, nil when the source has none

	ContextDim   int
	Context      []float32 // [Rows, ContextDim], nil without a context
	ContextNames []string  // names of the ContextDim columns, or nil

	// LogDet is ln |det| in nats of the preprocessing that made these rows from
	// the source's own values, the same for each row: add it to ln p(row) to get
	// the density of the source's values. It is 0 when they are as given, −Σ ln σ
	// after z-scores, −D ln L after (x + u)/L.
	LogDet float64

	// shape is the shape of one row when the source gives it one, as for images.
	shape []int
	// places says where each row stood in the source, nil when row i was row i.
	places []int
	// lines is true when places are line numbers of a text file.
	lines bool
}

// Row returns row i, a slice of X of length Dim.
func (s *Set) Row(i int) []float32 {
	return s.X[i*s.Dim : (i+1)*s.Dim : (i+1)*s.Dim]
}

// ContextRow returns the context of row i, of length ContextDim.
func (s *Set) ContextRow(i int) []float32 {
	return s.Context[i*s.ContextDim : (i+1)*s.ContextDim : (i+1)*s.ContextDim]
}

// CheckBinary returns nil when every value is 0 or 1, otherwise an error that
// names the set, the first other value and its place in the source.
func (s *Set) CheckBinary() error {
	return s.checkValues(func(v float32) bool { return v == 0 || v == 1 },
		"not 0 or 1 (a Bernoulli output needs binary data; for pixels choose binarize)")
}

// CheckUnit returns nil when every value is from 0 to 1, otherwise an error that
// names the set, the first other value and its place in the source.
func (s *Set) CheckUnit() error {
	return s.checkValues(func(v float32) bool { return v >= 0 && v <= 1 },
		"not from 0 to 1 (logits need such data; for grey levels set dequantise)")
}

// checkValues reports the first value that is not what is needed.
func (s *Set) checkValues(good func(v float32) bool, instead string) error {
	for k, v := range s.X {
		if !good(v) {
			return fmt.Errorf("%s: %s is %v, %s", s.Name, s.place(k/s.Dim, k%s.Dim), v, instead)
		}
	}
	return nil
}

// TakeContext turns the last n columns into the context. It fails, changing
// nothing, when no column would be left, when there is a context already, or
// when LogDet counts the columns.
func (s *Set) TakeContext(n int) error {
	switch {
	case n == 0:
		return nil
	case n < 0:
		return fmt.Errorf("%d context columns: the number cannot be negative", n)
	case s.ContextDim > 0:
		return fmt.Errorf("%s has a context of %d columns already: the last %d columns cannot be one too", s.Name, s.ContextDim, n)
	case s.LogDet != 0:
		return fmt.Errorf("%s is scaled already: the last %d columns cannot be a context, which has no density", s.Name, n)
	case n >= s.Dim:
		return fmt.Errorf("%s has %d columns: %d of them as context leave none to model", s.Name, s.Dim, n)
	}
	dim := s.Dim - n
	context := make([]float32, s.Rows*n)
	for i := range s.Rows {
		row := s.X[i*s.Dim : (i+1)*s.Dim]
		copy(context[i*n:], row[dim:])
		copy(s.X[i*dim:], row[:dim])
	}
	s.X, s.Dim = s.X[:s.Rows*dim:s.Rows*dim], dim
	s.Context, s.ContextDim = context, n
	if s.Columns != nil {
		s.Columns, s.ContextNames = s.Columns[:dim:dim], s.Columns[dim:]
	}
	s.shape = nil
	return nil
}

// Array returns the rows, without the context, in the form that [WriteFile]
// takes. It shares memory with s.
func (s *Set) Array() Array {
	shape := s.shape
	if shape == nil {
		shape = []int{s.Dim}
	}
	return Array{Shape: append([]int{s.Rows}, shape...), Float32: s.X, Columns: s.Columns}
}

// place names a value of the set by its place in the source.
func (s *Set) place(row, col int) string {
	if s.places != nil {
		row = s.places[row]
	}
	return place(row, col, s.lines, s.Columns)
}

func place(row, col int, line bool, columns []string) string {
	column := "column " + strconv.Itoa(col)
	if columns != nil {
		column = "column " + strconv.Quote(shorten(columns[col]))
	}
	if line {
		return fmt.Sprintf("line %d, %s", row, column)
	}
	return fmt.Sprintf("row %d, %s (counted from 0)", row, column)
}

// part returns rows lo to hi as a set of its own that shares memory with s.
func (s *Set) part(lo, hi int, name string) *Set {
	p := *s
	p.Name = fmt.Sprintf("%s (%s)", s.Name, name)
	p.Rows = hi - lo
	p.X = s.X[lo*s.Dim : hi*s.Dim : hi*s.Dim]
	if s.ContextDim > 0 {
		p.Context = s.Context[lo*s.ContextDim : hi*s.ContextDim : hi*s.ContextDim]
	}
	if s.places == nil {
		p.places = sequence(lo, hi)
	} else {
		p.places = s.places[lo:hi:hi]
	}
	return &p
}

// pick returns those rows, in their order, as a set with memory of its own.
func (s *Set) pick(rows []int, name string) *Set {
	p := *s
	p.Name = fmt.Sprintf("%s (%s)", s.Name, name)
	p.Rows = len(rows)
	p.X = make([]float32, 0, len(rows)*s.Dim)
	p.places = make([]int, len(rows))
	if s.ContextDim > 0 {
		p.Context = make([]float32, 0, len(rows)*s.ContextDim)
	}
	for i, row := range rows {
		p.X = append(p.X, s.Row(row)...)
		if s.ContextDim > 0 {
			p.Context = append(p.Context, s.ContextRow(row)...)
		}
		p.places[i] = row
		if s.places != nil {
			p.places[i] = s.places[row]
		}
	}
	return &p
}

// swap exchanges rows i and j, places included.
func (s *Set) swap(i, j int) {
	swapSlices(s.Row(i), s.Row(j))
	if s.ContextDim > 0 {
		swapSlices(s.ContextRow(i), s.ContextRow(j))
	}
	s.places[i], s.places[j] = s.places[j], s.places[i]
}

func swapSlices(a, b []float32) {
	for k := range a {
		a[k], b[k] = b[k], a[k]
	}
}

func sequence(lo, hi int) []int {
	s := make([]int, hi-lo)
	for i := range s {
		s[i] = lo + i
	}
	return s
}
