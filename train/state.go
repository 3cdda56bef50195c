package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// Groups of tensors in a checkpoint; a tensor is called "group/parameter".
const (
	groupSlot = "slot" // and its number
	groupEMA  = "ema"
	groupBest = "best"
	// groupFinalist and its number are those of the next best validations.
	groupFinalist = "finalist"
)

// meta is what a checkpoint says beside its tensors.
type meta struct {
	maskflow.Meta
	// Training and Progress are absent from the best weights alone.
	Training *training `json:"training,omitempty"`
	Progress *progress `json:"progress,omitempty"`
}

// training is what a saved progress only makes sense for: what its slots mean
// and what its cursors count.
type training struct {
	Optimizer string `json:"optimizer"`
	Batch     int    `json:"batch"`
	Rows      int    `json:"rows"`
	DropLast  bool   `json:"drop_last,omitempty"`
	Seed      uint64 `json:"seed"`
	// Data is a checksum of the training and validation rows in a checkpoint of version
	// 0.1.0.
	Data string `json:"data,omitempty"`
}

func (t training) String() string {
	last := ""
	if t.DropLast {
		last = " (drop_last)"
	}
	return fmt.Sprintf("%s, %d rows in batches of %d%s, seed %d", t.Optimizer, t.Rows, t.Batch, last, t.Seed)
}

func (t *Trainer) training() *training {
	return &training{Optimizer: option.NameOf(t.o.Optimizer), Batch: t.o.Batch, Rows: t.splits.Train.Rows, DropLast: t.o.DropLast, Seed: t.o.Seed}
}

// groups are those of the state's tensors, and those of the best weights and of so many other finalists.
func (t *Trainer) groups(best bool, others int) []string {
	g := []string{exec.ParamsGroup}
	for s := range t.program.opt.Slots() {
		g = append(g, fmt.Sprintf("%s%d", groupSlot, s))
	}
	if t.o.EMA > 0 {
		g = append(g, groupEMA)
	}
	if best {
		g = append(g, groupBest)
	}
	for k := range others {
		g = append(g, fmt.Sprintf("%s%d", groupFinalist, k+1))
	}
	return g
}

// State is everything that the training goes on from.
func (t *Trainer) State() (*checkpoint.State, error) {
	values, err := exec.HostWeights(t.state)
	if err != nil {
		return nil, err
	}
	values = append(values, t.best...)
	others := t.otherFinalists()
	for _, w := range others {
		values = append(values, w...)
	}
	s := &checkpoint.State{Step: t.p.Step}
	n := len(t.program.specs)
	for g, group := range t.groups(t.best != nil, len(others)) {
		if err := t.addGroup(s, group, values[g*n:(g+1)*n]); err != nil {
			return nil, err
		}
	}
	if t.p.Schedule, err = json.Marshal(t.schedule); err != nil {
		return nil, fmt.Errorf("saving the schedule: %w", err)
	}
	s.Meta, err = json.Marshal(meta{Meta: t.shapes(), Training: t.training(), Progress: &t.p})
	return s, err
}

// BestState is the model of the best validation alone, as maskflow.Open reads it.
func (t *Trainer) BestState() (*checkpoint.State, error) {
	w, err := t.BestWeights()
	if err != nil {
		return nil, err
	}
	s := &checkpoint.State{Step: t.Progress().BestStep}
	if err := t.addGroup(s, exec.ParamsGroup, w); err != nil {
		return nil, err
	}
	s.Meta, err = json.Marshal(meta{Meta: t.shapes()})
	return s, err
}

func (t *Trainer) addGroup(s *checkpoint.State, group string, w models.Weights) error {
	ts, err := exec.Tensors(group, t.model, w)
	s.Tensors = append(s.Tensors, ts...)
	return err
}

func (t *Trainer) shapes() maskflow.Meta {
	m := maskflow.Meta{Dim: t.model.Dim(), ContextDim: t.model.ContextDim(), Shape: t.splits.Shape, Preparation: t.prep(), Data: t.data}
	if t.run != nil {
		m.Run, m.WeightsHash = t.run.ID, t.run.WeightsHash
	}
	return m
}

// prep is the preparation of the rows, which may have been made for the model.
func (t *Trainer) prep() *data.Preparation {
	if p := t.splits.Prep; p != nil {
		return p
	}
	return data.NewPreparation(t.model.Dim(), t.model.ContextDim())
}

// Restore continues from a state that a trainer of the same density, optimiser
// and options saved. Other rows than those of the state are a *[data.ChangedError]. The
// trainer is unchanged when it returns an error.
func (t *Trainer) Restore(s *checkpoint.State) error { return t.restore(s, false) }

// restore is Restore; it may continue on other rows. The epoch then begins anew, and so
// does the search for the best validation.
func (t *Trainer) restore(s *checkpoint.State, onOthers bool) error {
	if s == nil {
		return errors.New("no checkpoint is given")
	}
	var saved meta
	if err := json.Unmarshal(s.Meta, &saved); err != nil {
		return fmt.Errorf("the checkpoint's progress cannot be read: %w", err)
	}
	if saved.Training == nil || saved.Progress == nil || saved.Progress.Schedule == nil {
		return fmt.Errorf("the checkpoint holds a model, not a training to continue")
	}
	changed := (*data.ChangedError)(nil)
	if err := saved.Data.Check(t.data, t.splits.Source); errors.As(err, &changed) && !onOthers {
		return err
	}
	this := t.training()
	this.Data, this.Batch = saved.Training.Data, saved.Training.Batch // told apart below, from rows of another width; may change
	if changed != nil {
		this.Rows = saved.Training.Rows
	}
	if *saved.Training != *this || this.Batch < 1 {
		return fmt.Errorf("the checkpoint is of another training (%v), which this one (%v) cannot continue", saved.Training, this)
	}
	best := !math.IsNaN(float64(saved.Progress.Best))
	var values models.Weights
	others := max(0, len(saved.Progress.Finalists)-1)
	if others >= finalists || others > 0 && !best {
		return fmt.Errorf("the checkpoint has %d best validations, need at most %d", others+1, finalists)
	}
	for _, group := range t.groups(best, others) {
		w, err := exec.WeightsOf(s, group, t.model)
		if err == nil && !strings.HasPrefix(group, groupSlot) {
			err = w.Finite(t.model)
		}
		if err != nil {
			return err
		}
		values = append(values, w...)
	}
	if len(s.Tensors) != len(values) {
		return fmt.Errorf("the checkpoint has %d tensors, this training %d (do both average the weights?)", len(s.Tensors), len(values))
	}
	if old := saved.Training.Data; old != "" && !onOthers {
		if is := checksum(t.splits.Train, t.splits.Valid); is != old {
			return fmt.Errorf("the training and validation rows are not those of the checkpoint (checksum %s, was %s): the data have changed", is, old)
		}
	}
	if changed != nil {
		saved.Progress.Cursor, saved.Progress.Validated = 0, false
	}
	p, steps := saved.Progress, t.steps(this.Batch)
	if p.Cursor < 0 || p.Cursor > steps || p.Step != s.Step || len(p.MaskLoss) != len(t.p.MaskLoss) {
		return fmt.Errorf("the checkpoint's progress (step %d, batch %d of %d) does not fit this training", p.Step, p.Cursor, steps)
	}
	if p.Cursor == steps && steps > 0 {
		p.Cursor = t.stepsPerEpoch()
	} else if this.Batch != t.o.Batch { // at the batch in which the next row is: what is before it there is taken twice
		p.Cursor = p.Cursor * this.Batch / t.o.Batch
	}
	if err := json.Unmarshal(saved.Progress.Schedule, t.schedule); err != nil {
		return fmt.Errorf("the checkpoint's schedule cannot be read: %w", err)
	}
	t.best, t.finalists, t.chosen = nil, nil, nil
	n := len(t.program.specs)
	for range others {
		t.finalists = append(t.finalists, values[len(values)-n:])
		values = values[:len(values)-n]
	}
	slices.Reverse(t.finalists)
	if best {
		values, t.best = values[:len(values)-n], values[len(values)-n:]
	}
	if len(saved.Progress.Finalists) > 0 {
		t.finalists = append([]models.Weights{t.best}, t.finalists...)
	}
	t.setState(values)
	t.p, t.rowsEpoch = *saved.Progress, -1
	if saved.Data != nil && t.data != nil {
		own := *t.data
		own.Changed = slices.Clone(saved.Data.Changed)
		if t.data = &own; changed != nil {
			own.Changed = append(own.Changed, changed.Texts()...)
			// What was best was so on other rows.
			t.best, t.p.Best, t.p.BestEpoch, t.p.BestStep = nil, runlog.Float(math.NaN()), t.p.Epoch, t.p.Step
			t.finalists, t.p.Finalists = nil, nil
		}
	}
	if t.begun = (beginning{}); t.best == nil && t.p.BestStep > 0 {
		t.begun = beginning{values[:len(t.program.specs)], t.p.Step, t.p.Epoch}
	}
	return nil
}
