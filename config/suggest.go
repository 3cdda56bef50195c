package config

import "strings"

// nearest returns the known word that word was probably meant to be, "" when none is near: a third of its characters, at least
// one, may be wrong, missing, superfluous or swapped with a neighbour.
func nearest(word string, known []string) string {
	const longest = 64
	if len(word) > longest {
		return ""
	}
	best, fewest := "", len(word)/3+1
	for _, candidate := range known {
		if candidate == "" {
			continue
		}
		allowed := max(1, min(len(word), len(candidate))/3)
		if d := distance(strings.ToLower(word), candidate); d <= allowed && d < fewest+1 {
			best, fewest = candidate, d-1
		}
	}
	return best
}

// distance is the number of insertions, deletions, substitutions and swaps of neighbours that turn a into b, no part being
// changed twice (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before []int // the row before the last
	last := make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row := make([]int, len(t)+1)
		row[0] = i
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}

// unknownWord says that word is not among the known ones, and which was probably meant; others describes what else is allowed.
func unknownWord(word string, known []string, others ...string) string {
	hint := ""
	if near := nearest(word, known); near != "" {
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
	if near := nearest(name, here); near != "" {
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
