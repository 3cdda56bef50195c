package monitor

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

func samplesFile(step int64) string { return fmt.Sprintf("samples/%08d.npy", step) }

func TestSamplesOfARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writer := create(t, dir)
	w := newWatch(t, dir)
	w.poll()
	r := w.run()
	record := func(step int64) {
		t.Helper()
		ok(t, writer.Append(runlog.Samples{Step: step, File: samplesFile(step), Shape: []int{2, 3}}))
		w.poll()
	}
	draw := func(step int64) {
		t.Helper()
		v := float32(step)
		writeArray(t, filepath.Join(dir, samplesFile(step)), []int{2, 3}, []float32{v, 1, 2, 3, 4, 5})
	}
	expect := func(step int64) {
		t.Helper()
		switch s := r.Samples; {
		case step < 0 && s == nil:
		case s == nil || s.Step != step || s.Values[0] != float32(step) || !slices.Equal(s.Shape, []int{2, 3}) || len(s.Values) != 6 || s.Rows() != 2 || s.Width() != 3:
			t.Fatalf("the samples are %+v, not those of step %d", s, step)
		}
	}
	record(10) // no such file
	expect(-1)
	draw(20)
	record(20)
	expect(20)
	record(30)
	expect(20)
	ok(t, os.WriteFile(filepath.Join(dir, samplesFile(40)), []byte("\x93NUMPY"), 0o644))
	record(40)
	expect(20)
	draw(50)
	ok(t, os.Truncate(filepath.Join(dir, samplesFile(50)), 140))
	record(50)
	expect(20)
	draw(60)
	record(60)
	expect(60)
	ok(t, os.Remove(filepath.Join(dir, samplesFile(20)))) // as trainers do
	w.poll()
	expect(60)

	ok(t, writer.Close())
	draw(30)
	writer, err := runlog.Resume(dir, runlog.Process{}, runlog.Options{})
	ok(t, err)
	defer writer.Close()
	ok(t, writer.Append(runlog.Start{Step: 35})) // undoes 60; of what is left, 30 can be read by now
	w.poll()
	expect(30)

	ok(t, os.Remove(filepath.Join(dir, samplesFile(30))))
	ok(t, writer.Close())
	writer, err = runlog.Resume(dir, runlog.Process{}, runlog.Options{})
	ok(t, err)
	defer writer.Close()
	ok(t, writer.Append(runlog.Start{Step: 25})) // undoes 30 too; what is shown was never drawn now, and 20 was removed
	w.poll()
	if r.Samples != nil {
		t.Fatalf("samples of step %d are shown of a run at step 25", r.Samples.Step)
	}
	draw(30)
	record(30)
	expect(30)

	again := newWatch(t, dir)
	again.poll()
	r = again.run()
	expect(30)
}

// A table of samples is shown as it was written; one that is cut off, or has no line, leaves what was shown before.
func TestTableOfSamples(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writer := create(t, dir)
	w := newWatch(t, dir)
	for step, content := range []string{"", "age,city\n17,\"a, b\"\n,Ulm\n", "age,city\n17\n", ""} {
		name := fmt.Sprintf("samples/%d.csv", step)
		ok(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
		ok(t, writer.Append(runlog.Samples{Step: int64(step), File: name, Shape: []int{2, 2}}))
		w.poll()
		s := w.run().Samples
		if step == 0 {
			if s != nil {
				t.Fatalf("samples %+v of an empty file", s)
			}
			continue
		}
		if s == nil || s.Step != 1 || s.Rows() != 2 || s.Width() != 2 || !slices.Equal(s.Columns, []string{"age", "city"}) || !slices.Equal(s.Cells, []string{"17", "a, b", "", "Ulm"}) {
			t.Fatalf("after file %d the samples are %+v", step, s)
		}
	}
}

func TestManySamplesReadOnlyTheLast(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writer := create(t, dir)
	for step := int64(1); step <= 100; step++ {
		ok(t, writer.Append(runlog.Samples{Step: step, File: samplesFile(step)}))
	}
	for _, step := range []int64{7, 85} {
		writeArray(t, filepath.Join(dir, samplesFile(step)), []int{1}, []float32{float32(step)})
	}
	w := newWatch(t, dir)
	w.poll()
	if s := w.run().Samples; s == nil || s.Step != 85 || s.Rows() != 1 || s.Width() != 1 {
		t.Errorf("the samples are %+v", s)
	}
}

func TestDensityOfARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writer := create(t, dir)
	inf := float32(math.Inf(-1))
	values := []float32{-1, inf, float32(math.NaN()), -2, -3, -4}
	writeArray(t, filepath.Join(dir, "samples", "a.npy"), []int{2, 3}, values)
	ok(t, writer.Append(runlog.Density{Step: 7, File: "samples/a.npy", Shape: []int{2, 3}, X: [2]runlog.Float{-1, 2}, Y: [2]runlog.Float{0, 5}}))
	w := newWatch(t, dir)
	w.poll()
	g := w.run().Density
	if g == nil || g.Step != 7 || g.Rows != 2 || g.Cols != 3 || g.X != (plot.Range{Lo: -1, Hi: 2}) || g.Y != (plot.Range{Lo: 0, Hi: 5}) || len(g.Values) != 6 {
		t.Fatalf("the grid is %+v", g)
	}
	for i, v := range values {
		if got := g.Values[i]; got != float64(v) && !(math.IsNaN(got) && v != v) {
			t.Errorf("cell %d is %v, not %v", i, got, v)
		}
	}
	nan, far := runlog.Float(math.NaN()), runlog.Float(math.Inf(1))
	for i, bad := range []runlog.Density{
		{File: "samples/a.npy", Shape: []int{2, 3}, X: [2]runlog.Float{2, -1}, Y: [2]runlog.Float{0, 5}},
		{File: "samples/a.npy", Shape: []int{2, 3}, X: [2]runlog.Float{nan, 1}, Y: [2]runlog.Float{0, 5}},
		{File: "samples/a.npy", Shape: []int{2, 3}, X: [2]runlog.Float{0, 1}, Y: [2]runlog.Float{0, far}},
		{File: "samples/a.npy", Shape: []int{3, 2}, X: [2]runlog.Float{0, 1}, Y: [2]runlog.Float{0, 1}},
		{File: "samples/b.npy", Shape: []int{2, 3}, X: [2]runlog.Float{0, 1}, Y: [2]runlog.Float{0, 1}},
	} {
		bad.Step = int64(8 + i)
		ok(t, writer.Append(bad))
		w.poll()
		if w.run().Density != g {
			t.Errorf("the grid of %+v is shown", bad)
		}
	}
	ok(t, writer.Close())
	writer, err := runlog.Resume(dir, runlog.Process{}, runlog.Options{})
	ok(t, err)
	defer writer.Close()
	ok(t, writer.Append(runlog.Start{Step: 7}))
	w.poll()
	if w.run().Density != g {
		t.Error("the grid of step 7 is not shown of a run at step 7")
	}
	ok(t, writer.Close())
	writer, err = runlog.Resume(dir, runlog.Process{}, runlog.Options{})
	ok(t, err)
	defer writer.Close()
	ok(t, writer.Append(runlog.Start{Step: 6}))
	w.poll()
	if w.run().Density != nil {
		t.Error("the grid of step 7 is shown of a run at step 6")
	}
}

func TestArraysOfARun(t *testing.T) {
	dir := t.TempDir()
	writeArray(t, filepath.Join(dir, "a.npy"), []int{2, 3, 5}, make([]float32, 30))
	if values, shape, err := readArray(dir, "a.npy"); err != nil || !slices.Equal(shape, []int{2, 3, 5}) || len(values) != 30 {
		t.Errorf("%d values of shape %v, %v", len(values), shape, err)
	}
	writeArray(t, filepath.Join(dir, "b.npy"), []int{3, 524288}, make([]float32, 3*524288))
	if values, shape, err := readArray(dir, "b.npy"); err != nil || !slices.Equal(shape, []int{2, 524288}) || len(values) != maxArray {
		t.Errorf("of a large array: %v", err)
	}
	inner := filepath.Join(dir, "inner")
	ok(t, os.Mkdir(inner, 0o755))
	if err := errors.Join(os.Symlink(dir, filepath.Join(inner, "samples")), os.Symlink("../a.npy", filepath.Join(inner, "link.npy"))); err != nil {
		t.Skip(err)
	}
	for _, file := range []string{"../a.npy", filepath.Join(dir, "a.npy"), "", ".", "absent.npy", "x\x00y", "samples/a.npy", "link.npy"} {
		if _, _, err := readArray(inner, file); err == nil {
			t.Errorf("%q is read", file)
		}
	}
}
