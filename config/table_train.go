package config

var (
	// optimizers holds the defaults of every method. Those of Adadelta are its paper's (Zeiler, arXiv 1212.5701), with PyTorch's
	// rate of 1, which leaves its updates as they are; Adam's and AdamW's are their papers' (arXiv 1412.6980, 1711.05101) with
	// PyTorch's weight decay.
	optimizers = map[string]Optimizer{
		"adadelta": {LearningRate: 1, Decay: 0.95, Epsilon: 1e-6},
		"adagrad":  {LearningRate: 0.01, Epsilon: 1e-6},
		"adam":     {LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
		"adamw":    {LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.01},
		"sgd":      {LearningRate: 0.01},
	}
	optimizerNames = []string{"adadelta", "adagrad", "adam", "adamw", "sgd"}
)

// optimizerDefault makes the default of a key from the method that c names.
func optimizerDefault(field func(Optimizer) float64) func(*Config) float64 {
	return func(c *Config) float64 { return field(optimizers[c.Train.Optimizer.Name]) }
}

func withOptimizer(names ...string) []use { return []use{{"train.optimizer.name", names}} }
func withSchedule(names ...string) []use  { return []use{{"train.schedule.name", names}} }

var trainKeys = []key{
	{
		path: "train.batch", at: func(c *Config) any { return &c.Train.Batch }, initial: 100, limits: between(1, maxSize),
		doc: "number of rows in a step",
	},
	{
		path: "train.optimizer.name", at: func(c *Config) any { return &c.Train.Optimizer.Name }, initial: "adadelta", values: optimizerNames,
		doc: "method that turns gradients into updates",
	},
	{
		path: "train.optimizer.learning_rate", at: func(c *Config) any { return &c.Train.Optimizer.LearningRate },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.LearningRate }), by: "train.optimizer.name", limits: positive(),
		doc: "factor of the updates",
	},
	{
		path: "train.optimizer.decay", at: func(c *Config) any { return &c.Train.Optimizer.Decay },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.Decay }), limits: insideUnit(),
		only: withOptimizer("adadelta"),
		doc:  "decay a step of Adadelta's two averages, its rho",
	},
	{
		path: "train.optimizer.epsilon", at: func(c *Config) any { return &c.Train.Optimizer.Epsilon },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.Epsilon }), limits: positive(),
		only: withOptimizer("adadelta", "adagrad", "adam", "adamw"),
		doc:  "constant that keeps the denominator away from zero",
	},
	{
		path: "train.optimizer.beta1", at: func(c *Config) any { return &c.Train.Optimizer.Beta1 },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.Beta1 }), limits: insideUnit(),
		only: withOptimizer("adam", "adamw"),
		doc:  "decay a step of the mean of the gradients",
	},
	{
		path: "train.optimizer.beta2", at: func(c *Config) any { return &c.Train.Optimizer.Beta2 },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.Beta2 }), limits: insideUnit(),
		only: withOptimizer("adam", "adamw"),
		doc:  "decay a step of the mean of the squared gradients",
	},
	{
		path: "train.optimizer.momentum", at: func(c *Config) any { return &c.Train.Optimizer.Momentum }, limits: below(0, 1),
		only: withOptimizer("sgd"),
		doc:  "decay a step of the velocity",
	},
	{
		path: "train.optimizer.nesterov", at: func(c *Config) any { return &c.Train.Optimizer.Nesterov },
		only: withOptimizer("sgd"),
		doc:  "whether the gradient is taken ahead, where the velocity leads",
	},
	{
		path: "train.optimizer.weight_decay", at: func(c *Config) any { return &c.Train.Optimizer.WeightDecay },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.WeightDecay }), by: "train.optimizer.name", limits: atLeast(0),
		doc: "pull of the parameters to zero: apart from the gradient for adamw (arXiv 1711.05101), and for the others as the gradient of the penalty weight_decay/2 |w|^2",
	},
	{
		path: "train.schedule.name", at: func(c *Config) any { return &c.Train.Schedule.Name }, initial: "constant",
		values: []string{"constant", "linear", "cosine", "plateau"},
		doc:    "curve of the rate after the warm-up: constant; linear or cosine down to final at steps; or plateau, times factor whenever the validation likelihood has not improved for patience epochs",
	},
	{
		path: "train.schedule.warm_up", at: func(c *Config) any { return &c.Train.Schedule.WarmUp }, limits: between(0, maxSteps),
		doc: "number of steps over which the rate rises linearly from 0",
	},
	{
		path: "train.schedule.steps", at: func(c *Config) any { return &c.Train.Schedule.Steps },
		initial: func(c *Config) int { return max(0, c.Train.MaxSteps) }, says: "train.max_steps (linear, cosine)",
		limits: between(0, maxSteps), only: withSchedule("linear", "cosine"),
		doc: "step, counted from the start of the run, at which the rate reaches final",
	},
	{
		path: "train.schedule.final", at: func(c *Config) any { return &c.Train.Schedule.Final }, limits: between(0, 1),
		only: withSchedule("linear", "cosine", "plateau"),
		doc:  "smallest fraction of the learning rate",
	},
	{
		path: "train.schedule.factor", at: func(c *Config) any { return &c.Train.Schedule.Factor }, initial: 0.5, limits: insideUnit(),
		only: withSchedule("plateau"),
		doc:  "factor of the rate at a plateau",
	},
	{
		path: "train.schedule.patience", at: func(c *Config) any { return &c.Train.Schedule.Patience }, initial: 10, limits: between(1, maxSteps),
		only: withSchedule("plateau"),
		doc:  "number of epochs without a better validation likelihood that make a plateau",
	},
	{
		path: "train.anneal.from", at: func(c *Config) any { return &c.Train.Anneal.From }, initial: 1.0,
		limits: interval{high: 1, openLow: true}, only: withTarget,
		doc: "inverse temperature β at the first step",
	},
	{
		path: "train.anneal.steps", at: func(c *Config) any { return &c.Train.Anneal.Steps }, limits: between(0, maxSteps), only: withTarget,
		doc: "number of steps over which β rises linearly to 1",
	},
	{
		path: "train.clip_norm", at: func(c *Config) any { return &c.Train.ClipNorm }, limits: atLeast(0), says: "0, no clipping",
		doc: "Euclidean norm above which the whole gradient is scaled down to it",
	},
	{
		path: "train.ema", at: func(c *Config) any { return &c.Train.EMA }, limits: below(0, 1), says: "0, no average",
		doc: "decay a step of the exponential moving average of the parameters that is evaluated in their place",
	},
	{
		path: "train.max_epochs", at: func(c *Config) any { return &c.Train.MaxEpochs }, limits: between(0, maxSteps), says: "0, no limit",
		doc: "number of passes over the training rows after which the run ends",
	},
	{
		path: "train.max_steps", at: func(c *Config) any { return &c.Train.MaxSteps }, limits: between(0, maxSteps), says: "0, no limit",
		doc: "number of optimiser steps after which the run ends",
	},
	{
		path: "train.look_ahead", at: func(c *Config) any { return &c.Train.LookAhead }, initial: 30, limits: between(0, maxSteps), keepZero: true,
		doc: "number of epochs without a better validation likelihood after which the run ends; 0 never ends it",
	},
	{
		path: "train.checkpoint_every", at: func(c *Config) any { return &c.Train.CheckpointEvery }, initial: 60.0, limits: positive(),
		doc: "seconds between checkpoints",
	},
	{
		path: "train.log_every", at: func(c *Config) any { return &c.Train.LogEvery }, initial: 10, limits: between(1, maxSteps),
		doc: "number of steps between training records",
	},
	{
		path: "train.drop_last", at: func(c *Config) any { return &c.Train.DropLast },
		doc: "whether the incomplete batch at the end of an epoch is left out, instead of padded and weighted",
	},
}

var evalKeys = []key{
	{
		path: "eval.batch", at: func(c *Config) any { return &c.Eval.Batch }, initial: 1000, limits: between(1, maxSize),
		doc: "number of rows evaluated at once; it changes speed and memory, not the result",
	},
	{
		path: "eval.valid_orders", at: func(c *Config) any { return &c.Eval.ValidOrders }, initial: 300, limits: between(1, maxSize), only: withMADE,
		doc: "number of mask sets averaged in validation when they are unlimited (MADE, section 6.1)",
	},
	{
		path: "eval.test_orders", at: func(c *Config) any { return &c.Eval.TestOrders }, initial: 1000, limits: between(1, maxSize), only: withMADE,
		doc: "number of mask sets averaged in a test when they are unlimited (MADE, section 6.1)",
	},
	{
		path: "eval.valid_samples", at: func(c *Config) any { return &c.Eval.ValidSamples }, initial: 1, limits: between(1, maxSize), only: withVAE,
		doc: "number of importance samples a row in validation",
	},
	{
		path: "eval.samples", at: func(c *Config) any { return &c.Eval.Samples }, initial: 128, limits: between(1, maxSize), only: withVAE,
		doc: "number of importance samples a row in a test",
	},
}
