package data

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
)

// GuessSchema returns what each column of a table is, followed by the columns of its context: what o.Columns and its short
// forms say and, for the rest, what all rows look like. The tables in more are others with the same columns, such as those
// of other splits.
//
// The lines say which guesses act, such as columns that are dropped, and what may be worth declaring, each with how. Errors
// name the columns that are declared but not there, and what contradicts their values.
func GuessSchema(t *Table, o Options, more ...*Table) (Schema, []string, error) {
	if t == nil || t.rows == 0 {
		return nil, nil, errNoRows
	}
	o.Marginal = o.marginal(t.rows)
	g := guesser{o: o, tables: append([]*Table{t}, more...), notes: map[string][]note{}}
	if err := g.declare(); err != nil {
		return nil, nil, err
	}
	var wrong []error
	for columns := range slices.Chunk(sequence(0, len(g.schema)), max(1, min(64, 1<<20/g.rows()))) {
		for k, seen := range g.observe(columns) {
			wrong = append(wrong, g.column(columns[k], seen))
		}
	}
	g.dropEqual()
	if err := cmp.Or(joined(wrong), g.schema.Validate()); err != nil {
		return nil, nil, err
	}
	if len(g.schema.Variables()) == 0 {
		why := cmp.Or(strings.Join(g.lines(), "; "), "all are declared to be dropped or to be for something else")
		return nil, nil, fmt.Errorf("%s has no column left to model: %s", t.label(), why)
	}
	lines := append(g.lines(), g.repeated...)
	has := func(of Transform) bool {
		return slices.ContainsFunc(g.schema, func(c Column) bool { return c.Transform == of })
	}
	const standardised = "numbers are standardised, to mean 0 and variance 1 of the training rows"
	switch {
	case has(AutoScale):
		lines = append(lines, standardised+", or, where they come again, are skewed or have heavy tails, taken to about a normal density by a spline (if not: data.marginal: none)")
	case has(Standardise):
		lines = append(lines, standardised+" (if not: data.marginal: none)")
	}
	return g.schema, lines, nil
}

// guesser guesses what the columns of tables are.
type guesser struct {
	buffers
	o      Options
	tables []*Table
	schema Schema
	given  []bool            // columns that are declared
	sure   []bool            // those with a kind or a role, which are not dropped
	hashes []uint64          // of all values of the columns
	notes  map[string][]note // by what they say
	order  []string          // of the keys of notes

	repeated []string // on names of rows that are in several rows
}

// note is something about a column.
type note struct{ column, detail, remedy string }

// say notes something about a column, in a sentence that says %s for all columns that it is about, and what in data.columns
// would overrule it, which closes a bracket of the sentence; "" for nothing.
func (g *guesser) say(c int, sentence, detail, remedy string) {
	if g.notes[sentence] == nil {
		g.order = append(g.order, sentence)
	}
	g.notes[sentence] = append(g.notes[sentence], note{g.schema[c].Name, detail, remedy})
}

// lines are the notes, a line for each sentence.
func (g *guesser) lines() (lines []string) {
	const most = 4 // columns that are named
	for _, sentence := range g.order {
		notes := g.notes[sentence]
		names := option.Names(notes[:min(len(notes), most)], func(n note) string {
			return strings.TrimSpace(strconv.Quote(text.Shorten(n.column, 41)) + " " + n.detail)
		})
		all := "column " + names[0]
		if len(notes) > 1 {
			all = "columns " + strings.Join(names, ", ")
		}
		if n := len(notes) - len(names); n > 0 {
			all += fmt.Sprintf(" and %d more", n)
		}
		line := fmt.Sprintf(sentence, all)
		if notes[0].remedy != "" {
			line += fmt.Sprintf(": data.columns: {%s: %s})", option.QuoteText(notes[0].column), notes[0].remedy)
		}
		lines = append(lines, line)
	}
	return lines
}

// declare makes the schema of what is declared.
func (g *guesser) declare() error {
	t := g.tables[0]
	for c := range t.dim {
		g.schema = append(g.schema, Column{Name: nameOf(t.Columns, c, 0)})
	}
	if t.Context != nil {
		for c := range t.Context.dim {
			g.schema = append(g.schema, Column{Name: nameOf(t.Context.Columns, c, t.dim), Role: ContextRole})
		}
	}
	g.given, g.sure, g.hashes = make([]bool, len(g.schema)), make([]bool, len(g.schema)), make([]uint64, len(g.schema))
	var wrong []error
	for _, d := range g.o.Columns {
		c, err := g.schema.Find(d.Name)
		if err != nil {
			if c, err = t.Column(d.Name); err != nil {
				wrong = append(wrong, err)
				continue
			}
		}
		if g.given[c] {
			wrong = append(wrong, fmt.Errorf("column %q is declared twice, by its name and by its number (keep one)", text.Shorten(g.schema[c].Name, 41)))
		}
		g.given[c], g.sure[c] = true, d.Kind != "" || d.Role != ""
		d.Name, d.Role = g.schema[c].Name, cmp.Or(d.Role, g.schema[c].Role)
		g.schema[c] = d
	}
	for _, name := range g.o.DropColumns {
		c, err := t.Column(name)
		switch {
		case err != nil:
			wrong = append(wrong, err)
		case g.schema[c].Role == DropRole && !g.given[c]:
			wrong = append(wrong, fmt.Errorf("column %q is dropped twice", text.Shorten(name, 41)))
		case g.given[c]:
			wrong = append(wrong, fmt.Errorf("column %q is declared, but also in data.drop_columns (keep one)", text.Shorten(g.schema[c].Name, 41)))
		default:
			g.schema[c].Role = DropRole
		}
	}
	left := slices.DeleteFunc(sequence(0, t.dim), func(c int) bool { return g.schema[c].Role == DropRole })
	if n := g.o.ContextColumns; n > 0 && n >= len(left) {
		wrong = append(wrong, fmt.Errorf("%s has %s: a context of %d leaves none to model", t.label(), text.Count(len(left), "column"), n))
	} else {
		for _, c := range left[len(left)-n:] {
			if role := g.schema[c].Role; role != "" {
				wrong = append(wrong, fmt.Errorf("column %q is declared to be %s, but is one of the last %d, which data.context_columns makes the context (remove one)",
					text.Shorten(g.schema[c].Name, 41), role, n))
			}
			g.schema[c].Role = ContextRole
		}
	}
	return joined(wrong)
}

// joined is all errors, but for nil, in one line.
func joined(all []error) error {
	all = slices.DeleteFunc(all, func(err error) bool { return err == nil })
	if len(all) == 0 {
		return nil
	}
	return errors.New(strings.Join(option.Names(all, error.Error), "; "))
}

// nameOf is the name of a column, or its number behind so many others where the source has none.
func nameOf(names []string, c, behind int) string {
	if names == nil {
		return strconv.Itoa(behind + c)
	}
	return names[c]
}

func (g *guesser) rows() (n int) {
	for _, t := range g.tables {
		n += t.rows
	}
	return n
}

// column guesses one column of its values.
func (g *guesser) column(c int, s *observed) error {
	column := &g.schema[c]
	g.hashes[c] = s.hash
	g.repeats(c, s)
	switch column.role() {
	case DropRole, IDRole:
		return nil
	case WeightRole:
		column.Kind = Real
		return nil
	case VariableRole, ContextRole:
		if of, stray := s.strays(); stray != nil && column.Kind == "" {
			return g.stray(c, of, stray)
		}
		if !g.sure[c] && g.useless(c, s) {
			return nil
		}
	}
	column.Missing = column.Missing || s.holes > 0
	if column.Kind == "" {
		g.kind(c, s)
	}
	switch column.Kind {
	case Binary, Categorical:
		return g.levels(c, s)
	case Date:
		return g.date(c, s)
	case Circular:
		g.step(c, s, s.frequent())
		switch half := column.Period / 2; { // which of its numbers the turn is cut at
		case column.Min != nil:
		case s.low < 0 && s.low >= -half && s.high <= half:
			column.Min = new(-half)
		case column.Step > 0 && s.low > 0 && s.high == column.Period:
			column.Min = new(column.Step)
		}
	case Integer, Real:
		return g.numbers(c, s)
	}
	return nil
}

// stray is the error of the first text that is not what others of a column are.
func (g *guesser) stray(c int, of string, stray func(string) bool) error {
	for _, t := range g.tables {
		x, i := t.source(c)
		for row := range x.rows {
			if cell, is := x.Text(row, i); is && stray(cell) {
				cell = text.Shorten(cell, 41)
				return x.refused(row, i, fmt.Sprintf("is %q in a column of %s (if it is missing, list it with other such spellings: data.missing: [%s]; if all are codes, data.columns: {%s: categorical}, or drop)",
					cell, of, option.QuoteText(cell), option.QuoteText(g.schema[c].Name)))
			}
		}
	}
	return nil
}

// kind guesses the kind of a column.
func (g *guesser) kind(c int, s *observed) {
	column := &g.schema[c]
	two := len(s.few) <= 2 && !slices.ContainsFunc(s.few, func(v float64) bool { return v != 0 && v != 1 })
	switch {
	case s.texts > 0 && s.numbers == 0 && len(s.dates()) == 1:
		column.Kind = Date
		g.say(c, "%s (if they are no dates", "written like "+s.dates()[0], string(Categorical))
	case s.texts > 0 && s.atLeast() == 2:
		column.Kind = Binary
	case s.atLeast() == 1 && s.holes > 0 && !two && g.o.Holes != UnknownHoles:
		column.Kind = Categorical
	case s.numbers > 0 && s.texts == 0 && g.o.Guess != "reals" && s.compactDates():
		column.Kind, column.Format = Date, compactDate
		g.say(c, "%s (if they are no dates", "written like "+compactDate, string(Integer))
	case s.texts > 0:
		column.Kind = Categorical
		if example := s.signed(); example != "" {
			g.say(c, "texts of numbers with signs, which makes categories of them: %s (to have numbers, take the signs out of the file; else", "has "+strconv.Quote(example), string(Categorical))
			return
		}
		if s.numbers > 0 {
			g.say(c, "some texts are among numbers, which makes categories of them: %s (if they stand for missing ones, list them in data.missing; else",
				"has "+text.Listed(s.levels[:min(len(s.levels), 3)]), string(Categorical))
		} else if len(s.dates()) > 1 {
			g.say(c, "dates or texts, the day and the month not being told apart: %s", "", `{kind: date, format: "02/01/2006"}`)
		}
	case g.o.Guess != "reals" && s.numbers > 0 && (two || len(s.few) == 2 && s.numbers >= fewRows):
		column.Kind = Binary
		if !two {
			g.say(c, "two values alone make a binary column: %s (if there may be others", "", string(Real))
		}
	case g.o.Guess != "reals" && s.numbers > 0 && s.whole:
		column.Kind = Integer
	default:
		column.Kind = Real
	}
}

// levels are the values of a binary or categorical column.
func (g *guesser) levels(c int, s *observed) error {
	column := &g.schema[c]
	if column.Levels != nil {
		return nil
	}
	numbers := s.all()
	for _, v := range numbers {
		column.Levels = append(column.Levels, Number(v))
	}
	if column.Levels = append(column.Levels, s.levels...); len(s.levels) > 0 {
		slices.SortFunc(column.Levels, text.Compare)
	}
	switch n := len(column.Levels); {
	case column.Kind == Binary && n == 1 && (column.Levels[0] == "0" || column.Levels[0] == "1"):
		column.Levels = []string{"0", "1"}
	case column.Kind == Binary && n != 2:
		return fmt.Errorf("column %q is declared binary, but has %s", text.Shorten(column.Name, 41), text.Count(n, "level"))
	case n == 0:
		return fmt.Errorf("column %q is declared categorical, but has no values", text.Shorten(column.Name, 41))
	}
	return nil
}

// date finds the layout and the step of dates.
func (g *guesser) date(c int, s *observed) error {
	column := &g.schema[c]
	texts := s.levels
	for _, v := range s.all() {
		texts = append(texts, Number(v))
	}
	if column.Format == "" {
		found := layoutsOf(texts)
		if len(found) != 1 {
			hint := ""
			if len(found) > 1 {
				hint = ": it may be " + strings.Join(found, " or ")
			}
			return fmt.Errorf("column %q is declared a date, but its layout is not known%s (declare it: data.columns: {%s: {kind: date, format: \"02/01/2006\"}})",
				text.Shorten(column.Name, 41), hint, option.QuoteText(column.Name))
		}
		column.Format = found[0]
	}
	column.Transform = cmp.Or(column.Transform, Transform(g.o.Marginal), Standardise)
	if column.Step == 0 {
		var step int64
		clock := clockOf(column.Format)
		for _, date := range texts {
			if v, problem := clock.read(date); problem == "" {
				step = gcd(step, int64(math.Round(v*microseconds)))
			}
		}
		if len(texts) < fewRows || step%microseconds != 0 {
			step = gcd(step, microseconds)
		}
		column.Step = float64(step) / microseconds
	}
	return nil
}

// step guesses what numbers are rounded to.
func (g *guesser) step(c int, s *observed, frequent []float64) {
	column := &g.schema[c]
	if column.Step != 0 || column.Exact || g.o.Guess == "reals" && !g.sure[c] && column.Kind != Integer {
		return
	}
	column.Step = s.rounding(frequent, column.Kind == Integer)
	if column.Kind == Circular && column.Step > column.Period/2 {
		column.Step = 0
	}
	if column.Step != 0 && (column.Kind != Integer || column.Step != 1) && column.role() == VariableRole {
		remedy := "{exact: true}"
		if column.Kind == Integer {
			remedy = "{step: 1}"
		}
		g.say(c, "rounded: %s (if not", "to "+Number(column.Step), remedy)
	}
}

// numbers guesses the step, the atoms and the transform of integers and reals.
func (g *guesser) numbers(c int, s *observed) error {
	column := &g.schema[c]
	guess := g.o.Guess != "reals" || g.sure[c]
	frequent := s.frequent()
	g.step(c, s, frequent)
	if column.Atoms == nil && guess && column.role() == VariableRole {
		column.Atoms = s.atoms(column.Step, frequent)
		if len(column.Atoms) > 0 {
			g.say(c, "numbers so frequent that they have a probability of their own: %s (to have none", "has "+text.Listed(option.Names(column.Atoms, Number)), "{atoms: []}")
		}
	}
	bounded := column.Min != nil || column.Max != nil
	switch exact := column.Kind == Real && column.Step == 0; {
	case exact && bounded && slices.Contains([]Transform{AsIs, Standardise, SplineScale, AutoScale}, column.Transform),
		exact && column.Min != nil && column.Max != nil && column.Transform == LogScale:
		return fmt.Errorf("column %q has bounds, which the transform %s does not keep (use logit or probit, or log for one bound alone, or declare a step)",
			text.Shorten(column.Name, 41), column.Transform)
	case column.Transform != "":
	case exact && column.Min != nil && column.Max != nil:
		column.Transform = LogitScale
	case exact && bounded:
		column.Transform = LogScale
	default:
		column.Transform = cmp.Or(Transform(g.o.Marginal), Standardise)
	}
	if column.role() != VariableRole || !guess || g.given[c] {
		return nil
	}
	if len(s.few) <= fewNumbers && s.numbers >= 5*len(s.few) && circling(column.Name) == 0 {
		g.say(c, "at most a dozen distinct numbers: %s (if they are codes", "", string(Categorical))
		return nil
	}
	if period := circling(column.Name); period > 0 && s.high-s.low <= period && s.high-s.low > period/2 {
		g.say(c, "perhaps angles or the like, whose last value is near the first: %s (if so", "", fmt.Sprintf("{kind: circular, period: %v}", period))
		return nil
	}
	if column.Kind == Real && column.Step == 0 && !column.Exact && s.repeats(column.Atoms) > mostRepeats {
		g.say(c, "values repeat, but are no multiples of a step, and a density has no bound on them: %s (if they are rounded", "", "{step: 0.01}")
	}
	if !bounded && s.low >= 0 && s.mean-3*s.sd < 0 {
		g.say(c, "nothing is below 0: %s (if it cannot be", "", "{min: 0}")
	}
	return nil
}

// circling is the period of what a column of that name may have, 0 of others.
func circling(name string) float64 {
	for _, word := range wordsIn(name) {
		switch word {
		case "angle", "azimuth", "bearing", "heading", "direction", "longitude":
			return 360
		case "hour":
			return 24
		case "month":
			return 12
		case "weekday":
			return 7
		}
	}
	return 0
}
