package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/internal/files"
)

func damage(t *testing.T, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	ok(t, err)
	file[len(file)-1] ^= 1
	ok(t, os.WriteFile(path, file, 0o644))
}

func stepState(t *testing.T, step int64) *State {
	return &State{Step: step, Tensors: []Tensor{tensor(t, "step", []int{3}, step, step, step)}}
}

func listed(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	ok(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), suffix))
	}
	return strings.Join(names, " ")
}

func TestStepNames(t *testing.T) {
	for step, name := range map[int64]string{
		0: "step-00000000.safetensors", 1234: "step-00001234.safetensors", 1234567890: "step-1234567890.safetensors",
	} {
		if got := StepName(step); got != name {
			t.Errorf("step %d is %s, not %s", step, got, name)
		}
		if got, ok := parseStep(name); !ok || got != step {
			t.Errorf("%s is step %d (%v)", name, got, ok)
		}
	}
	for _, name := range []string{Best, "step-1.safetensors", "step--0000001.safetensors", "step-+0000001.safetensors", "00000001.safetensors", "step-00000001", ".step-00000001.safetensors.tmp", "step-99999999999999999999.safetensors"} {
		if step, ok := parseStep(name); ok {
			t.Errorf("%s is taken for step %d", name, step)
		}
	}
}

func TestLatest(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Join(dir, "absent")} {
		if _, err := Latest(d); !errors.Is(err, ErrNone) {
			t.Errorf("in an empty folder: %v", err)
		}
	}
	// 100000000 has more digits than the others: numbers count, not letters.
	for _, step := range []int64{5, 99999999, 100000000} {
		save(t, dir, stepState(t, step))
	}
	_, err := Save(dir, Best, stepState(t, 200000000))
	ok(t, err)
	expect := func(step int64, damaged int) {
		t.Helper()
		found, err := Latest(dir)
		ok(t, err)
		if found.State.Step != step || !equal(found.State, stepState(t, step)) || found.Path != filepath.Join(dir, StepName(step)) || len(found.Damaged) != damaged {
			t.Errorf("found %+v", found)
		}
		for _, err := range found.Damaged {
			if !strings.Contains(err.Error(), "step-") {
				t.Errorf("the warning %q names no file", err)
			}
		}
	}
	expect(100000000, 0)
	damage(t, filepath.Join(dir, StepName(100000000)))
	expect(99999999, 1)
	// whole, but under the name of another step
	ok(t, os.Rename(filepath.Join(dir, StepName(99999999)), filepath.Join(dir, StepName(99999998))))
	expect(5, 2)
	damage(t, filepath.Join(dir, StepName(5)))
	if _, err := Latest(dir); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "hash") || strings.Contains(err.Error(), "\n") {
		t.Errorf("with nothing whole: %v", err)
	}
}

func TestPrune(t *testing.T) {
	for _, c := range []struct {
		keep    int
		damaged []int64
		want    []int64
	}{
		{2, nil, []int64{4, 5}},
		{0, nil, []int64{5}},
		{-3, nil, []int64{5}},
		{9, nil, []int64{1, 2, 3, 4, 5}},
		{1, []int64{5}, []int64{4, 5}},
		{2, []int64{5, 4, 2}, []int64{2, 3, 4, 5}},
		{1, []int64{1, 2, 3, 4, 5}, []int64{1, 2, 3, 4, 5}},
	} {
		dir := t.TempDir()
		var want []string
		for step := int64(1); step <= 5; step++ {
			path := save(t, dir, stepState(t, step))
			if slices.Contains(c.damaged, step) {
				damage(t, path)
			}
		}
		for _, step := range c.want {
			want = append(want, strings.TrimSuffix(StepName(step), suffix))
		}
		_, err := Save(dir, Best, stepState(t, 1))
		ok(t, err)
		ok(t, os.WriteFile(filepath.Join(dir, "."+StepName(6)+".0.tmp"), []byte("half"), 0o644))
		ok(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644))
		ok(t, Prune(dir, c.keep))
		if got, all := listed(t, dir), "best notes.txt "+strings.Join(want, " "); got != all {
			t.Errorf("keep %d with %v damaged leaves %s, not %s", c.keep, c.damaged, got, all)
		}
	}
	ok(t, Prune(filepath.Join(t.TempDir(), "absent"), 1))
}

func TestSaveRemovesLitter(t *testing.T) {
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, "."+StepName(6)+".0.tmp"), []byte("half"), 0o644))
	ok(t, os.WriteFile(filepath.Join(dir, ".other.tmp"), []byte("not ours"), 0o644))
	save(t, dir, stepState(t, 7))
	if got := listed(t, dir); got != ".other.tmp step-00000007" {
		t.Errorf("the folder holds %s", got)
	}
}

// Links in a run, to its folder of checkpoints or in it, are not followed; what they lead to stays as it is.
func TestLinksToCheckpointsAreNotFollowed(t *testing.T) {
	outside, run := t.TempDir(), t.TempDir()
	f, err := files.OpenFolder(run)
	ok(t, err)
	defer f.Close() //nolint:errcheck // a test
	theirs := save(t, outside, stepState(t, 1))
	save(t, outside, stepState(t, 2))
	_, err = Save(outside, Best, stepState(t, 2))
	ok(t, err)
	before := listed(t, outside)
	if err := os.Symlink(outside, filepath.Join(run, "linked")); err != nil {
		t.Skip(err)
	}
	linked := In(f.Sub("linked"), nil)
	_, errOfSave := linked.Save(StepName(3), stepState(t, 3))
	_, errOfLatest := linked.Latest()
	_, errOfLoad := linked.Load(Best)
	for what, err := range map[string]error{"Save": errOfSave, "Latest": errOfLatest, "Load": errOfLoad, "Prune": linked.Prune(1), "Forget": linked.Forget(0)} {
		if !errors.Is(err, files.ErrLink) {
			t.Errorf("%s gives %v", what, err)
		}
	}
	ok(t, f.Sub("real").Make())
	own := In(f.Sub("real"), nil)
	ok(t, os.Symlink(theirs, filepath.Join(run, "real", StepName(1))))
	ok(t, os.Symlink(filepath.Join(outside, Best), filepath.Join(run, "real", Best)))
	if _, err := own.Latest(); !errors.Is(err, ErrNone) {
		t.Errorf("a link counts as a state: %v", err)
	}
	if _, err := own.Load(Best); !errors.Is(err, files.ErrLink) {
		t.Errorf("a link to a best state gives %v", err)
	}
	for _, step := range []int64{3, 4} {
		_, err := own.Save(StepName(step), stepState(t, step))
		ok(t, err)
	}
	_, err = own.Save(Best, stepState(t, 4))
	ok(t, errors.Join(err, own.Prune(1)))
	if got := listed(t, filepath.Join(run, "real")); got != "best step-00000001 step-00000004" {
		t.Errorf("the folder has %s", got)
	}
	if got := listed(t, outside); got != before {
		t.Errorf("outside were %s and are %s", before, got)
	}
	if s, err := Load(filepath.Join(outside, Best)); err != nil || s.Step != 2 {
		t.Errorf("the best state outside is %+v, %v", s, err)
	}
}

func TestForget(t *testing.T) {
	dir := t.TempDir()
	for step := int64(1); step <= 5; step++ {
		save(t, dir, stepState(t, step))
	}
	_, err := Save(dir, Best, stepState(t, 4))
	ok(t, err)
	f, err := files.OpenFolder(dir)
	ok(t, err)
	defer f.Close() //nolint:errcheck // a test
	ok(t, In(f, func(s *State) error {
		if s.Step == 5 {
			return errors.New("another run's")
		}
		return nil
	}).Forget(2))
	if got := listed(t, dir); got != "best step-00000001 step-00000002 step-00000005" {
		t.Errorf("the folder has %s", got)
	}
}
