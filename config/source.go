package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/option"
)

// maxFile is the size that a configuration, or the value of an override, may have. It is far above any in use; what is larger is a
// data file given by mistake.
const maxFile = 1 << 20

// Load reads the file at path into a table, as [Parse] does.
func Load(t option.Table, path string, sets []string, others ...string) error {
	f, _, err := files.OpenRegular(path)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, files.Cause(err))
	}
	defer f.Close()                                      //nolint:errcheck // nothing was written
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1)) // no more than is needed to see that it is too large
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, files.Cause(err))
	}
	return Parse(t, path, src, sets, others...)
}

// problemAt is a problem at a place in a document.
func problemAt(line, column int, text string) *Problem {
	return &Problem{Line: line, Column: column, Text: text}
}

// sections reads the one document in src, which came from a file, and has to be keys and values.
func sections(file string, src []byte) (*yaml.Node, *Problem) {
	root, bad := document(src)
	switch {
	case bad != nil:
	case root == nil || root.Tag == "!!null":
		bad = problemAt(1, 1, "there is no configuration in it (it needs at least data: {source: …})")
	case root.Kind != yaml.MappingNode:
		bad = problemAt(root.Line, root.Column, "want keys and values such as seed: 1, got "+described(root))
	}
	if bad != nil {
		bad.File = file
	}
	return root, bad
}

// document reads the one document in src; it is nil when there is none. It refuses what makes a document mean something else than
// it seems to: anchors, aliases, merge keys, tags and a second document.
func document(src []byte) (*yaml.Node, *Problem) {
	if len(src) > maxFile {
		return nil, &Problem{Text: "larger than 1 MiB, which no configuration is (is it a data file?)"}
	}
	if bad := unreadable(src); bad != nil {
		return nil, bad
	}
	var documents []yaml.Node
	if err := yaml.Load(src, &documents, yaml.WithAllDocuments()); err != nil {
		return nil, yamlError(err, src)
	}
	if len(documents) == 0 || len(documents[0].Content) == 0 {
		return nil, nil
	}
	root := documents[0].Content[0]
	if bad := forbidden(root); bad != nil {
		return nil, bad
	}
	if len(documents) > 1 {
		second := documents[1]
		if len(second.Content) > 0 {
			second = *second.Content[0]
		}
		return nil, problemAt(second.Line, second.Column, "a second document starts here (a configuration is one document: remove it and the line ---)")
	}
	return root, nil
}

// unreadable finds the first character that is not plain UTF-8 text.
func unreadable(src []byte) *Problem {
	switch {
	case bytes.HasPrefix(src, []byte("\xef\xbb\xbf")):
		return problemAt(1, 1, "a byte order mark starts it (save it as UTF-8 without one)")
	case bytes.HasPrefix(src, []byte("\xff\xfe")), bytes.HasPrefix(src, []byte("\xfe\xff")):
		return problemAt(1, 1, "UTF-16 text (save it as UTF-8)")
	}
	bad := bytes.IndexFunc(src, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\n\t\r\u0085", r) || r == '\ufeff' || r == utf8.RuneError
	})
	if bad < 0 {
		return nil
	}
	before := src[:bad]
	line, column := 1+bytes.Count(before, []byte("\n")), 1+utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	if r, size := utf8.DecodeRune(src[bad:]); size > 1 || r != utf8.RuneError {
		return problemAt(line, column, fmt.Sprintf("character %U is not text (remove it)", r))
	}
	return problemAt(line, column, fmt.Sprintf("byte %#02x is not UTF-8 text (save the file as UTF-8)", src[bad]))
}

// forbidden finds the first thing in the tree that could stand for something else.
func forbidden(n *yaml.Node) *Problem {
	at := func(text string) *Problem { return problemAt(n.Line, n.Column, text) }
	switch {
	case n.Kind == yaml.AliasNode:
		return at("the alias *" + oneLine(n.Value) + " stands for another value (write the value itself)")
	case n.Anchor != "":
		return at("the anchor &" + oneLine(n.Anchor) + " has no use here (remove it, and write values out where they are used)")
	case n.Tag == "!!merge":
		return at("the merge key << is not known here (write the keys out)")
	case n.Style&yaml.TaggedStyle != 0:
		return at("the tag " + oneLine(n.Tag) + " has no use here (remove it)")
	}
	for _, child := range n.Content {
		if bad := forbidden(child); bad != nil {
			return bad
		}
	}
	return nil
}

// yamlError turns what the YAML parser says into a place and one line of text.
func yamlError(err error, src []byte) *Problem {
	var parseError *yaml.LoadError
	if !errors.As(err, &parseError) {
		return problemAt(1, 1, "not YAML: "+oneLine(err.Error()))
	}
	mark, text := parseError.Mark, "not YAML: "+oneLine(parseError.Message)
	if mark.Line == 0 {
		mark = parseError.ContextMark
	}
	if mark.Line == 0 {
		return problemAt(1, 1, text)
	}
	if parseError.ContextMsg != "" {
		text += " " + oneLine(parseError.ContextMsg)
		if from := parseError.ContextMark; from.Line > 0 && from.Line < mark.Line {
			text += fmt.Sprintf(" that starts at %d:%d", from.Line, from.Column)
		}
	}
	if lines := strings.SplitN(string(src), "\n", mark.Line+1); mark.Line <= len(lines) {
		line := lines[mark.Line-1]
		if indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]; strings.Contains(indent, "\t") {
			return problemAt(mark.Line, strings.IndexByte(indent, '\t')+1, "not YAML: the line is indented with a tab (use spaces)")
		}
	}
	return problemAt(mark.Line, mark.Column, text)
}
