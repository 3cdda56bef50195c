package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

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
	o         Options
	backend   *backend.Backend
	model     models.Definition
	masked    models.Masked
	splits    *data.Splits
	program   *program
	evaluator *exec.Evaluator
	rate      float64
	state     []*tensors.Tensor
	best      models.Weights // at the best validation, nil before the first
	p         progress
	sets      map[int][][]int32 // degrees of the sets of a fixed cycle
	rows      []int             // this epoch's order of the training rows
	rowsEpoch int
	checksum  string // of the data
	stages    []stage
	schedule  Schedule
}

// progress is the part of the state that lives on the host.
type progress struct {
	Step      int64           `json:"step"`   // steps taken
	Epoch     int             `json:"epoch"`  // epochs completed
	Cursor    int             `json:"cursor"` // batches taken of the present epoch
	Best      runlog.Float    `json:"best"`   // best validation NLL, NaN before the first
	BestEpoch int             `json:"best_epoch"`
	BestStep  int64           `json:"best_step"`
	LossEMA   float64         `json:"loss_ema"` // exponential moving average, biased towards 0
	EMAWeight float64         `json:"ema_weight"`
	Schedule  json.RawMessage `json:"schedule"`            // its state
	MaskLoss  []runlog.Float  `json:"mask_loss,omitempty"` // moving average by set of a fixed cycle
	Validated bool            `json:"validated"`           // the end of this epoch was validated
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
	if err := errors.Join(err, checkData(d, splits, o)); err != nil {
		return nil, err
	}
	o.Batch = min(o.Batch, splits.Train.Rows) // more would be padding in every step
	t := &Trainer{checksum: checksum(splits.Train, splits.Valid), o: o, backend: b, model: d, splits: splits, rate: o.Optimizer.Rate(), rowsEpoch: -1, sets: map[int][][]int32{},
		schedule: newSchedule(o.Schedule), p: progress{Best: runlog.Float(math.NaN())}}
	t.masked, _ = d.(models.Masked)
	t.program = &program{model: d, layout: exec.Layout{Batch: o.Batch, X: splits.Train.Dim}, opt: o.Optimizer, clip: o.ClipNorm, ema: o.EMA, chunk: 1}
	if _, loops := exec.Looping(d); b.Kind != backend.KindGo && !loops {
		t.program.chunk = chunkFor(b.Kind, d, t.stepsPerEpoch())
	}
	if t.masked != nil && t.masked.Cycle().Len() != masks.Unlimited {
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
	_, stochastic := d.(models.Stochastic)
	_, density := d.(models.Density)
	if !stochastic && !density {
		return fmt.Errorf("the model has neither a density nor a bound to train by")
	}
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
	}
	if o.DropLast && s.Train.Rows < o.Batch {
		return fmt.Errorf("drop_last leaves nothing of %d training rows in batches of %d", s.Train.Rows, o.Batch)
	}
	return nil
}

// reset starts the state from the given weights, with slots at zero.
func (t *Trainer) reset(w models.Weights) {
	exec.Finalize(t.state)
	t.state = nil
	specs, slots := t.program.specs, t.program.opt.Slots()
	add := func(i int, values []float32) {
		t.state = append(t.state, tensors.FromFlatDataAndDimensions(values, specs[i].Shape...))
	}
	for i := range specs {
		add(i, w[i])
	}
	for range slots {
		for i, s := range specs {
			add(i, make([]float32, s.Size()))
		}
	}
	if t.o.EMA > 0 {
		for i := range specs {
			add(i, w[i])
		}
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
	t.program.close()
}

// Step is the number of steps taken.
func (t *Trainer) Step() int64 { return t.p.Step }

// Epoch is the number of epochs completed.
func (t *Trainer) Epoch() int { return t.p.Epoch }

// Progress is how far a training has come.
type Progress struct {
	// Step and Epoch are the numbers of steps taken and of epochs completed.
	Step  int64
	Epoch int
	// Best is the best validation's negative log-likelihood in nats a row, NaN
	// before the first, and BestStep and BestEpoch are when it was reached.
	Best      float64
	BestStep  int64
	BestEpoch int
}

// Progress returns how far the training has come.
func (t *Trainer) Progress() Progress {
	return Progress{Step: t.p.Step, Epoch: t.p.Epoch, Best: float64(t.p.Best), BestStep: t.p.BestStep, BestEpoch: t.p.BestEpoch}
}

// Best returns the best validation negative log-likelihood, in nats, and the
// epoch after which it was reached; NaN before the first validation.
func (t *Trainer) Best() (nll float64, epoch int) { return float64(t.p.Best), t.p.BestEpoch }

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
	if t.best != nil {
		return t.best, nil
	}
	return exec.HostWeights(t.evaluated())
}

func (t *Trainer) stepsPerEpoch() int {
	if t.o.DropLast {
		return t.splits.Train.Rows / t.o.Batch
	}
	return (t.splits.Train.Rows + t.o.Batch - 1) / t.o.Batch
}

func (t *Trainer) maskIndex(step int64) int {
	if t.masked == nil {
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
