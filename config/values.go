package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/maskflow/maskflow/internal/option"
)

// Value is a key of a file with its value.
type Value struct {
	// Path of the key, with its sections: train.optimizer.epsilon.
	Path string
	// Text of the value as YAML on one line: 0.001, or [500, 500].
	Text string
}

// maxPath bounds the bytes of a path that Values takes, far above any configuration: a path repeats the names of its sections, so
// a small file could otherwise ask for much memory.
const maxPath = 200

// Values returns the keys and values of src, which came from the file called name, in the order of the file. Unlike [Parse] it takes
// any keys, such as those of another version, and knows no defaults. A section without keys is a value, {}, and so is one in a list.
//
// The error is of type [Problems] and holds the first thing that is wrong: text that is no plain YAML document, as for Parse, or is no
// section of keys and values.
func Values(name string, src []byte) ([]Value, error) {
	root, bad := sections(name, src)
	if bad != nil {
		return nil, Problems{*bad}
	}
	values, bad := appendValues(nil, root, "")
	if bad != nil {
		bad.File = name
		return nil, Problems{*bad}
	}
	return values, nil
}

// appendValues appends the keys of a section and of the sections in it.
func appendValues(values []Value, section *yaml.Node, path string) ([]Value, *Problem) {
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(section.Content); i += 2 {
		k, v := section.Content[i], section.Content[i+1]
		full := option.Join(path, k.Value)
		at := func(format string, args ...any) *Problem {
			return problemAt(k.Line, k.Column, fmt.Sprintf(format, args...))
		}
		before := first[k.Value]
		first[k.Value] = k
		switch {
		case k.Kind != yaml.ScalarNode:
			return nil, at("a key must be a name, got %s", described(k))
		case before != nil:
			return nil, at("%s is given twice, first at %d:%d (keep one)", quoted(k.Value), before.Line, before.Column)
		case len(full) > maxPath:
			return nil, at("the key and its sections have %d bytes (%d are the most)", len(full), maxPath)
		case v.Kind != yaml.MappingNode || len(v.Content) == 0:
			var text strings.Builder
			writeFlow(&text, v)
			values = append(values, Value{full, text.String()})
			continue
		}
		var bad *Problem
		if values, bad = appendValues(values, v, full); bad != nil {
			return nil, bad
		}
	}
	return values, nil
}

// writeFlow writes a value as YAML on one line.
func writeFlow(b *strings.Builder, n *yaml.Node) {
	switch {
	case n.Kind == yaml.SequenceNode:
		b.WriteByte('[')
		for i, element := range n.Content {
			if i > 0 {
				b.WriteString(", ")
			}
			writeFlow(b, element)
		}
		b.WriteByte(']')
	case n.Kind == yaml.MappingNode:
		b.WriteByte('{')
		for i, part := range n.Content {
			switch {
			case i%2 == 1:
				b.WriteString(": ")
			case i > 0:
				b.WriteString(", ")
			}
			writeFlow(b, part)
		}
		b.WriteByte('}')
	case n.Tag == "!!null":
		b.WriteString("null")
	case n.Tag == "!!int", n.Tag == "!!float", n.Tag == "!!bool":
		b.WriteString(n.Value)
	default:
		b.WriteString(option.QuoteText(n.Value))
	}
}
