package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// shows is a hook that shows a model after its validations: it writes samples and ln p
// on a grid into the run directory, each as often as its budget allows.
type shows struct {
	dir   string
	write func(runlog.Record) error

	samples, densities budget
	grid               *exec.Grid      // of densities, nil before the first
	pointwise          *exec.Evaluator // of a density that training does not evaluate
	excused            map[string]bool // what went wrong with files
}

// hook does not let an interruption wait. It is no error then: the validation counts,
// and the trainer sees the interruption by itself.
func (s *shows) hook(ctx context.Context, t *Trainer, e Event) error {
	if _, ok := e.(Validation); !ok {
		return nil
	}
	for _, show := range []func(context.Context, *Trainer) error{s.sample, s.density} {
		if err := show(ctx, t); err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
			return err
		}
	}
	return nil
}

const (
	sampleRows  = 64
	keepFiles   = 20 // of samples, and of densities
	sampleFiles = ".npy"
)

// sample draws a few rows from the present weights for whoever watches, when its
// budget allows.
func (s *shows) sample(ctx context.Context, t *Trainer) error {
	_, ok := t.model.(models.HostSampler)
	from := t.o.Clock()
	if !ok || t.model.ContextDim() > 0 || !s.samples.due(from) {
		return nil
	}
	defer func() { s.samples.spent(from, t.o.Clock()) }()
	x, err := draw(ctx, t, sampleRows)
	if err != nil || x == nil {
		return err
	}
	shape := t.splits.Shape
	if shape == nil {
		shape = []int{t.model.Dim()}
	} else if white := float32(t.prep().White()); white != 1 {
		for k := range x { // pictures are from black, 0, to white, 1
			x[k] /= white
		}
	}
	file, err := s.writeArray(t, sampleFiles, x, shape)
	if err != nil {
		return s.excuse(cannotWrite, err)
	}
	if err := s.write(runlog.Samples{Step: t.Step(), File: file, Shape: append([]int{sampleRows}, shape...)}); err != nil {
		return err
	}
	return s.prune(t, sampleFiles)
}

// draw returns n samples of the weights that are validated, in the units of the
// source, always from the same noise, or nil where they overflow: weights that do so now may not do so later.
func draw(ctx context.Context, t *Trainer, n int) ([]float32, error) {
	w, err := exec.HostWeights(t.evaluated())
	if err != nil {
		return nil, err
	}
	sets := []*masks.Set{nil}
	if masked, ok := t.model.(models.Masked); ok {
		sets[0] = masked.Cycle().At(0)
	}
	x, _, err := exec.Sample(ctx, t.model, w, sets, exec.Draw{N: n, Seed: t.o.Seed})
	if lost := (*models.NonFiniteError)(nil); errors.As(err, &lost) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return t.prep().UndoValues(x)
}

// writeArray writes what shows the model at the present step, values of rows of
// that shape. The file's name ends as given and is relative to the run directory.
func (s *shows) writeArray(t *Trainer, suffix string, values []float32, shape []int) (file string, err error) {
	dim := 1
	for _, n := range shape {
		dim *= n
	}
	rows, err := data.FromFlat(values, dim)
	if err != nil {
		return "", err
	}
	rows.Shape = shape
	file = fmt.Sprintf("%s/%08d%s", runlog.SamplesDir, t.Step(), suffix)
	return file, format.WriteFile(filepath.Join(s.dir, file), rows)
}

// What may go wrong with files that show a model. Nobody would give a training for
// one of them.
const (
	cannotWrite  = "a file that shows the model cannot be written"
	cannotRemove = "an old file that shows the model cannot be removed"
)

// excuse says in an event what went wrong with a file that shows the model, the
// first time that it does.
func (s *shows) excuse(what string, err error) error {
	if s.excused[what] {
		return nil
	}
	if s.excused == nil {
		s.excused = map[string]bool{}
	}
	s.excused[what] = true
	return s.write(runlog.Event{What: fmt.Sprintf("%s: %v (training continues; reported once)", what, err)})
}

// prune removes all but the newest files whose names are a step and the suffix.
// Those of steps to come are left from before a resumption, and have not happened.
func (s *shows) prune(t *Trainer, suffix string) error {
	dir := filepath.Join(s.dir, runlog.SamplesDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return s.excuse(cannotRemove, err)
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
		if step > t.Step() {
			gone = append(gone, step)
		} else {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	gone = append(gone, steps[:max(0, len(steps)-keepFiles)]...)
	for _, step := range gone {
		if err := os.Remove(filepath.Join(dir, names[step])); err != nil && !errors.Is(err, fs.ErrNotExist) {
			if err := s.excuse(cannotRemove, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// costShare bounds what training spends on those who watch: what took s seconds
// is due again when costShare·s have passed, so that it is less than one part of
// so many.
const costShare = 50

// budget spaces out something by what it costs. The zero value is due at once.
type budget struct{ next time.Time }

func (b *budget) due(now time.Time) bool { return !now.Before(b.next) }

// spent says from when to when it was last done, or tried.
func (b *budget) spent(from, to time.Time) { b.next = to.Add(costShare * to.Sub(from)) }

// recall sets the budgets, and the window of densities, to what the log says that
// earlier processes spent and drew: they do not begin anew when a run is resumed.
// What shows a model is recorded after its validation, so that the time between two
// records is its cost.
func (s *shows) recall(t *Trainer, elapsed float64) error {
	log, err := runlog.Open(s.dir)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // nothing was written
	now := t.o.Clock()
	at := func(v runlog.Float) time.Time {
		return now.Add(time.Duration((float64(v) - elapsed) * float64(time.Second)))
	}
	last := runlog.Float(math.NaN())
	took := func(b *budget, until runlog.Float) {
		if until >= last {
			b.spent(at(last), at(until))
		}
		last = until
	}
	for {
		b, err := log.Read(0)
		if err != nil {
			return fmt.Errorf("%s: %w", s.dir, err)
		}
		for _, record := range b.Records {
			switch v := record.(type) {
			case runlog.Valid:
				last = v.Time
			case runlog.Samples:
				took(&s.samples, v.Time)
			case runlog.Density:
				took(&s.densities, v.Time)
				if len(t.splits.Train.X) == 0 {
					s.grid = &exec.Grid{X: edges(v.X), Y: edges(v.Y), Cells: densityCells}
				}
			}
		}
		if !b.More {
			return nil
		}
	}
}

func edges(v [2]runlog.Float) [2]float64 { return [2]float64{float64(v[0]), float64(v[1])} }
