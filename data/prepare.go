package data

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// Preparation makes of the rows of a source the rows that a model sees, and the
// other way round. It is fitted once, to training rows, and then a part of the
// model: every reader of rows applies it and every writer of rows undoes it. All
// of it is computed in float64.
//
// First the columns are chosen; then each of the steps changes the variables. A
// step has a log-determinant: with y = f(x) the prepared row,
//
//	ln p(x) = ln p(y) + ln |det ∂y/∂x|
//
// Of a table with a [Schema] each column has transforms of its own in the place of steps, and a
// variable becomes one number: the code of a level, a number in model space, the middle of the
// cell of a number that is rounded, whose width the row has too, or the code of a state, which is
// a hole or an atom.
type Preparation struct {
	// Width is the number of columns of the source, and Columns are their names,
	// if they have names.
	Width   int      `json:"width"`
	Columns []string `json:"columns,omitempty"`
	// Variables and Context are the columns, counted from 0, that are modelled and
	// that are the context. The others are dropped.
	Variables []int `json:"variables"`
	Context   []int `json:"context,omitempty"`
	// Apart is the number of columns of a context that the source keeps apart from
	// its rows, such as labels.
	Apart int `json:"context_apart,omitempty"`
	// ApartNames are the names of those columns, or nil.
	ApartNames []string `json:"context_names,omitempty"`
	// Steps change the variables, one after the other.
	Steps []Step `json:"-"`
	// ContextScale gives the columns of the context mean 0 and variance 1 of the training rows,
	// those of bits left out; nil where they are as the source has them.
	ContextScale *Scale `json:"context_scale,omitempty"`
	// NoiseByPlace is true for runs that version 0.1.0 began: the noise of a row follows
	// from its place in its split or file. Else that of training rows alone does, and the
	// noise of rows that are evaluated follows from their values.
	NoiseByPlace bool `json:"noise_by_place,omitempty"`
	// Legacy is true for a model of version 0.1.0, which kept none of the steps that
	// a source prescribes: they come before Steps. It is not kept.
	Legacy bool `json:"-"`

	own     int      // how many of the last steps are the model's, not the source's
	table   *tabular // of a table with a schema, else nil
	reading Reading
}

// Step changes the variables of a row.
type Step interface {
	// kind is the name by which the step is kept.
	kind() string
	// check returns what is wrong with a step for so many variables.
	check(dim int) error
	// start returns the function that changes the rows of a set, one after the
	// other, and returns ln |det|. When a value is outside of the domain it returns
	// its column and what is wrong with it.
	start(set noiseOf) func(row []float64) (logDet float64, col int, problem string)
	// undo takes a row back.
	undo(row []float64)
}

// NewPreparation returns the preparation that takes rows as they are: the variables,
// followed by the context.
func NewPreparation(dim, contextDim int, steps ...Step) *Preparation {
	return &Preparation{Width: dim + contextDim, Variables: sequence(0, dim), Context: sequence(dim, dim+contextDim), Steps: steps}
}

// ownSteps is the number of the last steps that are the model's, 0 for none.
func (p *Preparation) ownSteps() int {
	if p == nil {
		return 0
	}
	return p.own
}

// Dim is the number of variables, ContextDim that of columns of the context.
func (p *Preparation) Dim() int { return len(p.Variables) }

// ContextDim is as described at [Preparation.Dim].
func (p *Preparation) ContextDim() (n int) {
	if p.table == nil {
		return len(p.Context) + p.Apart
	}
	for _, c := range p.Context {
		n += len(p.table.Columns[c].inputs())
	}
	return n
}

// Names returns the names of the variables and of the prepared context, nil where the
// source has none.
func (p *Preparation) Names() (variables, context []string) {
	if p.table != nil {
		if p.Columns == nil {
			return nil, nil
		}
		for _, c := range p.Context {
			context = append(context, p.table.Columns[c].inputs()...)
		}
		return p.columnNames(p.Variables), context
	}
	if variables = pick(p.Columns, p.Variables); p.Apart > 0 {
		return variables, p.ApartNames
	}
	return variables, pick(p.Columns, p.Context)
}

// Apply prepares the rows of a table. It returns an error, with the place in the
// source, when the columns are not those of the source by number or by name, when a
// cell is missing, a text or infinite, and when a value is outside the domain of a step.
// A row that float32 does not reach once it is prepared has no likelihood: ln |det| = −Inf.
func (p *Preparation) Apply(t *Table) (*Prepared, error) {
	return p.apply(Part{Table: t}, p.evaluationNoise())
}

// Points prepares points between the rows, at which a density is looked at: none
// gets noise, and one outside the domain of a step gets ln |det| = −Inf.
func (p *Preparation) Points(t *Table) (*Prepared, error) {
	return p.apply(Part{Table: t}, points)
}

func (p *Preparation) apply(part Part, noise noiseOf) (*Prepared, error) {
	if part.Table == nil {
		return nil, errNoRows
	}
	prepare, err := p.open(part.Table, noise)
	if err != nil {
		return nil, err
	}
	return prepare(part)
}

// open starts to prepare rows of a table, and returns what prepares some of them at a time.
func (p *Preparation) open(t *Table, noise noiseOf) (func(Part) (*Prepared, error), error) {
	if p.table != nil {
		r, err := p.openTable(t, noise)
		if err != nil {
			return nil, err
		}
		return r.prepare, nil
	}
	variables, context, err := p.columnsOf(t)
	if err != nil {
		return nil, err
	}
	step := p.start(t, variables, noise)
	return func(part Part) (*Prepared, error) { return p.prepare(part, variables, context, step) }, nil
}

// prepare takes some columns of rows through the steps that were started for them.
func (p *Preparation) prepare(part Part, variables, context []int, step allSteps) (_ *Prepared, err error) {
	t, rows := part.Table, part.Rows
	s := &Prepared{Name: part.name(), Rows: part.Len(), Dim: p.Dim(), ContextDim: p.ContextDim(), places: rows, first: t.First, lines: t.Lines}
	s.Columns, s.ContextNames = p.Names()
	if s.ContextDim > 0 {
		if context == nil && t.Context != nil {
			t, context = t.Context, sequence(0, s.ContextDim)
		}
		if err := part.Table.checkContext(t); err != nil {
			return nil, err
		}
		if s.Context, err = p.gatherContext(t, rows, context); err != nil {
			return nil, err
		}
	}
	return s, p.fill(s, part.Table, rows, variables, step)
}

// gatherContext returns columns of a context, in its scale.
func (p *Preparation) gatherContext(t *Table, rows, columns []int) (x []float32, err error) {
	if p.ContextScale == nil {
		return t.gather(rows, columns)
	}
	scale := p.ContextScale.start(points)
	x = make([]float32, 0, Part{Table: t, Rows: rows}.Len()*len(columns))
	err = t.walk(rows, columns, func(row []float64) (col int, problem string) {
		scale(row)
		x, col, problem = appendNarrow(x, row)
		return col, problem
	})
	return x, err
}

// ContextOf prepares the rows of a table of contexts, which has the columns of the context. It
// is [rows, ContextDim].
func (p *Preparation) ContextOf(t *Table) ([]float32, error) {
	switch {
	case t == nil:
		return nil, errNoRows
	case p.table != nil:
		return p.contextTable(t)
	case t.dim != p.ContextDim():
		return nil, fmt.Errorf("%s has %s, but the context has %d", t.label(), text.Count(t.dim, "column"), p.ContextDim())
	}
	if err := p.checkContextNames(t); err != nil && !p.reading.ByPosition {
		return nil, err
	}
	return p.gatherContext(t, nil, sequence(0, t.dim))
}

// fill computes the variables of a set.
func (p *Preparation) fill(s *Prepared, t *Table, rows, variables []int, step allSteps) (err error) {
	if len(p.Steps) == 0 && t.narrow != nil {
		s.X, err = t.gather(rows, variables)
		return err
	}
	sum, own := 0.0, 0.0
	s.X = make([]float32, 0, s.Rows*s.Dim)
	s.rowLogDet = make([]float64, 0, s.Rows)
	err = p.each(t, rows, variables, step, func(row []float64, logDet, ofModel float64) (col int, problem string) {
		sum, own = sum+logDet, own+ofModel
		s.rowLogDet = append(s.rowLogDet, logDet)
		s.X, col, problem = appendNarrow(s.X, row)
		return col, problem
	})
	s.ModelLogDet = own / float64(s.Rows)
	if s.LogDet = sum / float64(s.Rows); err == nil && s.Rows > 0 && slices.Min(s.rowLogDet) == slices.Max(s.rowLogDet) {
		s.LogDet, s.rowLogDet = s.rowLogDet[0], nil
	}
	return err
}

// allSteps takes a row through all steps and returns ln |det| and the part of it that is
// due to the model's own steps, or the column of a value outside of a domain.
type allSteps func(row []float64) (logDet, own float64, col int, problem string)

// start starts the steps for the rows of a table, one after the other.
func (p *Preparation) start(t *Table, variables []int, noise noiseOf) allSteps {
	var steps []func([]float64) (float64, int, string)
	for _, step := range p.Steps {
		if b, ok := step.(*Binarize); ok && b.White == 0 {
			step = b.legacy(t, variables, noise)
		}
		steps = append(steps, step.start(noise))
	}
	return func(row []float64) (logDet, own float64, col int, problem string) {
		for k, step := range steps {
			one, col, problem := step(row)
			switch {
			case problem != "" && noise != points:
				return 0, 0, col, problem
			case problem != "":
				clear(row)
				return math.Inf(-1), 0, 0, ""
			case k >= len(steps)-p.own:
				own += one
			}
			logDet += one
		}
		if noise == p.evaluationNoise() && beyondFloat32(row) {
			logDet = math.Inf(-1)
		}
		return logDet, own, 0, ""
	}
}

// beyondFloat32 takes values that float32 does not reach to where it ends, and reports
// whether there were any.
func beyondFloat32(row []float64) (beyond bool) {
	for c, v := range row {
		if math.Abs(v) > math.MaxFloat32 {
			row[c], beyond = math.Copysign(math.MaxFloat32, v), true
		}
	}
	return beyond
}

// each takes rows of a table, one after the other, through all steps and calls f with
// them, with ln |det| and the part of it that is due to the model's own steps.
func (p *Preparation) each(t *Table, rows, variables []int, step allSteps,
	f func(row []float64, logDet, own float64) (col int, problem string)) error {
	return t.walk(rows, variables, func(row []float64) (int, string) {
		logDet, own, col, problem := step(row)
		if problem != "" {
			return col, problem
		}
		return f(row, logDet, own)
	})
}

// Undo takes rows of a model, [rows, dim] row after row without the widths of cells, back to the
// units of the source. Noise that was added is taken away: values are levels again. The table
// has the variables alone.
func (p *Preparation) Undo(x []float32) (*Table, error) { return p.UndoWith(x, nil) }

// UndoWith is Undo for rows with a context, whose columns it takes from a table of as many rows:
// they are where the source has them. Of a source without a schema the table has the variables
// alone.
func (p *Preparation) UndoWith(x []float32, context *Table) (*Table, error) {
	if p.table != nil {
		return p.undoTable(x, context)
	}
	names, _ := p.Names()
	t, err := FromFlat(x, p.Dim(), names...)
	if err != nil || len(p.Steps) == 0 {
		return t, err
	}
	t.widen()
	for i := range t.rows {
		p.undo(t.wide.row(i, t.dim))
	}
	return t, nil
}

// UndoValues is Undo for those who need the values in float32 alone: of levels their numbers,
// and NaN of holes.
func (p *Preparation) UndoValues(x []float32) ([]float32, error) {
	switch {
	case p.table != nil:
		return num.Convert[float32](p.numbers(x)), nil
	case len(p.Steps) == 0:
		return x, nil
	}
	t, err := p.Undo(x)
	if err != nil {
		return nil, err
	}
	return t.Values()
}

// Scales reports whether it gives each variable a mean and a deviation.
func (p *Preparation) Scales() bool { return p != nil && p.table != nil || hasStep[*Scale](p) }

func hasStep[S Step](p *Preparation) bool {
	return p != nil && slices.ContainsFunc(p.Steps, func(s Step) bool { _, is := s.(S); return is })
}

// White is the value of a white pixel of the source: the highest level where
// levels are dequantised, otherwise 1 unless the rows are binarised from another one.
func (p *Preparation) White() float64 {
	for _, step := range p.Steps {
		switch s := step.(type) {
		case *Dequantise:
			return s.levels() - 1
		case *Binarize:
			return cmp.Or(s.White, 1)
		}
	}
	return 1
}

func (p *Preparation) undo(row []float64) {
	for _, step := range slices.Backward(p.Steps) {
		step.undo(row)
	}
}

// check returns an error for a preparation that no source and no options give.
func (p *Preparation) check() error {
	const most = 1 << 24
	switch {
	case p.table != nil:
		return p.checkTable()
	case len(p.Variables) == 0 || p.Width < len(p.Variables) || p.Width > most:
		return fmt.Errorf("%d variables of %d columns", len(p.Variables), p.Width)
	case p.Columns != nil && len(p.Columns) != p.Width:
		return fmt.Errorf("%d names for %d columns", len(p.Columns), p.Width)
	case p.Apart < 0 || p.Apart > most || p.Apart > 0 && p.Context != nil || p.ApartNames != nil && len(p.ApartNames) != p.Apart:
		return fmt.Errorf("%d columns of context apart, beside %d others, with %d names", p.Apart, len(p.Context), len(p.ApartNames))
	}
	taken := make(map[int]bool, len(p.Variables))
	for _, c := range slices.Concat(p.Variables, p.Context) {
		if c < 0 || c >= p.Width || taken[c] {
			return fmt.Errorf("column %d is taken twice, or is none of %d", c, p.Width)
		}
		taken[c] = true
	}
	if p.ContextScale != nil {
		if err := p.ContextScale.check(p.ContextDim()); err != nil {
			return fmt.Errorf("context: %w", err)
		}
	}
	for i, step := range p.Steps {
		if step == nil {
			return errors.New("a step is nil")
		}
		if err := step.check(len(p.Variables)); err != nil {
			return fmt.Errorf("step %d, %s: %w", i, step.kind(), err)
		}
		if b, ok := step.(*Binarize); ok && b.White == 0 && !p.NoiseByPlace {
			return fmt.Errorf("step %d, %s: white is missing", i, step.kind())
		}
	}
	return nil
}
