package train

import (
	"errors"
	"fmt"
	"time"

	"github.com/maskflow/maskflow/config"
)

// Options say how to fit a density. Zero values mean the defaults named here.
type Options struct {
	// Seed is what initial weights and the shuffling of rows follow from.
	Seed uint64
	// Batch is the number of rows a step; 0 means 100.
	Batch int
	// Optimizer defaults to Adadelta.
	Optimizer OptimizerOptions
	// Schedule of the learning rate; constant by default.
	Schedule ScheduleOptions
	// Anneal warms the objective of a model that has an inverse temperature.
	Anneal AnnealOptions
	// ClipNorm bounds the gradient's global norm; 0 does not.
	ClipNorm float64
	// EMA is the decay of an exponential moving average of the weights, which
	// then is what is validated, tested and saved; 0 keeps none.
	EMA float64
	// MaxEpochs and MaxSteps end training; 0 means no limit.
	MaxEpochs, MaxSteps int
	// LookAhead ends training after so many epochs without a better validation
	// likelihood; 0 means 30, negative never.
	LookAhead int
	// DropLast leaves out an epoch's incomplete last batch; otherwise it is
	// padded with rows of weight zero.
	DropLast bool
	// EvalBatch is the largest number of rows a call in validation; 0 means 500.
	EvalBatch int
	// ValidOrders is the number of fresh mask sets of an unlimited cycle in each
	// validation; 0 means 300.
	ValidOrders int
	// ValidSamples is the number of draws of noise a row with which a stochastic
	// model is validated; 0 means 1.
	ValidSamples int
	// LogEvery is the number of steps between training records; 0 means 10.
	LogEvery int
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

// lookAhead stops after so many epochs without a better validation; 0 or less never.
type lookAhead int

func (n lookAhead) Stop(at Progress) bool {
	return n > 0 && at.Epoch > 0 && at.Epoch-at.BestEpoch >= int(n)
}

// AnnealOptions are a straight line of the inverse temperature β from From, at
// the first step, to 1, which is reached after so many steps. The zero value is
// β = 1 throughout.
type AnnealOptions struct {
	From  float64
	Steps int
}

// beta is that of a step, the first being 1.
func (a AnnealOptions) beta(step int64) float64 {
	if step > int64(a.Steps) {
		return 1
	}
	return a.From + (1-a.From)*float64(step-1)/float64(a.Steps)
}

// OptionsOf translates a resolved configuration.
func OptionsOf(c *config.Config) Options {
	if c == nil {
		return Options{}
	}
	t, z, s := c.Train, c.Train.Optimizer, c.Train.Schedule
	lookAhead := t.LookAhead
	if lookAhead == 0 {
		lookAhead = -1
	}
	return Options{
		Seed: c.Seed, Batch: t.Batch, ClipNorm: t.ClipNorm, EMA: t.EMA,
		Optimizer: OptimizerOptions{Name: z.Name, LearningRate: z.LearningRate, Decay: z.Decay, Epsilon: z.Epsilon,
			Beta1: z.Beta1, Beta2: z.Beta2, Momentum: z.Momentum, Nesterov: z.Nesterov, WeightDecay: z.WeightDecay},
		Schedule: ScheduleOptions{Name: s.Name, WarmUp: s.WarmUp, Steps: s.Steps, Final: s.Final, Factor: s.Factor, Patience: s.Patience},
		Anneal:   AnnealOptions{From: t.Anneal.From, Steps: t.Anneal.Steps}, ValidSamples: c.Eval.ValidSamples,
		MaxEpochs: t.MaxEpochs, MaxSteps: t.MaxSteps, LookAhead: lookAhead, DropLast: t.DropLast,
		EvalBatch: c.Eval.Batch, ValidOrders: c.Eval.ValidOrders, LogEvery: t.LogEvery,
	}
}

func (o Options) withDefaults() Options {
	if o.Batch == 0 {
		o.Batch = 100
	}
	if o.LookAhead == 0 {
		o.LookAhead = 30
	}
	if o.EvalBatch == 0 {
		o.EvalBatch = 500
	}
	if o.ValidOrders == 0 {
		o.ValidOrders = 300
	}
	if o.ValidSamples == 0 {
		o.ValidSamples = 1
	}
	if o.LogEvery == 0 {
		o.LogEvery = 10
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Schedule.Steps == 0 {
		o.Schedule.Steps = o.MaxSteps
	}
	return o
}

func (o Options) check() error {
	var problems []error
	for _, p := range []struct {
		bad  bool
		text string
	}{
		{o.Batch < 1, fmt.Sprintf("batch: %d rows a step, need at least 1", o.Batch)},
		{o.EvalBatch < 0, fmt.Sprintf("eval batch: %d rows a call, need at least 1", o.EvalBatch)},
		{!(o.ClipNorm >= 0), "clip_norm: need 0 (none) or more"},
		{!(o.EMA >= 0 && o.EMA < 1), "ema: need a decay from 0 (none) to below 1"},
		{o.ValidOrders < 0 || o.ValidSamples < 0 || o.LogEvery < 0, "valid_orders, valid_samples, log_every: need 0 (the default) or more"},
		{!(o.Anneal.From >= 0 && o.Anneal.From <= 1) || o.Anneal.Steps < 0, "anneal: need a start from 0 to 1, and 0 steps (none) or more"},
		{o.MaxEpochs < 0 || o.MaxSteps < 0, "max_epochs, max_steps: need 0 (no limit) or more"},
		{o.MaxEpochs == 0 && o.MaxSteps == 0 && o.LookAhead < 0 && o.Stop == nil, "training would never end: set max_epochs, max_steps or look_ahead"},
	} {
		if p.bad {
			problems = append(problems, errors.New(p.text))
		}
	}
	return errors.Join(problems...)
}

// DivergedError reports a loss or gradient that is not finite. The weights are
// those before the step.
type DivergedError struct {
	Step       int64
	Loss, Norm float64
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("step %d diverged: loss %v, gradient norm %v (a smaller learning rate or clip_norm may help)", e.Step, e.Loss, e.Norm)
}
