package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Key describes one key of a file.
type Key struct {
	// Path of the key, with its sections: train.optimizer.epsilon.
	Path string
	// Type of the value, in words: text, integer, real number, …
	Type string
	// Default as a file would have it, or where it is taken from; empty when the key has to be given.
	Default string
	// Values are the words that a text may be; nil when any text is fine.
	Values []string
	// For names what uses this key, each a value of another: model.type maf or iaf; nil when every run does.
	For []string
	// Doc says what the value means and its unit.
	Doc string
}

// Keys returns every key in the order in which a resolved file has them.
func Keys() []Key {
	keys := make([]Key, len(table))
	for i, k := range table {
		keys[i] = Key{
			Path: k.path, Type: typeName(k.at(&Config{})), Default: k.defaultText(),
			Values: slices.Clone(k.values), Doc: k.doc,
		}
		for _, u := range k.only {
			keys[i].For = append(keys[i].For, u.String())
		}
	}
	return keys
}

// typeName returns the type of the field that p points at, in words.
func typeName(p any) string {
	switch p.(type) {
	case *string:
		return "text"
	case *bool:
		return "true or false"
	case *int:
		return "integer"
	case *uint64, **uint64:
		return "integer of 0 to 2^64-1"
	case *float64:
		return "number"
	case *[]int:
		return "list of integers"
	case *[]string:
		return "list of texts"
	case *[3]float64:
		return "list of three numbers"
	case *Count:
		return "integer, or unlimited"
	case *Order:
		return "text, or list of integers"
	}
	panic(fmt.Sprintf("config: the table has a field of type %T, which has no name", p))
}

// key is an entry of the table.
type key struct {
	path string
	at   func(*Config) any // a pointer to the field
	doc  string

	// initial is the default: a value of the field's type, or a func(*Config) of one, computed from the keys above. Nil is the
	// zero value. A key with another default has no use for a zero, except when keepZero is set.
	initial  any
	says     string // the default in words, where its value says too little
	by       string // path of the key that the default depends on, unless it is a selector in only
	required bool
	keepZero bool

	values []string // words that a text may be
	limits interval // of a number, or of every number in a list
	only   []use    // any of these makes use of the key; nil when every run does
}

// section returns the path of the section that holds the key, "" at the top.
func (k *key) section() string { return parent(k.path) }

// parent returns path without its last part.
func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }

// last returns the last part of path.
func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// join appends a part to a path.
func join(path, part string) string {
	if path == "" {
		return part
	}
	return path + "." + part
}

// fallback returns the default of k in c.
func (k *key) fallback(c *Config) any {
	switch initial := k.initial.(type) {
	case func(*Config) int:
		return initial(c)
	case func(*Config) float64:
		return initial(c)
	case func(*Config) string:
		return initial(c)
	case func(*Config) Order:
		return initial(c)
	}
	return k.initial
}

// defaultText returns the default for documentation; where it differs, every different one with what selects it.
func (k *key) defaultText() string {
	if k.says != "" || k.required {
		return k.says
	}
	selections := k.selections()
	if selections == nil {
		return k.defaultIn(&Config{})
	}
	var texts []string
	names := map[string][]string{}
	for _, s := range selections {
		text := k.defaultIn(s.config)
		if names[text] == nil {
			texts = append(texts, text)
		}
		names[text] = append(names[text], s.name)
	}
	for i, text := range texts {
		texts[i] = fmt.Sprintf("%s (%s)", text, strings.Join(names[text], ", "))
	}
	return strings.Join(texts, ", ")
}

func (k *key) defaultIn(c *Config) string {
	p := k.at(c)
	assign(p, k.fallback(c))
	return valueText(p)
}

// byPath finds the keys of the table.
var byPath = func() map[string]*key {
	m := make(map[string]*key, len(table))
	for i := range table {
		m[table[i].path] = &table[i]
	}
	return m
}()

// children holds the names of the keys and sections in every section, in the order of the table; its own keys are the sections.
var children = func() map[string][]string {
	m := map[string][]string{}
	for _, k := range table {
		for path := k.path; path != ""; path = parent(path) {
			if section := parent(path); !slices.Contains(m[section], last(path)) {
				m[section] = append(m[section], last(path))
			}
		}
	}
	return m
}()

// elsewhere returns the paths of the keys and sections called name.
func elsewhere(name string) []string {
	var paths []string
	for _, section := range slices.Sorted(maps.Keys(children)) {
		if slices.Contains(children[section], name) {
			paths = append(paths, join(section, name))
		}
	}
	return paths
}
