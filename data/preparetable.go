package data

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

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
	// Hole is true where it may be missing, and Atoms counts the numbers with a probability.
	Hole  bool
	Atoms int
	// Grid are the cells of numbers that are rounded to Step, nil where they are not, or noise
	// takes the place of cells.
	Grid *Grid
	Step float64
}

// tabular is what a preparation knows of a table with a schema.
type tabular struct {
	// Columns are all those of the source; a context that it keeps apart follows the others.
	Columns []fitted `json:"columns"`
	// Noise is the seed of the noise that takes the place of cells, nil where there are cells.
	Noise *uint64 `json:"noise,omitempty"`
}

// fitted is a column with what training rows made of it.
type fitted struct {
	Column
	// Maps take its numbers to model space.
	Maps chain `json:"maps,omitempty"`
	// Fill are the inputs of a context that a hole counts as, besides its indicator.
	Fill []float64 `json:"fill,omitempty"`

	rounded *Grid // of numbers with a step
	grid    *Grid // the same where rows have cells
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

// Modelled returns what the variables are, nil where the preparation has no schema.
func (p *Preparation) Modelled() (all []Modelled) {
	if p == nil || p.table == nil {
		return nil
	}
	for _, c := range p.Variables {
		f := &p.table.Columns[c]
		m := Modelled{Name: f.Name, Kind: f.Kind, Levels: len(f.Levels), Hole: f.Missing, Atoms: len(f.Atoms), Grid: f.grid, Step: f.Step}
		if p.noisy() {
			m.Kind, m.Levels, m.Atoms = Real, 0, 0
		}
		all = append(all, m)
	}
	return all
}

func (p *Preparation) noisy() bool { return p.table != nil && p.table.Noise != nil }

// cells is the number of variables with a grid.
func (p *Preparation) cells() (n int) {
	for _, m := range p.Modelled() {
		if m.Grid != nil {
			n++
		}
	}
	return n
}

// hasLevels reports whether values are levels.
func (c *Column) hasLevels() bool { return c.Kind == Binary || c.Kind == Categorical }

// Unit is that of the numbers of a date or time: a day, or a second.
func (c *Column) Unit() time.Duration { return clockOf(c.Format).unit }

// step is what the numbers of a column are rounded to, 0 for nothing; levels of a flow are
// whole numbers.
func (c *Column) step(noise bool) float64 {
	if c.hasLevels() {
		if noise {
			return 1
		}
		return 0
	}
	return c.Step
}

// bounds are those of the numbers of a column.
func (c *Column) bounds() (low, high *float64) {
	if c.hasLevels() {
		return new(0.0), new(float64(len(c.Levels) - 1))
	}
	return c.Min, c.Max
}

// states is the number of states of a variable.
func (c *Column) states() int {
	if c.Missing {
		return len(c.Atoms) + 1
	}
	return len(c.Atoms)
}

// fit fits the maps of a column to numbers of training rows.
func (f *fitted) fit(values []float64, noise bool) {
	if f.hasLevels() && !noise || f.Kind == Circular && (f.Role == ContextRole || !noise) {
		return
	}
	low, high := f.bounds()
	step, variable := f.step(noise), f.Role != ContextRole
	scale := f.Transform
	if scale == LogScale && low == nil && high == nil {
		low = new(0.0)
	}
	if inner := variable && (step == 0 || noise) && f.Kind != Circular; scale == LogScale || scale == LogitScale || scale == ProbitScale ||
		inner && (low != nil || high != nil) {
		beyond := step // so that the ends of all cells are within the domain
		if noise {
			beyond /= 2
		}
		b := &bounded{Probit: scale == ProbitScale && low != nil && high != nil}
		if low != nil {
			b.Min = new(*low - beyond)
		}
		if high != nil && !(scale == LogScale && low != nil) {
			b.Max = new(*high + beyond)
		}
		f.Maps = chain{b}
		values = slices.Clone(values)
		for i, v := range values {
			values[i], _ = b.forward(v)
		}
	}
	switch scale {
	case AsIs, ProbitScale:
		return
	case SplineScale:
		if m := fitMarginal(slices.Sorted(slices.Values(values))); m != nil {
			f.Maps = append(f.Maps, m)
			return
		}
	}
	f.Maps = append(f.Maps, fitLinear(values, step))
}

// ready computes what is not kept.
func (f *fitted) ready(noise bool) {
	f.rounded, f.grid = nil, nil
	if step := f.step(noise); step > 0 && f.Kind != Circular && f.Role != ContextRole {
		low, high := f.bounds()
		f.rounded = newGrid(step, low, high, f.Maps)
	}
	if !noise {
		f.grid = f.rounded
	}
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
	if t.Context != nil {
		if t.Context.rows != t.rows {
			return nil, fmt.Errorf("%s has %d rows, but %s has %d: every row needs its context", t.Context.label(), t.Context.rows, t.label(), t.rows)
		}
		for c := range t.Context.dim {
			all = append(all, source{t.Context, c})
		}
		if names != nil || t.dim == 0 {
			names = slices.Concat(names, t.Context.Columns)
		}
	}
	found := make([]source, len(columns))
	if p.reading.ByPosition || p.Columns == nil || len(names) != len(all) {
		order := columns
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
		return nil, fmt.Errorf("%s has no column %s (it has %s; --by-position looks at no names)", t.label(), strings.Join(missing, ", "), text.Listed(names))
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

// What a cell is where it is no value: not known, or a state from 0 on.
const (
	aValue   = -1
	notKnown = -2
)

// cells reads the cells of a column as numbers: of levels which, of dates days or seconds, of
// circular ones from 0 to the period.
type cells struct {
	source
	*fitted
	reading Reading
	points  bool // between the rows: no number is an atom
	noise   bool
	step    step
	texts   []float64 // of the texts of the table by their numbers: NaN where none was looked up, +Inf where it is refused
	names   map[string]float64
	numbers map[float64]float64
	clock   clock
}

func (p *Preparation) cellsOf(at source, column int, noise noiseOf) *cells {
	f := &p.table.Columns[column]
	c := &cells{source: at, fitted: f, reading: p.reading, points: noise == points, noise: p.noisy()}
	if c.fitted.Step > 0 {
		c.step = newStep(f.Step)
	}
	if f.hasLevels() {
		c.names, c.numbers = make(map[string]float64, len(f.Levels)), map[float64]float64{}
		for k, level := range f.Levels {
			c.names[level] = float64(k)
			if v, err := strconv.ParseFloat(level, 64); err == nil {
				c.numbers[v] = float64(k)
			}
		}
	}
	if f.Kind == Date {
		c.clock = clockOf(f.Format)
	}
	return c
}

// read is the number in a row, or its state, or what is wrong with it. A number that is on no
// step is as it is.
func (c *cells) read(row int) (v float64, state int, problem string) {
	v = c.t.At(row, c.col)
	if v != v {
		if id, is := c.t.TextID(row, c.col); is {
			return c.text(id)
		}
		switch {
		case c.reading.HolesUnknown && c.Role != ContextRole:
			return 0, notKnown, ""
		case c.Missing:
			return 0, 0, ""
		case c.Role == ContextRole:
			return 0, 0, "is missing, and no row of the training was"
		}
		return 0, 0, "is missing, and no row of the training was (--missing unknown sums it out)"
	}
	if v-v != 0 {
		return 0, 0, Refuse(v)
	}
	switch {
	case c.hasLevels():
		k, known := c.numbers[v]
		if !known && c.t.narrow != nil {
			k, known = c.nearest(v)
		}
		if !known {
			return c.unseen(strconv.FormatFloat(v, 'g', -1, 64))
		}
		return k, aValue, ""
	case c.Kind == Date:
		if v, problem = c.clock.read(strconv.FormatFloat(v, 'f', -1, 64)); problem != "" {
			return 0, 0, problem
		}
	}
	return c.number(v)
}

// nearest is the level of a number that float32 rounded.
func (c *cells) nearest(v float64) (k float64, known bool) {
	for level, k := range c.numbers {
		if float32(level) == float32(v) {
			return k, true
		}
	}
	return 0, false
}

func (c *cells) number(v float64) (_ float64, state int, problem string) {
	if !c.points && !c.noise {
		for k, a := range c.Atoms {
			if v == a || c.t.narrow != nil && float32(v) == float32(a) {
				return v, c.states() - len(c.Atoms) + k, ""
			}
		}
	}
	if c.fitted.Step > 0 {
		v, _ = c.step.snap(v, c.t.narrow != nil)
	}
	switch {
	case c.Kind == Circular:
		if v = math.Mod(v, c.Period); v < 0 {
			v += c.Period
		}
		if !(v < c.Period) {
			v = 0
		}
	case c.Min != nil && v < *c.Min:
		problem = fmt.Sprintf("is %v, below %v, its declared bound (data.columns: {%s: {min: …}})", v, *c.Min, c.Name)
	case c.Max != nil && v > *c.Max:
		problem = fmt.Sprintf("is %v, above %v, its declared bound (data.columns: {%s: {max: …}})", v, *c.Max, c.Name)
	}
	return v, aValue, problem
}

// text is the number that a text means.
func (c *cells) text(id int) (v float64, state int, problem string) {
	if !c.hasLevels() && c.Kind != Date {
		return 0, 0, textProblem(c.t.TextOf(id))
	}
	if c.texts == nil {
		c.texts = slices.Repeat([]float64{math.NaN()}, c.t.Texts())
	}
	if v = c.texts[id]; v != v {
		name := c.t.TextOf(id)
		v = math.Inf(1)
		if c.hasLevels() {
			if k, known := c.names[name]; known {
				v = k
			}
		} else if at, problem := c.clock.read(name); problem == "" {
			v = at
		}
		c.texts[id] = v
	}
	switch {
	case math.IsInf(v, 1) && c.hasLevels():
		return c.unseen(c.t.TextOf(id))
	case math.IsInf(v, 1):
		_, problem = c.clock.read(c.t.TextOf(id))
		return 0, 0, problem
	case c.hasLevels():
		return v, aValue, ""
	}
	return c.number(v)
}

// offStep counts the numbers of a part that are not multiples of the step.
func (c *cells) offStep(part Part) (n int) {
	for i := range part.Len() {
		if part.Rows != nil {
			i = part.Rows[i]
		}
		if v, state, problem := c.read(i); problem == "" && state == aValue {
			if _, on := c.step.snap(v, c.t.narrow != nil); !on {
				n++
			}
		}
	}
	return n
}

func (c *cells) unseen(level string) (v float64, state int, problem string) {
	switch {
	case c.Role == ContextRole:
		return 0, 0, fmt.Sprintf("is %q, a level that training did not have", text.Shorten(level, 41))
	case c.reading.LevelsUnknown:
		return 0, notKnown, ""
	}
	return 0, 0, fmt.Sprintf("is %q, a level that training did not have (--unknown takes it for not known)%s", text.Shorten(level, 41), text.DidYouMean(level, c.Levels))
}

// clock reads and writes dates and times of one layout as days or seconds.
type clock struct {
	layout string
	unit   time.Duration
	start  time.Time
}

func clockOf(layout string) clock {
	c := clock{layout, time.Second, time.Unix(0, 0).UTC()}
	written := time.Date(2001, 11, 22, 0, 0, 0, 0, time.UTC).Format(layout)
	if written == time.Date(2001, 11, 22, 13, 45, 56, 789, time.UTC).Format(layout) {
		c.unit = 24 * time.Hour
	}
	if written == time.Date(2002, 1, 31, 0, 0, 0, 0, time.UTC).Format(layout) { // a time of day alone
		c.start = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return c
}

// read is the number of days or seconds of a text, with its fraction.
func (c clock) read(s string) (_ float64, problem string) {
	t, err := time.Parse(c.layout, s)
	if err != nil {
		return 0, fmt.Sprintf("is %q, not a date or time such as %s (data.columns: {…: {format: …}})", text.Shorten(s, 41), c.layout)
	}
	seconds := float64(t.Unix()-c.start.Unix()) + float64(t.Nanosecond())/1e9
	return seconds / c.unit.Seconds(), ""
}

// Years that can be written with four digits, in seconds.
var firstYear, lastYear = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()

func (c clock) write(v float64) string {
	seconds := v * c.unit.Seconds()
	whole := math.Floor(seconds)
	at := c.start.Unix() + int64(min(max(whole, -1e15), 1e15))
	if c.start.Year() == 0 { // the day has no others
		const day = 24 * 60 * 60
		at = c.start.Unix() + min(max(int64(whole), 0), day-1)
	} else {
		at = min(max(at, firstYear), lastYear)
	}
	return time.Unix(at, int64((seconds-whole)*1e9)).UTC().Format(c.layout)
}

// encoded is the number of a variable in model space, with the width of its cell, ln |det| and
// the part of that which is the model's.
func (c *cells) encode(v float64, r *rand.Rand, own bool) (y, width, logDet, ofModel float64, problem string) {
	switch step := c.fitted.step(c.noise); {
	case c.hasLevels() && !c.noise:
		return v, 0, 0, 0, ""
	case c.Kind == Circular && !c.noise:
		if y = v * 2 * math.Pi / c.Period; float32(y) >= 2*math.Pi {
			y = 0
		}
		logDet = math.Log(2 * math.Pi / c.Period)
		return y, 0, logDet, logDet, ""
	case c.grid != nil:
		y, width = c.grid.cell(v)
		return y, width, -math.Log(step), 0, ""
	case v != v: // a point outside of the domain
		return v, 0, 0, 0, ""
	default:
		if step > 0 && r != nil {
			u := r.Float64()
			if own {
				u = min(max(u, noiseMargin), 1-noiseMargin)
			}
			v += step * (u - 0.5)
		}
		y, logDet = c.Maps.forward(v)
		if y-y != 0 || logDet-logDet != 0 {
			return 0, 0, 0, 0, fmt.Sprintf("is %v, on a bound that is declared, where a transform has no value (data.columns: {%s: {atoms: [%[1]v]}}, or give it a step)", v, c.Name)
		}
		return y, 0, logDet, logDet, ""
	}
}

// farthest is what a prepared number may be at most: beyond it are the codes of states.
const farthest = 0x1p99

// rowsOf prepares rows of one table.
type rowsOf struct {
	p                  *Preparation
	t                  *Table
	noise              noiseOf
	variables, context []*cells
	weight             *cells
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
	if w := slices.IndexFunc(p.table.Columns, func(f fitted) bool { return f.Role == WeightRole }); w >= 0 {
		if at, err := p.sources(t, []int{w}); err == nil && (p.Columns != nil || t.dim+t.apart() == len(p.table.Columns)) {
			r.weight = p.cellsOf(at[0], w, noise)
		}
	}
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
	s := &Prepared{Name: part.name(), Rows: part.Len(), Dim: p.Dim(), Cells: p.cells(), ContextDim: p.ContextDim(), places: part.Rows, lines: part.Table.Lines}
	s.Columns, s.ContextNames = p.Names()
	s.X = make([]float32, s.Rows*s.Width())
	if s.ContextDim > 0 {
		s.Context = make([]float32, s.Rows*s.ContextDim)
	}
	if r.weight != nil {
		s.Weights = make([]float64, s.Rows)
	}
	return s, r.fill(s, part.Rows, true)
}

// fill computes the numbers of a set.
func (r *rowsOf) fill(s *Prepared, rows []int, context bool) error {
	s.rowLogDet = make([]float64, s.Rows)
	values, states := make([]float64, s.Dim), make([]int, s.Dim)
	sum, own, weights := 0.0, 0.0, 0.0
	for i := range s.Rows {
		row := i
		if rows != nil {
			row = rows[i]
		}
		logDet, ofModel, err := r.row(s.Row(i), values, states, row)
		if err != nil {
			return err
		}
		if context {
			if err := r.contexts(s, i, row); err != nil {
				return err
			}
		}
		w := 1.0
		if r.weight != nil {
			v, state, problem := r.weight.read(row)
			if problem == "" && (state != aValue || !(v >= 0)) {
				problem = "is no weight (a number from 0 on)"
			}
			if problem != "" {
				return r.weight.t.refused(row, r.weight.col, problem)
			}
			s.Weights[i], w = v, v
		}
		if s.rowLogDet[i] = logDet; w > 0 {
			sum, own, weights = sum+w*logDet, own+w*ofModel, weights+w
		}
	}
	if s.Rows > 0 && weights == 0 {
		return fmt.Errorf("%s: every row has the weight 0", s.Name)
	}
	s.LogDet, s.ModelLogDet = sum/weights, own/weights
	if s.Rows > 0 && slices.Min(s.rowLogDet) == slices.Max(s.rowLogDet) {
		s.LogDet, s.rowLogDet = s.rowLogDet[0], nil
	}
	return nil
}

// row computes the variables of a row, with its widths.
func (r *rowsOf) row(x []float32, values []float64, states []int, row int) (logDet, own float64, err error) {
	for d, c := range r.variables {
		v, state, problem := c.read(row)
		if problem != "" && !c.points {
			return 0, 0, c.t.refused(row, c.col, problem)
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
			y, w, one, ofModel, problem := c.encode(values[d], draws, r.noise == ownNoise)
			switch {
			case problem == "" && math.Abs(y) > farthest && r.noise >= 0:
				problem = "is too large for float32"
			case problem == "" && math.Abs(y) > farthest:
				y, one = math.Copysign(farthest, y), math.Inf(-1)
			case c.points && (problem != "" || y != y):
				y, one, problem = 0, math.Inf(-1), ""
			}
			if problem != "" {
				return 0, 0, c.t.refused(row, c.col, problem)
			}
			x[d], width = float32(y), w
			logDet, own = logDet+one, own+ofModel
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
	return logDet, own, nil
}

// refused returns the error of the first cell of the table that is refused, nil where none is.
func (r *rowsOf) refused() error {
	for row := range r.t.rows {
		for _, c := range slices.Concat(r.variables, r.context) {
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

// inputs are the names of the numbers that a column of a context becomes: one number, or one a
// level, or the sine and the cosine, and last whether it is missing.
func (f *fitted) inputs() (names []string) {
	switch {
	case f.Kind == Categorical:
		for _, level := range f.Levels {
			names = append(names, f.Name+"="+level)
		}
	case f.Kind == Circular:
		names = []string{"sin " + f.Name, "cos " + f.Name}
	case f.Kind == Binary:
		names = []string{f.Name + "=" + f.Levels[len(f.Levels)-1]}
	default:
		names = []string{f.Name}
	}
	if f.Missing {
		names = append(names, f.Name+" is missing")
	}
	return names
}

// values appends the numbers that a value of a context becomes.
func (f *fitted) values(to []float64, v float64) []float64 {
	switch {
	case f.Kind == Categorical:
		at := len(to)
		to = append(to, make([]float64, len(f.Levels))...)
		to[at+int(v)] = 1
		return to
	case f.Kind == Circular:
		sin, cos := math.Sincos(2 * math.Pi * v / f.Period)
		return append(to, sin, cos)
	}
	if f.Kind != Binary {
		v, _ = f.Maps.forward(v)
	}
	return append(to, v)
}

// input appends those numbers, or those of a hole, to the context of a row.
func (c *cells) input(to []float32, v float64, state int) (_ []float32, problem string) {
	from := c.Fill
	if state == aValue {
		from = c.fitted.values(nil, v)
	}
	for _, y := range from {
		if !(math.Abs(y) < farthest) {
			return to, fmt.Sprintf("is %v, outside of what its transform takes", v)
		}
		to = append(to, float32(y))
	}
	if c.Missing && state == aValue {
		to = append(to, 0)
	} else if c.Missing {
		to = append(to, 1)
	}
	return to, ""
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
	for k, c := range schema {
		if c.Step == 0 && (c.Kind == Integer || c.Kind == Date) {
			c.Step = 1
		}
		p.table.Columns = append(p.table.Columns, fitted{Column: c})
		switch c.Role {
		case "", VariableRole:
			p.Variables = append(p.Variables, k)
		case ContextRole:
			p.Context = append(p.Context, k)
		}
	}
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
	for k, at := range found {
		if err := p.fitColumn(at, used[k], train); err != nil {
			return err
		}
	}
	return p.check()
}

// beyondFlows says what of a column a flow cannot model, "" for nothing.
func (c *Column) beyondFlows() string {
	switch {
	case c.Kind == Categorical:
		return "is categorical"
	case c.Missing:
		return "has holes"
	}
	return ""
}

func (p *Preparation) fitColumn(at source, column int, train Part) error {
	c := p.cellsOf(at, column, trainNoise)
	values := make([]float64, 0, train.Len())
	for i := range train.Len() {
		row := i
		if train.Rows != nil {
			row = train.Rows[i]
		}
		v, state, problem := c.read(row)
		if problem != "" {
			return at.t.refused(row, at.col, problem)
		}
		if state == aValue {
			values = append(values, v)
		}
	}
	f := c.fitted
	f.fit(values, p.noisy())
	f.ready(p.noisy())
	if f.Role == ContextRole && f.Missing {
		f.Fill = make([]float64, len(f.inputs())-1)
		var inputs []float64
		for _, v := range values {
			inputs = f.values(inputs[:0], v)
			for u, y := range inputs {
				if f.Kind != Categorical {
					f.Fill[u] += y / float64(len(values))
				}
			}
		}
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
		if k < len(p.Columns) && f.Name != p.Columns[k] {
			return fmt.Errorf("column %d is %q, but %q in the schema", k, text.Shorten(p.Columns[k], 41), text.Shorten(f.Name, 41))
		}
		if f.Role != "" && f.Role != VariableRole && f.Role != ContextRole {
			continue
		}
		if err := f.check(p.noisy()); err != nil {
			return fmt.Errorf("column %q: %w", text.Shorten(f.Name, 41), err)
		}
		f.ready(p.noisy())
	}
	return nil
}

// check returns what a fitted variable or context lacks.
func (f *fitted) check(noise bool) error {
	context := f.Role == ContextRole
	switch {
	case f.Kind == "":
		return errors.New("its kind is missing")
	case f.hasLevels() && len(f.Levels) == 0 || f.Kind == Binary && len(f.Levels) > 2:
		return fmt.Errorf("%d levels are too few or too many for a column that is %s", len(f.Levels), f.Kind)
	case f.Kind == Circular && !(f.Period > 0):
		return errors.New("its period is missing")
	case f.Kind == Date && f.Format == "":
		return errors.New("its format is missing")
	case !(f.Step >= 0) || math.IsInf(f.Step, 0):
		return fmt.Errorf("its step is %v", f.Step)
	case f.states() > num.MaxStates:
		return fmt.Errorf("%d atoms are more than %d", len(f.Atoms), num.MaxStates-1)
	case context && f.Missing && len(f.Fill) != len(f.inputs())-1 || !(context && f.Missing) && f.Fill != nil:
		return fmt.Errorf("%d inputs for a hole", len(f.Fill))
	case noise && !context && f.beyondFlows() != "":
		return errors.New("it " + f.beyondFlows() + ", beside noise")
	}
	return f.Maps.check()
}

// number is the number of the source that a prepared one is of: of levels which, NaN of a hole.
func (f *fitted) number(y float32, noise bool) float64 {
	if state := num.StateOf(y); state >= 0 || y == num.NotKnown || y != y {
		if f.Missing {
			state--
		}
		if state < 0 || state >= len(f.Atoms) {
			return math.NaN()
		}
		return f.Atoms[state]
	}
	v := float64(y)
	switch step := f.step(noise); {
	case f.hasLevels() && !noise:
		return min(max(math.Round(v), 0), float64(len(f.Levels)-1))
	case f.rounded != nil:
		return f.rounded.number(v)
	case f.Kind == Circular:
		if v *= f.Period / (2 * math.Pi); noise {
			v = f.Maps.inverse(float64(y))
		}
		if step > 0 {
			s := newStep(step)
			v = s.value(s.index(v))
		}
		if v = math.Mod(v, f.Period); v < 0 {
			v += f.Period
		}
		if !(v < f.Period) {
			v = 0
		}
		return v
	default:
		return f.Maps.inverse(v)
	}
}

// cell is what a cell of the source has for a number: a number, or a text.
func (f *fitted) cell(v float64, c clock) (_ float64, text string, is bool) {
	switch {
	case v != v:
		return v, "", false
	case f.hasLevels():
		text = f.Levels[int(v)]
	case f.Kind == Date:
		text = c.write(v)
	default:
		return v, "", false
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil && Number(n) == text {
		return n, "", false
	}
	return v, text, true
}

// cellKind is what the cells of a column are.
func (f *fitted) cellKind(c clock) Cells {
	whole := f.Kind == Integer || f.Step > 0 && f.Step == math.Trunc(f.Step)
	for k := range max(len(f.Levels), 1) {
		v, _, is := f.cell(float64(k), c)
		if is {
			return TextCells
		}
		if f.hasLevels() {
			whole = v == math.Trunc(v) && (k == 0 || whole)
		}
	}
	if whole {
		return WholeCells
	}
	return NumberCells
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
			return nil, fmt.Errorf("%s has %d rows, for %d: every row needs its context", context.label(), context.rows, rows)
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
				if text, is := given[at].t.Text(i, given[at].col); is {
					t.SetText(i, k, text)
				} else {
					t.wide.row(i, t.dim)[k] = given[at].t.At(i, given[at].col)
				}
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
