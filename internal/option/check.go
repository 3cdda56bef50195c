package option

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/maskflow/maskflow/internal/text"
)

// Problem is a wrong value, or values that are wrong together.
type Problem struct {
	Text string
	// Paths of the values; the first is the one at fault if no place is known better.
	Paths []string
}

// String returns the problem as "path: what is wrong".
func (p Problem) String() string { return p.Paths[0] + ": " + p.Text }

// Problems is everything that is wrong with a struct of options. It is the error of [Resolve].
type Problems []Problem

// Error lists the problems, separated by semicolons.
func (ps Problems) Error() string {
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.String()
	}
	return strings.Join(texts, "; ")
}

// Resolve fills in the default of every zero field that the options use, and returns everything that is wrong with the values as
// [Problems], each with the path of its field. Fields that nothing uses may have any value.
func Resolve(t Table) error {
	ks := Flatten(t)
	ks.Fill(nil)
	if problems := ks.check(map[string]bool{}, nil); problems != nil {
		return Problems(problems)
	}
	return nil
}

// Fill sets the zero fields to their defaults, but for those that were given: there a zero is a value.
func (ks *Keys) Fill(given func(path string) bool) {
	for _, k := range ks.List {
		if k.Used() && (given == nil || !given(k.Path)) {
			k.fill()
		}
	}
}

// Check returns what is wrong with filled options. Nothing is said about a path in bad, or a value within it, since what it holds is
// not what was meant; paths that turn out wrong are added to bad, so that one mistake is reported once.
func (ks *Keys) Check(bad map[string]bool) []Problem { return ks.check(bad, ks.unused()) }

func (ks *Keys) check(bad map[string]bool, unused []Problem) []Problem {
	var all []Problem
	isBad := func(path string) bool {
		for ; path != ""; path = parent(path) {
			if bad[path] {
				return true
			}
		}
		return false
	}
	for _, k := range ks.List {
		unsure := slices.ContainsFunc(k.selectors(), isBad) // whether it is used, and so what its default is
		if isBad(k.Path) || unsure && k.IsZero() || !unsure && !k.Used() {
			continue
		}
		if e, ok := k.at.(Entries); ok {
			all = append(all, entriesProblems(e, k.Path, bad)...)
			continue
		}
		if own := k.own(); own != nil {
			all = append(all, own...)
			bad[k.Path] = true
		}
	}
	known := func(p Problem) {
		if !slices.ContainsFunc(p.Paths, isBad) {
			all = append(all, p)
		}
	}
	for _, p := range unused {
		known(p)
	}
	for _, r := range ks.rules {
		if !r.Used() || slices.ContainsFunc(r.selectors(), isBad) {
			continue
		}
		r.rule(func(text string, paths ...string) {
			for i, path := range paths {
				paths[i] = Join(r.Path, path)
			}
			known(Problem{Text: text, Paths: append(paths, r.selectors()...)})
		})
	}
	return all
}

// own returns what is wrong with the value of one key, whatever the others are.
func (k *Key) own() []Problem {
	var problems []Problem
	report := func(path, text string) {
		if text != "" {
			problems = append(problems, Problem{Text: text, Paths: []string{path}})
		}
	}
	unknown := func(word string, others ...string) {
		if !slices.Contains(k.words, word) {
			problems = append(problems, k.UnknownWord(word, others...))
		}
	}
	element := func(i int) string { return fmt.Sprintf("%s.%d", k.Path, i) }
	switch v := k.at.(type) {
	case *string:
		switch {
		case k.required && *v == "":
			report(k.Path, "is missing ("+k.help+")")
		case k.words != nil && (*v != "" || k.initial() != ""):
			unknown(*v)
		default:
			report(k.Path, unprintable(*v))
		}
	case *int:
		if !k.isWord(float64(*v)) {
			report(k.Path, k.bounds.checkWhole(*v))
		}
	case *float64:
		if !k.isWord(*v) {
			report(k.Path, k.bounds.checkReal(*v))
		}
	case **float64:
		if *v != nil {
			report(k.Path, k.bounds.checkReal(**v))
		}
	case *[3]float64:
		for i, x := range v {
			report(element(i), k.bounds.checkReal(x))
		}
	case *[]float64:
		for i, x := range *v {
			report(element(i), k.bounds.checkReal(x))
		}
	case *[]int:
		for i, n := range *v {
			report(element(i), k.bounds.checkWhole(n))
		}
		if most := cmp.Or(k.most, maxList); len(*v) > most {
			report(k.Path, fmt.Sprintf("must have at most %d elements, got %d", most, len(*v)))
		}
	case *[]string:
		for i, text := range *v {
			if !k.free {
				report(element(i), unprintable(text))
			}
		}
	case *WordOrList:
		if *v.List == nil {
			unknown(*v.Word, "a list")
		}
	}
	if k.check != nil && (problems == nil || strings.HasPrefix(problems[0].Paths[0], k.Path+".")) {
		k.check(func(i int, text string) {
			path := k.Path
			if i >= 0 {
				path = element(i)
			}
			if i < 0 && problems == nil || i >= 0 && !slices.ContainsFunc(problems, func(p Problem) bool { return p.Paths[0] == path }) {
				report(path, text)
			}
		})
	}
	return problems
}

// UnknownWord returns the problem of a word that is none of a choice.
func (k *Key) UnknownWord(word string, others ...string) Problem {
	known := make([]string, len(k.words))
	for i, w := range k.words {
		known[i] = QuoteText(w)
	}
	meant := ""
	if near := text.Nearest(word, k.words); near != "" {
		meant = fmt.Sprintf("did you mean %q? ", near)
	}
	problem := fmt.Sprintf("unknown value %q (%sknown: %s)", word, meant, strings.Join(append(known, others...), ", "))
	if why := k.refused[word]; why != "" {
		problem = fmt.Sprintf("%q is not taken: %s", word, why)
	}
	if uses := k.keys.with(k.Path, word); uses != nil {
		problem = fmt.Sprintf("%s is not one of %s; it belongs to %s", word, strings.Join(known, ", "), joined(uses))
	}
	return Problem{Text: problem, Paths: append([]string{k.Path}, k.selectors()...)}
}

// with returns what else has a key of this path with a word that is known there.
func (ks *Keys) with(path, word string) []Condition {
	var keys []*Key
	for _, k := range ks.byPath[path] {
		if word != "" && slices.Contains(k.words, word) {
			keys = append(keys, k)
		}
	}
	return uses(keys)
}

// unprintable returns what is wrong with a text that does not print, "" when it does.
func unprintable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Sprintf("%q has characters that do not print (remove them)", text)
	}
	return ""
}

// unused returns the values that were set although nothing that was chosen uses them.
func (ks *Keys) unused() []Problem {
	var problems []Problem
	for _, path := range ks.Paths {
		all := ks.byPath[path]
		set := slices.IndexFunc(all, func(k *Key) bool { return !k.IsZero() })
		if set < 0 || slices.ContainsFunc(all, (*Key).Used) {
			continue
		}
		selector, last := ks.against(all), all[0].Last()
		remedy := fmt.Sprintf("remove %s; it belongs to %s", last, joined(uses(all)))
		if section := parent(path); selector.Path == Join(section, "name") {
			remedy = fmt.Sprintf("remove %s, or replace the section: --set '%s={name: %s}'", last, section, selector.word())
		}
		problems = append(problems, Problem{
			Text:  fmt.Sprintf("%s does not use %s (%s)", selector.word(), last, remedy),
			Paths: append([]string{path, selector.Path}, selector.selectors()...),
		})
	}
	return problems
}

// against returns the choice that is why none of the keys of one path is used: the one nearest to one of them that is used itself.
func (ks *Keys) against(all []*Key) *Key {
	nearest := slices.MaxFunc(all, func(a, b *Key) int { return a.failing() - b.failing() })
	return ks.At(nearest.conditions[nearest.failing()].Path)
}

// uses returns what uses one of the keys of a path: the nearest condition of each, their values together.
func uses(all []*Key) []Condition {
	var conditions []Condition
	for _, k := range all {
		if len(k.conditions) == 0 {
			return nil
		}
		c := k.conditions[len(k.conditions)-1]
		i := slices.IndexFunc(conditions, func(other Condition) bool { return other.Path == c.Path })
		if i < 0 {
			i, conditions = len(conditions), append(conditions, Condition{Path: c.Path})
		}
		for _, value := range c.Values {
			conditions[i].Values = with(conditions[i].Values, value)
		}
	}
	return conditions
}

func joined(conditions []Condition) string {
	texts := make([]string, len(conditions))
	for i, c := range conditions {
		texts[i] = c.String()
	}
	return strings.Join(texts, ", or ")
}

// Bounds are what a number may be. Real numbers become float32 in a model, so both the number and what it rounds to have to lie
// within them. The zero value has none.
type Bounds struct {
	Low, High         float64
	OpenLow, OpenHigh bool
}

func (b Bounds) contain(x float64) bool {
	return (x > b.Low || x == b.Low && !b.OpenLow) && (x < b.High || x == b.High && !b.OpenHigh)
}

// String returns where the numbers lie, as the end of a sentence that begins with "must be"; "" without bounds.
func (b Bounds) String() string {
	low := "at least " + realText(b.Low)
	if b.OpenLow {
		low = "above " + realText(b.Low)
	}
	switch {
	case b == Bounds{}:
		return ""
	case b.High >= MaxSize:
		return low
	case b.OpenHigh:
		return low + " and below " + realText(b.High)
	default:
		return low + " and at most " + realText(b.High)
	}
}

// checkWhole returns what is wrong with a whole number, "" when nothing is.
func (b Bounds) checkWhole(n int) string {
	switch {
	case b == Bounds{} || b.contain(float64(n)):
		return ""
	case float64(n) > b.High:
		return fmt.Sprintf("must be at most %s, got %d", strconv.FormatFloat(b.High, 'f', -1, 64), n)
	}
	return fmt.Sprintf("must be %s, got %d", b, n)
}

// checkReal returns what is wrong with a real number, "" when nothing is.
func (b Bounds) checkReal(x float64) string {
	const smallest = 0x1p-126 // of float32 with its full precision
	single := float64(float32(x))
	switch {
	case math.IsNaN(x):
		return "must be a finite number, got NaN"
	case math.IsInf(x, 0):
		return "must be a finite number, got an infinite one"
	case b == Bounds{}:
		return ""
	case !b.contain(x) && (x < b.Low || b.High < math.MaxFloat32 || x == b.Low):
		return fmt.Sprintf("must be %s, got %s", b, realText(x))
	case math.Abs(x) > math.MaxFloat32:
		return fmt.Sprintf("is too large for float32: %s", realText(x))
	case x != 0 && math.Abs(x) < smallest:
		return fmt.Sprintf("is too small for float32: %s", realText(x))
	case !b.contain(single):
		return fmt.Sprintf("must be %s, but %s is %s in float32", b, realText(x), realText(single))
	}
	return ""
}
