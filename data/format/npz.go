package format

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
)

// NPZ is an open .npz file: a zip archive with a member NAME.npy for each array.
type NPZ struct {
	ctx     context.Context
	path    string
	file    *os.File
	size    int64
	members map[string]*zip.File
	order   []string // their names, as they come
	limit   *data.Limit
}

// An array NAME may come with companions: NAME_context holds the context of its
// rows, NAME_labels their class.
const (
	ContextSuffix = "_context"
	LabelsSuffix  = "_labels"
)

// maxArrayName bounds the name of an array, which messages repeat as it is.
const maxArrayName = 200

// OpenNPZ opens a .npz file, of whose arrays no more than the limit is read. The
// caller closes it.
func OpenNPZ(ctx context.Context, path string, limit *data.Limit) (_ *NPZ, err error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return nil, fmt.Errorf("it is not a whole zip archive: %w", err)
	}
	z := &NPZ{ctx: ctx, path: path, file: f, size: size, limit: limit, members: map[string]*zip.File{}}
	for _, m := range archive.File {
		name, isArray := strings.CutSuffix(m.Name, ".npy")
		if !isArray {
			continue
		}
		if err := checkArrayName(name); err != nil {
			return nil, err
		}
		if _, twice := z.members[name]; twice {
			return nil, fmt.Errorf("two arrays are named %q", name)
		}
		z.members[name], z.order = m, append(z.order, name)
	}
	if len(z.members) == 0 {
		return nil, errors.New("it holds no arrays")
	}
	return z, nil
}

// checkArrayName returns an error for a name that no message can repeat.
func checkArrayName(name string) error {
	if len(name) > maxArrayName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("an array is named %q: names are at most %d bytes of printable text", text.Shorten(name, 41), maxArrayName)
	}
	return nil
}

// Close closes the file.
func (z *NPZ) Close() { _ = z.file.Close() }

// Has tells whether there is an array of that name.
func (z *NPZ) Has(name string) bool { return z.members[name] != nil }

// Names lists the arrays that are not companions of others.
func (z *NPZ) Names() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(z.members)), func(name string) bool {
		return slices.ContainsFunc([]string{ContextSuffix, LabelsSuffix}, func(suffix string) bool {
			of, cut := strings.CutSuffix(name, suffix)
			return cut && z.Has(of)
		})
	})
}

// Array reads one array.
func (z *NPZ) Array(name string) (*data.Table, error) {
	t, err := z.read(name)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", name, err)
	}
	return t, nil
}

// IsTable reports whether the arrays are the columns of one table: vectors of one length, and
// more than one, or one of texts. Splits and folds are none.
func (z *NPZ) IsTable() bool {
	rows, texts := 0, false
	for _, name := range z.order {
		if slices.Contains([]string{"train", "valid", "test", FoldName(1)}, name) {
			return false
		}
		r, err := z.members[name].Open()
		if err != nil {
			return false
		}
		b, _, err := readNPYHeader(r)
		_ = r.Close()
		if err != nil || len(b.shape) != 1 || rows > 0 && b.rows != rows {
			return false
		}
		rows, texts = b.rows, texts || b.elem.isText()
	}
	return texts || len(z.Names()) > 1
}

// Table reads the table of [NPZ.IsTable], whose columns have the names of the arrays.
func (z *NPZ) Table() (*data.Table, error) {
	names, err := columnNames(z.order)
	if err != nil {
		return nil, err
	}
	var t *data.Table
	for col, name := range z.order {
		column, err := z.Array(name)
		if err != nil {
			return nil, err
		}
		if t == nil {
			if t, err = data.FromFlat(make([]float64, column.Rows()*len(names)), len(names), names...); err != nil {
				return nil, err
			}
			t.Name = z.path
		}
		if t.Rows() != column.Rows() {
			return nil, fmt.Errorf("array %s has %s, those before it %d", name, text.Count(column.Rows(), "row"), t.Rows())
		}
		for i := range t.Rows() {
			if text, ok := column.Text(i, 0); ok {
				t.SetText(i, col, text)
			} else {
				t.Set(i, col, column.At(i, 0))
			}
		}
		t.Notes = append(t.Notes, column.Notes...)
	}
	return t, nil
}

func (z *NPZ) read(name string) (*data.Table, error) {
	m := z.members[name]
	if m == nil {
		return nil, errors.New("the file has none of that name")
	}
	r, err := m.Open()
	if err != nil {
		return nil, damage(err)
	}
	defer func() { _ = r.Close() }()
	// Sizes in a zip archive are claims; only the size of the file is a fact.
	avail := int64(min(m.CompressedSize64, uint64(z.size)))
	if m.Method != zip.Store {
		avail = inflated(avail)
	}
	avail = int64(min(m.UncompressedSize64, uint64(avail)))
	return readArray(readNPYHeader, plainReader{z.ctx, r}, avail, fmt.Sprintf("%s (%s)", z.path, name), z.limit, ReadOptions{})
}

// WithContext reads an array and, if there is one, its context.
func (z *NPZ) WithContext(name string) (*data.Table, error) {
	s, err := z.Array(name)
	if err != nil || !z.Has(name+ContextSuffix) {
		return s, err
	}
	c, err := z.Array(name + ContextSuffix)
	if err != nil {
		return nil, err
	}
	if err := s.Attach(c); err != nil {
		return nil, fmt.Errorf("array %s: %w", name+ContextSuffix, err)
	}
	return s, nil
}

// Choose returns the array that is meant by name, "" being the only one.
func (z *NPZ) Choose(name string) (string, error) {
	names := z.Names()
	switch {
	case name != "" && z.Has(name):
		return name, nil
	case name != "":
		return "", fmt.Errorf("it has no array %q (it has %s)%s", name, text.Listed(names), text.DidYouMean(name, names))
	case z.Folds() > 1:
		return "", fmt.Errorf("it holds %d folds: choose the fold for testing, or name one array", z.Folds())
	case len(names) > 1:
		return "", fmt.Errorf("it holds %d arrays (%s): name one of them", len(names), text.Listed(names))
	}
	return names[0], nil
}

// FoldName is the name of the array of a fold, counted from 1.
func FoldName(k int) string { return fmt.Sprintf("fold_%d", k) }

// Folds returns how many arrays fold_1, fold_2, … the file has.
func (z *NPZ) Folds() int {
	n := 0
	for z.Has(FoldName(n + 1)) {
		n++
	}
	return n
}
