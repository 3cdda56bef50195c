package train

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// Trainer fits a model to data, or to a target. Its whole state can be saved between two
// steps (State) and continued elsewhere (Restore); on the same backend a
// continued training gives the same weights bit for bit. It is not safe for
// concurrent use.
type Trainer struct {
	o          Options
	backend    *backend.Backend
	model      models.Definition
	masked     models.Masked
	splits     *data.Splits
	counted    *data.Prepared // the training rows with the units of the targets of a model alone; nil where it has none
	program    *program
	evaluator  *exec.Evaluator
	estimator  *exec.Evaluator  // of validations; nil where evaluator is that
	draw       models.RowDrawer // of the noise of a row; nil where it is normal
	finalists  []models.Weights // those of p.Finalists
	chosen     *choice          // the finalist that was chosen in the end, nil before
	state      []*tensors.Tensor
	lost       bool           // a call to the backend took the state and failed
	best       models.Weights // at the best validation, nil before the first
	begun      beginning      // what a divergence before the next validation goes back to
	p          progress
	rows       []int // this epoch's order of the training rows
	rowsEpoch  int
	meanWeight float64 // of the training rows
	noiseEpoch int     // whose noise the training rows have, −1 for some other
	normalises bool    // a step takes the statistics of its batch
	data       *data.Identity
	stages     []stage
	schedule   Schedule
	run        *runlog.Manifest // of the run that the states are of, nil outside of one
}

// beginning are the weights that a training went on from with other rows, on which nothing was best yet. The zero value
// are the initial ones.
type beginning struct {
	w     models.Weights
	step  int64
	epoch int
}

// Progress is how far a training has come.
type Progress struct {
	// Step and Epoch are the numbers of steps taken and of epochs completed.
	Step  int64 `json:"step"`
	Epoch int   `json:"epoch"`
	// Best is the best validation's negative log-likelihood in nats a row, NaN
	// before the first, and BestStep and BestEpoch are when it was reached. It is the
	// mean over all rows but BestBadRows without a likelihood, the first of which is
	// BestFirstBad: validations are ordered by their number, then by the mean. Best2SE is twice its standard error, 0 in
	// a state of version 0.1.0.
	Best         runlog.Float `json:"best"`
	Best2SE      runlog.Float `json:"best_2se,omitempty"`
	BestBadRows  int          `json:"best_bad_rows,omitempty"`
	BestFirstBad string       `json:"best_first_bad,omitempty"`
	BestStep     int64        `json:"best_step"`
	BestEpoch    int          `json:"best_epoch"`
}

// progress is the part of the state that lives on the host.
type progress struct {
	Progress
	Cursor    int             `json:"cursor"`   // batches taken of the present epoch
	LossEMA   float64         `json:"loss_ema"` // exponential moving average, biased towards 0
	EMAWeight float64         `json:"ema_weight"`
	Schedule  json.RawMessage `json:"schedule"`            // its state
	MaskLoss  []runlog.Float  `json:"mask_loss,omitempty"` // moving average by set of a fixed cycle
	Validated bool            `json:"validated"`           // the end of this epoch was validated
	Fresh     int64           `json:"fresh,omitempty"`     // the step at which the optimiser began, anew after a divergence
	Units     string          `json:"units,omitempty"`     // of losses, as runlog.Start names them
	Finalists []finalist      `json:"finalists,omitempty"` // best first, the first of which is the best validation
}

// best is the best validation so far.
func (p *progress) best() runlog.Valid {
	return runlog.Valid{NLL: p.Best, BadRows: p.BestBadRows, Others: p.Best}
}

// lossDecay is that of the moving average of the training loss.
const lossDecay = 0.98

// NewTrainer compiles nothing yet; it checks the options and the data, and draws
// the initial weights.
func NewTrainer(b *backend.Backend, d models.Definition, splits *data.Splits, o Options) (*Trainer, error) {
	if b == nil || d == nil || splits == nil {
		return nil, errors.New("training needs a backend, a model and rows")
	}
	o, err := o.resolve()
	if splits.Train != nil {
		o.settle(splits.Train.Rows)
	}
	if err := errors.Join(err, checkData(d, splits, o)); err != nil {
		return nil, err
	}
	o.Batch = min(o.Batch, splits.Train.Rows) // more would be padding in every step
	t := &Trainer{data: data.IdentityOf(splits), o: o, backend: b, model: d, splits: splits, meanWeight: 1, rowsEpoch: -1, noiseEpoch: -1,
		p: progress{Progress: Progress{Best: runlog.Float(math.NaN())}, Units: runlog.DataUnits}}
	last := o.MaxEpochs * t.stepsPerEpoch()
	if o.MaxSteps > 0 {
		last = min(last, o.MaxSteps)
	}
	if t.schedule, err = newSchedule(o.Schedule, last); err != nil {
		return nil, err
	}
	if w := splits.Train.Weights; w != nil {
		t.meanWeight = floats.Sum(w) / float64(splits.Train.Rows)
	}
	t.masked, _ = d.(models.Masked)
	t.normalises = normalises(d)
	t.program = &program{model: d, layout: exec.Layout{Batch: o.Batch, X: splits.Train.Width()}, opt: o.Optimizer, clip: o.ClipNorm, ema: o.EMA, chunk: 1,
		weighted: splits.Train.Weights != nil}
	if o.ClipRow != NoClipRow && !models.Discrete(d) && models.ObjectiveOf(d).Kind != models.Divergence {
		t.program.far = float64(o.ClipRow * d.Dim())
	}
	if _, loops := exec.Looping(d); b.Kind != backend.KindGo && !loops {
		t.program.chunk = chunkFor(b.Kind, t.stepsPerEpoch())
	}
	if t.walks() && t.masked.Cycle().Len() != masks.Unlimited {
		t.p.MaskLoss = make([]runlog.Float, t.masked.Cycle().Len())
		for i := range t.p.MaskLoss {
			t.p.MaskLoss[i] = runlog.Float(math.NaN())
		}
	}
	if err := t.program.compile(b.Compute); err != nil {
		return nil, backend.OneLine(err)
	}
	if t.evaluator, err = exec.NewEvaluator(b, d, evenBatch(splits.Valid.Rows, o.EvalBatch)); err != nil {
		return nil, err
	}
	if m, ok := d.(models.Drawn); ok {
		t.draw = m.Drawer(true)
		if _, density := d.(models.Density); density {
			if t.estimator, err = exec.NewEstimator(b, m, evenBatch(splits.Valid.Rows, o.EvalBatch)); err != nil {
				return nil, err
			}
		}
	}
	if err := t.count(); err != nil {
		return nil, err
	}
	if err := t.newStages(); err != nil {
		return nil, err
	}
	t.reset(models.Initialize(d, o.Seed))
	return t, nil
}

// evenBatch divides rows into equal batches of at most limit, so that little of
// the last one is padding.
func evenBatch(rows, limit int) int {
	batches := (rows + limit - 1) / limit
	return (rows + batches - 1) / batches
}

func checkData(d models.Definition, s *data.Splits, o Options) error {
	for _, part := range []*data.Prepared{s.Train, s.Valid} {
		if part == nil || part.Rows == 0 {
			return fmt.Errorf("training needs rows to train on and rows to validate on")
		}
		if models.ObjectiveOf(d).Kind == models.Divergence && part.Dim == 0 && part.ContextDim == d.ContextDim() {
			continue // it is fitted to a target: noise is all that it takes
		}
		if part.Dim != d.Dim() || part.ContextDim != d.ContextDim() {
			return fmt.Errorf("%s has %d variables and a context of %d, but the model %d and %d", part.Name, part.Dim, part.ContextDim, d.Dim(), d.ContextDim())
		}
		if want := models.Width(d) - d.Dim(); part.Cells != want {
			return fmt.Errorf("%s has %d columns of rounded values, but the model is of %d (build it with the variables of the rows, see maskflow.Variables; where it is a flow, give data.Options.Noise)",
				part.Name, part.Cells, want)
		}
		if err := cmp.Or(part.Check(), maskflow.CheckRows(d, part)); err != nil {
			return err
		}
	}
	_, any := d.(models.AnyOrder)
	_, targeted := d.(models.Targeted)
	if !any && !targeted && s.Prep.HolesUnknown() {
		return errors.New("training rows have values that are not known, which need a model of any order (a NADE, or rows that are split without data.Options.Holes)")
	}
	if s.Train.Rows == 1 && s.Train.Dim > 0 && !models.Discrete(d) {
		return fmt.Errorf("%s has 1 row: a density of real values needs 2 to have a width", s.Train.Name)
	}
	if min(o.Batch, s.Train.Rows) == 1 && normalises(d) {
		return fmt.Errorf("batch normalisation needs statistics, which batches of one row do not have (need train.batch and the training rows to be 2 or more)")
	}
	if o.DropLast && s.Train.Rows < o.Batch {
		return fmt.Errorf("drop_last leaves nothing of %d training rows in batches of %d", s.Train.Rows, o.Batch)
	}
	return nil
}

// normalises reports whether a step of a model takes statistics of its batch.
func normalises(d models.Definition) bool {
	m, ok := d.(models.Trained)
	return ok && slices.ContainsFunc(m.Stages(), func(s models.Stage) bool { return s.Repeat })
}

// reset starts the state from the given weights, with slots at zero.
func (t *Trainer) reset(w models.Weights) {
	values := slices.Clone(w)
	for range t.program.opt.Slots() {
		for _, v := range w {
			values = append(values, make([]float32, len(v)))
		}
	}
	if t.o.EMA > 0 {
		values = append(values, w...)
	}
	t.setState(values)
}

// rewind goes back to the weights of the best validation, or to those that it began with before the first, from which
// training can go on after a divergence: the optimiser begins anew, since what it remembers led there.
func (t *Trainer) rewind() {
	p, to := &t.p, t.begun
	if t.best != nil {
		to = beginning{t.best, p.BestStep, p.BestEpoch}
	}
	if to.w == nil {
		to.w = models.Initialize(t.model, t.o.Seed)
	}
	t.reset(to.w)
	p.Step, p.Epoch, p.Fresh = to.step, to.epoch, to.step
	p.LossEMA, p.EMAWeight, p.Validated = 0, 0, t.best != nil
	// A validation is at the end of an epoch, or of a training within one.
	p.Cursor = max(0, int(p.Step)-p.Epoch*t.stepsPerEpoch())
	if p.Cursor > t.stepsPerEpoch() {
		p.Cursor = 0
	}
	for i := range p.MaskLoss {
		p.MaskLoss[i] = runlog.Float(math.NaN())
	}
	t.rowsEpoch = -1
}

// setState replaces the state by copies of the values.
func (t *Trainer) setState(values models.Weights) {
	exec.Finalize(t.state)
	t.state = nil
	specs := t.program.specs
	for i, v := range values {
		t.state = append(t.state, tensors.FromFlatDataAndDimensions(v, specs[i%len(specs)].Shape...))
	}
}

// Close frees what the trainer holds on the backend.
func (t *Trainer) Close() {
	exec.Finalize(t.state)
	t.state = nil
	for _, s := range t.stages {
		s.advance.Close()
	}
	t.evaluator.Close()
	t.estimator.Close()
	t.program.close()
}

// Progress returns how far the training has come.
func (t *Trainer) Progress() Progress {
	p := t.p.Progress
	if t.chosen != nil {
		f := t.chosen.finalist
		p.Best, p.BestStep, p.BestEpoch = f.NLL, f.Step, f.Epoch
	}
	return p
}

// evaluated are the parameters that validation looks at.
func (t *Trainer) evaluated() []*tensors.Tensor {
	n := len(t.program.specs)
	if t.o.EMA > 0 {
		return t.state[len(t.state)-n:]
	}
	return t.state[:n]
}

// BestWeights are those of the best validation, or the present ones before the
// first.
func (t *Trainer) BestWeights() (models.Weights, error) {
	if t.chosen != nil {
		return t.chosen.w, nil
	}
	if t.best != nil {
		return t.best, nil
	}
	return exec.HostWeights(t.evaluated())
}

func (t *Trainer) stepsPerEpoch() int { return t.steps(t.o.Batch) }

// steps is the number of batches in an epoch.
func (t *Trainer) steps(batch int) int {
	if t.o.DropLast {
		return t.splits.Train.Rows / batch
	}
	return (t.splits.Train.Rows + batch - 1) / batch
}

// walks reports whether steps walk through the cycle of a masked density.
func (t *Trainer) walks() bool {
	_, drawn := t.model.(models.Drawn)
	return t.masked != nil && !drawn
}

func (t *Trainer) maskIndex(step int64) int {
	if !t.walks() {
		return 0
	}
	return t.masked.Cycle().Index(int(step - 1))
}

func (t *Trainer) recordMaskLoss(mask int, loss float64) {
	if t.p.MaskLoss == nil {
		return
	}
	if old := float64(t.p.MaskLoss[mask]); !math.IsNaN(old) {
		loss = 0.9*old + 0.1*loss
	}
	t.p.MaskLoss[mask] = runlog.Float(loss)
}
