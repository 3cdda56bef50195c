package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/runlog"
)

// checkOutput reports before the work what is wrong with the file that a flag names: its
// suffix, for which check returns an error, an input that would be overwritten, a file of
// a run, and a place where nothing can be written. No file is "".
func checkOutput(c *cobra.Command, flag, path string, check func(path string) error, inputs ...string) error {
	if path == "" {
		return nil
	}
	flag = dashed(c.Flags().Lookup(flag)) + " " + path
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return misused(c, "%s is a pipe or a device, which a file would replace (write to standard output, and redirect it)", flag)
	}
	if err := check(path); err != nil {
		return misused(c, "%s: %v", flag, err)
	}
	for _, input := range inputs {
		if sameFile(path, input) {
			return misused(c, "%s is the input, which would be overwritten", flag)
		}
	}
	dir := filepath.Dir(path)
	if runlog.Owns(path) {
		return misused(c, "%s: %s belongs to a run, which alone writes there", flag, dir)
	}
	switch err := files.CheckOutput(path); {
	case errors.Is(err, syscall.EISDIR):
		return misused(c, "%s is a folder", flag)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("writing %s: %w (make the folder %s first)", path, err, dir)
	case err != nil:
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// pictures is the check of a name for [checkOutput] where a picture is drawn.
func pictures(suffixes ...string) func(path string) error {
	return func(path string) error {
		if slices.Contains(suffixes, strings.ToLower(filepath.Ext(path))) {
			return nil
		}
		return errors.New("pictures are " + strings.Join(suffixes, " or "))
	}
}
