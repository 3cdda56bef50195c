package option

import (
	"reflect"
	"slices"
	"strings"
)

// Condition is some values of a choice with which an option means something.
type Condition struct {
	Path   string // of the choice
	Values []string
}

// String returns the condition as an error names it: model.type maf or iaf.
func (c Condition) String() string { return c.Path + " " + strings.Join(c.Values, " or ") }

// Key is an option in its place in a whole table. An option of several alternatives is several keys of one path, of which at
// most one is used.
type Key struct {
	// Path of the key, with its sections: train.optimizer.epsilon.
	Path string

	*Row
	conditions []Condition // all have to hold; the nearest comes last
	keys       *Keys
}

// Keys are the options of a table, one after the other.
type Keys struct {
	// List has all of them in the order of the table: what a key depends on stands before it.
	List []*Key
	// Paths has the path of every key, once.
	Paths []string

	byPath map[string][]*Key
	rules  []*Key
	absent map[string]string
}

// Flatten lists the options of a table. Two tables that were made by the same function have the same paths.
func Flatten(t Table) *Keys {
	k := &Keys{byPath: map[string][]*Key{}, absent: map[string]string{}}
	k.add(t, "", nil)
	return k
}

func (ks *Keys) add(t Table, section string, conditions []Condition) {
	for _, r := range t {
		if r == nil {
			continue
		}
		all := slices.Concat(conditions, r.when)
		key := &Key{Path: Join(section, r.name), Row: r, conditions: all, keys: ks}
		switch {
		case r.absent != "":
			ks.absent[key.Path] = r.absent
		case r.rule != nil:
			key.Path = section
			ks.rules = append(ks.rules, key)
		case r.section != nil:
			ks.add(r.section, key.Path, conditions) // its rows have its conditions
		default:
			if ks.List = append(ks.List, key); ks.byPath[key.Path] == nil {
				ks.Paths = append(ks.Paths, key.Path)
			}
			ks.byPath[key.Path] = append(ks.byPath[key.Path], key)
			for _, a := range r.alternatives {
				ks.add(a.Table, section, append(slices.Clone(all), Condition{key.Path, []string{a.Name}}))
			}
		}
	}
}

// At returns the key of a path that is used, else the first, else nil.
func (ks *Keys) At(path string) *Key {
	all := ks.byPath[path]
	for _, k := range all {
		if k.Used() {
			return k
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// Absent is why there is no option of a path, "" where no reason was declared.
func (ks *Keys) Absent(path string) string { return ks.absent[path] }

// Used reports whether the value of the key means something: whether the choices that it depends on have been made for it.
func (k *Key) Used() bool { return k.failing() < 0 }

// failing returns the index of the first condition that does not hold, -1 when all do.
func (k *Key) failing() int {
	return slices.IndexFunc(k.conditions, func(c Condition) bool {
		selector := k.keys.At(c.Path)
		return selector != nil && (!selector.Used() || !slices.Contains(c.Values, selector.word()))
	})
}

// word returns the word of a choice, its default while it has none.
func (k *Key) word() string {
	word, _ := k.value().(string)
	if word == "" {
		word, _ = k.initial().(string)
	}
	return word
}

// selectors returns the paths of the choices that decide whether the key is used.
func (k *Key) selectors() []string {
	var paths []string
	for _, c := range slices.Backward(k.conditions) {
		paths = append(paths, c.Path)
	}
	return paths
}

// Field returns a pointer to the field of the key, to a [Type] or a [WordOrList], or [Entries], or nil for a text, which
// [Key.SetWord] sets.
func (k *Key) Field() any {
	switch k.at.(type) {
	case *string, chooser:
		return nil
	}
	return k.at
}

// Text returns the value as a file has it, on one line.
func (k *Key) Text() string {
	_, text := k.form(k.value())
	return text
}

// Last returns the last part of the path.
func (k *Key) Last() string { return k.Path[strings.LastIndexByte(k.Path, '.')+1:] }

// Takes reports whether a word is one of those of a choice.
func (k *Key) Takes(word string) bool { return slices.Contains(k.words, word) }

// SetWord sets a text. A word that is none of those of a choice leaves it as it is and is reported.
func (k *Key) SetWord(word string) (known bool) {
	switch at := k.at.(type) {
	case *string:
		*at = word
	case chooser:
		if !slices.Contains(k.words, word) {
			return false
		}
		at.pick(word)
	}
	return true
}

// NamedNumber returns the word that a file has for a number of the option, "" for none, and that number.
func (k *Key) NamedNumber() (word string, number int) { return k.named, k.number }

// Written reports whether a resolved file has the key: it is used, and not one that came later and has its default.
func (k *Key) Written() bool {
	if !k.Used() || !k.later {
		return k.Used()
	}
	_, initial := k.form(k.initial())
	return k.Text() != initial
}

// IsMutable reports whether a resumed run may change the option.
func (k *Key) IsMutable() bool { return k.mutable }

// IsZero reports whether the field is the zero value of its type. An empty list is not: it was given.
func (k *Key) IsZero() bool {
	switch at := k.at.(type) {
	case *WordOrList:
		return *at.Word == "" && *at.List == nil
	case Entries:
		return len(at.Names()) == 0
	}
	return reflect.ValueOf(k.value()).IsZero()
}

// fill sets a zero field to its default.
func (k *Key) fill() {
	if !k.IsZero() || k.required {
		return
	}
	switch at := k.at.(type) {
	case Entries: // without a default
	case chooser:
		at.pick(k.word())
	case *WordOrList:
		*at.Word = k.initial().(string)
	default:
		reflect.ValueOf(at).Elem().Set(reflect.ValueOf(k.initial()))
	}
}

// parent returns path without its last part.
func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }

// Join appends a part to a path.
func Join(path, part string) string {
	if path == "" || part == "" {
		return path + part
	}
	return path + "." + part
}
