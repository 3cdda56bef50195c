package config

var (
	orderNames    = []string{"natural", "reversed", "random"}
	resampleNames = []string{"order", "connectivity", "both"}

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

// largest counts that are accepted: far above any use, far below where an integer overflows.
const (
	maxSize  = 1 << 24 // units, rows of a batch, columns
	maxSteps = 1 << 50
)

// optimizerDefault makes the default of a key from the method that c names.
func optimizerDefault(field func(Optimizer) float64) func(*Config) float64 {
	return func(c *Config) float64 { return field(optimizers[c.Train.Optimizer.Name]) }
}

// table is every key of a file. Keys of a section stand together, and below the keys that their defaults are computed from.
var table = []key{
	{
		path: "name", at: func(c *Config) any { return &c.Name },
		initial: "run", says: `the file's base name, else "run"`,
		doc: "the run's name: letters, digits, '.', '_' and '-', since it also names the run's directory",
	},
	{
		path: "seed", at: func(c *Config) any { return &c.Seed },
		doc: "seed of the model's randomness: initial parameters, orders, connectivity, the sequence of batches",
	},

	{
		path: "data.source", at: func(c *Config) any { return &c.Data.Source }, required: true,
		doc: "where the rows come from: a file or a folder of IDX files, relative to the data folder, or the name of a generator such as connect4",
	},
	{
		path: "data.array", at: func(c *Config) any { return &c.Data.Array }, says: `"", the arrays train, valid and test, or the only one`,
		doc: "name of the one array of a .npz file that is read and split",
	},
	{
		path: "data.fractions", at: func(c *Config) any { return &c.Data.Fractions },
		initial: [3]float64{0.8, 0.1, 0.1}, limits: insideUnit(),
		doc: "parts of the rows that go to train, valid and test when the source has no split of its own; they sum to 1",
	},
	{
		path: "data.seed", at: func(c *Config) any { return &c.Data.Seed }, initial: uint64(1),
		doc: "seed of the split and of the draws that binarize makes, apart from the model's, so that a run with another seed sees the same test rows",
	},
	{
		path: "data.binarize", at: func(c *Config) any { return &c.Data.Binarize },
		values: []string{"", "threshold", "sample"}, says: `"", the rows are used as they are`,
		doc: "how grey values become binary: threshold, 1 above the half, or sample, one Bernoulli draw for each value",
	},
	{
		path: "data.labels", at: func(c *Config) any { return &c.Data.Labels },
		doc: "whether the rows' labels, one-hot, are the context of the density",
	},
	{
		path: "data.context_columns", at: func(c *Config) any { return &c.Data.ContextColumns }, limits: between(0, maxSize),
		doc: "number of columns, the last ones of a row, that are context and not variables",
	},

	{
		path: "model.type", at: func(c *Config) any { return &c.Model.Type }, initial: "made", values: []string{"made"},
		doc: "kind of density",
	},
	{
		path: "model.hidden", at: func(c *Config) any { return &c.Model.Hidden }, initial: []int{500}, limits: between(1, maxSize),
		doc: "number of hidden units in each layer, first to last; an empty list is a model without hidden layers",
	},
	{
		path: "model.activation", at: func(c *Config) any { return &c.Model.Activation }, initial: "relu",
		values: []string{"relu", "softplus", "tanh", "elu", "sigmoid", "gelu", "silu", "leaky_relu"},
		doc:    "non-linearity of the hidden units",
	},
	{
		path: "model.output", at: func(c *Config) any { return &c.Model.Output }, initial: "bernoulli", values: []string{"bernoulli"},
		doc: "distribution of a variable given those before it",
	},
	{
		path: "model.direct", at: func(c *Config) any { return &c.Model.Direct },
		doc: "connections from the inputs straight to the outputs (MADE, eq. 11)",
	},
	{
		path: "model.conditioning_weights", at: func(c *Config) any { return &c.Model.Conditioning },
		doc: "weights that tell a unit which of its inputs are connected (MADE, eq. 14)",
	},
	{
		path: "model.degrees", at: func(c *Config) any { return &c.Model.Degrees }, initial: "sampled",
		values: []string{"sampled", "sequential"},
		doc:    "degrees of the hidden units: sampled, uniform from the smallest degree of the layer below to D-1 (MADE), or sequential, as equal counts as possible (MAF)",
	},
	{
		path: "model.order", at: func(c *Config) any { return &c.Model.Order }, initial: Order{Name: "random"}, values: orderNames,
		doc: "order of the variables in the first mask set; in a list, inputs that share a degree are independent given those before them, and stay together in every order",
	},
	{
		path: "model.groups", at: func(c *Config) any { return &c.Model.Groups }, limits: between(0, maxSize),
		says: "0, degrees stay as the order has them",
		doc:  "number of degrees that an order is merged down to, neighbours in the order sharing one",
	},
	{
		path: "model.orders.count", at: func(c *Config) any { return &c.Model.Orders.Count }, initial: Count(1),
		limits: between(1, maxSize),
		doc:    "number of mask sets, or unlimited for a fresh one in every step",
	},
	{
		path: "model.orders.resample", at: func(c *Config) any { return &c.Model.Orders.Resample }, initial: "both", values: resampleNames,
		doc: "what differs from set to set: the order, the connectivity (degrees of the hidden units), or both",
	},
	{
		path: "model.init", at: func(c *Config) any { return &c.Model.Init }, initial: "orthogonal",
		values: []string{"orthogonal", "he", "glorot", "lecun"},
		doc:    "how initial weights are drawn; biases start at 0",
	},

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
		initial: optimizerDefault(func(o Optimizer) float64 { return o.LearningRate }), limits: above(0),
		doc: "factor of the updates",
	},
	{
		path: "train.optimizer.decay", at: func(c *Config) any { return &c.Train.Optimizer.Decay },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.Decay }), limits: insideUnit(),
		only: []string{"adadelta"},
		doc:  "decay a step of Adadelta's two averages, its rho",
	},
	{
		path: "train.optimizer.epsilon", at: func(c *Config) any { return &c.Train.Optimizer.Epsilon },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.Epsilon }), limits: above(0),
		only: []string{"adadelta", "adagrad", "adam", "adamw"},
		doc:  "constant that keeps the denominator away from zero",
	},
	{
		path: "train.optimizer.beta1", at: func(c *Config) any { return &c.Train.Optimizer.Beta1 },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.Beta1 }), limits: insideUnit(),
		only: []string{"adam", "adamw"},
		doc:  "decay a step of the mean of the gradients",
	},
	{
		path: "train.optimizer.beta2", at: func(c *Config) any { return &c.Train.Optimizer.Beta2 },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.Beta2 }), limits: insideUnit(),
		only: []string{"adam", "adamw"},
		doc:  "decay a step of the mean of the squared gradients",
	},
	{
		path: "train.optimizer.momentum", at: func(c *Config) any { return &c.Train.Optimizer.Momentum }, limits: below(0, 1),
		only: []string{"sgd"},
		doc:  "decay a step of the velocity",
	},
	{
		path: "train.optimizer.nesterov", at: func(c *Config) any { return &c.Train.Optimizer.Nesterov },
		only: []string{"sgd"},
		doc:  "whether the gradient is taken ahead, where the velocity leads",
	},
	{
		path: "train.optimizer.weight_decay", at: func(c *Config) any { return &c.Train.Optimizer.WeightDecay },
		initial: optimizerDefault(func(o Optimizer) float64 { return o.WeightDecay }), limits: atLeast(0),
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
		limits: between(0, maxSteps), only: []string{"linear", "cosine"},
		doc: "step, counted from the start of the run, at which the rate reaches final",
	},
	{
		path: "train.schedule.final", at: func(c *Config) any { return &c.Train.Schedule.Final }, limits: between(0, 1),
		only: []string{"linear", "cosine", "plateau"},
		doc:  "smallest fraction of the learning rate",
	},
	{
		path: "train.schedule.factor", at: func(c *Config) any { return &c.Train.Schedule.Factor }, initial: 0.5, limits: insideUnit(),
		only: []string{"plateau"},
		doc:  "factor of the rate at a plateau",
	},
	{
		path: "train.schedule.patience", at: func(c *Config) any { return &c.Train.Schedule.Patience }, initial: 10, limits: between(1, maxSteps),
		only: []string{"plateau"},
		doc:  "number of epochs without a better validation likelihood that make a plateau",
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
		path: "train.checkpoint_every", at: func(c *Config) any { return &c.Train.CheckpointEvery }, initial: 60.0, limits: above(0),
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

	{
		path: "eval.batch", at: func(c *Config) any { return &c.Eval.Batch }, initial: 1000, limits: between(1, maxSize),
		doc: "number of rows evaluated at once; it changes speed and memory, not the result",
	},
	{
		path: "eval.valid_orders", at: func(c *Config) any { return &c.Eval.ValidOrders }, initial: 300, limits: between(1, maxSize),
		doc: "number of mask sets averaged in validation when they are unlimited (MADE, section 6.1)",
	},
	{
		path: "eval.test_orders", at: func(c *Config) any { return &c.Eval.TestOrders }, initial: 1000, limits: between(1, maxSize),
		doc: "number of mask sets averaged in a test when they are unlimited (MADE, section 6.1)",
	},
}
