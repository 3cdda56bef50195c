package config

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Value is a key of a file with its value.
type Value struct {
	// Path of the key, with its sections: train.optimizer.epsilon.
	Path string
	// Text of the value as YAML on one line: 0.001, or [500, 500].
	Text string
}

// Values returns the keys and values of any YAML mapping in the order of the file, also those of a version that has other keys. A
// section is not a value, but an empty one is, as {}. The error says what is no plain mapping, with line and column.
func Values(src []byte) ([]Value, error) {
	root, bad := document(src)
	if bad != nil {
		return nil, Problems{{Line: bad.line, Column: bad.column, Text: bad.text}}
	}
	if root == nil || root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, Problems{{Line: root.Line, Column: root.Column, Text: "want keys and values such as seed: 1, got " + described(root)}}
	}
	return appendValues(nil, "", root), nil
}

func appendValues(values []Value, path string, n *yaml.Node) []Value {
	if n.Kind == yaml.MappingNode && (len(n.Content) > 0 || path == "") {
		for i := 0; i+1 < len(n.Content); i += 2 {
			values = appendValues(values, join(path, n.Content[i].Value), n.Content[i+1])
		}
		return values
	}
	return append(values, Value{path, flowText(n)})
}

func flowText(n *yaml.Node) string {
	var parts []string
	switch n.Kind {
	case yaml.SequenceNode:
		for _, c := range n.Content {
			parts = append(parts, flowText(c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, flowText(n.Content[i])+": "+flowText(n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	if n.Style&quotedStyles != 0 {
		return strconv.Quote(n.Value)
	}
	return n.Value
}
