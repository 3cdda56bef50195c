package monitor

import (
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
