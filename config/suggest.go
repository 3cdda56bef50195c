package config

import (
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

// unknownWord says that word is not among the known ones, and which was probably meant; others describes what else is allowed.
func unknownWord(word string, known []string, others ...string) string {
	hint := ""
	if near := text.Nearest(word, known); near != "" {
		hint = "did you mean " + quoted(near) + "? "
	}
	var words []string
	for _, w := range known {
		words = append(words, quoteText(w))
	}
	words = append(words, others...)
	return "unknown value " + quoted(word) + " (" + hint + "known: " + strings.Join(words, ", ") + ")"
}

// unknownKey returns a hint for a key that section does not have: the path that was probably meant, "" when none is near, and a
// remark in brackets.
func unknownKey(section, name string) (meant, hint string) {
	here := children[section]
	if near := text.Nearest(name, here); near != "" {
		return join(section, near), "(did you mean " + quoted(near) + "?)"
	}
	if strings.Contains(name, ".") && byPath[name] != nil {
		return name, "(write the path as nested sections, " + nested(name) + ")"
	}
	if paths := elsewhere(name); len(paths) > 0 {
		return "", "(did you mean " + strings.Join(paths, " or ") + "?)"
	}
	return "", "(known here: " + strings.Join(here, ", ") + ")"
}

// nested returns path as flow mappings.
func nested(path string) string {
	first, rest, found := strings.Cut(path, ".")
	if !found {
		return first + ": …"
	}
	return first + ": {" + nested(rest) + "}"
}
