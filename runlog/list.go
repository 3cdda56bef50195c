package runlog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// listDepth is how many levels below a folder List looks for runs.
const listDepth = 4

// List finds the run directories in a folder and up to four levels below it,
// in lexical order; a folder that is a run is the only one. It looks neither
// into runs nor into hidden folders, follows no links below the folder, and
// passes over what it may not read.
func List(folder string) ([]string, error) {
	if _, err := os.ReadDir(folder); err != nil {
		return nil, fmt.Errorf("looking for runs: %w", err)
	}
	return appendRuns(nil, filepath.Clean(folder), listDepth), nil
}

func appendRuns(runs []string, dir string, depth int) []string {
	if info, err := os.Stat(filepath.Join(dir, ManifestFile)); err == nil && info.Mode().IsRegular() {
		return append(runs, dir)
	}
	if depth == 0 {
		return runs
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return runs
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			runs = appendRuns(runs, filepath.Join(dir, e.Name()), depth-1)
		}
	}
	return runs
}
