package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
)

// mostLevels of texts are guessed to be categories.
const mostLevels = 1000

// useless drops a column whose values say nothing, and reports whether it did.
func (g *guesser) useless(c int, s *observed) bool {
	n, named := s.texts+s.numbers, g.isID(c)
	nearlyUnique := func() bool { return float64(s.distinct()) >= 0.9*float64(n) }
	numbers, texts := s.texts == 0 && s.whole && n > 2, s.texts > 0 && s.numbers == 0 && len(s.dates()) != 1
	var why, detail string
	switch {
	case g.tables[0].Shape != nil || c >= g.tables[0].dim: // pixels, or labels of which the source says that they are a context
		return false
	case n == 0:
		why = "no values"
	case s.atLeast() == 1 && n > 1 && (s.holes == 0 || g.o.Holes == UnknownHoles):
		why = "a constant value"
	case numbers && s.counts && (s.low == 0 || s.low == 1) && (named || n >= fewRows),
		numbers && named && s.high-s.low == float64(n-1) && s.distinct() == n:
		why = "the numbers of the rows"
	case (numbers || texts) && named && nearlyUnique():
		why = "names of the rows"
	case s.texts > 0 && n >= fewRows && 2*s.distinct() > n && s.signed() != "":
		why, detail = "numbers with signs, which are texts (take the signs out of the file)", "has "+strconv.Quote(s.signed())
	case texts && n >= fewRows && nearlyUnique():
		why = "another text in nearly every row"
	case s.texts > 0 && s.numbers > 0 && n >= fewRows && 2*s.distinct() > n:
		why, detail = "texts among numbers (signs of missing ones? list them in data.missing)", "has "+strconv.Quote(text.Shorten(s.levels[0], 41))
	case s.texts > 0 && (texts || s.numbers > 0) && s.distinct() > mostLevels:
		why = fmt.Sprintf("texts of more than %s kinds", text.Grouped(mostLevels))
	default:
		return false
	}
	remedy := string(g.schema[c].role())
	g.schema[c].Role = DropRole
	g.say(c, "dropped, having "+why+": %s (to keep it", detail, remedy)
	return true
}

// unitNames are last words of the names of columns that say what rows are of.
var unitNames = []string{"id", "uid", "uuid", "guid", "subject", "patient", "person", "participant", "respondent", "customer", "user", "household"}

// repeats notes where a column seems to name what rows are of, as patients, and rows of one may be divided.
func (g *guesser) repeats(c int, s *observed) {
	t := g.tables[0]
	words := wordsIn(g.schema[c].Name)
	named := g.schema[c].Role == IDRole || g.schema[c].Role == "" && len(words) > 0 && slices.Contains(unitNames, words[len(words)-1])
	n := s.texts + s.numbers
	if !named || len(g.tables) > 1 || t.Shape != nil || c >= t.dim || g.o.Split.column() != "" || s.numbers > 0 && !s.whole {
		return
	}
	if values := s.distinct(); values > 2 && 2*values <= n {
		name := option.QuoteText(g.schema[c].Name)
		g.repeated = append(g.repeated, fmt.Sprintf("column %q has %s for %s: if rows of one value belong together, as those of one patient, keep them in one part: data.split: {by: %s}",
			text.Shorten(g.schema[c].Name, 41), text.Count(values, "value"), text.Count(n, "row"), name))
	}
}

// isID reports whether the name of a column says that its values name the rows. A column without a name among others with
// names is what programs write that have such names.
func (g *guesser) isID(c int) bool {
	t, _ := g.tables[0].source(c)
	words := wordsIn(g.schema[c].Name)
	if t.Columns != nil && g.schema[c].Name == strconv.Itoa(c) || len(words) == 0 {
		return true
	}
	switch words[len(words)-1] {
	case "id", "uid", "uuid", "guid", "rowid", "rownames", "rowname":
		return true
	case "index", "idx", "row", "key", "nr", "no", "number", "obs", "case":
		return len(words) == 1
	}
	return words[0] == "unnamed"
}

// wordsIn are the words of the name of a column, in small letters.
func wordsIn(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// dropEqual drops what is a copy of a column before it.
func (g *guesser) dropEqual() {
	first := map[uint64]int{}
	for c := range g.schema {
		column := &g.schema[c]
		if r := column.role(); r != VariableRole && r != ContextRole || g.tables[0].Shape != nil || c >= g.tables[0].dim {
			continue
		}
		before, found := first[g.hashes[c]]
		switch {
		case !found:
			first[g.hashes[c]] = c
		case !g.sure[c] && g.schema[before].role() == column.role() && g.equal(before, c):
			remedy := string(column.role())
			column.Role = DropRole
			g.say(c, "dropped, having the values of another column: %s (to keep it", fmt.Sprintf("(those of %q)", text.Shorten(g.schema[before].Name, 41)), remedy)
		}
	}
}

// equal reports whether two columns have the same cells.
func (g *guesser) equal(a, b int) bool {
	for _, t := range g.tables {
		x, i := t.source(a)
		y, j := t.source(b)
		for row := range t.rows {
			v, w := x.At(row, i), y.At(row, j)
			if v == w {
				continue
			}
			one, isText := x.Text(row, i)
			other, too := y.Text(row, j)
			if v == v || w == w || isText != too || one != other {
				return false
			}
		}
	}
	return true
}
