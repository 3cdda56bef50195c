package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/maskflow/maskflow/internal/option"
)

// set puts the value of override number i in its place in the tree under root.
func (r *reader) set(root *yaml.Node, i int, text string) {
	fail := func(format string, args ...any) {
		r.problems = append(r.problems, Problem{Set: text, order: i, Text: fmt.Sprintf(format, args...)})
	}
	path, value, found := strings.Cut(text, "=")
	parts := strings.Split(path, ".")
	if !found || slices.Contains(parts, "") || len(parts) > deepest {
		fail("want path=value, such as train.batch=50")
		return
	}
	replacement, bad := document([]byte(value))
	if bad != nil {
		fail("%s", bad.Text)
		return
	}
	if replacement == nil {
		replacement = nothing()
	}
	r.mark(replacement, i)
	if wrong := r.put(&root, "", parts, replacement, i); wrong != "" {
		fail("%s", wrong)
	}
}

// deepest is the number of parts that the path of an override may have: more than any key and the index of an element.
const deepest = 8

// nothing returns a value that is not there.
func nothing() *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"} }

// put puts value, which override number i gives, at the rest of a path below *at, whose own path is done. Sections that are not
// there are made. It returns what is wrong and changes nothing, or "".
func (r *reader) put(at **yaml.Node, done string, rest []string, value *yaml.Node, i int) string {
	if len(rest) == 0 {
		*at = value
		return ""
	}
	n, key := *at, r.keys.At(done)
	named := false // by names of the user's
	if key != nil {
		if e, ok := key.Field().(option.Entries); ok {
			rest, named = ofEntry(n, option.Flatten(e.Blank()), rest), true
		}
	}
	name := rest[0]
	switch {
	case n.Tag == "!!null" && key != nil && !named:
		return done + " has no parts in the file that could be set (set all of it)"
	case n.Tag == "!!null":
		n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		r.override[n] = i
		fallthrough
	case n.Kind == yaml.MappingNode:
		for j := 0; j+1 < len(n.Content); j += 2 {
			if k := n.Content[j]; k.Kind == yaml.ScalarNode && k.Value == name {
				return r.put(&n.Content[j+1], option.Join(done, name), rest[1:], value, i)
			}
		}
		added, child := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, nothing()
		wrong := r.put(&child, option.Join(done, name), rest[1:], value, i)
		if wrong == "" {
			r.override[added] = i
			n.Content = append(n.Content, added, child)
			*at = n
		}
		return wrong
	case n.Kind == yaml.SequenceNode:
		index, err := strconv.Atoi(name)
		if err != nil || index < 0 || index >= len(n.Content) {
			return fmt.Sprintf("%s is %s, which has no element %s (the first is 0; set all of it to change its length)", done, described(n), quoted(name))
		}
		return r.put(&n.Content[index], option.Join(done, name), rest[1:], value, i)
	}
	return fmt.Sprintf("%s is %s in the file, not a section", done, described(n))
}

// ofEntry joins the parts of a path to what belongs to a name, which may have dots, into the name and perhaps one of its
// keys. Where n has a word for that name, it becomes the key that the word is the value of.
func ofEntry(n *yaml.Node, keys *option.Keys, rest []string) []string {
	last := len(rest) - 1
	if last == 0 || keys.At(rest[last]) == nil {
		return []string{strings.Join(rest, ".")}
	}
	name := strings.Join(rest[:last], ".")
	for j := 0; j+1 < len(n.Content) && n.Kind == yaml.MappingNode; j += 2 {
		word := n.Content[j+1]
		if n.Content[j].Value != name || word.Kind != yaml.ScalarNode {
			continue
		}
		if k, wrong := keys.WordKey(word.Value); wrong == "" {
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: k.Path, Line: word.Line, Column: word.Column}
			n.Content[j+1] = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{key, word}, Line: word.Line, Column: word.Column}
		}
	}
	return []string{name, rest[last]}
}

// mark notes that n, and all in it, came from override number i.
func (r *reader) mark(n *yaml.Node, i int) {
	r.override[n] = i
	for _, child := range n.Content {
		r.mark(child, i)
	}
}
