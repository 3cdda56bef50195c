package option

import (
	"slices"
	"strings"
)

// Entries is an option that is a mapping whose keys are names of the user's, such as columns of a table, each with a table
// of options. A file may have a word in the place of such a table: the value of the choice that has it and is [Row.Alone].
type Entries interface {
	// Names are those of the entries, in their order.
	Names() []string
	// Entry is the table of the options of an entry, which is added where there is none of the name. It is that of the
	// entry until another one is added.
	Entry(name string) Table
	// Blank is the table of an entry that is not one of them.
	Blank() Table
}

// Each declares a mapping from names to options, which are kept in the order in which they are given; a zero field of an
// entry is not set.
func Each[T any](name string, at *[]T, nameOf func(*T) *string, table func(*T) Table, help string) *Row {
	return &Row{name: name, help: help, at: &each[T]{at, nameOf, table}, initial: func() any { return &each[T]{at: new([]T)} }}
}

type each[T any] struct {
	at     *[]T
	nameOf func(*T) *string
	table  func(*T) Table
}

func (e *each[T]) Names() []string {
	names := make([]string, len(*e.at))
	for i := range *e.at {
		names[i] = *e.nameOf(&(*e.at)[i])
	}
	return names
}

func (e *each[T]) Entry(name string) Table {
	i := slices.Index(e.Names(), name)
	if i < 0 {
		i, *e.at = len(*e.at), append(*e.at, *new(T))
		*e.nameOf(&(*e.at)[i]) = name
	}
	return e.table(&(*e.at)[i])
}

func (e *each[T]) Blank() Table { return e.table(new(T)) }

// Alone makes a choice one whose words may stand for the whole table of an entry.
func (r *Row) Alone() *Row {
	r.alone = true
	return r
}

// WordKey is the key of an entry whose value a word alone is, nil with what is wrong where no choice has it.
func (ks *Keys) WordKey(word string) (*Key, string) {
	var all []string
	for _, k := range ks.List {
		switch {
		case !k.alone:
		case k.Takes(word):
			return k, ""
		default:
			all = append(all, k.words...)
		}
	}
	return nil, (&Key{Row: &Row{words: all}, keys: ks}).UnknownWord(word, "keys and values").Text
}

// entriesText returns the entries as a file has them, on one line.
func entriesText(e Entries) string {
	entries := e.Names()
	for i, name := range entries {
		var set []*Key
		for _, k := range Flatten(e.Entry(name)).List {
			if !k.IsZero() {
				set = append(set, k)
			}
		}
		text := ""
		if len(set) == 1 && set[0].alone {
			text = set[0].Text()
		} else {
			parts := Names(set, func(k *Key) string { return k.Last() + ": " + k.Text() })
			text = "{" + strings.Join(parts, ", ") + "}"
		}
		entries[i] = QuoteText(name) + ": " + text
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// entriesProblems returns what is wrong with the entries under a path, but for what is bad already.
func entriesProblems(e Entries, path string, bad map[string]bool) (all []Problem) {
	for _, name := range e.Names() {
		section := Join(path, name)
		if bad[section] {
			continue
		}
		known := map[string]bool{}
		for p, is := range bad {
			if inner, found := strings.CutPrefix(p, section+"."); found {
				known[inner] = is
			}
		}
		for _, p := range Flatten(e.Entry(name)).Check(known) {
			all = append(all, Problem{Text: p.Text, Paths: Names(p.Paths, func(inner string) string { return Join(section, inner) })})
		}
	}
	return all
}
