package data

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// Reading is how rows are read by a preparation with a schema. The zero value takes a hole for
// an event of its own, refuses levels that training did not have, and matches columns by name.
type Reading struct {
	// HolesUnknown makes a hole a value that is not known, which is summed out.
	HolesUnknown bool
	// LevelsUnknown makes a level that training did not have a value that is not known.
	LevelsUnknown bool
	// ByPosition looks at no names of columns.
	ByPosition bool
}

// As returns the preparation with another way to read rows.
func (p *Preparation) As(r Reading) *Preparation {
	as := *p
	as.reading = r
	return &as
}

// Modelled is what a model knows of a variable of a table with a schema.
type Modelled struct {
	Name string
	// Kind is what its prepared numbers are: of a flow, which knows no others, they are real.
	Kind ColumnKind
	// Levels is their number, of a binary or categorical column.
	Levels int
	// Hole is true where it may be a hole, Unknown where a hole is a value that is not known, and Atoms
	// counts the numbers with a probability.
	Hole, Unknown bool
	Atoms         int
	// Grid are the cells of numbers that are rounded to Step, nil where they are not, or noise
	// takes the place of cells.
	Grid *Grid
	Step float64
	// Noise is true where noise takes the place of cells.
	Noise bool

	maps chain     // of a number
	bend *marginal // that Straight took back, nil without
	bent *Grid     // the cells behind it, nil without
}

// tabular is what a preparation knows of a table with a schema.
type tabular struct {
	// Columns are all those of the source; a context that it keeps apart follows the others.
	Columns []fitted `json:"columns"`
	// Noise is the seed of the noise that takes the place of cells, nil where there are cells.
	Noise *uint64 `json:"noise,omitempty"`
	// Unknown is true where holes of variables are values that are not known.
	Unknown bool `json:"holes_unknown,omitempty"`
}

// fit is a column as it is before anything is fitted to its values.
func (t *tabular) fit(c Column) fitted {
	return fitted{Column: c, unknown: t.Unknown && c.Role != ContextRole}
}

// Schema is what the columns of the source are, nil where the preparation has no schema.
func (p *Preparation) Schema() (s Schema) {
	if p == nil || p.table == nil {
		return nil
	}
	for _, f := range p.table.Columns {
		s = append(s, f.Column)
	}
	return s
}

// HolesUnknown reports whether the training read holes as values that are not known: so does the
// preparation then, whatever its [Reading] is.
func (p *Preparation) HolesUnknown() bool { return p != nil && p.table != nil && p.table.Unknown }

// Modelled returns what the variables are, nil where the preparation has no schema.
func (p *Preparation) Modelled() (all []Modelled) {
	if p == nil || p.table == nil {
		return nil
	}
	for _, c := range p.Variables {
		f := &p.table.Columns[c]
		m := Modelled{Name: f.Name, Kind: f.Kind, Levels: len(f.Levels), Hole: f.hole(), Unknown: f.Missing && f.unknown,
			Atoms: len(f.Atoms), Grid: f.grid, Step: f.Step, maps: f.Maps}
		if p.noisy() {
			m.Kind, m.Levels, m.Atoms, m.Noise = Real, 0, 0, f.step(true) > 0
		}
		all = append(all, m)
	}
	return all
}

func (p *Preparation) noisy() bool { return p != nil && p.table != nil && p.table.Noise != nil }

// cells is the number of variables with a grid.
func (p *Preparation) cells() (n int) {
	for _, c := range p.Variables {
		if p.table.Columns[c].grid != nil {
			n++
		}
	}
	return n
}

// rowsOf prepares rows of one table.
type rowsOf struct {
	p                  *Preparation
	t                  *Table
	noise              noiseOf
	variables, context []*cells
	weight             *source // nil without
	draws              func(row []float64) *rand.Rand
}

// openTable starts to read a table.
func (p *Preparation) openTable(t *Table, noise noiseOf) (*rowsOf, error) {
	used := p.used()
	found, err := p.sources(t, used)
	if err != nil {
		return nil, err
	}
	r := &rowsOf{p: p, t: t, noise: noise}
	for k, at := range found {
		c := p.cellsOf(at, used[k], noise)
		if k < p.Dim() {
			r.variables = append(r.variables, c)
		} else {
			r.context = append(r.context, c)
		}
	}
	r.weight = p.weightsOf(t)
	r.seed(0)
	return r, nil
}

// seed begins the noise of an epoch.
func (r *rowsOf) seed(epoch uint64) {
	if !r.p.noisy() || r.noise == points {
		return
	}
	seed := *r.p.table.Noise
	if epoch > 0 {
		seed = mix(seed ^ mix(epoch))
	}
	r.draws = r.noise.draws(streamStep, seed)
}

// prepare prepares some rows.
func (r *rowsOf) prepare(part Part) (*Prepared, error) {
	p := r.p
	s := &Prepared{Name: part.name(), Rows: part.Len(), Dim: p.Dim(), Cells: p.cells(), ContextDim: p.ContextDim(), places: part.Rows, first: part.Table.First, lines: part.Table.Lines, of: p}
	s.Columns, s.ContextNames = p.Names()
	s.X = make([]float32, s.Rows*s.Width())
	if s.ContextDim > 0 {
		s.Context = make([]float32, s.Rows*s.ContextDim)
	}
	var err error
	if s.Weights, err = r.weight.weights(part); err != nil {
		return nil, err
	}
	return s, r.fill(s, true)
}

// fill computes the numbers of a set, those of its context too if it is to.
func (r *rowsOf) fill(s *Prepared, context bool) error {
	s.rowLogDet = make([]float64, s.Rows)
	values, states := make([]float64, s.Dim), make([]int, s.Dim)
	for i := range s.Rows {
		row := Part{Rows: s.places}.row(i)
		logDet, err := r.row(s.Row(i), values, states, row)
		if err != nil {
			return err
		}
		if context {
			if err := r.contexts(s, i, row); err != nil {
				return err
			}
		}
		s.rowLogDet[i] = logDet
	}
	s.sumLogDets()
	return nil
}

// row computes the variables of a row, with its widths.
func (r *rowsOf) row(x []float32, values []float64, states []int, row int) (logDet float64, err error) {
	for d, c := range r.variables {
		v, state, problem := c.read(row)
		if problem != "" && !c.points {
			return 0, c.t.refused(row, c.col, problem)
		}
		if problem != "" {
			v, state = math.NaN(), aValue
		}
		if values[d], states[d] = v, state; state >= 0 {
			values[d] = float64(num.StateCode(state))
		}
	}
	var draws *rand.Rand
	if r.draws != nil {
		draws = r.draws(values)
	}
	at := len(r.variables)
	for d, c := range r.variables {
		width := 1.0
		switch states[d] {
		case aValue:
			y, w, one := c.encode(values[d], draws, r.noise == ownNoise)
			switch {
			case y != y: // a point outside of the domain
				y, one = 0, math.Inf(-1)
			case math.Abs(y) > farthest && r.noise >= 0:
				return 0, c.t.refused(row, c.col, "is too large for float32")
			case math.Abs(y) > farthest:
				y, one = math.Copysign(farthest, y), math.Inf(-1)
			}
			x[d], width = float32(y), w
			logDet += one
		case notKnown:
			x[d] = num.NotKnown
		default:
			x[d] = num.StateCode(states[d])
		}
		if c.grid != nil {
			x[at] = float32(width)
			at++
		}
	}
	return logDet, nil
}

// refused returns the error of the first cell of the table that is refused, nil where none is.
func (r *rowsOf) refused(fitting bool) error {
	all := slices.Concat(r.variables, r.context)
	for _, c := range all {
		c.fitting = fitting
	}
	for row := range r.t.rows {
		for _, c := range all {
			if _, _, problem := c.read(row); problem != "" {
				return c.t.refused(row, c.col, problem)
			}
		}
	}
	return nil
}

// contexts computes the context of row i of a set.
func (r *rowsOf) contexts(s *Prepared, i, row int) error {
	if s.ContextDim == 0 {
		return nil
	}
	to := s.ContextRow(i)[:0]
	for _, c := range r.context {
		v, state, problem := c.read(row)
		if problem == "" {
			to, problem = c.input(to, v, state)
		}
		if problem != "" {
			return c.t.refused(row, c.col, problem)
		}
	}
	return nil
}

// contextTable is ContextOf for a table with a schema.
func (p *Preparation) contextTable(t *Table) ([]float32, error) {
	found, err := p.sources(t, p.Context)
	if err != nil {
		return nil, err
	}
	r := &rowsOf{p: p, t: t}
	for k, at := range found {
		r.context = append(r.context, p.cellsOf(at, p.Context[k], points))
	}
	s := &Prepared{Rows: t.rows, ContextDim: p.ContextDim(), Context: make([]float32, t.rows*p.ContextDim())}
	for i := range t.rows {
		if err := r.contexts(s, i, i); err != nil {
			return nil, err
		}
	}
	return s.Context, nil
}

// fitTable fits a schema to training rows.
func (p *Preparation) fitTable(train Part, schema Schema, o Options) error {
	if o.Noise {
		p.table.Noise = new(o.RandomSeed())
	}
	p.table.Unknown = o.Holes == UnknownHoles
	for _, c := range schema {
		if c.Step == 0 && (c.Kind == Integer || c.Kind == Date) {
			c.Step = 1
		}
		if c.Transform == LogScale && c.Min == nil && c.Max == nil {
			c.Min = new(0.0)
		}
		p.table.Columns = append(p.table.Columns, p.table.fit(c))
	}
	p.Variables, p.Context = schema.Variables(), schema.Context()
	if len(p.Variables) == 0 {
		return errors.New("no column is a variable: none is left to model")
	}
	for _, k := range p.Variables {
		f := &p.table.Columns[k]
		if what := f.beyondFlows(); o.Noise && what != "" {
			return fmt.Errorf("column %q %s, which a flow has no density for: take a MADE with columns of every kind (model.type: made, model.output: mixed), or leave it out (data.columns: {%[1]s: drop})", f.Name, what)
		}
	}
	used := p.used()
	found, err := p.sources(train.Table, used)
	if err != nil {
		return err
	}
	weights, err := p.weightsOf(train.Table).weights(train)
	if err != nil {
		return err
	}
	for k, at := range found {
		if err := p.fitColumn(at, used[k], train, weights); err != nil {
			return err
		}
	}
	return p.check()
}

// fitColumn fits a column to the training rows, which count by weights; nil counts all once.
func (p *Preparation) fitColumn(at source, column int, train Part, of []float64) error {
	c := p.cellsOf(at, column, trainNoise)
	c.fitting = true
	f := c.fitted
	f.bound(p.noisy())
	if f.hasLevels() && !p.noisy() && f.Role != ContextRole { // nothing is fitted
		f.ready(false)
		return nil
	}
	values, weights := make([]float64, 0, train.Len()), []float64(nil)
	for i := range train.Len() {
		row := train.row(i)
		v, state, problem := c.read(row)
		if problem != "" {
			return at.t.refused(row, at.col, problem)
		}
		if state != aValue || of != nil && of[i] == 0 {
			continue
		}
		if values = append(values, v); of != nil {
			weights = append(weights, of[i])
		}
	}
	f.scale(values, weights, p.noisy())
	f.ready(p.noisy())
	if f.Role == ContextRole && f.Missing {
		f.fill(values, weights)
	}
	return nil
}

// checkTable returns an error for a schema that no source and no options give, and makes the
// fitted columns ready.
func (p *Preparation) checkTable() error {
	const most = 1 << 24
	n := len(p.table.Columns)
	switch {
	case n != p.Width+p.Apart || p.Apart < 0 || n > most || p.Columns != nil && len(p.Columns) != p.Width:
		return fmt.Errorf("a schema of %d columns for %d with %d names, and %d apart", n, p.Width, len(p.Columns), p.Apart)
	case len(p.Steps) > 0 || p.ContextScale != nil:
		return errors.New("a table with a schema has no steps")
	}
	schema := p.Schema()
	if err := schema.Validate(); err != nil {
		return err
	}
	if len(p.Variables) == 0 || !slices.Equal(p.Variables, schema.Variables()) || !slices.Equal(p.Context, schema.Context()) {
		return errors.New("the variables and the context are not those of the schema")
	}
	for k := range p.table.Columns {
		f := &p.table.Columns[k]
		f.unknown = p.table.fit(f.Column).unknown
		if k < len(p.Columns) && f.Name != p.Columns[k] {
			return fmt.Errorf("column %d is %q, but %q in the schema", k, text.Shorten(p.Columns[k], 41), text.Shorten(f.Name, 41))
		}
		if role := f.role(); role != VariableRole && role != ContextRole {
			continue
		}
		if err := f.check(p.noisy()); err != nil {
			return fmt.Errorf("column %q: %w", text.Shorten(f.Name, 41), err)
		}
		f.ready(p.noisy())
	}
	return nil
}

// numbers are the numbers of the source that rows of a model are of.
func (p *Preparation) numbers(x []float32) []float64 {
	values, dim := make([]float64, len(x)), p.Dim()
	for i, v := range x {
		values[i] = p.table.Columns[p.Variables[i%dim]].number(v, p.noisy())
	}
	return values
}

// undoTable is UndoWith for a table with a schema.
func (p *Preparation) undoTable(x []float32, context *Table) (*Table, error) {
	dim, columns := p.Dim(), p.Variables
	if len(x) == 0 || len(x)%dim != 0 {
		return nil, fmt.Errorf("data: %d values are not rows of %d", len(x), dim)
	}
	rows, given := len(x)/dim, []source(nil)
	if context != nil && len(p.Context) > 0 {
		if context.rows != rows {
			return nil, fmt.Errorf("%s has %s, for %d: every row needs its context", context.label(), text.Count(context.rows, "row"), rows)
		}
		var err error
		if given, err = p.sources(context, p.Context); err != nil {
			return nil, err
		}
		columns = slices.Sorted(slices.Values(slices.Concat(p.Variables, p.Context)))
	}
	var names []string
	if p.Columns != nil {
		names = p.columnNames(columns)
	}
	t, err := FromFlat(make([]float64, rows*len(columns)), len(columns), names...)
	if err != nil {
		return nil, err
	}
	numbers := p.numbers(x)
	for k, c := range columns {
		f := &p.table.Columns[c]
		d, variable := slices.BinarySearch(p.Variables, c)
		if !variable {
			at, _ := slices.BinarySearch(p.Context, c)
			t.Cells = append(t.Cells, AnyCells)
			for i := range rows {
				t.setCell(i, k, given[at].t, i, given[at].col)
			}
			continue
		}
		clock := clockOf(f.Format)
		t.Cells = append(t.Cells, f.cellKind(clock))
		for i := range rows {
			v, text, is := f.cell(numbers[i*dim+d], clock)
			if t.wide.row(i, t.dim)[k] = v; is {
				t.SetText(i, k, text)
			}
		}
	}
	return t, nil
}
