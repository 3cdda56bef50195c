package data

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

// warnings are what is odd about the columns of rows, a line each.
type warnings struct {
	any  []string     // under any density
	real []string     // under a density of real numbers
	ends [][2]float64 // the least and the largest variable of each part, nil where the source has steps
}

func (w warnings) of(real bool) []string {
	if real {
		return slices.Concat(w.any, w.real)
	}
	return slices.Clip(w.any)
}

// Warnings returns what is odd about the rows, a line each: guesses of the reader that
// may be wrong, values that look like signs of missing ones, columns that number
// the rows, and those whose values are not told apart in float32. For a density of
// real numbers it has the columns, too, whose values repeat: it has no bound there.
func (s *Splits) Warnings(real bool) []string {
	if s == nil {
		return nil
	}
	return s.odd.of(real)
}

// Warnings is that of [Splits.Warnings] for other rows, which Apply takes.
func (p *Preparation) Warnings(t *Table, real bool) []string {
	if p == nil || t == nil {
		return nil
	}
	if v := p.view(Part{Table: t}); v.err != nil {
		return nil
	}
	return p.inspect([]Part{{Table: t}}).of(real)
}

// watched is a column, with what its values are.
type watched struct {
	name           string
	context        bool
	at             int     // which of the prepared numbers it is, of the variables or of the context
	low, high      float64 // of all values
	lower, higher  float64 // the nearest to these
	atLow, atHigh  int     // rows that have them
	first          float64
	varies, counts bool // in the first set; it counts the rows
}

func (w *watched) add(v float64) {
	switch {
	case v < w.low:
		w.low, w.lower, w.atLow = v, w.low, 1
	case v == w.low:
		w.atLow++
	case v < w.lower:
		w.lower = v
	}
	switch {
	case v > w.high:
		w.high, w.higher, w.atHigh = v, w.high, 1
	case v == w.high:
		w.atHigh++
	case v > w.higher:
		w.higher = v
	}
}

// fewRows are too few to call what repeats in them odd.
const fewRows = 20

// notes are what the readers of tables noticed, each once.
func notes(parts []Part) (lines []string) {
	for _, part := range parts {
		for _, t := range []*Table{part.Table, part.Table.Context} {
			for k := 0; t != nil && k < len(t.Notes); k++ {
				if line := t.label() + ": " + t.Notes[k]; !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			}
		}
	}
	return lines
}

// inspect looks at the values of parts, the first of which are those of a training.
func (p *Preparation) inspect(parts []Part) (w warnings) {
	w.any = notes(parts)
	if hasStep[*Binarize](p) || hasStep[*Dequantise](p) {
		return w // of levels, which Apply has checked
	}
	columns := p.watched(parts[0].Table.rows >= fewRows)
	dim := len(columns)
	for dim > 0 && columns[dim-1].context {
		dim--
	}
	var views []view
	row := make([]float64, len(columns))
	for k, part := range parts {
		v := p.view(part)
		views = append(views, v)
		least, most := math.Inf(1), math.Inf(-1)
		for i := range part.Len() {
			v.row(row, i)
			for c, x := range row {
				w := &columns[c]
				if w.add(x); k > 0 {
					continue
				}
				if i == 0 {
					w.first = x
				}
				w.varies = w.varies || x != w.first
			}
			for _, x := range row[:dim] { // min and max would look for NaN
				if x < least {
					least = x
				}
				if x > most {
					most = x
				}
			}
		}
		if len(p.Steps) == p.own && p.table == nil {
			w.ends = append(w.ends, [2]float64{least, most})
		}
	}
	for c := range columns {
		all, w := p.view(Part{Table: parts[0].Table}), &columns[c]
		for i := 1; i < parts[0].Table.rows && w.counts; i++ {
			w.counts = all.at(i, c) == all.at(0, c)+float64(i)
		}
	}
	w.any = append(w.any, fills(columns, views)...)
	if p.table != nil {
		w.any = append(w.any, p.unusual(parts)...)
	}
	p.repeats(&w, columns, views[0])
	return w
}

// watched are the columns whose values are looked at: where there is a schema, the numbers.
func (p *Preparation) watched(counts bool) (all []watched) {
	w := watched{low: math.Inf(1), lower: math.Inf(1), high: math.Inf(-1), higher: math.Inf(-1), counts: counts && p.table == nil}
	add := func(name string, at int, context bool) {
		if w.name, w.at, w.context = name, at, context; context {
			w.name = "context " + name
		}
		all = append(all, w)
	}
	variables, context := p.Names()
	if p.table == nil {
		for c := range p.Dim() {
			add(columnName(variables, c), c, false)
		}
		for c := range p.ContextDim() {
			add(columnName(context, c), c, true)
		}
		return all
	}
	at := 0
	for k, c := range p.used() {
		f := &p.table.Columns[c]
		numbers := f.Kind == Integer || f.Kind == Real
		if isContext := k >= p.Dim(); !isContext && numbers {
			add(strconv.Quote(text.Shorten(f.Name, 41)), k, false)
		} else if isContext {
			if numbers {
				add(strconv.Quote(text.Shorten(f.Name, 41)), at, true)
			}
			at += len(f.inputs())
		}
	}
	return all
}

// unusual reports, of a table with a schema, columns that the model does not know and numbers
// that are not multiples of the step of their column.
func (p *Preparation) unusual(parts []Part) (lines []string) {
	for _, t := range tablesOf(parts) {
		if names := p.unused(t); names != nil {
			lines = append(lines, fmt.Sprintf("%s: column%s %s: not among those of the training, ignored",
				t.label(), strings.Repeat("s", min(1, len(names)-1)), text.Listed(names)))
		}
		if p.reordered(t) {
			lines = append(lines, t.label()+": its columns are in another order than those of the training: they are found by their names")
		}
	}
	off := map[int]int{}
	for _, part := range parts {
		found, err := p.sources(part.Table, p.used())
		for k, at := range found {
			if c := p.used()[k]; err == nil && p.table.Columns[c].Step > 0 {
				off[c] += p.cellsOf(at, c, points).offStep(part)
			}
		}
	}
	for _, c := range p.used() {
		if f := &p.table.Columns[c]; off[c] > 0 {
			lines = append(lines, fmt.Sprintf("column %q: %s no multiple of its step, %s: each is scored by a cell around itself",
				text.Shorten(f.Name, 41), text.Count(off[c], "value"), Number(f.Step)))
		}
	}
	return lines
}

// reordered reports whether a table has the columns of the source in another order.
func (p *Preparation) reordered(t *Table) bool {
	found, err := p.sources(t, slices.Sorted(slices.Values(p.used())))
	return err == nil && !slices.IsSortedFunc(found, func(a, b source) int {
		if a.t != b.t { // a context apart follows the others
			return 0
		}
		return a.col - b.col
	})
}

// columnName is a column in a message.
func columnName(names []string, c int) string {
	if names == nil {
		return strconv.Itoa(c)
	}
	return strconv.Quote(text.Shorten(names[c], 41))
}

// firstRefused names the first cell of the tables that has no finite number: rows are
// prepared in another order than that of their file.
func (p *Preparation) firstRefused(parts []Part, fitting bool) error {
	for _, part := range parts {
		if p.table != nil {
			if r, err := p.openTable(part.Table, points); err == nil {
				if err := r.refused(fitting); err != nil {
					return err
				}
			}
			continue
		}
		v := p.view(part)
		if v.apart == v.Table {
			v.variables, v.context = slices.Concat(v.variables, v.context), nil
		}
		anyRow := func([]float64) (int, string) { return 0, "" }
		if err := cmp.Or(v.Table.walk(nil, v.variables, anyRow), v.apart.walk(nil, v.context, anyRow)); err != nil {
			return err
		}
	}
	return nil
}

// view gives the variables, followed by the context, of the rows of a part.
type view struct {
	Part
	apart              *Table // which has the context
	variables, context []int
	numbers            []source // those of the watched columns, where there is a schema
	err                error    // which Apply returns
}

func (p *Preparation) view(part Part) (v view) {
	v = view{Part: part, apart: part.Table}
	if p.table != nil {
		found, err := p.sources(part.Table, p.used())
		v.err = err
		for k, at := range found {
			if f := p.table.Columns[p.used()[k]]; f.Kind == Integer || f.Kind == Real {
				v.numbers = append(v.numbers, at)
			}
		}
		return v
	}
	v.variables, v.context, v.err = p.columnsOf(part.Table)
	if v.context == nil && part.Table.Context != nil {
		v.apart, v.context = part.Table.Context, sequence(0, p.ContextDim())
	}
	return v
}

func (v *view) row(dst []float64, i int) {
	i = v.Part.row(i)
	for c, at := range v.numbers {
		dst[c] = at.t.At(i, at.col)
	}
	v.Table.take(dst, i, v.variables)
	v.apart.take(dst[len(v.variables):], i, v.context)
}

func (v *view) at(i, c int) float64 {
	i = v.Part.row(i)
	if v.numbers != nil {
		return v.numbers[c].t.At(i, v.numbers[c].col)
	}
	if c < len(v.variables) {
		return v.Table.At(i, v.variables[c])
	}
	return v.apart.At(i, v.context[c-len(v.variables)])
}

// isFill tells numbers that stand for missing ones in files: nines, the fill
// values of NetCDF and others, the ends of integer types.
func isFill(v float64) bool {
	v = math.Abs(v)
	switch v {
	case 1 << 15, 1<<15 - 1, 1 << 31, 1<<31 - 1:
		return true
	}
	if v < 99 || v >= 1e15 {
		return v >= 1e15
	}
	digits := strconv.FormatFloat(v, 'f', -1, 64)
	return strings.Trim(digits, "9.") == "" && len(digits) > 2
}

// fills reports values at the end of a column that look like signs of missing ones:
// farther from all others than these are apart or, where the value is not known for
// that, ten times as far, in several rows.
func fills(columns []watched, views []view) (lines []string) {
	report := func(w *watched, v float64, rows int) {
		lines = append(lines, fmt.Sprintf("column %s is %.6g in %s, far from its other values (a sign of missing ones? leave the rows out)",
			w.name, v, text.Count(rows, "row")))
	}
	for c := range columns {
		w := &columns[c]
		if !(w.low < w.high) {
			continue
		}
		if !isFill(w.low) && !isFill(w.high) {
			if w.atLow > 1 && w.lower < w.high && w.lower-w.low > 10*(w.high-w.lower) {
				report(w, w.low, w.atLow)
			}
			if w.atHigh > 1 && w.higher > w.low && w.high-w.higher > 10*(w.higher-w.low) {
				report(w, w.high, w.atHigh)
			}
			continue
		}
		found, low, high := map[float64]int{}, w.low, w.high
		for isFill(low) && found[low] == 0 || isFill(high) && found[high] == 0 { // fills may hide others
			for _, v := range []float64{low, high} {
				if isFill(v) {
					found[v] = 0
				}
			}
			low, high = math.Inf(1), math.Inf(-1)
			for v := range found {
				found[v] = 0
			}
			for k := range views {
				for i := range views[k].Len() {
					v := views[k].at(i, c)
					if n, known := found[v]; known {
						found[v] = n + 1
					} else {
						low, high = min(low, v), max(high, v)
					}
				}
			}
			if len(found) > 8 || low > high {
				break
			}
		}
		for _, v := range slices.Sorted(maps.Keys(found)) {
			if apart := max(low-v, v-high); apart > high-low && (math.Abs(v) < 1e15 || apart > 1000*(high-low)) {
				report(w, v, found[v])
			}
		}
	}
	if most := 5; len(lines) > most {
		lines = append(lines[:most], fmt.Sprintf("%d more such values in other columns", len(lines)-most))
	}
	return lines
}

// repeats reports columns that number the rows, whose values become equal in float32,
// that are constant and whose values repeat, by some rows of the first set.
func (p *Preparation) repeats(w *warnings, columns []watched, v view) {
	n := min(v.Len(), max(200, min(10_000, 4_000_000/max(1, len(columns)))))
	some := make([]int, n)
	for k := range n {
		some[k] = v.Part.row(k * v.Len() / n)
	}
	s, err := p.apply(Part{Table: v.Table, Rows: some}, points)
	if err != nil {
		return // which Apply reports
	}
	v.Rows = some
	before, after := make([]float64, n), make([]float32, n)
	var numbering, equal, equalContext, constant, repeated []string
	for c := range columns {
		w := &columns[c]
		switch {
		case w.counts:
			numbering = append(numbering, w.name)
			continue
		case p.table != nil && !w.context && p.table.Columns[p.Variables[w.at]].Step > 0:
			continue
		case p.table == nil && !w.varies && !w.context && (n >= fewRows || v.Name != "" && n > 1):
			constant = append(constant, w.name)
			continue
		}
		for k := range n {
			if before[k] = v.at(k, c); !w.context {
				after[k] = s.Row(k)[w.at]
			} else {
				after[k] = s.ContextRow(k)[w.at]
			}
		}
		var atoms []float64 // which have probabilities
		if p.table != nil && !w.context {
			atoms = p.table.Columns[p.Variables[w.at]].Atoms
		}
		slices.Sort(before)
		slices.Sort(after)
		lost, again := repetition(before, after, atoms)
		if lost != "" {
			to := &equal
			if w.context {
				to = &equalContext
			}
			*to = append(*to, fmt.Sprintf("%s (%s)", w.name, lost))
		}
		if again != "" && !w.context {
			repeated = append(repeated, fmt.Sprintf("%s (%s)", w.name, again))
		}
	}
	note := func(to *[]string, what string, columns []string, remedy string) {
		if len(columns) == 0 {
			return
		}
		plural, most := strings.Repeat("s", min(1, len(columns)-1)), 5
		if more := len(columns) - most; more > 0 {
			columns = append(columns[:most], fmt.Sprintf("and %d more", more))
		}
		*to = append(*to, fmt.Sprintf("%s: column%s %s (%s)", what, plural, strings.Join(columns, ", "), remedy))
	}
	note(&w.any, "a number of the row", numbering, "leave it out: data.drop_columns")
	remedy := "set data.standardise"
	if p.Scales() {
		remedy = "leave out the rows that are far from all others"
	}
	if p.table == nil || len(w.any) == 0 { // fill values, which do that, have a line already
		note(&w.any, "distinct values become equal in float32", equal, remedy)
	}
	note(&w.any, "distinct values become equal in float32", equalContext, "subtract an offset in the source")
	note(&w.real, "constant in training", constant, "a density of real numbers has no bound there; leave it out: data.drop_columns")
	remedy = "for levels from 0 set data.dequantise, else make it context or data.drop_columns"
	if p.table != nil {
		remedy = "a step or atoms have probabilities: data.columns"
	}
	note(&w.real, "values that repeat", repeated, "a density of real numbers has no bound there; "+remedy)
}

// repetition says of the sorted values of a column how many of them become equal when they are prepared, and how those that
// are no atoms repeat; "" where they do not.
func repetition(before []float64, after []float32, atoms []float64) (lost, repeated string) {
	n, told, kept := len(before), 1, 1
	for k := 1; k < n; k++ {
		if after[k] != after[k-1] {
			kept++
		}
		if x := before[k]; x-before[k-1] > 4*0x1p-52*math.Abs(x) { // not the last digits of two computations
			told++
		}
	}
	if 100*(told-kept) > told {
		lost = fmt.Sprintf("%d values become %d", told, kept)
	}
	distinct, rows, whole, most, often := 0, 0, true, 0.0, 0
	for from, to := range runs(before) {
		x := before[from]
		whole = whole && x == math.Trunc(x)
		if slices.Contains(atoms, x) {
			continue
		}
		distinct, rows = distinct+1, rows+to-from
		if to-from > often {
			most, often = x, to-from
		}
	}
	switch {
	case rows < fewRows:
	case whole && distinct <= rows/2, distinct <= rows/10:
		repeated = fmt.Sprintf("%d distinct values of %d", distinct, n)
	case often >= n/10:
		repeated = fmt.Sprintf("%.6g in %d %% of the rows", most, 100*often/n)
	}
	return lost, repeated
}
