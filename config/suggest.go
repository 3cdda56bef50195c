package config

import (
	"strings"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
)

// unknownKey returns a hint for a key that section does not have: the path that was probably meant, "" when none is near, and a
// remark in brackets.
func (r *reader) unknownKey(section, name string) (meant, hint string) {
	here := r.children[section]
	if near := text.Nearest(name, here); near != "" {
		return option.Join(section, near), "(did you mean " + quoted(near) + "?)"
	}
	if strings.Contains(name, ".") && r.keys.At(name) != nil {
		return name, "(write the path as nested sections, " + nested(name) + ")"
	}
	if paths := r.elsewhere(name); len(paths) > 0 {
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
