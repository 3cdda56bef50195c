package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// runsDir is where runs go that have no directory of their own.
const runsDir = "runs"

// runDir returns the directory that was asked for, or claims a new one by making
// it, so that runs that start together have different ones. release removes a
// claimed directory that nothing was written into.
func runDir(asked, name string, now time.Time) (dir string, release func(), err error) {
	if asked != "" {
		return filepath.Clean(asked), func() {}, nil
	}
	if err := os.MkdirAll(runsDir, 0o755); err != nil {
		return "", nil, fmt.Errorf("creating the run directory: %w", err)
	}
	base := filepath.Join(runsDir, name+"-"+now.Format("20060102-150405"))
	dir = base
	for n := 2; ; n++ {
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, func() { _ = os.Remove(dir) }, nil // fails, as it should, unless empty
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", nil, fmt.Errorf("creating the run directory: %w", err)
		}
		dir = fmt.Sprintf("%s-%d", base, n)
	}
}
