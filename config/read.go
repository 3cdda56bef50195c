// Package config reads and writes the file that describes a run. It knows YAML, places, overrides and suggestions; which options
// exist, their types, defaults and bounds it is handed as a table of package option, whose fields it sets.
//
// A configuration is one strict YAML document, changed by overrides of the form path=value (the --set flag of the command):
//
//	name: dna
//	data: {source: binary/dna.npz}
//	model: {hidden: [500], direct: true}
//	train:
//	  optimizer: {name: adadelta, epsilon: 1e-9}
//	  max_epochs: 1000
//
// [Parse] and [Load] report every problem at once, each with its line and column: unknown and duplicate keys, values of a wrong
// type or out of range, values that contradict each other, and keys that belong to another alternative than the chosen one. They
// fill in every default; [Marshal] writes the values back, and the written file alone repeats the run.
package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/maskflow/maskflow/internal/option"
)

// Parse reads a configuration from src, which came from the file called name, changes it by the overrides in sets, and sets the
// fields of the table, which have to be zero: those that are not given to their defaults.
//
// An override is path=value: the value, parsed as YAML, takes the place of what the file has at that path, if anything; a section
// is replaced as a whole, and a part of the path may be the index, from 0, of an element of a list that the file has. Later
// overrides win.
//
// The sections that are named in others may stand in the file too, and are not read.
//
// The error is of type [Problems] and holds everything that is wrong, in the order of the file.
func Parse(t option.Table, name string, src []byte, sets []string, others ...string) error {
	r := newReader(t, name, sets, map[*yaml.Node]int{})
	r.others = others
	r.read(src)
	if len(r.problems) > 0 {
		r.problems.sort()
		return r.problems
	}
	return nil
}

func newReader(t option.Table, file string, sets []string, override map[*yaml.Node]int) *reader {
	r := &reader{
		file: file, sets: sets, keys: option.Flatten(t),
		children: map[string][]string{}, override: override, places: map[string]*yaml.Node{}, bad: map[string]bool{},
	}
	for _, path := range r.keys.Paths {
		for ; path != ""; path = parent(path) {
			if section, last := parent(path), path[len(parent(path)):]; !slices.Contains(r.children[section], strings.TrimPrefix(last, ".")) {
				r.children[section] = append(r.children[section], strings.TrimPrefix(last, "."))
			}
		}
	}
	return r
}

// reader holds a configuration while it is read.
type reader struct {
	file     string
	sets     []string
	keys     *option.Keys
	others   []string
	problems Problems

	children map[string][]string   // the names of the keys and sections in every section, in the order of the table
	override map[*yaml.Node]int    // nodes that come from an override: its number, from 1
	places   map[string]*yaml.Node // where every path is that was given: the value, or the key of a section
	bad      map[string]bool       // paths whose values are not known, because of a problem that was reported
	meant    []string              // paths that unknown keys were probably meant to be
}

func (r *reader) read(src []byte) {
	root, bad := sections(r.file, src)
	if bad != nil {
		r.problems = Problems{*bad}
		return
	}
	for i, text := range r.sets {
		r.set(root, i+1, text)
	}
	r.tree(root)
	given := func(path string) bool { return r.places[path] != nil }
	r.keys.Fill(given)
	for _, p := range r.keys.Check(r.bad) {
		path, n := r.place(p.Paths, root)
		r.fail(n, path, "%s", p.Text)
	}
}

// tree reads the values under a mapping.
func (r *reader) tree(root *yaml.Node) {
	r.section(root, "")
	for _, path := range r.meant {
		if r.places[path] == nil {
			r.bad[path] = true
		}
	}
	r.values()
}

// fail reports a problem at a node.
func (r *reader) fail(n *yaml.Node, path, format string, args ...any) {
	p := Problem{Path: path, Text: fmt.Sprintf(format, args...)}
	if i := r.override[n]; i > 0 {
		p.Set, p.order = r.sets[i-1], i
	} else {
		p.File, p.Line, p.Column = r.file, n.Line, n.Column
	}
	r.problems = append(r.problems, p)
}

// place chooses among paths that are at fault together: one that an override changed, since the file was probably right before,
// else the first that was given, else the first, at the innermost section around it.
func (r *reader) place(paths []string, root *yaml.Node) (string, *yaml.Node) {
	for _, path := range paths {
		if n := r.places[path]; n != nil && r.override[n] > 0 {
			return path, n
		}
	}
	for _, path := range paths {
		if n := r.places[path]; n != nil {
			return path, n
		}
	}
	for section := parent(paths[0]); section != ""; section = parent(section) {
		if n := r.places[section]; n != nil {
			return paths[0], n
		}
	}
	return paths[0], root
}

// section reads the keys of a mapping.
func (r *reader) section(n *yaml.Node, path string) {
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode {
			r.fail(k, path, "a key must be a name, got %s", described(k))
			continue
		}
		full := option.Join(path, k.Value)
		switch {
		case path == "" && slices.Contains(r.others, k.Value):
		case !slices.Contains(r.children[path], k.Value):
			meant, hint := r.unknownKey(path, k.Value)
			r.meant = append(r.meant, meant)
			r.fail(k, path, "unknown key %s %s", quoted(k.Value), hint)
		case first[k.Value] != nil:
			r.fail(k, full, "given twice, first at %d:%d (keep one)", first[k.Value].Line, first[k.Value].Column)
		case r.children[full] != nil:
			first[k.Value], r.places[full] = k, k
			if v.Kind != yaml.MappingNode {
				r.fail(v, full, "want a section of keys and values, got %s (known in it: %s)", described(v), strings.Join(r.children[full], ", "))
				r.bad[full] = true
				continue
			}
			r.section(v, full)
		default:
			first[k.Value], r.places[full] = k, v
		}
	}
}

// values reads the values that were given, each into the field of the alternative that uses it, as the choices say that come before;
// what none uses, into any.
func (r *reader) values() {
	done := map[string]bool{}
	for _, used := range []bool{true, false} {
		for _, k := range r.keys.List {
			if n := r.places[k.Path]; n != nil && !done[k.Path] && (k.Used() || !used) {
				done[k.Path] = true
				r.value(k, n, k.Path)
			}
		}
	}
}

// value reads the value of a key into its field.
func (r *reader) value(k *option.Key, n *yaml.Node, path string) {
	before := len(r.problems)
	if n.Tag == "!!null" {
		hint := ""
		if k.Field() == nil {
			hint = `, or write "" for an empty text`
		}
		r.fail(n, path, "has no value (remove the key to take the default%s)", hint)
	} else {
		r.decode(k, n, path)
	}
	if _, named := k.Field().(option.Entries); !named { // whose values are bad one by one
		r.bad[path] = r.bad[path] || len(r.problems) > before
	}
}

// decode reads n into the field of a key.
func (r *reader) decode(k *option.Key, n *yaml.Node, path string) {
	switch field := k.Field().(type) {
	case nil:
		word, wrong := textOf(n)
		if on, not := flagOf(n); not == "" && k.Takes("yes") { // or no, or something else
			word, wrong = map[bool]string{true: "yes", false: "no"}[on], ""
		}
		if wrong == "" && !k.SetWord(word) {
			wrong = k.UnknownWord(word).Text
		}
		if wrong != "" {
			r.fail(n, path, "%s", wrong)
		}
	case *bool:
		into(r, field, n, path, flagOf)
	case *int:
		into(r, field, n, path, func(n *yaml.Node) (int, string) { return numberOf(k, n, wholeOf) })
	case *uint64:
		into(r, field, n, path, seedOf)
	case **uint64:
		*field = new(uint64)
		into(r, *field, n, path, seedOf)
	case *float64:
		into(r, field, n, path, func(n *yaml.Node) (float64, string) { return numberOf(k, n, realOf) })
	case *[]int:
		*field = list(r, n, path, "integers", wholeOf)
	case *[]string:
		if texts := list(r, n, path, "texts", columnOf); len(texts) > 0 { // an empty list says as much as none
			*field = texts
		}
	case *[3]float64:
		numbers := list(r, n, path, "three numbers such as [0.8, 0.1, 0.1]", realOf)
		if n.Kind == yaml.SequenceNode && len(numbers) != len(field) {
			r.fail(n, path, "want a list of three numbers such as [0.8, 0.1, 0.1], got %s", described(n))
			return
		}
		copy(field[:], numbers)
	case *option.WordOrList:
		if n.Kind == yaml.SequenceNode {
			*field.List = list(r, n, path, "integers", wholeOf)
			return
		}
		into(r, field.Word, n, path, textOf)
	case **float64:
		*field = new(float64)
		into(r, *field, n, path, realOf)
	case *[]float64:
		*field = list(r, n, path, "numbers", realOf)
	case option.Entries:
		r.entries(field, n, path)
	default:
		panic(fmt.Sprintf("config: the table has a field of type %T, which cannot be read", field))
	}
}

// entries reads a mapping whose keys are names of the user's.
func (r *reader) entries(e option.Entries, n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, path, "want names with their values, got %s", described(n))
		return
	}
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		full, before := option.Join(path, k.Value), first[k.Value]
		first[k.Value] = k
		switch {
		case k.Kind != yaml.ScalarNode || k.Value == "":
			r.fail(k, path, "want a name, got %s", described(k))
		case before != nil:
			r.fail(k, full, "given twice, first at %d:%d (keep one)", before.Line, before.Column)
		default:
			r.places[full] = k
			r.entry(e.Entry(k.Value), v, full)
		}
	}
}

// entry reads what belongs to one name: a word, or keys and values of its own.
func (r *reader) entry(t option.Table, n *yaml.Node, path string) {
	inner := newReader(t, r.file, r.sets, r.override)
	if n.Kind == yaml.MappingNode {
		inner.tree(n)
		for _, k := range inner.keys.List {
			if at := inner.places[k.Path]; at != nil && k.IsZero() && !inner.bad[k.Path] {
				inner.fail(at, k.Path, "%s is the same as leaving it out (remove the key)", oneLine(at.Value))
			}
		}
	} else {
		word, wrong := textOf(n)
		if wrong != "" {
			wrong = "want a word, or keys and values, got " + described(n)
		} else if key, unknown := inner.keys.WordKey(word); key != nil {
			key.SetWord(word)
			inner.places[key.Path] = n
		} else {
			wrong = unknown
		}
		if wrong != "" {
			r.fail(n, path, "%s", wrong)
			r.bad[path] = true
		}
	}
	for _, p := range inner.problems {
		p.Path = option.Join(path, p.Path)
		r.problems = append(r.problems, p)
	}
	for p, at := range inner.places {
		r.places[option.Join(path, p)] = at
	}
	for p, is := range inner.bad {
		r.bad[option.Join(path, p)] = is
	}
}

// into reads a scalar, or reports what is wrong with it.
func into[T any](r *reader, field *T, n *yaml.Node, path string, read func(*yaml.Node) (T, string)) {
	value, wrong := read(n)
	if wrong != "" {
		r.fail(n, path, "%s", wrong)
		return
	}
	*field = value
}

// list reads a list of values, called elements in an error; it is never nil.
func list[T any](r *reader, n *yaml.Node, path, elements string, read func(*yaml.Node) (T, string)) []T {
	values := []T{}
	if n.Kind != yaml.SequenceNode {
		hint := ""
		if _, wrong := read(n); wrong == "" {
			hint = " (write [" + oneLine(n.Value) + "])"
		}
		r.fail(n, path, "want a list of %s, got %s%s", elements, described(n), hint)
		return values
	}
	for i, element := range n.Content {
		at := fmt.Sprintf("%s.%d", path, i)
		var value T
		into(r, &value, element, at, read)
		r.places[at] = element
		values = append(values, value)
	}
	return values
}

// elsewhere returns the paths of the keys and sections called name.
func (r *reader) elsewhere(name string) []string {
	var paths []string
	for _, section := range slices.Sorted(maps.Keys(r.children)) {
		if slices.Contains(r.children[section], name) {
			paths = append(paths, option.Join(section, name))
		}
	}
	return paths
}

// parent returns path without its last part.
func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }
