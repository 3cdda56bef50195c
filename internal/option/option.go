// Package option is the plain type of a table of options, in the spirit of package flag: the package that uses an option
// declares it once, in one row, with its name, its field, its default, its bounds and a sentence of help.
//
//	func (o *Options) Table() option.Table {
//		return option.Table{
//			option.Of("batch", &o.Batch, 100, "number of rows in a step").Within(1, option.MaxSize),
//			option.Words("scale", &o.Scale, "how the scale is made positive", "soft_clip", "exp"),
//			option.Section("schedule", o.Schedule.Table()),
//		}
//	}
//
// From a table follows everything else: [Resolve] fills in the defaults of a struct that was written in Go and returns every
// problem at once; [Flatten] lists the keys for a reader or a writer of files (package config); [Table.Keys] documents them.
//
// A zero field means its default. An option whose zero is a value of its own, and not the default, gives this value another
// number in Go; see [Row.Named].
//
// A choice ([Choose], [Pick]) takes one of several alternatives, each with a table of further options. The keys of these stand
// beside the choice. One key may belong to several alternatives, with another default in each; in a file, a key that belongs to
// none of the chosen alternatives is a problem.
package option

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// MaxSize is the largest number of units, rows of a batch or columns: far above any use, far below where an integer overflows.
const MaxSize = 1 << 24

// MaxSteps is the largest number of steps or epochs.
const MaxSteps = 1 << 50

// maxList bounds the elements of a list of integers.
const maxList = 1 << 16

// Type is what the field of an option may be. A *uint64 is a seed, and a *float64 a number, whose zero is no default: nil
// is.
type Type interface {
	string | bool | int | uint64 | *uint64 | float64 | *float64 | []int | []float64 | []string | [3]float64
}

// Table lists options in the order of a resolved file. Rows below a choice may depend on it.
type Table []*Row

// Without returns a table without some of its rows.
func (t Table) Without(names ...string) Table {
	return slices.DeleteFunc(slices.Clone(t), func(r *Row) bool { return slices.Contains(names, r.name) })
}

// Row is an option, a section of options or a rule.
type Row struct {
	name, help string

	at       any        // a pointer to the field; a [Type], a [*WordOrList], [Entries] or a choice of values
	initial  func() any // the default
	required bool
	says     string // the default in words, where its value says too little
	words    []string
	bounds   Bounds
	most     int    // elements of a list, 0 for the general limit
	named    string // what a file has for
	number   int    // this one
	check    func(Note)
	mutable  bool
	alone    bool // see Alone
	free     bool // see Free
	later    bool // see Later
	refused  map[string]string
	absent   string
	when     []Condition

	section      Table
	alternatives []Alternative
	rule         func(Report)
}

// Of declares an option with its field and default.
func Of[T Type](name string, at *T, initial T, help string) *Row {
	return &Row{name: name, help: help, at: at, initial: func() any { return initial }}
}

// From declares an option whose default is computed, from options above it; says names it.
func From[T Type](name string, at *T, initial func() T, says, help string) *Row {
	return &Row{name: name, help: help, at: at, initial: func() any { return initial() }, says: says}
}

// Words declares an option that is one of several words, the first of which is the default.
func Words(name string, at *string, help string, words ...string) *Row {
	return &Row{name: name, help: help, at: at, initial: func() any { return words[0] }, words: words}
}

// WordsOrNone declares an option that is one of several words, or "" where none is given.
func WordsOrNone(name string, at *string, help string, words ...string) *Row {
	return &Row{name: name, help: help, at: at, initial: func() any { return "" }, words: words}
}

// WordOrList is an option that is a word or a list of numbers, in two fields: the list takes the place of the word.
type WordOrList struct {
	Word *string
	List *[]int
}

// WordsOrList declares an option that is one of several words, the first of which is the default, or a list of integers.
func WordsOrList(name string, word *string, list *[]int, help string, words ...string) *Row {
	return &Row{name: name, help: help, at: &WordOrList{word, list}, initial: func() any { return words[0] }, words: words}
}

// Section declares options under a heading.
func Section(name string, table Table) *Row { return &Row{name: name, section: table} }

// Absent declares that there is no such option, and why, for a name that people may try.
func Absent(name, why string) *Row { return &Row{name: name, absent: why} }

// Report notes values that are wrong together. Paths are relative to the section of the rule; the first is the one at fault if
// no place is known better.
type Report func(text string, paths ...string)

// Rule declares what has to be true of several options. It is called when none of their own values is wrong.
func Rule(rule func(report Report)) *Row { return &Row{rule: rule} }

// Alternative is a value of a choice, with the options that it uses.
type Alternative struct {
	Name, Help string
	Table      Table
}

// Choose declares a choice by a word. The first alternative is the default.
func Choose(name string, at *string, help string, alternatives ...Alternative) *Row {
	words := make([]string, len(alternatives))
	for i, a := range alternatives {
		words[i] = a.Name
	}
	r := Words(name, at, help, words...)
	r.alternatives = alternatives
	return r
}

// Value is what a choice by [Pick] may be: a pointer to a struct of options. Name returns the same word for each value of a type.
type Value interface {
	Name() string
	Help() string
	Table() Table
}

// picked is a choice among values.
type picked[T comparable] struct {
	at     *T
	values []T
}

// Pick declares a choice among values of an interface type, the first of which is the default; they implement [Value]. The
// field becomes one of them, and its options are set in it. A value that the field has already takes the place of the one of
// its name; one of another type is an alternative more, called "own" unless it has a name.
func Pick[T comparable](name string, at *T, help string, values ...T) *Row {
	var none T
	if *at != none {
		i := slices.IndexFunc(values, func(v T) bool { return NameOf(v) == NameOf(*at) })
		if i < 0 {
			i, values = len(values), append(values, *at)
		}
		values[i] = *at
	}
	alternatives := make([]Alternative, len(values))
	for i, v := range values {
		alternatives[i].Name = NameOf(v)
		if v, ok := any(v).(Value); ok {
			alternatives[i].Help, alternatives[i].Table = v.Help(), v.Table()
		}
	}
	r := Choose(name, nil, help, alternatives...)
	r.at = &picked[T]{at, values}
	return r
}

// NameOf returns the name of a value of a choice, "own" of one without a name.
func NameOf(v any) string {
	if v, ok := v.(Value); ok {
		return v.Name()
	}
	return "own"
}

func (p *picked[T]) word() string {
	var none T
	if *p.at == none {
		return ""
	}
	return NameOf(*p.at)
}

func (p *picked[T]) pick(word string) {
	for _, v := range p.values {
		if NameOf(v) == word {
			*p.at = v
		}
	}
}

// chooser is a picked of any type.
type chooser interface {
	word() string
	pick(string)
}

// Names are those of the elements of a list.
func Names[T any](all []T, nameOf func(T) string) []string {
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = nameOf(v)
	}
	return names
}

// Find returns the element of a list that has the name, the first for no name. The error lists the known names.
func Find[T any](what, name string, all []T, nameOf func(T) string) (found T, err error) {
	for i, v := range all {
		if nameOf(v) == name || name == "" && i == 0 {
			return v, nil
		}
	}
	return found, fmt.Errorf("unknown %s %q (known: %s)", what, name, strings.Join(Names(all, nameOf), ", "))
}

// Clone returns a copy of the struct that v points at, for a value whose options are filled in while the caller's stay as they are.
func Clone[T any](v T) T {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return v
	}
	c := reflect.New(p.Type().Elem())
	c.Elem().Set(p.Elem())
	return c.Interface().(T)
}

// Default documents the default in words, where its value says too little.
func (r *Row) Default(says string) *Row {
	r.says = says
	return r
}

// Required makes an option one that has to be given.
func (r *Row) Required() *Row {
	r.required = true
	return r
}

// Within bounds a number, or every number of a list: low ≤ x ≤ high.
func (r *Row) Within(low, high float64) *Row { return r.bound(Bounds{Low: low, High: high}) }

// Below bounds a number: low ≤ x < high.
func (r *Row) Below(low, high float64) *Row {
	return r.bound(Bounds{Low: low, High: high, OpenHigh: true})
}

// Inside bounds a number, or every number of a list: low < x < high.
func (r *Row) Inside(low, high float64) *Row {
	return r.bound(Bounds{Low: low, High: high, OpenLow: true, OpenHigh: true})
}

// Above bounds a number: low < x ≤ high.
func (r *Row) Above(low, high float64) *Row {
	return r.bound(Bounds{Low: low, High: high, OpenLow: true})
}

// Positive bounds a number: x > 0.
func (r *Row) Positive() *Row { return r.Above(0, math.MaxFloat32) }

// AtLeast bounds a number: x ≥ low.
func (r *Row) AtLeast(low float64) *Row { return r.Within(low, math.MaxFloat32) }

func (r *Row) bound(b Bounds) *Row {
	r.bounds = b
	return r
}

// Elements bounds the number of elements of a list.
func (r *Row) Elements(most int) *Row {
	r.most = most
	return r
}

// Named gives a whole number a word in a file: unlimited for -1. The bounds do not hold for it. The word may be 0, which in Go
// means the default.
func (r *Row) Named(word string, value int) *Row {
	r.named, r.number = word, value
	return r
}

// Note reports what is wrong with an element of a list, or with the whole value for element -1. An empty text is no problem.
type Note func(element int, text string)

// Check adds what bounds cannot express.
func (r *Row) Check(check func(note Note)) *Row {
	r.check = check
	return r
}

// Free permits characters that do not print in the texts of a list, as cells of a table have them.
func (r *Row) Free() *Row {
	r.free = true
	return r
}

// Later marks an option that configurations did not have from the beginning: a resolved file has it only where it is not the
// default, so that those of older runs, which are told by their text, stay as they are.
func (r *Row) Later() *Row {
	r.later = true
	return r
}

// Refuse gives the reason why a word that people may try is no value of an option.
func (r *Row) Refuse(word, why string) *Row {
	if r.refused == nil {
		r.refused = map[string]string{}
	}
	r.refused[word] = why
	return r
}

// Mutable marks an option, or all of a section or a choice, that a resumed run may change.
func (r *Row) Mutable() *Row {
	r.mutable = true
	for _, inner := range r.section {
		inner.Mutable()
	}
	for _, a := range r.alternatives {
		for _, inner := range a.Table {
			inner.Mutable()
		}
	}
	return r
}

// When restricts an option, or all of a section, to some alternatives of a choice elsewhere in the whole table, named by its
// path. A table without this choice uses the option always, as does one where no alternatives are named.
func (r *Row) When(path string, values ...string) *Row {
	if len(values) == 0 {
		return r
	}
	r.when = append(slices.Clone(r.when), Condition{Path: path, Values: values})
	for _, inner := range r.section {
		inner.When(path, values...)
	}
	return r
}
