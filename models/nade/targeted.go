package nade

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

// Targeted is a NADE that predicts some of its variables, the targets, given all others and its context. It is trained by
//
//	T/(T−k) · Σ_asked −ln p(x_d | all others, k of the targets),   k uniform on 0 … T−1
//
// an unbiased estimate of the mean over the orders of the T targets of −ln p(targets | others); of one target it is exact.
// It is no density of rows and has no orders and samples. It is safe for concurrent use.
type Targeted struct {
	model   *Model
	targets []int
}

var (
	_ models.Targeted  = (*Targeted)(nil)
	_ models.Tabular   = (*Targeted)(nil)
	_ models.OfKind    = (*Targeted)(nil)
	_ models.HostAsker = (*Targeted)(nil)
)

// NewTargeted validates the options, every problem at once, and returns the model of their targets. An error names a
// target that is no variable, and says so where all variables are targets: then nothing is left that they are given.
func NewTargeted(o Options) (*Targeted, error) {
	if len(o.Targets) == 0 {
		return nil, fmt.Errorf("nade: a model of targets needs one at least (New makes a density of rows)")
	}
	m, err := newModel(o)
	if err != nil {
		return nil, err
	}
	t := &Targeted{model: m}
	for d, is := range m.cuts.Targets {
		if is {
			t.targets = append(t.targets, d)
		}
	}
	return t, nil
}

// targets marks the variables that the options name as targets; nil where they name none.
func (o *Options) targets() (marks []bool, err error) {
	if len(o.Targets) == 0 {
		return nil, nil
	}
	names := make([]string, o.Dim)
	for d := range names {
		if names[d] = strconv.Itoa(d); d < len(o.Variables) && o.Variables[d].Name != "" {
			names[d] = o.Variables[d].Name
		}
	}
	marks = make([]bool, o.Dim)
	for _, name := range o.Targets {
		d := slices.Index(names, name)
		if d < 0 {
			return nil, fmt.Errorf("targets: no variable is called %q: they are %s%s", text.Shorten(name, 41), text.Listed(names), text.DidYouMean(name, names))
		}
		marks[d] = true
	}
	if !slices.Contains(marks, false) {
		return nil, fmt.Errorf("targets: all %d variables are targets, so that they are given nothing (leave targets out for a density of rows)", o.Dim)
	}
	return marks, nil
}

// String describes the model in a few words.
func (t *Targeted) String() string {
	return fmt.Sprintf("%v of %s given the others", t.model, text.Listed(models.TargetsOf(t)))
}

// Targets are the numbers of the variables that are predicted, ascending.
func (t *Targeted) Targets() []int { return slices.Clone(t.targets) }

// Dim is the number of variables, those too that are given.
func (t *Targeted) Dim() int { return t.model.Dim() }

// ContextDim is the width of the context, 0 for none.
func (t *Targeted) ContextDim() int { return t.model.ContextDim() }

// Specs declares the parameters, as [Model.Specs] does.
func (t *Targeted) Specs() []models.Spec { return t.model.Specs() }

// Variable is what variable d is, and Support its values.
func (t *Targeted) Variable(d int) models.Variable { return t.model.Variable(d) }

// Support is the set of values of variable d.
func (t *Targeted) Support(d int) models.Support { return t.model.Support(d) }

// Options returns what the model was made from.
func (t *Targeted) Options() Options { return t.model.Options() }

// Kind returns what builds an equal model.
func (t *Targeted) Kind() (models.Kind, models.Input) { return t.model.Kind() }

// Objective is the conditional likelihood of the targets.
func (t *Targeted) Objective() models.Objective {
	return models.Objective{Kind: models.ConditionalLikelihood, Units: models.Nats}
}

// NoiseDim is the number of values that a row has beside its variables in training; see [Model.NoiseDim].
func (t *Targeted) NoiseDim() int { return t.model.NoiseDim() }

// Drawer returns a function that draws which targets of a row are given, and which units are dropped; see [Model.Drawer].
// All other variables that are known are given in each draw.
func (t *Targeted) Drawer(train bool) models.RowDrawer { return t.model.Drawer(train) }

// Value is the estimate, by one pass, of the mean over the orders of the targets of ln p(targets | others, context),
// [batch] in nats. A target that is not known adds nothing.
func (t *Targeted) Value(p models.Params, b models.Batch) *Node { return t.model.Value(p, b) }

// Stages are none.
func (t *Targeted) Stages() []models.Stage { return nil }

// NewAsker prepares the network on the host for conditionals of the targets; an error when the weights do not fit the
// model. To ask for another variable is an error, and so is a row in which a variable is not known that is no target
// and was known in every row of the training.
func (t *Targeted) NewAsker(w models.Weights) (models.Asker, error) {
	host, err := t.model.host(w)
	if err != nil {
		return nil, err
	}
	return &targetAsker{asker{t.model, host}, t}, nil
}

type targetAsker struct {
	asker
	of *Targeted
}

func (a *targetAsker) Ask(ctx context.Context, x, cond []float32, asked []int) ([]models.Conditional, error) {
	marks := a.model.cuts.Targets
	for _, d := range asked {
		if d >= 0 && d < len(marks) && !marks[d] {
			return nil, fmt.Errorf("nade: %s is asked for, but the model only predicts its targets: %s", a.of.Variable(d).Label(d), text.Listed(models.TargetsOf(a.of)))
		}
	}
	if row, d, ok := models.Ungiven(a.of, x, len(x)/len(marks)); ok {
		return nil, fmt.Errorf("nade: row %d: %s is not known, and the model was trained with it known in every row (data.holes: unknown trains with holes)",
			row, a.of.Variable(d).Label(d))
	}
	return a.asker.Ask(ctx, x, cond, asked)
}
