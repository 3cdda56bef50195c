package format

import (
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/maskflow/maskflow/data"
)

// block describes numbers that are stored one after another: what a header says.
type block struct {
	elem       element
	shape      []int
	rows, cols int  // shape[0] and the product of the other dimensions
	fortran    bool // the first index varies fastest
}

// newBlock checks a claimed shape. A vector is one column; further dimensions
// than two are one long row, the last index varying fastest.
func newBlock(elem element, shape []uint64, fortran bool) (block, error) {
	if len(shape) == 0 {
		return block{}, errors.New("it holds a single number: one row for each example is needed")
	}
	b := block{elem: elem, shape: make([]int, len(shape)), fortran: fortran}
	size := uint64(1)
	for i, n := range shape {
		if n == 0 {
			what := "rows"
			if i > 0 {
				what = "columns"
			}
			return block{}, fmt.Errorf("shape %s: it has no %s", shapeText(shape), what)
		}
		hi, lo := bits.Mul64(size, n)
		if hi != 0 || lo > math.MaxInt64/8 {
			return block{}, fmt.Errorf("shape %s: more values than any memory holds: the header is damaged", shapeText(shape))
		}
		size = lo
		b.shape[i] = int(n)
	}
	b.rows = b.shape[0]
	b.cols = int(size) / b.rows
	return b, nil
}

func shapeText[T int | uint64](shape []T) string {
	return strings.NewReplacer("[", "(", "]", ")", " ", ", ").Replace(fmt.Sprint(shape))
}

// index returns the row and column of the k-th stored number.
func (b block) index(k int) (row, col int) {
	if !b.fortran {
		return k / b.cols, k % b.cols
	}
	row, k = k%b.rows, k/b.rows
	stride := b.cols
	for _, n := range b.shape[1:] {
		stride /= n
		col += k % n * stride
		k /= n
	}
	return row, col
}

// readArray reads a header and the numbers that follow in r, which must end with them.
// avail is an upper bound on the bytes that r can give: no more memory than for them is
// taken.
func readArray(header func(io.Reader) (block, int, error), r io.Reader, avail int64, name string, limit *data.Limit, o ReadOptions) (
	*data.Table, error) {
	b, n, err := header(r)
	if err != nil {
		return nil, fmt.Errorf("in the header: %w", err)
	}
	avail -= int64(n)
	total, size := b.rows*b.cols, b.elem.size()
	if int64(total) > avail/int64(size) {
		return nil, fmt.Errorf("shape %s of %s needs %d bytes, but at most %d follow the header: the file is cut short or the header is damaged",
			shapeText(b.shape), b.elem.kind, total*size, avail)
	}
	head := o.Head && limit.Left() < int64(total) && !b.fortran
	if head {
		b.rows = int(limit.Left()) / b.cols
		total = b.rows * b.cols
	}
	if err := limit.Take(int64(max(total, b.cols))); err != nil {
		return nil, err
	}
	var t *data.Table
	if b.elem.isText() {
		t, err = readTexts(b, r, limit)
	} else if b.elem.narrow() {
		t, err = readBlock[float32](b, r, o.Infinite)
	} else {
		t, err = readBlock[float64](b, r, o.Infinite)
	}
	if err != nil {
		return nil, err
	}
	t.Name = name
	if b.elem.kind == "i8" || b.elem.kind == "u8" {
		if i := slices.IndexFunc(t.Float64(), func(v float64) bool { return math.Abs(v) >= exactWhole }); i >= 0 {
			t.Notes = []string{roundedNote(t.Place(i/b.cols, i%b.cols), t.Float64()[i])}
		}
	}
	if len(b.shape) != 2 {
		t.Shape = b.shape[1:]
	}
	if head {
		return t, nil
	}
	return t, atEnd(r)
}

// exactWhole is where float64 begins to leave out whole numbers.
const exactWhole = 1 << 53

func roundedNote(place string, v float64) string {
	return fmt.Sprintf("%s is beyond 2^53: float64 rounds whole numbers there, this one to a step of %g", place, math.Nextafter(math.Abs(v), math.Inf(1))-math.Abs(v))
}

func readBlock[T float32 | float64](b block, r io.Reader, infinite bool) (*data.Table, error) {
	total, size := b.rows*b.cols, b.elem.size()
	x := make([]T, total)
	raw, decode := make([]byte, min(total, 1<<15)*size), decoder[T](b.elem)
	var transposed []T
	if b.fortran {
		transposed = make([]T, len(raw)/size)
	}
	for k := 0; k < total; {
		n := min(total-k, len(raw)/size)
		got, err := io.ReadFull(r, raw[:n*size])
		if err != nil {
			row, col := b.index(k + got/size)
			return nil, fmt.Errorf("at %s of shape %s: %w", data.Place(row, col, false, nil), shapeText(b.shape), damage(err))
		}
		dst := x[k : k+n]
		if b.fortran {
			dst = transposed[:n]
		}
		decode(dst, raw[:n*size])
		if i, what := refuse(b.elem, dst, infinite); i >= 0 {
			row, col := b.index(k + i)
			return nil, fmt.Errorf("%s %s", data.Place(row, col, false, nil), what)
		}
		for i := 0; b.fortran && i < n; i++ {
			row, col := b.index(k + i)
			x[row*b.cols+col] = dst[i]
		}
		k += n
	}
	return data.FromFlat(x, b.cols)
}

// readTexts reads texts, of which the empty one is a missing value.
func readTexts(b block, r io.Reader, limit *data.Limit) (*data.Table, error) {
	t, err := data.FromFlat(make([]float64, b.rows*b.cols), b.cols)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, b.elem.size())
	for k := range b.rows * b.cols {
		row, col := b.index(k)
		if _, err := io.ReadFull(r, raw); err != nil {
			return nil, fmt.Errorf("at %s of shape %s: %w", data.Place(row, col, false, nil), shapeText(b.shape), damage(err))
		}
		cell := strings.TrimSpace(b.elem.text(raw))
		switch {
		case cell == "":
			t.Set(row, col, math.NaN())
		case !utf8.ValidString(cell):
			return nil, fmt.Errorf("%s is no text in UTF-8", data.Place(row, col, false, nil))
		default:
			if err := setText(t, row, col, cell, limit); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// setText puts a text into a cell, and counts one that is new as many values as it takes memory of.
func setText(t *data.Table, row, col int, text string, limit *data.Limit) error {
	known := t.Texts()
	if t.SetText(row, col, text); t.Texts() == known {
		return nil
	}
	return limit.Take(int64(8 + len(text)/8))
}

// atEnd reads on to the end, where the checksum of compressed data is checked.
func atEnd(r io.Reader) error {
	var one [1]byte
	switch n, err := io.ReadFull(r, one[:]); {
	case n > 0:
		return errors.New("more bytes follow than the header says: the file is damaged or holds several arrays")
	case err != io.EOF:
		return damage(err)
	}
	return nil
}

// damage says in plain words what a failed read means.
func damage(err error) error {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the data ends too early: the file is cut short or damaged")
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, gzip.ErrChecksum):
		return errors.New("the checksum does not match: the file is damaged")
	case corrupt, errors.Is(err, gzip.ErrHeader), errors.Is(err, zip.ErrFormat):
		return errors.New("the compressed data is damaged")
	}
	return err
}

// deflateRatio is more than deflate can ever gain: 258 bytes for 2 bits.
const deflateRatio = 1040

// inflated bounds the bytes that n compressed ones can become.
func inflated(n int64) int64 {
	if n > math.MaxInt64/deflateRatio-64 {
		return math.MaxInt64
	}
	return (n + 64) * deflateRatio
}
