package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/internal/files"
)

const (
	prefix = "step-"
	suffix = ".safetensors"
)

// Best is the name of the checkpoint with the best validation. [Latest] and
// [Prune] leave it alone.
const Best = "best" + suffix

// ErrNone reports a folder without a whole checkpoint.
var ErrNone = errors.New("no whole checkpoint")

// StepName is the name of the checkpoint of a step: step-00001234.safetensors.
func StepName(step int64) string {
	return fmt.Sprintf("%s%08d%s", prefix, step, suffix)
}

// parseStep reads a name that StepName made.
func parseStep(name string) (step int64, ok bool) {
	digits, ok := strings.CutSuffix(strings.TrimPrefix(name, prefix), suffix)
	if !ok {
		return 0, false
	}
	step, err := strconv.ParseInt(digits, 10, 64)
	return step, err == nil && step >= 0 && StepName(step) == name
}

// Found is the newest whole checkpoint of a folder. Damaged tells what is wrong
// with each newer one that was passed over, newest first; the caller should
// show it.
type Found struct {
	Path    string
	State   *State
	Damaged []error
}

// Latest loads the checkpoint of the highest step that is whole. The error is
// [ErrNone] when there is none, and says what is wrong with those there are.
func Latest(dir string) (*Found, error) {
	steps, err := steps(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for checkpoints: %w", err)
	}
	found := new(Found)
	for _, step := range steps {
		path, s, err := readStep(dir, step, true)
		if err == nil {
			found.Path, found.State = path, s
			return found, nil
		}
		found.Damaged = append(found.Damaged, err)
	}
	switch n := len(found.Damaged); n {
	case 0:
		return nil, fmt.Errorf("%w in %s", ErrNone, dir)
	case 1:
		return nil, fmt.Errorf("%w in %s: %w", ErrNone, dir, found.Damaged[0])
	default:
		return nil, fmt.Errorf("%w in %s: %w (and %d older ones that are damaged too)", ErrNone, dir, found.Damaged[0], n-1)
	}
}

// Prune removes old checkpoints of steps, and what a killed writer left. It
// verifies from the newest back until one is whole; that one, the keep−1 before
// it and everything newer stay. When none is whole, nothing is removed. A keep
// below 1 counts as 1.
func Prune(dir string, keep int) error {
	steps, err := steps(dir)
	if err == nil {
		err = files.RemoveTemporary(dir, suffix)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pruning checkpoints: %w", err)
	}
	whole := slices.IndexFunc(steps, func(step int64) bool {
		_, _, err := readStep(dir, step, false)
		return err == nil
	})
	if whole < 0 {
		return nil
	}
	first := min(whole+max(keep, 1), len(steps))
	for _, step := range slices.Backward(steps[first:]) { // a killed Prune leaves no gap
		if err := os.Remove(filepath.Join(dir, StepName(step))); err != nil {
			return fmt.Errorf("pruning checkpoints: %w", err)
		}
	}
	return nil
}

// readStep reads the checkpoint that is named for a step.
func readStep(dir string, step int64, keep bool) (path string, s *State, err error) {
	path = filepath.Join(dir, StepName(step))
	s, err = readFile(path, keep)
	if err == nil && s.Step != step {
		err = fmt.Errorf("reading the checkpoint %s: it holds step %d", path, s.Step)
	}
	return path, s, err
}

// steps lists the steps that have a file, highest first. A folder that does not
// exist has none.
func steps(dir string) ([]int64, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var steps []int64
	for _, e := range entries {
		if step, ok := parseStep(e.Name()); ok {
			steps = append(steps, step)
		}
	}
	slices.SortFunc(steps, func(a, b int64) int { return cmp.Compare(b, a) })
	return steps, nil
}
