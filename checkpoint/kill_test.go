package checkpoint

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// childFolder names the variable that makes this binary a writer to be killed.
const childFolder = "CHECKPOINT_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, saveForEver(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// bigState is a state of some MB, all of whose bytes tell the step.
func bigState(step int64) *State {
	s := &State{Step: step, Meta: json.RawMessage(fmt.Sprintf(`{"step":%d}`, step))}
	for i := range 3 {
		data := make([]byte, 8*(100_003+i))
		for j := range data {
			data[j] = byte(step)
		}
		s.Tensors = append(s.Tensors, Tensor{Name: fmt.Sprint("w", i), DType: F64, Shape: []int{100_003 + i}, Data: data})
	}
	return s
}

// saveForEver goes on from the newest checkpoint, and prints each step that it
// has saved.
func saveForEver(dir string) error {
	step := int64(0)
	switch found, err := Latest(dir); {
	case err == nil:
		step = found.State.Step
	case !errors.Is(err, ErrNone):
		return err
	}
	for {
		step++
		s := bigState(step)
		if _, err := Save(dir, StepName(step), s); err != nil {
			return err
		}
		fmt.Println(step)
		if step%3 == 0 {
			if _, err := Save(dir, Best, s); err != nil {
				return err
			}
		}
		if err := Prune(dir, 2); err != nil {
			return err
		}
	}
}

// Killed at any moment, a writer leaves the last step that it saved, or a later
// one, whole, and nothing under the name of a checkpoint that is not.
func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(3, 5))
	last, halves := int64(0), 0
	for range 30 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childFolder+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		ok(t, err)
		ok(t, child.Start())
		steps := bufio.NewScanner(out)
		if !steps.Scan() {
			t.Fatal("the writer saved nothing")
		}
		time.AfterFunc(time.Duration(random.IntN(30_000))*time.Microsecond, func() { _ = child.Process.Kill() })
		for more := true; more; more = steps.Scan() {
			if _, err := fmt.Sscan(steps.Text(), &last); err != nil {
				t.Fatal(err)
			}
		}
		_ = child.Wait() // killed, as it should be

		found, err := Latest(dir)
		ok(t, err)
		if len(found.Damaged) > 0 || found.State.Step < last || !equal(found.State, bigState(found.State.Step)) {
			t.Fatalf("after step %d there is step %d; damaged: %v", last, found.State.Step, found.Damaged)
		}
		entries, err := os.ReadDir(dir)
		ok(t, err)
		half := 0
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") {
				half++
			} else if _, err := Load(filepath.Join(dir, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
		if half > 1 {
			t.Fatalf("the next save leaves litter: %v", entries)
		}
		halves += half
	}
	ok(t, Prune(dir, 2))
	want := []string{StepName(last - 1), StepName(last)}
	if found, err := Latest(dir); err != nil || found.State.Step > last { // saved, and killed before it said so
		want = []string{StepName(last), StepName(last + 1)}
	}
	left, err := filepath.Glob(filepath.Join(dir, "step-*"))
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("pruning leaves %v, not %v (%v)", left, want, err)
	}
	t.Logf("%d steps saved, %d kills in the middle of a file", last, halves)
}
