package data

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
)

// Schema says what the columns of a table are, in the order of the source.
type Schema []Column

// Column is what one column of a table is. Of a declaration the zero value of a field means that
// it is guessed; a schema that was guessed or fitted has them all.
type Column struct {
	// Name is that in the header, or the number of the column where there is none.
	Name string `json:"name"`
	// Kind is what its values are.
	Kind ColumnKind `json:"kind,omitempty"`
	// Role is what it is for; "" is a variable.
	Role Role `json:"role,omitempty"`
	// Levels are the values of a binary or categorical column as the file has them, sorted: value
	// k of the model is Levels[k].
	Levels []string `json:"levels,omitempty"`
	// Min and Max are declared bounds, nil where there is none. They are never observed ones: the
	// density has no mass beyond a bound, and a value beyond it is an error. Those of a circular
	// column begin at Min, 0 where it is nil, and others are turned to there.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
	// Step is what values are rounded to: 0.01, 5, and 1 for integers and days. 0 of a fitted real
	// column is no rounding. Exact declares that there is none. A circle has a whole number of steps.
	Step  float64 `json:"step,omitempty"`
	Exact bool    `json:"exact,omitempty"`
	// Period is that of a circular column.
	Period float64 `json:"period,omitempty"`
	// Format is the layout of a date or time, as package time has it. Its values are days since
	// 1970-01-01 where the layout has no time of day, else seconds.
	Format string `json:"format,omitempty"`
	// Missing is true where the column may have holes.
	Missing bool `json:"missing,omitempty"`
	// Atoms are numbers so frequent that each has a probability of its own.
	Atoms []float64 `json:"atoms,omitempty"`
	// Transform is what is done to the numbers before the model sees them.
	Transform Transform `json:"transform,omitempty"`
}

// ColumnKind is a kind of values of a column.
type ColumnKind string

// The kinds of columns.
const (
	Binary      ColumnKind = "binary"      // one of two levels
	Categorical ColumnKind = "categorical" // one of some levels without an order
	Integer     ColumnKind = "integer"     // whole numbers
	Real        ColumnKind = "real"
	Circular    ColumnKind = "circular" // angles, hours: numbers that return after a period
	Date        ColumnKind = "date"     // a day or a point in time
)

// Role is what a column is for.
type Role string

// The roles of columns.
const (
	VariableRole Role = "variable" // is modelled
	ContextRole  Role = "context"  // conditions the model
	LabelRole    Role = "label"    // stays beside the rows; no model sees it
	WeightRole   Role = "weight"   // how often a row counts, in training and in means over rows
	IDRole       Role = "id"       // names the row; no model sees it
	DropRole     Role = "drop"     // is not read
)

// Transform is a monotone map of the numbers of a column, with its log-determinant.
type Transform string

// The transforms of columns.
const (
	AsIs        Transform = "none"
	Standardise Transform = "standardise" // to mean 0 and variance 1 of the training rows
	LogScale    Transform = "log"         // then standardised
	LogitScale  Transform = "logit"       // on declared bounds, then standardised
	ProbitScale Transform = "probit"      // on declared bounds
	SplineScale Transform = "spline"      // the marginal of the training rows to about N(0, 1), linear tails
	// AutoScale is spline of numbers with a step that come again more often than those beside them, in the training rows, and of numbers
	// far from normal, by their skewness or tails; else standardise: what it came to takes its place.
	AutoScale Transform = "auto"
)

// columnKinds, roles and transforms are in the order of help.
var (
	columnKinds = []ColumnKind{Binary, Categorical, Integer, Real, Circular, Date}
	roles       = []Role{VariableRole, ContextRole, LabelRole, WeightRole, IDRole, DropRole}
	transforms  = []Transform{AsIs, Standardise, LogScale, LogitScale, ProbitScale, SplineScale, AutoScale}
)

// wordsOf are the words of an option.
func wordsOf[T ~string](all []T) []string {
	return option.Names(all, func(w T) string { return string(w) })
}

// Table declares the options of a column in a configuration.
func (c *Column) Table() option.Table {
	const guessed = "guessed"
	return option.Table{
		option.WordsOrNone("kind", (*string)(&c.Kind), "what its values are: binary, one of two; categorical, one of some without an order; integer; real; circular, angles and hours; date, a day or a time",
			wordsOf(columnKinds)...).Alone().Default(guessed),
		option.WordsOrNone("role", (*string)(&c.Role), "what it is for: variable, is modelled; context, conditions the model; label and id, stay beside the rows; weight, how often a row counts; drop, is left out",
			wordsOf(roles)...).Alone().Default(guessed),
		option.Of("levels", &c.Levels, nil, "the values of a binary or categorical column, in the order of their codes").Free().Default("those of the source, sorted"),
		option.Of("min", &c.Min, nil, "bound below which it has no value; where a circular column begins").Default("none"),
		option.Of("max", &c.Max, nil, "bound above which it has no value").Default("none"),
		option.Of("step", &c.Step, 0, "what its values are rounded to, such as 0.01 or 5").Within(0, math.MaxFloat32).Default("guessed; 1 of integers and of days or seconds"),
		option.Of("exact", &c.Exact, false, "whether its values are not rounded, whatever they look like").Default(guessed),
		option.Of("period", &c.Period, 0, "after what a circular column returns, such as 24 or 360").Within(0, math.MaxFloat32).Default("none"),
		option.Of("format", &c.Format, "", "how dates or times are written: the layout of 2 January 2006, 15:04:05, such as 02.01.2006").Default(guessed),
		option.Of("missing", &c.Missing, false, "whether cells may be missing").Default("whether one is missing in the source"),
		option.Of("atoms", &c.Atoms, nil, "numbers that have a probability of their own, such as many zeros; [] for none").Default(guessed),
		option.WordsOrNone("transform", (*string)(&c.Transform), "what is done to its numbers before the model sees them: none; standardise; log, above a declared min or 0; logit or probit, between declared bounds; spline, to about a normal density; auto, spline of numbers that come again more often than those beside them, are skewed or have heavy tails, else standardise",
			wordsOf(transforms)...).Default("data.marginal"),
		option.Rule(c.check),
	}
}

// check reports what of a column contradicts itself.
func (c *Column) check(report option.Report) {
	numbers := c.Kind == Integer || c.Kind == Real || c.Kind == Date
	given := func(set bool, key string, fits bool, of string) {
		if set && !fits && c.Kind != "" {
			report(fmt.Sprintf("a column that is %s has no %s (it is for %s)", c.Kind, key, of), key, "kind")
		}
	}
	given(c.Levels != nil, "levels", c.Kind == Binary || c.Kind == Categorical, "binary and categorical columns")
	given(c.Min != nil, "min", numbers || c.Kind == Circular, "numbers and dates")
	given(c.Max != nil, "max", numbers, "integers, reals and dates")
	given(c.Step != 0, "step", numbers || c.Kind == Circular, "numbers and dates")
	given(c.Exact, "exact", c.Kind == Real || c.Kind == Circular, "reals and circular columns")
	given(c.Period != 0, "period", c.Kind == Circular, "circular columns")
	given(c.Format != "", "format", c.Kind == Date, "dates")
	given(len(c.Atoms) > 0, "atoms", numbers, "integers, reals and dates")
	given(c.Transform != "" && c.Transform != AsIs, "transform", numbers, "integers, reals and dates")
	switch {
	case c.Kind == Integer && c.Step != math.Trunc(c.Step):
		report(fmt.Sprintf("an integer is rounded to whole numbers, not to %v (its kind may be real)", c.Step), "step", "kind")
	case c.Kind == Circular && c.Period == 0:
		report("a circular column needs its period, such as 24 or 360", "kind", "period")
	case c.Kind == Circular && c.Step > c.Period/2:
		report(fmt.Sprintf("a circle of %v has fewer than two steps of %v", c.Period, c.Step), "step", "period")
	case c.Kind == Binary && c.Levels != nil && len(c.Levels) != 2:
		report(fmt.Sprintf("a binary column has two levels, got %d", len(c.Levels)), "levels", "kind")
	case c.Levels != nil && len(c.Levels) == 0:
		report("is empty (leave it out to take those of the source)", "levels")
	}
	for i, level := range c.Levels {
		if slices.Contains(c.Levels[:i], level) {
			report(fmt.Sprintf("%q is listed twice (keep one)", level), "levels")
		}
	}
	if c.Min != nil && c.Max != nil && *c.Min >= *c.Max {
		report(fmt.Sprintf("is not below max: %v, %v", *c.Min, *c.Max), "min", "max")
	}
	if c.Step > 0 && c.Exact {
		report("a column is either rounded to a step or exact (set one of step and exact)", "step", "exact")
	}
	if (c.Transform == LogitScale || c.Transform == ProbitScale) && (c.Min == nil || c.Max == nil) {
		report(fmt.Sprintf("%s needs both bounds (set min and max)", c.Transform), "transform", "min", "max")
	}
	if c.Format != "" {
		if problem := checkLayout(c.Format); problem != "" {
			report(problem, "format")
		}
	}
	for _, a := range c.Atoms {
		if c.Min != nil && a < *c.Min || c.Max != nil && a > *c.Max {
			report(fmt.Sprintf("%v is beyond the bounds", a), "atoms", "min", "max")
		}
	}
}

// OfNumbers reports whether a model is to see numbers of the column, as far as it is declared.
func (c *Column) OfNumbers() bool {
	return (c.role() == VariableRole || c.role() == ContextRole || c.Role == WeightRole) && c.Kind != Binary && c.Kind != Categorical && c.Kind != Date
}

// checkLayout returns what is wrong with the layout of a date, "" when nothing is.
func checkLayout(layout string) string {
	clock, at := clockOf(layout), time.Date(1999, 11, 28, 23, 58, 57, 0, time.UTC)
	written := at.Format(layout)
	if v, problem := clock.read(written); problem == "" && clock.write(v) == written && written != layout {
		return ""
	}
	return fmt.Sprintf("%q is no layout of dates or times (write 2 January 2006, 15:04:05 in the form of the column, such as 02.01.2006)", layout)
}

// Validate returns everything that contradicts itself, each with the name of the column.
func (s Schema) Validate() error {
	var columns option.Table
	names := map[string]bool{}
	for i := range s {
		columns = append(columns, option.Section(s[i].Name, s[i].Table()))
	}
	problems := option.Problems(option.Flatten(columns).Check(map[string]bool{}))
	weights := s.of(WeightRole)
	for i, c := range s {
		if names[c.Name] {
			problems = append(problems, option.Problem{Text: "there are two columns of this name", Paths: []string{c.Name}})
		}
		if c.Role == WeightRole && weights[0] != i {
			problems = append(problems, option.Problem{Text: twoWeights(s[weights[0]].Name), Paths: []string{c.Name}})
		}
		names[c.Name] = true
	}
	if problems != nil {
		return fmt.Errorf("data: columns: %w", problems)
	}
	return nil
}

// Names are the names of the columns.
func (s Schema) Names() []string {
	names := make([]string, len(s))
	for i, c := range s {
		names[i] = c.Name
	}
	return names
}

// Find returns the number of the column of a name, or an error that suggests another one.
func (s Schema) Find(name string) (int, error) {
	names := s.Names()
	if i := slices.Index(names, name); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("there is no column %q%s; there are %s", text.Shorten(name, 41), text.DidYouMean(name, names), text.Listed(names))
}

// Variables are the numbers of the columns that are modelled, Context of those that condition the model.
func (s Schema) Variables() []int { return s.of(VariableRole) }

// Context is as described at [Schema.Variables].
func (s Schema) Context() []int { return s.of(ContextRole) }

func (c *Column) role() Role { return cmp.Or(c.Role, VariableRole) }

func (s Schema) of(role Role) (columns []int) {
	for i, c := range s {
		if c.role() == role {
			columns = append(columns, i)
		}
	}
	return columns
}

// String is the schema as a table for people, one line a column, of at most 100 characters. Of more than a few columns of
// one kind that follow each other the first and the last share a line.
func (s Schema) String() string {
	const width, few = 100, 4
	rows := [][4]string{{"column", "role", "kind", ""}}
	add := func(names string, like [4]string) {
		like[0] = names
		rows = append(rows, like)
	}
	for i := 0; i < len(s); {
		like, end := s[i].line(), i+1
		for end < len(s) && s[end].line() == like {
			end++
		}
		if end-i > few {
			add(fmt.Sprintf("%s … %s", s[i].label(), s[end-1].label()), like)
			rows[len(rows)-1][3] = strings.TrimSuffix(fmt.Sprintf("%d columns; %s", end-i, like[3]), "; ")
			i = end
		}
		for ; i < end; i++ {
			add(s[i].label(), like)
		}
	}
	var wide [3]int
	for _, r := range rows {
		for k := range wide {
			wide[k] = max(wide[k], utf8.RuneCountInString(r[k]))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		line := fmt.Sprintf("%-*s  %-*s  %-*s  %s", wide[0], r[0], wide[1], r[1], wide[2], r[2], r[3])
		b.WriteString(strings.TrimRight(text.Shorten(line, width), " ") + "\n")
	}
	return b.String()
}

// label is the name of a column in a table for people, line what else it has there.
func (c *Column) label() string { return text.EscapedLine(text.Shorten(c.Name, 30)) }

func (c *Column) line() [4]string {
	if c.Role == DropRole {
		return [4]string{1: string(DropRole)}
	}
	return [4]string{1: string(c.role()), 2: string(c.Kind), 3: text.EscapedLine(c.about())}
}

// about says in a few words what a column is besides its kind.
func (c *Column) about() string {
	var facts []string
	if c.Missing {
		facts = append(facts, "may be missing")
	}
	facts = append(facts, c.Rules()...)
	if len(c.Atoms) > 0 {
		facts = append(facts, "atoms "+strings.Join(option.Names(c.Atoms, Number), ", "))
	}
	if n := len(c.Levels); n > 0 {
		levels := strings.Join(option.Names(c.Levels, func(l string) string { return text.Shorten(l, 24) }), ", ")
		if c.Kind == Categorical {
			levels = fmt.Sprintf("%s: %s", text.Count(n, "level"), levels)
		}
		facts = append(facts, levels)
	}
	return strings.Join(facts, "; ")
}

// Rules says in a few words what the numbers of a column keep to: bounds, a period, a format, a step, and a transform.
func (c *Column) Rules() (facts []string) {
	add := func(format string, args ...any) { facts = append(facts, fmt.Sprintf(format, args...)) }
	switch {
	case c.Kind == Circular && c.Min != nil:
		add("from %s", Number(*c.Min))
	case c.Min != nil && c.Max != nil:
		add("%s to %s", Number(*c.Min), Number(*c.Max))
	case c.Min != nil:
		add("at least %s", Number(*c.Min))
	case c.Max != nil:
		add("at most %s", Number(*c.Max))
	}
	switch {
	case c.Kind == Circular:
		add("period %s", Number(c.Period))
	case c.Format != "":
		add("written like %s", c.Format)
	}
	if c.Step > 0 && (c.Step != 1 || c.Kind == Real || c.Kind == Circular) {
		add("step %s", Number(c.Step))
	}
	switch c.Transform {
	case "", Standardise:
	case AsIs:
		add("not scaled")
	default:
		add("%s", c.Transform)
	}
	return facts
}

// Number is a number as tables write it: the shortest decimal that reads back as it, without an exponent where it is of
// ordinary size.
func Number(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-9 || a >= 1e16) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v+0, 'f', -1, 64)
}
