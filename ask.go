package maskflow

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

// Ask returns p(x_d | what is known of the row, context) for each asked variable d, counted from 0, of each row,
// row-major [rows, len(asked)], computed on the host. x is [rows, dim] with models.NotKnown where there is no
// value, as at all asked variables; cond is [rows, contextDim], nil without a context. It is an error for a model that
// is no [models.HostAsker]; others are those of [models.Asker]. It may be called after Close.
func (m *Core) Ask(ctx context.Context, x, cond []float32, asked ...int) ([]models.Conditional, error) {
	a, err := m.density.Asker()
	if err != nil {
		return nil, err
	}
	return a.Ask(ctx, x, cond, asked)
}

// PrepareGiven makes rows of the model of a table that has some of the columns and cells: see [data.Preparation.Given].
func (m *Model) PrepareGiven(rows *data.Table) (*data.Prepared, error) {
	s, err := m.prep.Given(rows)
	if err != nil {
		return nil, err
	}
	return s, CheckRows(m.Definition(), s)
}

// Conditional returns the distribution of one column given all others that are known of a row, for each row of a
// table: missing cells are not known, nor are columns that the table has not, and what it has of the asked column
// counts for nothing. Of a [models.Targeted] the column is a target, which is given all columns that are none: missing cells
// of these are as in its training, events or not known. The distribution is of numbers as the model sees them: a level by its number, a state by its
// code, others as the preparation scales them. A column without a name goes by its number among the variables, from 0.
// Errors are those of Ask and PrepareGiven, and one names a column that is no variable.
func (m *Model) Conditional(ctx context.Context, rows *data.Table, column string) ([]models.Conditional, error) {
	if _, err := m.density.Asker(); err != nil {
		return nil, err
	}
	d, err := m.variable(column)
	if err != nil {
		return nil, err
	}
	s, err := m.PrepareGiven(rows)
	if err != nil {
		return nil, err
	}
	x := s.Values()
	if t, ok := m.Definition().(models.Targeted); ok {
		if err := m.others(rows, t); err != nil {
			return nil, err
		}
		holes(x, t)
	}
	for i := d; i < len(x); i += s.Dim {
		x[i] = models.NotKnown
	}
	return m.Ask(ctx, x, s.Context, d)
}

// others returns an error where a table has not all columns that a model of targets is given.
func (m *Model) others(rows *data.Table, t models.Targeted) error {
	if rows.Columns == nil {
		return nil // they go by their places
	}
	targets, names := models.TargetsOf(t), models.VariablesOf(t)
	for d, v := range names {
		if name := v.Label(d); v.Name != "" && !v.Unknown && !slices.Contains(rows.Columns, name) && !slices.Contains(targets, name) {
			return fmt.Errorf("%s has no column %q, which the model is given to predict %s", cmp.Or(rows.Name, "the table"), text.Shorten(name, 41), text.Listed(targets))
		}
	}
	return nil
}

// holes takes what is not known in rows x [n, dim] for an event, where training had it so of variables that are no targets.
func holes(x []float32, t models.Targeted) {
	variables, targets := models.VariablesOf(t), t.Targets()
	for i, v := range x {
		if d := i % len(variables); models.IsNotKnown(v) && variables[d].Hole && !slices.Contains(targets, d) {
			x[i] = models.StateCode(0)
		}
	}
}

// variable is the number of the variable that a column is.
func (m *Model) variable(column string) (int, error) {
	names, _ := m.prep.Names()
	short := text.Shorten(column, 41)
	if d := slices.Index(names, column); d >= 0 {
		return d, nil
	}
	if names != nil {
		return 0, fmt.Errorf("the model has no variable %q: it has %s%s", short, text.Listed(names), text.DidYouMean(column, names))
	}
	d, err := strconv.Atoi(column)
	if dim := m.Definition().Dim(); err != nil || d < 0 || d >= dim {
		return 0, fmt.Errorf("the model has no variable %q: its variables have numbers from 0 to %d", short, dim-1)
	}
	return d, nil
}
