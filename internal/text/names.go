package text

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hbollon/go-edlib"
)

// Compare orders texts as people do, numbers in them by their value:
// fold2 before fold10.
func Compare(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		if m, n := digits(x), digits(y); m > 0 && n > 0 {
			if c := compareWhole(x[:m], y[:n]); c != 0 {
				return c
			}
			x, y = x[m:], y[n:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// digits is how many decimal digits begin a text.
func digits(s string) (n int) {
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// compareWhole compares whole numbers of any length.
func compareWhole(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// Nearest returns the known word that word was probably meant to be, "" when none is near: a third of its characters, at
// least one, may be wrong, missing, superfluous or swapped with a neighbour (optimal string alignment). Case does not count.
func Nearest(word string, known []string) string {
	const longest = 256 // longer ones are not misspelt
	if len(word) > longest {
		return ""
	}
	word = strings.ToLower(word)
	best, fewest := "", len(word)/3+2
	for _, candidate := range known {
		if candidate == "" || len(candidate) > longest {
			continue
		}
		shorter := min(len(word), len(candidate))
		allowed := max(min(1, shorter-1), shorter/3) // one letter is not like another
		if d := edlib.OSADamerauLevenshteinDistance(word, strings.ToLower(candidate)); d <= allowed && d < fewest {
			best, fewest = candidate, d
		}
	}
	return best
}

// DidYouMean returns ` (did you mean "X"?)` for the known word that word was probably meant to be, "" when none is near.
func DidYouMean(word string, known []string) string {
	near := Nearest(word, known)
	if near == "" || near == word {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", near)
}

// Listed joins the first twenty names of what may be many.
func Listed(names []string) string {
	const most = 20
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
