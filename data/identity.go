package data

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

// Identity tells the rows of a training from others: those that a source gives later
// may have changed.
type Identity struct {
	// Columns are the names of the variables and of the context, nil where the source has
	// none, and Width is their number.
	Columns []string `json:"columns,omitempty"`
	Width   int      `json:"width"`
	Train   RowsSum  `json:"train"`
	Valid   RowsSum  `json:"valid"`
	Test    RowsSum  `json:"test"`
	// Changed is not nil for a training that was continued on other rows, and lists what
	// differed: a later test row may be one that it was trained on before.
	Changed []string `json:"changed,omitempty"`
}

// RowsSum is the number and the checksums of some rows, of their variables and contexts
// as the source has them.
type RowsSum struct {
	Rows int `json:"rows"`
	// SHA256 is that of the values and of the weight, one row after the other: 4 bytes of a float32, or of
	// what it cannot hold four bytes 0xff and the 8 of a float64, little-endian.
	SHA256 string `json:"sha256"`
	// Unordered is the same for the same rows in another order.
	Unordered string `json:"unordered"`
}

// identify computes the identity of the rows of three splits.
func (p *Preparation) identify(parts []Part) *Identity {
	d := &Identity{Width: p.Dim() + p.ContextDim()}
	if variables, context := p.Names(); variables != nil {
		d.Columns = slices.Concat(variables, context)
	}
	if p.table != nil {
		if d.Width = len(p.used()); d.Columns != nil {
			d.Columns = p.columnNames(p.used())
		}
	}
	for i, at := range []*RowsSum{&d.Train, &d.Valid, &d.Test} {
		*at = p.sum(parts[i])
	}
	return d
}

// IdentityOf is the identity of splits, that of their prepared rows where a program made
// them by itself; nil for a target.
func IdentityOf(s *Splits) *Identity {
	if s == nil || s.Identity != nil || s.Target != "" || s.Train == nil || s.Train.Dim == 0 {
		if s == nil {
			return nil
		}
		return s.Identity
	}
	d := &Identity{Columns: s.Train.Columns, Width: s.Train.Width() + s.Train.ContextDim}
	for i, at := range []*RowsSum{&d.Train, &d.Valid, &d.Test} {
		if set := s.Sets()[i].Set; set != nil && len(set.X) == set.Rows*set.Width() && len(set.Context) == set.Rows*set.ContextDim {
			p := &Preparation{Variables: sequence(0, set.Width()), Apart: set.ContextDim}
			*at = p.sum(Part{Table: &Table{rows: set.Rows, dim: set.Width(), narrow: set.X, Context: &Table{dim: set.ContextDim, narrow: set.Context}}})
		}
	}
	return d
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (p *Preparation) sum(part Part) RowsSum {
	const block = 1 << 16
	all, unordered := sha256.New(), uint64(0)
	b := make([]byte, 0, 2*block)
	t, columns := part.Table, slices.Concat(p.Variables, p.Context)
	var cells []source
	if p.table != nil {
		cells, _ = p.sources(t, p.used()) // which Apply checks
		if w := p.weightsOf(t); w != nil {
			cells = append(cells, *w)
		}
		columns = []int{}
	}
	if len(columns) == t.dim && slices.IsSorted(columns) {
		columns = nil
	}
	for i := range part.Len() {
		row := part.row(i)
		start := len(b)
		b = t.appendRow(b, row, columns)
		for _, at := range cells {
			b = at.t.appendCell(b, at.t.At(row, at.col))
		}
		if p.Apart > 0 && p.table == nil {
			b = t.Context.appendRow(b, row, nil)
		}
		one := b[start:]
		unordered += mix(uint64(crc32.Checksum(one, castagnoli))<<32 | uint64(crc32.ChecksumIEEE(one)))
		if len(b) >= block {
			all.Write(b)
			b = b[:0]
		}
	}
	all.Write(b)
	return RowsSum{part.Len(), hex.EncodeToString(all.Sum(nil)), fmt.Sprintf("%016x", unordered)}
}

// appendRow appends some columns of a row, nil being all of them.
func (t *Table) appendRow(b []byte, row int, columns []int) []byte {
	switch {
	case columns == nil && t.narrow != nil: // fast: there may be many
		for _, v := range t.narrow[row*t.dim : (row+1)*t.dim] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v+0)) // −0 is 0
		}
	case columns == nil:
		for _, v := range t.wide.row(row, t.dim) {
			b = t.appendCell(b, v)
		}
	default:
		for _, c := range columns {
			b = t.appendCell(b, t.At(row, c))
		}
	}
	return b
}

// appendCell appends a value of the table or, behind its length, a text.
func (t *Table) appendCell(b []byte, v float64) []byte {
	if id, ok := t.textID(v); ok {
		b = binary.LittleEndian.AppendUint32(append(b, 0xff, 0xff, 0xff, 0xfe), uint32(len(t.texts[id])))
		return append(b, t.texts[id]...)
	}
	return appendValue(b, v)
}

func appendValue(b []byte, v float64) []byte {
	if narrow := float32(v); float64(narrow) == v {
		return binary.LittleEndian.AppendUint32(b, math.Float32bits(narrow+0)) // −0 is 0
	}
	return binary.LittleEndian.AppendUint64(append(b, 0xff, 0xff, 0xff, 0xff), math.Float64bits(v))
}

// ChangedError says that rows are not those of a training.
type ChangedError struct {
	// Source is what gives the rows.
	Source string
	// Differences are from the training's rows: of the columns, then of the splits.
	Differences []Difference
}

// Difference is what one split, or Split "" the columns, has become.
type Difference struct{ Split, What string }

func (d Difference) String() string {
	if d.Split == "" {
		return d.What
	}
	return d.Split + " has " + d.What
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s has changed since the training: %s", e.Source, strings.Join(e.Texts(), "; "))
}

// Texts are the differences in words.
func (e *ChangedError) Texts() (texts []string) {
	for _, d := range e.Differences {
		texts = append(texts, d.String())
	}
	return texts
}

// Concerns reports whether a split, or the columns of all, has changed.
func (e *ChangedError) Concerns(split string) bool {
	return slices.ContainsFunc(e.Differences, func(d Difference) bool { return d.Split == "" || d.Split == split })
}

// Differs is what differs in a split, or in the columns of all, from other rows; nil where nothing does, or either side is
// not known.
func (d *Identity) Differs(now *Identity, split string) *ChangedError {
	if e := (*ChangedError)(nil); errors.As(d.Check(now, ""), &e) && e.Concerns(split) {
		return e
	}
	return nil
}

// Check compares rows with those of the training. The error is a *[ChangedError]; there is
// none where either side is not known.
func (d *Identity) Check(now *Identity, source string) error {
	if d == nil || now == nil {
		return nil
	}
	e := &ChangedError{Source: cmp.Or(source, "the data")}
	switch {
	case d.Width != now.Width:
		e.Differences = append(e.Differences, Difference{"", widths(0, now.Width, 0, d.Width)})
	case !slices.Equal(d.Columns, now.Columns):
		e.Differences = append(e.Differences, Difference{"", fmt.Sprintf("the columns are %s, not %s", listed(now.Columns), listed(d.Columns))})
	}
	moved := d.all() == now.all()
	for i, then := range d.sums() {
		found := Difference{Split: splitNames[i]}
		switch is := now.sums()[i]; {
		case then == is:
			continue
		case then.Rows != is.Rows:
			found.What = fmt.Sprintf("%s, %d then", text.Count(is.Rows, "row"), then.Rows)
		case then.Unordered == is.Unordered:
			found.What = "the same rows in another order"
		case moved:
			found.What = "rows that were in another split"
		default:
			found.What = "other rows"
		}
		e.Differences = append(e.Differences, found)
	}
	if e.Differences == nil {
		return nil
	}
	return e
}

func (d *Identity) sums() []RowsSum { return []RowsSum{d.Train, d.Valid, d.Test} }

// all is the number and the checksum of the rows of all splits, whatever their order.
func (d *Identity) all() (sum struct {
	rows      int
	unordered uint64
}) {
	for _, s := range d.sums() {
		n, _ := strconv.ParseUint(s.Unordered, 16, 64)
		sum.rows, sum.unordered = sum.rows+s.Rows, sum.unordered+n
	}
	return sum
}

// widths says how many columns there are and were, of them so many variables.
func widths(dim, is, dimThen, then int) string {
	if is != then {
		return fmt.Sprintf("%s, %d then", text.Count(is, "column"), then)
	}
	return fmt.Sprintf("%s, %d then", text.Count(dim, "variable"), dimThen)
}

func listed(columns []string) string {
	if columns == nil {
		return "without names"
	}
	return text.Listed(columns)
}
