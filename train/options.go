package train

import (
	"errors"
	"fmt"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/option"
)

// Never is the LookAhead of a training that no number of epochs without a better validation ends.
const Never = -1

// AutoBatch is the Batch of a training in steps of 50 rows where there are fewer than [data.FewRows], else of 200.
const AutoBatch = -1

// NoClipRow is the ClipRow of a training in which rows that are far out count in full.
const NoClipRow = -1

// Options are how to fit a density. Zero values mean the defaults named here.
type Options struct {
	// Seed of the initial weights and the shuffling of rows.
	Seed uint64
	// Batch is the number of rows a step; 0 means 100, [AutoBatch] as many as their number calls for.
	Batch int
	// Optimizer is a pointer to one of the optimisers of this package, such as
	// &Adam{LearningRate: 1e-4}, or one's own; nil means &Adadelta{}.
	Optimizer Optimizer
	// Schedule of the learning rate; constant by default.
	Schedule ScheduleOptions
	// Anneal warms the objective of a model that has an inverse temperature.
	Anneal AnnealOptions
	// ClipNorm bounds the gradient's global norm; 0 does not.
	ClipNorm float64
	// ClipRow is the number of nats for each variable, in model space, beyond which what a row costs in training grows less and
	// less, to twice as much: one row that is far from all others does not make the gradient of its batch. 0 means 10, [NoClipRow] none. Densities of bits and levels alone have no such rows, and no bound.
	ClipRow int
	// EMA is the decay of an exponential moving average of the weights, which
	// then is what is validated, tested and saved; 0 keeps none.
	EMA float64
	// MaxEpochs and MaxSteps end training; 0 means no limit.
	MaxEpochs, MaxSteps int
	// LookAhead ends training after so many epochs without a better validation
	// likelihood; 0 means 30.
	LookAhead int
	// ValidateEvery is the number of epochs between validations, of which there is one in the end, too. 0 means 1, and
	// for a model whose validations take draws as many as make these cost a quarter of the steps.
	ValidateEvery int
	// DropLast leaves out an epoch's incomplete last batch; otherwise it is
	// padded with rows of weight zero.
	DropLast bool
	// EvalBatch is the largest number of rows a call in validation; 0 means 1000.
	EvalBatch int
	// ValidOrders is the number of fresh mask sets of an unlimited cycle in each
	// validation; 0 means 300.
	ValidOrders int
	// ValidSamples is the number of draws of noise a row with which a stochastic
	// model is validated; 0 means 1.
	ValidSamples int
	// LogEvery is the number of steps between training records; 0 means 10.
	LogEvery int
	// CheckpointEvery is the number of seconds between the checkpoints of Run; 0
	// means 60.
	CheckpointEvery float64
	// Stop, if not nil, ends training beside the limits and LookAhead.
	Stop StoppingRule
	// Hooks are called as training goes on, one after the other.
	Hooks []Hook
	// Clock is time.Now unless given.
	Clock func() time.Time
}

// StoppingRule ends a training.
type StoppingRule interface {
	// Stop reports whether training is complete. It is asked between steps and
	// depends on the progress alone, so that a resumed training ends alike.
	Stop(at Progress) bool
}

// AnnealOptions are a straight line of the inverse temperature β from From, at
// the first step, to 1, which is reached after so many steps. The zero value is
// β = 1 throughout.
type AnnealOptions struct {
	// From is β at the first step; 0 means 1.
	From  float64
	Steps int
}

// Table declares the options. Those of annealing are used by the models with
// noise, of the types that are named.
func (o *Options) Table(noisy ...string) option.Table {
	limit := func(name string, at *int, help string) *option.Row {
		return option.Of(name, at, 0, help).Within(0, option.MaxSteps).Default("0, no limit").Mutable()
	}
	return option.Table{
		option.Of("batch", &o.Batch, 100, fmt.Sprintf("number of rows in a step; auto is 50 of fewer than %d training rows, else 200", data.FewRows)).
			Within(1, option.MaxSize).Named("auto", AutoBatch).Mutable(),
		option.Section("optimizer", option.Table{option.Pick("name", &o.Optimizer, "method that turns gradients into updates", optimizers()...)}),
		option.Section("schedule", o.Schedule.table(&o.MaxSteps, &o.MaxEpochs)).Mutable(),
		option.Section("anneal", option.Table{
			option.Of("from", &o.Anneal.From, 1, "inverse temperature β at the first step").Above(0, 1),
			option.Of("steps", &o.Anneal.Steps, 0, "number of steps over which β rises linearly to 1").Within(0, option.MaxSteps),
			option.Rule(o.checkAnneal),
		}).When("model.type", noisy...),
		option.Of("clip_norm", &o.ClipNorm, 0, "Euclidean norm above which the whole gradient is scaled down to it").AtLeast(0).Default("0, no clipping").Mutable(),
		option.Of("clip_row", &o.ClipRow, 10, "nats for each variable beyond which what a row of real values costs in training grows less and less, to twice as much, so that one far row does not make the gradient of its batch; 0 does not bound it").
			Within(1, option.MaxSteps).Named("0", NoClipRow).Later().Mutable(),
		option.Of("ema", &o.EMA, 0, "decay a step of the exponential moving average of the parameters that is evaluated in their place").
			Below(0, 1).Default("0, no average"),
		limit("max_epochs", &o.MaxEpochs, "number of passes over the training rows after which the run ends"),
		limit("max_steps", &o.MaxSteps, "number of optimiser steps after which the run ends"),
		option.Of("look_ahead", &o.LookAhead, 30, "number of epochs without a better validation likelihood after which the run ends; 0 never ends it").
			Within(1, option.MaxSteps).Named("0", Never).Mutable(),
		option.Of("validate_every", &o.ValidateEvery, 0, "number of epochs between validations").Within(0, option.MaxSteps).
			Default("1; of a nade as many as make validations cost a quarter of the steps").Later().Mutable(),
		option.Of("checkpoint_every", &o.CheckpointEvery, 60, "seconds between checkpoints").Positive().Mutable(),
		option.Of("log_every", &o.LogEvery, 10, "number of steps between training records").Within(1, option.MaxSteps).Mutable(),
		option.Of("drop_last", &o.DropLast, false, "whether the incomplete batch at the end of an epoch is left out, instead of padded and weighted"),
		option.Rule(o.check),
	}
}

// settle replaces [AutoBatch] and [AutoDecay] by what so many training rows call for. The options are resolved: the optimiser is their
// own.
func (o *Options) settle(rows int) {
	batch, decay := 200, 0.03
	if rows < data.FewRows {
		batch, decay = 50, 0.1
	}
	if o.Batch == AutoBatch {
		o.Batch = batch
	}
	if _, decoupled := o.Optimizer.(*AdamW); !decoupled {
		decay = 0
	}
	if k := option.Flatten(o.Table()).At("optimizer.weight_decay"); k.Used() {
		if at := k.Field().(*float64); *at == AutoDecay {
			*at = decay
		}
	}
}

func (o *Options) check(report option.Report) {
	s := o.Schedule
	if o.MaxEpochs == 0 && o.MaxSteps == 0 && o.LookAhead == Never && o.Stop == nil {
		report("nothing ends the run (set look_ahead, max_epochs or max_steps)", "look_ahead", "max_epochs", "max_steps")
	}
	if o.MaxSteps > 0 && s.WarmUp > o.MaxSteps {
		report(fmt.Sprintf("the warm-up takes %d steps, longer than train.max_steps, %d", s.WarmUp, o.MaxSteps), "schedule.warm_up", "max_steps")
	}
	if s.falls() {
		switch {
		case s.Steps == 0 && o.MaxEpochs == 0:
			report(fmt.Sprintf("the schedule %s needs a step to end at (set train.schedule.steps, train.max_steps or train.max_epochs)", s.Name),
				"schedule.steps", "schedule.name", "max_steps", "max_epochs")
		case s.Steps == 0: // known when the rows are
		case s.WarmUp >= s.Steps && (o.MaxSteps == 0 || s.WarmUp <= o.MaxSteps):
			report(fmt.Sprintf("the warm-up takes %d steps, and the schedule ends at step %d (it needs steps after the warm-up)", s.WarmUp, s.Steps),
				"schedule.warm_up", "schedule.steps", "max_steps")
		}
	}
	if s.Name == "plateau" && o.LookAhead > 0 && s.Patience >= o.LookAhead {
		report(fmt.Sprintf("a plateau takes %d epochs, but train.look_ahead ends the run after %d (use a smaller patience)", s.Patience, o.LookAhead),
			"schedule.patience", "look_ahead")
	}
}

func (o *Options) checkAnneal(report option.Report) {
	a := o.Anneal
	if o.MaxSteps > 0 && a.Steps > o.MaxSteps {
		report(fmt.Sprintf("β takes %d steps to reach 1, longer than train.max_steps, %d", a.Steps, o.MaxSteps), "steps")
	}
	switch {
	case a.Steps == 0 && a.From != 0 && a.From != 1:
		report("β needs steps to rise over (set train.anneal.steps)", "from", "steps")
	case a.Steps > 0 && a.From == 1:
		report("β already starts at 1, so train.anneal.steps has no effect (set train.anneal.from, for example to 0.01)", "steps", "from")
	}
}

// resolve fills in the defaults and returns every problem of the options.
func (o Options) resolve() (Options, error) {
	o.Optimizer = option.Clone(o.Optimizer)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	e := maskflow.Estimation{Batch: o.EvalBatch, ValidOrders: o.ValidOrders, ValidSamples: o.ValidSamples}
	err := errors.Join(option.Resolve(o.Table()), option.Resolve(e.Table()))
	o.EvalBatch, o.ValidOrders, o.ValidSamples = e.Batch, e.ValidOrders, e.ValidSamples
	if err != nil {
		return o, fmt.Errorf("train: %w", err)
	}
	return o, nil
}

// beta is that of a step, the first being 1.
func (a AnnealOptions) beta(step int64) float64 {
	if step > int64(a.Steps) {
		return 1
	}
	return a.From + (1-a.From)*float64(step-1)/float64(a.Steps)
}

// DivergedError reports a loss or gradient that is not finite. The weights are
// those before the step.
type DivergedError struct {
	Step       int64
	Loss, Norm float64
	// Row is the row of the batch that cost most, with its nats, Column its variable that is farthest from 0 in model space,
	// and Layer the parameters whose gradient is largest, or not finite; "" where that is not known.
	Row, Column, Layer string
	// Far names a training value that is far from all that a model is made for, the
	// likely reason; "" where there is none.
	Far string
	// Remedies are settings that help, the one that helps most often first.
	Remedies string
}
