package train

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/models"
)

// Groups of tensors in a checkpoint; a tensor is called "group/parameter".
const (
	groupSlot = "slot" // and its number
	groupEMA  = "ema"
	groupBest = "best"
)

// meta is what a checkpoint says beside its tensors.
type meta struct {
	maskflow.Meta
	// Progress is absent from the best weights alone.
	Progress *progress `json:"progress,omitempty"`
}

func (t *Trainer) groups() []string {
	g := []string{maskflow.ParamsGroup}
	for s := range t.program.opt.Slots() {
		g = append(g, fmt.Sprintf("%s%d", groupSlot, s))
	}
	if t.o.EMA > 0 {
		g = append(g, groupEMA)
	}
	return g
}

// State is everything that the training goes on from.
func (t *Trainer) State() (*checkpoint.State, error) {
	values, err := hostWeights(t.state)
	if err != nil {
		return nil, err
	}
	s := &checkpoint.State{Step: t.p.Step}
	n := len(t.program.specs)
	for g, group := range t.groups() {
		if err := t.addGroup(s, group, values[g*n:(g+1)*n]); err != nil {
			return nil, err
		}
	}
	if t.best != nil {
		if err := t.addGroup(s, groupBest, t.best); err != nil {
			return nil, err
		}
	}
	s.Meta, err = json.Marshal(t.meta(&t.p))
	return s, err
}

// BestState is the model of the best validation alone, as maskflow.Open reads it.
func (t *Trainer) BestState() (*checkpoint.State, error) {
	w, err := t.BestWeights()
	if err != nil {
		return nil, err
	}
	s := &checkpoint.State{Step: t.p.BestStep}
	if err := t.addGroup(s, maskflow.ParamsGroup, w); err != nil {
		return nil, err
	}
	s.Meta, err = json.Marshal(t.meta(nil))
	return s, err
}

func (t *Trainer) addGroup(s *checkpoint.State, group string, w models.Weights) error {
	ts, err := maskflow.Tensors(group, t.density, w)
	s.Tensors = append(s.Tensors, ts...)
	return err
}

func (t *Trainer) meta(p *progress) meta {
	return meta{Meta: maskflow.Meta{Dim: t.density.Dim(), ContextDim: t.density.ContextDim(), Shape: t.splits.Shape}, Progress: p}
}

// Restore continues from a state that a trainer of the same density, optimiser
// and options saved. The trainer is unchanged when it returns an error.
func (t *Trainer) Restore(s *checkpoint.State) error {
	saved := meta{Progress: &progress{Schedule: &schedule{o: t.p.Schedule.o}}}
	if err := json.Unmarshal(s.Meta, &saved); err != nil {
		return fmt.Errorf("the checkpoint's progress cannot be read: %w", err)
	}
	if saved.Progress == nil || saved.Progress.Schedule == nil {
		return fmt.Errorf("the checkpoint holds a model, not a training to continue")
	}
	specs := t.program.specs
	var values models.Weights
	for _, group := range t.groups() {
		w, err := maskflow.WeightsOf(s, group, t.density)
		if err != nil {
			return err
		}
		values = append(values, w...)
	}
	var best models.Weights
	if hasGroup(s, groupBest) {
		var err error
		if best, err = maskflow.WeightsOf(s, groupBest, t.density); err != nil {
			return err
		}
	}
	if p := saved.Progress; p.Cursor < 0 || p.Cursor > t.stepsPerEpoch() || p.Step != s.Step || len(p.MaskLoss) != len(t.p.MaskLoss) {
		return fmt.Errorf("the checkpoint's progress (step %d, batch %d of %d) does not fit this training", p.Step, p.Cursor, t.stepsPerEpoch())
	}
	finalize(t.state)
	t.state = nil
	for i, v := range values {
		t.state = append(t.state, tensors.FromFlatDataAndDimensions(v, specs[i%len(specs)].Shape...))
	}
	t.best, t.p, t.rowsEpoch = best, *saved.Progress, -1
	return nil
}

func hasGroup(s *checkpoint.State, group string) bool {
	for _, x := range s.Tensors {
		if strings.HasPrefix(x.Name, group+"/") {
			return true
		}
	}
	return false
}
