package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// shows is a hook that shows a model after its validations: it writes samples and ln p
// on a grid into the run directory, and what the validation rows say of its samples into the log, each as often as its
// budget allows.
type shows struct {
	w        *runlog.Writer
	clock    func() time.Time
	files    hiccup
	requests *requests
	judge    func(context.Context, Pairs) (*runlog.Calibration, error) // nil for none

	samples, densities, calibrations budget
	grid                             *exec.Grid      // over the training rows, nil before the first density
	pointwise                        *exec.Evaluator // of a density that training does not evaluate
	unjudged                         string          // why the last calibration failed
}

// hook does not let an interruption wait. It is no error then: the validation counts,
// and the trainer sees the interruption by itself. Nor are values that overflow: those
// of later weights may not.
func (s *shows) hook(ctx context.Context, t *Trainer, e Event) error {
	if _, ok := e.(Validation); !ok || !s.files.Due(t.o.Clock()) {
		return nil
	}
	for _, show := range []func(context.Context, *Trainer) error{s.sample, s.density, s.calibrate} {
		err := show(ctx, t)
		overflow := (*models.NonFiniteError)(nil)
		if err != nil && !errors.As(err, &overflow) && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
			return err
		}
	}
	return nil
}

const (
	sampleRows  = 64
	keepFiles   = 20 // of samples, and of densities
	sampleFiles = ".npy"
	tableFiles  = ".csv" // of samples whose columns have names
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
	if err != nil {
		return err
	}
	rows, suffix := (*data.Table)(nil), tableFiles
	shape := t.splits.Shape
	if shape == nil {
		rows, err = t.prep().Undo(x)
		shape = []int{t.model.Dim()}
	}
	if rows == nil || rows.Columns == nil {
		if suffix = sampleFiles; err == nil {
			rows, err = t.array(x, shape)
		}
	}
	if err != nil {
		return err
	}
	return s.keep(t, suffix, rows, func(file string) runlog.Record {
		return runlog.Samples{Step: t.p.Step, File: file, Shape: append([]int{sampleRows}, shape...)}
	})
}

// array makes rows without names of rows of the model: pictures are from black, 0, to white, 1.
func (t *Trainer) array(x []float32, shape []int) (*data.Table, error) {
	values, err := t.prep().UndoValues(x)
	if err != nil {
		return nil, err
	}
	if white := float32(t.prep().White()); t.splits.Shape != nil && white != 1 {
		for k := range values {
			values[k] /= white
		}
	}
	return shaped(values, shape)
}

// shaped is rows of values of that shape.
func shaped(values []float32, shape []int) (*data.Table, error) {
	rows, err := data.FromFlat(values, models.Spec{Shape: shape}.Size())
	if err == nil {
		rows.Shape = shape
	}
	return rows, err
}

// draw returns n samples of the weights that are validated, as rows of the model, always
// from the same noise.
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
	return x, err
}

// keep writes rows that show the model at the present step, with their record, and removes
// older files. What goes wrong with files is a hiccup: nobody would give a training for one
// of them.
func (s *shows) keep(t *Trainer, suffix string, rows *data.Table, record func(file string) runlog.Record) error {
	folder := s.w.Files().Sub(runlog.SamplesDir)
	suffix = "-" + s.w.Tag() + suffix
	name := fmt.Sprintf("%08d%s", t.p.Step, suffix)
	problem := s.files.again(s.w, runlog.SamplesDir)
	if problem == nil {
		problem = folder.WriteAtomic(name, func(w io.Writer) error { return format.Write(w, name, rows) })
	}
	if problem != nil {
		problem = fmt.Errorf("writing %s: %w", folder.Path(name), files.Cause(problem))
	} else {
		if err := s.w.Append(record(runlog.SamplesDir + "/" + name)); err != nil {
			return err
		}
		problem = prune(folder, t.p.Step, suffix)
	}
	s.files.tried(t.o.Clock(), problem)
	return nil
}

// makeRoom removes what it has written, for something that matters more, and rests.
func (s *shows) makeRoom() (problem error) {
	rest := s.clock().Add(time.Minute)
	s.samples.next, s.densities.next = rest, rest
	for _, suffix := range []string{sampleFiles, tableFiles, densityFiles} {
		problem = also(problem, prune(s.w.Files().Sub(runlog.SamplesDir), -1, "-"+s.w.Tag()+suffix))
	}
	return problem
}

// prune removes all but the newest files whose names are a step and the suffix, which has the id of the run.
// Those of steps to come are left from before a resumption, and have not happened.
func prune(folder *files.Folder, now int64, suffix string) (problem error) {
	entries, err := folder.Entries()
	if err != nil {
		return err
	}
	steps := map[string]int64{}
	var names []string
	for _, e := range entries {
		number, ok := strings.CutSuffix(e.Name(), suffix)
		if step, err := strconv.ParseInt(number, 10, 64); ok && err == nil && e.Type().IsRegular() {
			steps[e.Name()] = step
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(steps[a], steps[b]) })
	past, _ := slices.BinarySearchFunc(names, now+1, func(name string, step int64) int { return cmp.Compare(steps[name], step) })
	for i, name := range names {
		if i >= past-keepFiles && i < past {
			continue
		}
		if err := folder.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			problem = err
		}
	}
	return problem
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
