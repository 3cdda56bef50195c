package maskflow

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

// fact is something that a column has.
type fact struct{ what, is string }

// agree returns an error unless the densities of two models are of the same columns, events and units, so that their
// probabilities can be averaged: names, kinds, roles, levels, bounds, steps, periods, and what has a probability of its
// own. Transforms and scales are a model's own.
func agree(a, b *Model, nameA, nameB string) error {
	x, y := columnsOf(a.prep, a.Definition()), columnsOf(b.prep, b.Definition())
	for i := range min(len(x), len(y)) {
		for j, f := range x[i] {
			g := y[i][j]
			switch {
			case f == g:
				continue
			case j == 0:
				return fmt.Errorf("column %d is %q in %s and %q in %s: an ensemble needs the same columns in the same order", i+1, text.Shorten(f.is, 41), nameA, text.Shorten(g.is, 41), nameB)
			}
			return fmt.Errorf("column %q: %s %s in %s and %s in %s (an ensemble needs the same columns; declare them with data.columns)",
				text.Shorten(x[i][0].is, 41), f.what, text.Shorten(cmp.Or(f.is, "none"), 61), nameA, text.Shorten(cmp.Or(g.is, "none"), 61), nameB)
		}
	}
	if len(x) > len(y) {
		x, y, nameA, nameB = y, x, nameB, nameA
	}
	if len(x) < len(y) {
		return fmt.Errorf("column %q of %s is none of %s: an ensemble needs the same columns", text.Shorten(y[len(x)][0].is, 41), nameB, nameA)
	}
	return nil
}

// columnsOf are the variables, the columns of the context, and that of the weights, each with its name first.
func columnsOf(p *data.Preparation, d models.Definition) (all [][]fact) {
	schema := p.Schema()
	if schema == nil {
		return plainColumnsOf(p, d)
	}
	modelled := p.Modelled()
	for d, c := range p.Variables {
		all = append(all, factsOf(schema[c], &modelled[d], ""))
	}
	for _, c := range p.Context {
		all = append(all, factsOf(schema[c], nil, ""))
	}
	for _, c := range schema {
		if c.Role == data.WeightRole {
			all = append(all, factsOf(c, nil, ""))
		}
	}
	return all
}

// factsOf are those of a column, which is a variable of a schema unless of is nil, and what its values are made.
func factsOf(c data.Column, of *data.Modelled, made string) []fact {
	holes, atoms := "", ""
	switch {
	case of == nil && c.Missing, of != nil && of.Hole:
		holes = "an event"
	case of != nil && of.Unknown:
		holes = "not known"
	}
	if of == nil || of.Atoms > 0 {
		for _, v := range c.Atoms {
			if atoms != "" {
				atoms += ", "
			}
			atoms += data.Number(v)
		}
	}
	bound := func(v *float64) string {
		if v == nil {
			return ""
		}
		return data.Number(*v)
	}
	positive := func(v float64) string {
		if v == 0 {
			return ""
		}
		return data.Number(v)
	}
	return []fact{{"name", c.Name}, {"role", string(cmp.Or(c.Role, data.VariableRole))}, {"kind", string(c.Kind)}, {"levels", text.Listed(c.Levels)},
		{"lower bound", bound(c.Min)}, {"upper bound", bound(c.Max)}, {"step", positive(c.Step)}, {"period", positive(c.Period)},
		{"format", c.Format}, {"missing cells", holes}, {"values with a probability", atoms}, {"values made", made}}
}

// plainColumnsOf are the columns of rows without a schema, of which it is known what the model and the source make of them.
func plainColumnsOf(p *data.Preparation, d models.Definition) (all [][]fact) {
	variables, context := p.Names()
	made := ""
	for _, step := range p.Steps {
		switch s := step.(type) {
		case *data.Binarize:
			made = "bits"
		case *data.Dequantise:
			made = text.Count(s.Levels, "level") + " with noise"
		}
	}
	plain := func(names []string, d int, role data.Role, kind data.ColumnKind, made string) {
		c := data.Column{Name: strconv.Itoa(d), Role: role, Kind: kind}
		if d < len(names) {
			c.Name = names[d]
		}
		all = append(all, factsOf(c, nil, made))
	}
	for k, v := range models.VariablesOf(d) {
		plain(variables, k, data.VariableRole, kindOf(v.Support.Kind), made)
	}
	for k := range d.ContextDim() {
		plain(context, k, data.ContextRole, data.Real, "")
	}
	return all
}

// kindOf is the kind of the values of a variable.
func kindOf(k models.SupportKind) data.ColumnKind {
	kinds := []data.ColumnKind{models.RealValues: data.Real, models.BitValues: data.Binary, models.CategoryValues: data.Categorical,
		models.CircleValues: data.Circular, models.GridValues: data.Integer}
	return kinds[min(max(int(k), 0), len(kinds)-1)]
}
