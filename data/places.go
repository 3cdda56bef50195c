package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

// columnsOf returns the columns of a table that are the variables and the context, which
// have the names of the source where both have names.
func (p *Preparation) columnsOf(t *Table) (variables, context []int, err error) {
	if variables, context, err = p.placesOf(t); err == nil {
		err = p.checkNames(t, variables, context)
	}
	return variables, context, err
}

// placesOf returns the columns of a table that are the variables and the context by their
// number. A table has either all the columns of the source, perhaps followed by a context
// that the source keeps apart, or, without those that are dropped, the variables followed
// by the context.
func (p *Preparation) placesOf(t *Table) (variables, context []int, err error) {
	apart := t.apart()
	switch dim, width := p.Dim(), p.ContextDim(); {
	case t.dim == p.Width && apart == p.Apart:
		return p.Variables, p.Context, nil
	case p.Apart > 0 && t.dim == p.Width+p.Apart && apart == 0:
		return p.Variables, sequence(p.Width, t.dim), nil
	case t.dim == dim && apart == width:
		return sequence(0, dim), nil, nil
	case t.dim == dim+width && apart == 0:
		return sequence(0, dim), sequence(dim, dim+width), nil
	default:
		have, want := text.Count(t.dim, "column"), fmt.Sprint(dim)
		if apart > 0 {
			have += fmt.Sprintf(" and %d of context", apart)
		}
		if width > 0 {
			want += fmt.Sprintf(", followed by %d of context", width)
		}
		return nil, nil, fmt.Errorf("%s has %s, but the model needs %s", t.label(), have, want)
	}
}

// checkNames returns an error unless the columns of a table that has names for them are
// those of the source, where it had names.
func (p *Preparation) checkNames(t *Table, variables, context []int) error {
	err := sameNames(t.label(), pick(t.Columns, slices.Concat(variables, context)), pick(p.Columns, slices.Concat(p.Variables, p.Context)))
	if err == nil && context == nil && t.Context != nil {
		return p.checkContextNames(t.Context)
	}
	return err
}

// checkContextNames returns an error unless the columns of a table of contexts that has names
// for them are those of the source. The names of a context that the source keeps apart
// say nothing.
func (p *Preparation) checkContextNames(t *Table) error {
	return sameNames(t.label(), t.Columns, pick(p.Columns, p.Context))
}

// sameNames compares the names of columns as far as there are any.
func sameNames(table string, have, want []string) error {
	for k := range min(len(want), len(have)) {
		if have[k] == want[k] {
			continue
		}
		how := "a table without names is taken as it is"
		if slices.Equal(slices.Sorted(slices.Values(have)), slices.Sorted(slices.Values(want))) {
			how = "the same names in another order; the order is " + text.Listed(want)
		}
		return fmt.Errorf("%s: column %q stands where the model has %q (%s; --by-position looks at no names)",
			table, text.Shorten(have[k], 41), text.Shorten(want[k], 41), how)
	}
	return nil
}

// apart is the number of columns of the context that a table keeps apart.
func (t *Table) apart() int {
	if t.Context == nil {
		return 0
	}
	return t.Context.dim
}

// pick returns the elements at some places, nil of nil.
func pick[T any](from []T, places []int) (picked []T) {
	for _, k := range places {
		if from != nil {
			picked = append(picked, from[k])
		}
	}
	return picked
}

// source is the table that has a column of a schema, and its number there.
func (t *Table) source(c int) (*Table, int) {
	if c >= t.dim && t.Context != nil {
		return t.Context, c - t.dim
	}
	return t, c
}

// source is a column of a table.
type source struct {
	t   *Table
	col int
}

// sources returns where in a table columns of the source are, by their names or, where either
// has none, by their places: the table has all columns of the source, or those alone.
func (p *Preparation) sources(t *Table, columns []int) ([]source, error) {
	all := make([]source, 0, t.dim+t.apart())
	for c := range t.dim {
		all = append(all, source{t, c})
	}
	names := t.Columns
	if err := t.checkContext(t.Context); err != nil {
		return nil, err
	}
	if t.Context != nil {
		for c := range t.Context.dim {
			all = append(all, source{t.Context, c})
		}
		if names != nil || t.dim == 0 {
			names = slices.Concat(names, t.Context.Columns)
		}
	}
	found := make([]source, len(columns))
	if p.reading.ByPosition || p.Columns == nil || len(names) != len(all) {
		var order []int
		switch len(all) {
		case len(p.table.Columns):
			order = sequence(0, len(all))
		case len(columns):
			order = slices.Sorted(slices.Values(columns))
		default:
			return nil, fmt.Errorf("%s has %s, but the model needs %d: %s", t.label(), text.Count(len(all), "column"), len(columns), text.Listed(p.columnNames(columns)))
		}
		for k, c := range columns {
			at, _ := slices.BinarySearch(order, c)
			found[k] = all[at]
		}
		return found, nil
	}
	place := make(map[string]int, len(names))
	for k, name := range names {
		place[name] = k
	}
	var missing []string
	for k, c := range columns {
		name := p.table.Columns[c].Name
		at, ok := place[name]
		if !ok {
			missing = append(missing, strconv.Quote(text.Shorten(name, 41))+text.DidYouMean(name, names))
			continue
		}
		found[k] = all[at]
	}
	if missing != nil {
		return nil, fmt.Errorf("%s has no column %s: it has %s; --by-position looks at no names", t.label(), strings.Join(missing, ", "), text.Listed(names))
	}
	return found, nil
}

// used are the columns that a model sees, variables and then the context.
func (p *Preparation) used() []int { return slices.Concat(p.Variables, p.Context) }

func (p *Preparation) columnNames(columns []int) (names []string) {
	for _, c := range columns {
		names = append(names, p.table.Columns[c].Name)
	}
	return names
}

// unused names the columns of a table that no column of the source is.
func (p *Preparation) unused(t *Table) (names []string) {
	if p.reading.ByPosition || p.Columns == nil {
		return nil
	}
	for _, name := range t.Columns {
		if !slices.ContainsFunc(p.table.Columns, func(f fitted) bool { return f.Name == name }) {
			names = append(names, name)
		}
	}
	return names
}
