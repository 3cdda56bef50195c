package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
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

// ofRun reports whether a name is that of a checkpoint of a run.
func ofRun(name string) bool {
	_, ok := parseStep(name)
	return ok || name == Best
}

// Found is the newest whole checkpoint of a folder. Damaged tells what is wrong
// with each newer one that was passed over, newest first; the caller should
// show it.
type Found struct {
	Path    string
	State   *State
	Damaged []error
}

// Folder are the checkpoints of a run, in a folder that is held open: no links are followed in it, to it or out of it.
type Folder struct {
	files *files.Folder
	own   func(*State) error
}

// In is the folder of checkpoints that a handle is of, which need not be there yet.
// Those of steps that own, unless nil, returns an error for are another run's: they
// count as damaged and are not removed. It has no data to look at, but Meta.
func In(f *files.Folder, own func(*State) error) Folder { return Folder{f, own} }

// Latest is [Folder.Latest] of a path.
func Latest(dir string) (*Found, error) {
	f, err := files.OpenFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s", ErrNone, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for checkpoints: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return In(f, nil).Latest()
}

// Latest loads the checkpoint of the highest step that is whole. The error is
// [ErrNone] when there is none, and says what is wrong with those there are.
func (f Folder) Latest() (*Found, error) {
	dir := f.files.Path("")
	steps, err := f.steps()
	if err != nil {
		return nil, fmt.Errorf("looking for checkpoints: %w", err)
	}
	found := new(Found)
	for _, step := range steps {
		s, err := f.readStep(step, true)
		if err == nil {
			found.Path, found.State = f.files.Path(StepName(step)), s
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

// Prune is [Folder.Prune] of a path.
func Prune(dir string, keep int) error {
	f, err := files.OpenFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pruning checkpoints: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return In(f, nil).Prune(keep)
}

// Head is the state of the highest step whose header can be read and is the run's own,
// without the data of its tensors; the error is [ErrNone] when there is none.
func (f Folder) Head() (s *State, err error) {
	steps, err := f.steps()
	if err != nil {
		return nil, fmt.Errorf("looking for checkpoints: %w", err)
	}
	for _, step := range steps {
		s, problem := f.readHead(StepName(step))
		if problem == nil {
			problem = f.check(s)
		}
		if problem == nil {
			return s, nil
		}
		if err == nil {
			err = unread(f.files.Path(StepName(step)), problem)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w in %s: %w", ErrNone, f.files.Path(""), err)
	}
	return nil, fmt.Errorf("%w in %s", ErrNone, f.files.Path(""))
}

// Prune removes old checkpoints of steps, and what a killed writer left of one. It
// verifies from the newest back until one is whole; that one, the keep−1 before
// it and everything newer stay. When none is whole, nothing is removed. A keep
// below 1 counts as 1. Those of another run do not count.
func (f Folder) Prune(keep int) error {
	steps, err := f.steps()
	if err == nil && steps != nil {
		err = f.files.RemoveTemporary(ofRun)
	}
	if err != nil {
		return fmt.Errorf("pruning checkpoints: %w", err)
	}
	steps = f.mine(steps)
	whole := slices.IndexFunc(steps, func(step int64) bool {
		_, err := f.readStep(step, false)
		return err == nil
	})
	if whole < 0 {
		return nil
	}
	first := min(whole+max(keep, 1), len(steps))
	for _, step := range slices.Backward(steps[first:]) { // a killed Prune leaves no gap
		if err := f.files.Remove(StepName(step)); err != nil {
			return fmt.Errorf("pruning checkpoints: %w", err)
		}
	}
	return nil
}

// Forget removes the checkpoints of all steps beyond one, the highest first.
func (f Folder) Forget(step int64) error {
	steps, err := f.steps()
	for _, s := range f.mine(steps) {
		if s > step && err == nil {
			err = f.files.Remove(StepName(s))
		}
	}
	if err != nil {
		return fmt.Errorf("removing checkpoints: %w", err)
	}
	return nil
}

// mine drops the steps whose checkpoints are another run's.
func (f Folder) mine(steps []int64) []int64 {
	return slices.DeleteFunc(steps, func(step int64) bool {
		s, err := f.readHead(StepName(step))
		return err == nil && f.check(s) != nil
	})
}

// readStep reads the checkpoint that is named for a step.
func (f Folder) readStep(step int64, keep bool) (*State, error) {
	name := StepName(step)
	s, err := f.read(name, keep)
	if err == nil && s.Step != step {
		err = fmt.Errorf("reading the checkpoint %s: it holds step %d", f.files.Path(name), s.Step)
	}
	if err == nil {
		if err = f.check(s); err != nil {
			err = unread(f.files.Path(name), err)
		}
	}
	return s, err
}

func (f Folder) check(s *State) error {
	if f.own == nil {
		return nil
	}
	return f.own(s)
}

// steps lists the steps that have a file, highest first. A folder that does not
// exist has none.
func (f Folder) steps() ([]int64, error) {
	entries, err := f.files.Entries()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var steps []int64
	for _, e := range entries {
		if step, ok := parseStep(e.Name()); ok && e.Type().IsRegular() {
			steps = append(steps, step)
		}
	}
	slices.SortFunc(steps, func(a, b int64) int { return cmp.Compare(b, a) })
	return steps, nil
}
