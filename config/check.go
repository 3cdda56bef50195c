package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Validate returns everything that is wrong with the values of c once its defaults are filled in, as [Problems]: values out of
// range, unknown words, and values that contradict each other. It does not look at the data.
func (c *Config) Validate() error {
	var problems Problems
	for _, f := range c.resolved().faults(map[string]bool{}) {
		problems = append(problems, Problem{Path: f.paths[0], Text: f.text})
	}
	if len(problems) == 0 {
		return nil
	}
	return problems
}

// fault is a wrong value, or values that are wrong together: the first path is the one at fault if no place is known better.
type fault struct {
	text  string
	paths []string
}

// faults returns what is wrong with a resolved configuration. Nothing is said about a path in bad, or a value within it, since what
// it holds is not what was meant; paths that turn out wrong are added to bad, so that one mistake is reported once.
func (c *Config) faults(bad map[string]bool) []fault {
	var all []fault
	isBad := func(path string) bool {
		for ; path != ""; path = parent(path) {
			if bad[path] {
				return true
			}
		}
		return false
	}
	for i := range table {
		k := &table[i]
		if isBad(k.path) {
			continue
		}
		if unsure := slices.ContainsFunc(k.selectors(), isBad); unsure && isZero(k.at(c)) || !unsure && !k.used(c) {
			continue // where it is not known whether the key is used, neither is its default
		}
		if own := c.own(k); own != nil {
			all = append(all, own...)
			bad[k.path] = true
		}
	}
	for _, f := range append(c.unused(), c.contradictions()...) {
		if !slices.ContainsFunc(f.paths, isBad) {
			all = append(all, f)
		}
	}
	return all
}

// own returns what is wrong with the value of one key, whatever the others are.
func (c *Config) own(k *key) []fault {
	var faults []fault
	report := func(path, text string) {
		if text != "" {
			faults = append(faults, fault{text, []string{path}})
		}
	}
	switch v := k.at(c).(type) {
	case *string:
		switch {
		case k.required && *v == "":
			report(k.path, "is missing ("+k.doc+")")
		case k.values != nil && !slices.Contains(k.values, *v):
			report(k.path, unknownWord(*v, k.values))
		case k.path == "name":
			report(k.path, nameProblem(*v))
		default:
			report(k.path, unprintable(*v))
		}
	case *int:
		report(k.path, k.limits.checkWhole(*v))
	case *Count:
		if *v != Unlimited {
			report(k.path, k.limits.checkWhole(int(*v)))
		}
	case *float64:
		wrong := k.limits.checkReal(*v)
		if wrong == "" && *v == 0 && k.path == "train.optimizer.weight_decay" && c.Train.Optimizer.Name == "adamw" {
			wrong = "must be above 0 for adamw, which is adam otherwise (name adam, or give a weight decay)"
		}
		report(k.path, wrong)
	case *[3]float64:
		for i, x := range v {
			report(fmt.Sprintf("%s.%d", k.path, i), k.limits.checkReal(x))
		}
		if faults == nil {
			report(k.path, fractionsProblem(*v))
		}
	case *[]int:
		for i, n := range *v {
			report(fmt.Sprintf("%s.%d", k.path, i), k.limits.checkWhole(n))
		}
		if len(*v) > maxLayers {
			report(k.path, fmt.Sprintf("must be at most %d layers, got %d", maxLayers, len(*v)))
		}
	case *[]string:
		for i, text := range *v {
			report(fmt.Sprintf("%s.%d", k.path, i), columnProblem(text, (*v)[:i]))
		}
	case *Order:
		switch {
		case v.Degrees == nil && !slices.Contains(k.values, v.Name):
			report(k.path, unknownWord(v.Name, k.values, "a list"))
		case v.Degrees != nil && v.Name != "":
			report(k.path, "has both a name and a list of degrees (keep one)")
		case v.Degrees != nil:
			i, text := degreesProblem(v.Degrees)
			if i >= 0 {
				report(fmt.Sprintf("%s.%d", k.path, i), text)
			} else {
				report(k.path, text)
			}
		}
	}
	return faults
}

const (
	maxLayers = 100
	maxName   = 100 // characters, since the name becomes a directory's
)

// nameProblem returns why name cannot name a run and its directory, "" when it can.
func nameProblem(name string) string {
	allowed := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r)
	}
	switch {
	case name == "":
		return "is empty (remove the key to name the run after its file)"
	case len(name) > maxName:
		return fmt.Sprintf("has %d characters, more than %d", len(name), maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return !allowed(r) }):
		return quoted(name) + " may have only letters, digits, '.', '_' and '-', since it names the run's directory"
	case strings.ContainsAny(name[:1], ".-"):
		return quoted(name) + " must begin with a letter, a digit or '_', since it names the run's directory"
	}
	return ""
}

// fractionsProblem returns why the rows cannot be split so, "" when they can.
func fractionsProblem(fractions [3]float64) string {
	if sum := fractions[0] + fractions[1] + fractions[2]; sum < 1-1e-6 || sum > 1+1e-6 {
		return fmt.Sprintf("must sum to 1, got %.6g (train, valid and test)", sum)
	}
	return ""
}

// degreesProblem returns why degrees are no order, with the index of the wrong one, or -1 when it is about all of them.
func degreesProblem(degrees []int) (int, string) {
	if len(degrees) == 0 {
		return -1, "an order lists the degree of every input, and this one is empty"
	}
	present := make([]bool, len(degrees)+1)
	for i, d := range degrees {
		if d < 1 || d > len(degrees) {
			return i, fmt.Sprintf("degrees of %d inputs lie in 1 to %d, got %d", len(degrees), len(degrees), d)
		}
		present[d] = true
	}
	largest := slices.Max(degrees)
	for d := 1; d < largest; d++ {
		if !present[d] {
			return -1, fmt.Sprintf("no input has degree %d, but one has %d (every degree from 1 to the largest must occur)", d, largest)
		}
	}
	return -1, ""
}

// unprintable returns what is wrong with a text that does not print, "" when it does.
func unprintable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return quoted(text) + " has characters that do not print (remove them)"
	}
	return ""
}

// columnProblem returns why text, after those before it in a list, cannot name a column, "" when it can.
func columnProblem(text string, before []string) string {
	switch {
	case text == "":
		return "is empty (name a column, or give its number)"
	case slices.Contains(before, text):
		return quoted(text) + " is listed twice (keep one)"
	}
	return unprintable(text)
}
