package train

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/runlog"
)

// A trouble is what happens below a training: from the n-th operation on, for as many as it lasts.
type trouble struct {
	n, lasts int
	err      error                  // of the operations that fail, nil for something that is done to the directory
	op       files.Op               // that alone fails, or empty
	disk     bool                   // what is beside the run fails, too
	do, undo func(dir string) error // to the directory
}

func (f trouble) String() string {
	what := fmt.Sprint(f.err)
	if f.do != nil {
		what = "directory gone"
	}
	return fmt.Sprintf("%s %s at operation %d for %d, beside too %v", what, f.op, f.n, f.lasts, f.disk)
}

const forGood = 1 << 30

// inject has the trouble come to a run directory, and returns what counts operations.
func (f trouble) inject(t *testing.T, dir string) (operations func() int) {
	var mu sync.Mutex
	n, done, left := 0, false, f.lasts
	end := files.Inject(func(op files.Op, path string) error {
		mu.Lock()
		defer mu.Unlock()
		inside := path == dir || strings.HasPrefix(path, dir+string(filepath.Separator))
		n++
		if n < f.n || left == 0 {
			return nil
		}
		if f.do != nil {
			if !done {
				done = true
				if err := f.do(dir); err != nil {
					t.Error(err)
				}
			}
			if left--; left == 0 && f.undo != nil {
				if err := f.undo(dir); err != nil {
					t.Error(err)
				}
			}
			return nil
		}
		if f.err == nil || f.op != "" && op != f.op || !inside && !f.disk {
			return nil
		}
		left--
		return f.err
	})
	t.Cleanup(end)
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		end()
		return n
	}
}

// randomTrouble is one of all kinds, within so many operations.
func randomTrouble(rng *rand.Rand, operations int) trouble {
	f := trouble{n: 1 + rng.IntN(operations), lasts: 1 + rng.IntN(20), disk: rng.IntN(2) == 0}
	if rng.IntN(3) == 0 {
		f.lasts = forGood
	}
	moved := func(dir string) error { return os.Rename(dir, dir+".moved") }
	back := func(dir string) error { return os.Rename(dir+".moved", dir) }
	switch rng.IntN(9) {
	case 0:
		f.err = syscall.ENOSPC
	case 1:
		f.err = syscall.EIO
	case 2:
		f.err = syscall.ESTALE
	case 3:
		f.err = syscall.EACCES
	case 4:
		f.err, f.op = files.ErrShort, files.OpWrite
	case 5:
		f.err, f.op = syscall.EIO, files.OpRename
	case 6:
		f.do, f.lasts = os.RemoveAll, forGood
	case 7:
		f.do, f.undo = moved, back
	case 8:
		f.lasts = forGood
		f.do = func(dir string) error {
			return errors.Join(moved(dir), os.MkdirAll(filepath.Join(dir, runlog.CheckpointsDir), 0o755), os.WriteFile(filepath.Join(dir, "theirs"), []byte("x"), 0o644))
		}
	}
	return f
}

// One fault at a time below a training: no success when anything was lost, no other file touched, a last state that is
// no older than that of the last checkpoint before, and, when training is resumed, the bits of one that nothing disturbed.
func TestFaultsBelowATraining(t *testing.T) {
	moments := 10
	if os.Getenv("MASKFLOW_SOAK") != "" {
		moments = 200
	}
	beforePatience, beforeAway := patience, away
	t.Cleanup(func() { patience, away = beforePatience, beforeAway })
	patience, away = 120*time.Millisecond, 30*time.Millisecond
	b := backendtest.Open(t, backend.KindGo)
	c := parse(t, small, "train.max_epochs=4", "train.checkpoint_every=0.1")
	whole := filepath.Join(t.TempDir(), "run")
	operations := trouble{n: forGood}.inject(t, whole)
	if _, err := Run(t.Context(), b, c, smallSplits(), RunOptions{Dir: whole, Clock: (&ticking{now: frozen()}).clock}); err != nil {
		t.Fatal(err)
	}
	total := operations()
	half := filepath.Join(t.TempDir(), "run")
	if _, err := Run(t.Context(), b, parse(t, small, "train.max_epochs=2", "train.checkpoint_every=0.1"), smallSplits(), RunOptions{Dir: half, Clock: (&ticking{now: frozen()}).clock}); err != nil {
		t.Fatal(err)
	}
	for i := range moments {
		rng := rand.New(rand.NewPCG(12, uint64(i)))
		f := randomTrouble(rng, total)
		from := "" // every third is a resumption
		if i%3 == 0 {
			from = half
		}
		t.Run(fmt.Sprintf("%d %s", i, f), func(t *testing.T) { disturbed(t, b, c, whole, from, f) })
	}
}

func disturbed(t *testing.T, b *backend.Backend, c *Config, whole, from string, f trouble) {
	outside := t.TempDir()
	dir := filepath.Join(outside, "run")
	neighbour := filepath.Join(outside, "theirs")
	if err := os.WriteFile(neighbour, []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	if from != "" {
		f.n = 1 + f.n*2/3 // it has fewer operations
		copyDir(t, from, dir)
	}
	saved := int64(-1) // the last checkpoint before the trouble
	var mu sync.Mutex
	began := false
	do := f.do
	if do != nil {
		f.do = func(dir string) error { began = true; return do(dir) }
	}
	operations := f.inject(t, dir)
	s, err := Run(t.Context(), b, c, smallSplits(), RunOptions{Dir: dir, Resume: from != "", Clock: (&ticking{now: frozen()}).clock, Observe: func(r runlog.Record) {
		mu.Lock()
		defer mu.Unlock()
		if v, ok := r.(runlog.Checkpoint); ok && !began {
			saved = v.Step
		}
		if e, ok := r.(runlog.Event); ok && e.What != "" {
			began = true
		}
	}})
	t.Logf("%d operations, summary %+v, error %v", operations(), s, err)
	if text, _ := os.ReadFile(neighbour); string(text) != "theirs" {
		t.Error("a file beside the run was touched")
	}
	if entries, _ := os.ReadDir(dir); slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "theirs" }) {
		if len(entries) != 2 {
			t.Errorf("the directory that took its place has %v", entries)
		}
		if inside, _ := os.ReadDir(filepath.Join(dir, runlog.CheckpointsDir)); len(inside) > 0 {
			t.Errorf("%v are in its folder", inside)
		}
	}
	if s == nil { // it did not begin: nothing is lost
		if err == nil {
			t.Fatal("neither a summary nor an error")
		}
		if _, gone := os.Stat(dir); from != "" && gone == nil && f.do == nil {
			if _, err := Run(t.Context(), b, c, smallSplits(), RunOptions{Dir: dir, Resume: true, Clock: (&ticking{now: frozen()}).clock}); err != nil {
				t.Errorf("it cannot be resumed afterwards: %v", err)
			}
			same(t, dir, whole)
			return
		}
		if runlog.Vacant(dir) != nil && !errors.Is(runlog.Vacant(dir), runlog.ErrExists) {
			if entries, _ := os.ReadDir(dir); !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "theirs" }) {
				t.Errorf("after %v the directory cannot be used: %v", err, runlog.Vacant(dir))
			}
		}
		return
	}
	if err != nil {
		oneLine(t, err)
		if s.Status != runlog.Failed {
			t.Errorf("status %s with %v", s.Status, err)
		}
	} else if s.Dir != dir || s.Test == nil {
		t.Errorf("summary %+v without an error", s)
	} else {
		same(t, dir, whole)
	}
	if f.do != nil && s.Dir == dir && err != nil { // it was removed, and nothing could be saved
		t.Errorf("nothing was saved beside: %v", err)
	}
	found, latest := checkpoint.Latest(filepath.Join(s.Dir, runlog.CheckpointsDir))
	if latest != nil && saved >= 0 || latest == nil && found.State.Step < saved {
		t.Errorf("the last state is %v (%v), but that of step %d was saved before; the run ended with %v", found, latest, saved, err)
	}
	if _, err := Run(t.Context(), b, c, smallSplits(), RunOptions{Dir: s.Dir, Resume: true, Clock: (&ticking{now: frozen()}).clock}); err != nil {
		t.Fatalf("resuming after %v: %v", err, err)
	}
	same(t, s.Dir, whole)
}

// same compares the files of two runs that have ended: the last state, the best weights and the records.
func same(t *testing.T, got, want string) {
	t.Helper()
	a, errOfA := checkpoint.Latest(filepath.Join(got, runlog.CheckpointsDir))
	b, errOfB := checkpoint.Latest(filepath.Join(want, runlog.CheckpointsDir))
	if err := errors.Join(errOfA, errOfB); err != nil {
		t.Fatal(err)
	}
	sameTensors(t, a.State, b.State)
	best := func(dir string) *checkpoint.State {
		s, err := checkpoint.Load(filepath.Join(dir, runlog.CheckpointsDir, checkpoint.Best))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	sameTensors(t, best(got), best(want))
	x, y := loadHistory(t, got), loadHistory(t, want)
	if x.Bad > 0 || x.Train.Len() != y.Train.Len() || len(x.Valid) != len(y.Valid) || x.End == nil || x.End.Status != runlog.Done {
		t.Errorf("the log has %d bad lines, %d steps and %d validations, not %d and %d; end %+v", x.Bad, x.Train.Len(), len(x.Valid), y.Train.Len(), len(y.Valid), x.End)
	}
}
