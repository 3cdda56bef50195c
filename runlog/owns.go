package runlog

import (
	"os"
	"path/filepath"
	"slices"
)

// Owns reports whether a path is in one of the folders of a run directory, in which the
// run alone writes.
func Owns(path string) bool {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil || !slices.Contains([]string{CheckpointsDir, SamplesDir, ControlDir}, filepath.Base(dir)) {
		return false
	}
	_, err = os.Lstat(filepath.Join(filepath.Dir(dir), ManifestFile))
	return err == nil
}
