package monitor

// A Difference is a key of configurations whose value is not the same in all.
type Difference struct {
	Path  string
	Texts []string // of each run as YAML text, "" where it does not have the key
}

// Diff returns the keys whose values differ among the runs, in the order of
// the first file that has them. The name of a run, which always differs, counts
// like any other key; a run whose configuration is not known is left out, with
// empty texts.
func Diff(runs []*Run) []Difference {
	var paths []string
	texts := map[string][]string{}
	for i, r := range runs {
		if r.Config == nil {
			continue
		}
		for _, v := range r.Config {
			if texts[v.Path] == nil {
				texts[v.Path] = make([]string, len(runs))
				paths = append(paths, v.Path)
			}
			texts[v.Path][i] = v.Text
		}
	}
	var differences []Difference
	for _, path := range paths {
		if differ(runs, texts[path]) {
			differences = append(differences, Difference{path, texts[path]})
		}
	}
	return differences
}

// differ reports whether the texts of the runs with a configuration differ.
func differ(runs []*Run, texts []string) bool {
	first := -1
	for i, r := range runs {
		switch {
		case r.Config == nil:
		case first < 0:
			first = i
		case texts[i] != texts[first]:
			return true
		}
	}
	return false
}
