package monitor

import (
	"cmp"
	"path/filepath"
	"strings"
)

// setNames gives every run the shortest end of its path that no other run has.
func setNames(runs []*Run) {
	long := runs // those whose names have to be longer than before
	for parts := 1; len(long) > 0; parts++ {
		alike := map[string][]*Run{}
		for _, r := range long {
			r.Name = lastParts(r.Dir, parts)
			alike[r.Name] = append(alike[r.Name], r)
		}
		long = nil
		for name, same := range alike {
			for _, r := range same {
				if len(same) > 1 && name != r.Dir {
					long = append(long, r)
				}
			}
		}
	}
}

// lastParts is the end of a path with so many of its parts, or all of it.
func lastParts(dir string, n int) string {
	from := len(dir)
	for range n {
		if from = strings.LastIndexByte(dir[:from], filepath.Separator); from < 0 {
			return dir
		}
	}
	if from == len(dir)-1 { // the root has no name
		return dir
	}
	return dir[from+1:]
}

// compareNames orders texts as people do, numbers in them by their value:
// fold2 before fold10.
func compareNames(a, b string) int {
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
