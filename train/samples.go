package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

const (
	sampleRows  = 64
	keepFiles   = 20 // of samples, and of densities
	sampleFiles = ".npy"
)

// sample draws a few rows from the present weights for whoever watches, when its
// budget allows.
func (r *run) sample(ctx context.Context) error {
	_, ok := r.model.(models.HostSampler)
	from := r.o.Clock()
	if !ok || r.model.ContextDim() > 0 || !r.samples.due(from) {
		return nil
	}
	defer func() { r.samples.spent(from, r.o.Clock()) }()
	x, err := r.draw(ctx, sampleRows)
	if err != nil || x == nil {
		return err
	}
	shape := r.splits.Shape
	if shape == nil {
		shape = []int{r.model.Dim()}
	}
	file, err := r.writeArray(sampleFiles, x, shape)
	if err != nil {
		return r.excuse(cannotWrite, err)
	}
	if err := r.write(runlog.Samples{Step: r.trainer.Step(), File: file, Shape: append([]int{sampleRows}, shape...)}); err != nil {
		return err
	}
	return r.prune(sampleFiles)
}

// draw returns n samples of the weights that are validated, always from the same
// noise, or nil where they overflow: weights that do so now may not do so later.
func (r *run) draw(ctx context.Context, n int) ([]float32, error) {
	w, err := exec.HostWeights(r.trainer.evaluated())
	if err != nil {
		return nil, err
	}
	sets := []*masks.Set{nil}
	if masked, ok := r.model.(models.Masked); ok {
		sets[0] = masked.Cycle().At(0)
	}
	x, _, err := exec.Sample(ctx, r.model, w, sets, exec.Draw{N: n, Seed: r.c.Seed})
	if lost := (*models.NonFiniteError)(nil); errors.As(err, &lost) {
		return nil, nil
	}
	return x, err
}

// writeArray writes what shows the model at the present step, values of rows of
// that shape. The file's name ends as given and is relative to the run directory.
func (r *run) writeArray(suffix string, values []float32, shape []int) (file string, err error) {
	dim := 1
	for _, n := range shape {
		dim *= n
	}
	t, err := data.FromFlat(values, dim)
	if err != nil {
		return "", err
	}
	t.Shape = shape
	file = fmt.Sprintf("%s/%08d%s", runlog.SamplesDir, r.trainer.Step(), suffix)
	return file, format.WriteFile(filepath.Join(r.o.Dir, file), t)
}

// What may go wrong with files that show a model. Nobody would give a training for
// one of them.
const (
	cannotWrite  = "a file that shows the model cannot be written"
	cannotRemove = "an old file that shows the model cannot be removed"
)

// excuse says in an event what went wrong with a file that shows the model, the
// first time that it does.
func (r *run) excuse(what string, err error) error {
	if r.excused[what] {
		return nil
	}
	if r.excused == nil {
		r.excused = map[string]bool{}
	}
	r.excused[what] = true
	return r.write(runlog.Event{What: fmt.Sprintf("%s: %v (the training goes on, and says this once)", what, err)})
}

// prune removes all but the newest files whose names are a step and the suffix.
// Those of steps to come are left from before a resumption, and have not happened.
func (r *run) prune(suffix string) error {
	dir := filepath.Join(r.o.Dir, runlog.SamplesDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return r.excuse(cannotRemove, err)
	}
	names := map[int64]string{}
	var steps, gone []int64
	for _, e := range entries {
		number, ok := strings.CutSuffix(e.Name(), suffix)
		step, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil {
			continue
		}
		names[step] = e.Name()
		if step > r.trainer.Step() {
			gone = append(gone, step)
		} else {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	gone = append(gone, steps[:max(0, len(steps)-keepFiles)]...)
	for _, step := range gone {
		if err := os.Remove(filepath.Join(dir, names[step])); err != nil && !errors.Is(err, fs.ErrNotExist) {
			if err := r.excuse(cannotRemove, err); err != nil {
				return err
			}
		}
	}
	return nil
}
