package data

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// npz is an open .npz file: a zip archive with a member NAME.npy for each array.
type npz struct {
	ctx          context.Context
	path         string
	size         int64
	members      map[string]*zip.File
	limit        *budget
	allowMissing bool
	close        func()
}

// An array NAME may come with companions: NAME_context holds the context of its
// rows, NAME_labels their class.
const (
	contextSuffix = "_context"
	labelsSuffix  = "_labels"
)

// maxArrayName bounds the name of an array, which messages repeat as it is.
const maxArrayName = 200

func notPrintable(r rune) bool { return !unicode.IsPrint(r) }

// listed joins the first names of what may be many.
func listed(names []string) string {
	const most = 20
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func openNPZ(ctx context.Context, path string, limit *budget, allowMissing bool) (*npz, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	z := &npz{ctx: ctx, path: path, size: size, limit: limit, allowMissing: allowMissing,
		members: map[string]*zip.File{}, close: func() { _ = f.Close() }}
	archive, err := zip.NewReader(f, size)
	if err != nil {
		z.close()
		return nil, fmt.Errorf("it is not a whole zip archive: %w", err)
	}
	for _, m := range archive.File {
		name, isArray := strings.CutSuffix(m.Name, ".npy")
		if !isArray {
			continue
		}
		if len(name) > maxArrayName || !utf8.ValidString(name) || strings.ContainsFunc(name, notPrintable) {
			z.close()
			return nil, fmt.Errorf("an array is named %q: names are at most %d bytes of printable text", shorten(name), maxArrayName)
		}
		if _, twice := z.members[name]; twice {
			z.close()
			return nil, fmt.Errorf("two arrays are named %q", name)
		}
		z.members[name] = m
	}
	if len(z.members) == 0 {
		z.close()
		return nil, errors.New("it holds no arrays")
	}
	return z, nil
}

func (z *npz) has(name string) bool { return z.members[name] != nil }

// names lists the arrays that are not companions of others.
func (z *npz) names() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(z.members)) {
		if !z.companion(name, contextSuffix) && !z.companion(name, labelsSuffix) {
			names = append(names, name)
		}
	}
	return names
}

func (z *npz) companion(name, suffix string) bool {
	of, cut := strings.CutSuffix(name, suffix)
	return cut && z.has(of)
}

// array reads one array.
func (z *npz) array(name string) (*Set, error) {
	s, err := z.readArray(name)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", name, err)
	}
	return s, nil
}

func (z *npz) readArray(name string) (*Set, error) {
	m := z.members[name]
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
	if claim := m.UncompressedSize64; claim < uint64(avail) {
		avail = int64(claim)
	}
	return readNPY(contextReader{z.ctx, r}, avail, fmt.Sprintf("%s (%s)", z.path, name), z.limit, z.allowMissing)
}

// withContext reads an array and, if there is one, its context.
func (z *npz) withContext(name string) (*Set, error) {
	s, err := z.array(name)
	if err != nil || !z.has(name+contextSuffix) {
		return s, err
	}
	c, err := z.array(name + contextSuffix)
	if err != nil {
		return nil, err
	}
	if err := s.attach(c); err != nil {
		return nil, fmt.Errorf("array %s: %w", name+contextSuffix, err)
	}
	return s, nil
}

// single reads the array of that name, or the only one when name is "".
func (z *npz) single(name string) (*Set, error) {
	name, err := z.choose(name)
	if err != nil {
		return nil, err
	}
	return z.withContext(name)
}

// choose returns the array that is meant by name, "" being the only one.
func (z *npz) choose(name string) (string, error) {
	names := z.names()
	switch {
	case name != "" && z.has(name):
		return name, nil
	case name != "":
		return "", fmt.Errorf("it has no array %q (it has %s)%s", name, listed(names), didYouMean(name, names))
	case z.folds() > 1:
		return "", fmt.Errorf("it holds %d folds: choose the fold for testing, or name one array", z.folds())
	case len(names) > 1:
		return "", fmt.Errorf("it holds %d arrays (%s): name one of them", len(names), listed(names))
	}
	return names[0], nil
}

// load reads the splits, or the one array that is to be divided, as Train
// alone. want names it; "" is train, valid and test, or the only array.
func (z *npz) load(want string, labels bool) (*Splits, error) {
	var names []string
	if want == "" && (z.has("train") || z.has("valid") || z.has("test")) {
		names = []string{"train", "valid", "test"}
		for _, name := range names {
			if !z.has(name) {
				return nil, fmt.Errorf("it has no array %q (it has %s): give all of train, valid and test, or name the one array to divide",
					name, listed(z.names()))
			}
		}
	} else {
		name, err := z.choose(want)
		if err != nil {
			return nil, err
		}
		names = []string{name}
	}
	var sets, classes []*Set
	for _, name := range names {
		s, err := z.withContext(name)
		if err != nil {
			return nil, err
		}
		sets = append(sets, s)
		if !labels {
			continue
		}
		if !z.has(name + labelsSuffix) {
			return nil, fmt.Errorf("labels are asked for, but it has no array %q", name+labelsSuffix)
		}
		c, err := z.array(name + labelsSuffix)
		if err != nil {
			return nil, err
		}
		classes = append(classes, c)
	}
	if labels {
		if err := attachLabels(sets, classes, z.limit); err != nil {
			return nil, err
		}
	}
	if len(sets) == 1 {
		return &Splits{Train: sets[0]}, nil
	}
	return &Splits{Train: sets[0], Valid: sets[1], Test: sets[2]}, nil
}
