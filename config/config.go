// Package config reads the file that describes a run: which data, which model, how it is trained and how it is evaluated.
//
// A configuration is one strict YAML document, changed by overrides of the form path=value (the --set flag of the command):
//
//	name: dna
//	data: {source: binary/dna.npz}
//	model: {hidden: [500], direct: true}
//	train:
//	  optimizer: {name: adadelta, epsilon: 1e-9}
//	  max_epochs: 1000
//
// [Parse] and [Load] report every problem at once, each with its line and column: unknown and duplicate keys, values of a wrong
// type or out of range, and values that contradict each other. What they return has every default filled in; [Config.Marshal]
// writes it back, and the written file alone repeats the run.
//
// A key that belongs to another type of model, or to another method, may not be given: see [Key].For.
//
// In Go, a zero field means its default, as a missing key does in a file; [Config.Resolve] fills it in. Train.LookAhead is the one
// exception, since its zero has a meaning of its own; [Default] has it set.
//
// One table (see [Keys]) names every key, its type, default, limits and meaning; the reader, the writer, the checks and the
// documentation are all made from it.
package config

// Config is a whole run. The keys of a file are the names of the fields in snake_case, but for Model.Conditioning.
type Config struct {
	// Name is the run's name: letters, digits, '.', '_' and '-', since it also names the run's directory. Default: the
	// file's base name, else "run".
	Name string
	// Seed is the seed of the model's randomness: initial parameters, orders, connectivity, the sequence of batches.
	// Default: 0.
	Seed uint64

	Data  Data
	Model Model
	Train Train
	Eval  Eval
}

// Data says where the rows come from and how they become model inputs.
type Data struct {
	// Source is where the rows come from: a file or a folder of IDX files, relative to the data folder, or the name of a
	// generator such as connect4. It has no default.
	Source string
	// Array is the name of the one array of a .npz file that is read and split. Default: "", the arrays train, valid and
	// test, or the only one.
	Array string
	// Fractions are the parts of the rows that go to train, valid and test when the source has no split of its own; they sum
	// to 1. Default: [0.8, 0.1, 0.1].
	Fractions [3]float64
	// Seed is the seed of the split, of generated rows and of the draws that binarize and dequantise make, apart from the
	// model's, so that a run with another seed sees the same test rows. Default: 1.
	Seed *uint64
	// Binarize is how grey values become binary: threshold, 1 above the half, or sample, one Bernoulli draw for each value.
	// Default: "", the rows are used as they are.
	Binarize string
	// Labels says whether the rows' labels, one-hot, are the context of the density. Default: false.
	Labels bool
	// ContextColumns is the number of columns, the last ones of a row, that are context and not variables. Default: 0.
	ContextColumns int
	// DropColumns are the columns of a table that are left out, by name, or by number counted from 0. Default: [], none.
	DropColumns []string
	// Fold says which fold of a cross-validation, counted from 1, is the test rows. Default: 0, no folds.
	Fold int
	// Folds is the number of folds that the rows are divided into by the seed. Default: 0, the source has folds of its own.
	Folds int
	// Dequantise is the number of grey levels of rows of whole numbers x, which become (x+u)/levels with u uniform in [0, 1).
	// Default: 0, the rows are used as they are.
	Dequantise int
	// Logit is the λ of a first layer y = logit(λ + (1-2λ)x) of the density, for values x in [0, 1]; its log-determinant is
	// part of the likelihood. Default: 0, none.
	Logit float64
	// Standardise says whether a first layer of the density, after logit if there is one, maps each column to mean 0 and
	// variance 1 of the training rows; its log-determinant is part of the likelihood. Default: false.
	Standardise bool
}

// Model is the density: networks whose masks make output d depend only on the inputs before d in an order, and what is built of them.
type Model struct {
	// Type is the kind of density: made, one masked network; maf, a flow whose density is one pass; iaf, a flow whose
	// sampling is one pass; or vae, a variational autoencoder of binary rows. Default: made.
	Type string
	// Output is the distribution of a variable given those before it; mog is a mixture of Gaussians. Default: bernoulli
	// (made).
	Output string
	// Base is the density below the layers: normal, or a MADE that is trained with them, whose conditionals are Gaussians
	// (made) or mixtures of Gaussians (mog). Default: normal (maf).
	Base string
	// Components is the number of Gaussians in a mixture. Default: 10 (output mog, base mog).
	Components int
	// Latent is the number of latent variables. Default: 32 (vae).
	Latent int
	// Encoder is the number of units in each layer of the encoder, first to last. Default: [500] (vae).
	Encoder []int
	// Decoder is the number of units in each layer of the decoder, first to last. Default: [500] (vae).
	Decoder []int
	// Posterior is the distribution of the latent variables given a row: a diagonal Gaussian, or an IAF above one. Default:
	// iaf (vae).
	Posterior string
	// Context is the width of the context that the encoder gives to the layers of the posterior. Default: 64 (posterior iaf).
	Context int
	// FreeBits is the number of nats of divergence from the prior that cost nothing, for each latent variable, all of them taken
	// together (the free bits of IAF). Default: 0, none (vae).
	FreeBits float64
	// Layers is the number of autoregressive layers of the flow. Default: 5 (maf, iaf), 4 (posterior iaf).
	Layers int
	// Transform says what a layer does to a variable given those before it: affine; spline, a monotone rational-quadratic
	// spline; or gated, the mean of it and a shift, weighted by a sigmoid (IAF, algorithm 1; not maf). Default: affine (maf,
	// iaf), gated (posterior iaf).
	Transform string
	// Scale says how the scale of an affine layer is made positive: exp of a softly clipped number, softplus, sigmoid, or exp
	// as in the MAF paper, which may overflow. Default: soft_clip (transform affine).
	Scale string
	// Bins is the number of pieces of a spline. Default: 8 (transform spline).
	Bins int
	// Bound says where a spline ends on both sides of 0, the identity lying beyond. Default: 3 (transform spline).
	Bound float64
	// Permute says what mixes the variables between two layers: their reversed order, a random order, nothing, or a linear
	// map by its LU decomposition. Default: reverse (maf, iaf, posterior iaf).
	Permute string
	// Normalise is the normalisation after every layer of the flow: none, batch normalisation (not iaf), or act, a scale and
	// shift set by the first batch. Default: none (maf, iaf).
	Normalise string
	// Hidden is the number of hidden units in each layer, or block of a residual network, first to last; an empty list is a
	// masked network without hidden layers. Default: [500] (made, maf, iaf, posterior iaf).
	Hidden []int
	// Residual says whether each hidden width is that of a residual block of two layers, above a first layer of the same
	// width. Default: false (made, maf, iaf, posterior iaf).
	Residual bool
	// Activation is the non-linearity of the hidden units. Default: relu.
	Activation string
	// Direct adds connections from the inputs straight to the outputs (MADE, eq. 11). Default: false (made).
	Direct bool
	// Conditioning adds weights that tell a unit which of its inputs are connected (MADE, eq. 14); its key is
	// conditioning_weights. Default: false (made).
	Conditioning bool
	// Degrees are the degrees of the hidden units: sampled, uniform from the smallest degree of the layer below to D-1
	// (MADE), or sequential, as equal counts as possible (MAF). Default: sampled (made), sequential (maf, iaf, posterior
	// iaf).
	Degrees string
	// Order is the order of the variables in the first mask set, or the first layer of a flow; in a list, inputs that share a
	// degree are independent given those before them, and stay together in every order. Default: random (made), natural (maf,
	// iaf, posterior iaf).
	Order Order
	// Groups is the number of degrees that an order is merged down to, neighbours in the order sharing one. Default: 0,
	// degrees stay as the order has them (made).
	Groups int
	// Orders is the cycle of mask sets that training of a MADE goes through.
	Orders Orders
	// Init is how initial weights are drawn; biases start at 0. Default: orthogonal (made), lecun (maf, iaf, vae), as in the
	// codes of the MADE and MAF papers.
	Init string
	// StickTheLanding says whether the gradient of the reverse Kullback-Leibler divergence is taken without its score term
	// (arXiv 1703.09194). Default: false (iaf, vae).
	StickTheLanding bool
}

// Orders is the cycle of mask sets (an order and the degrees of every layer) of a model: training takes one a step, in turn, and
// the density is the mean of the densities of all.
type Orders struct {
	// Count is the number of mask sets, or unlimited for a fresh one in every step. Default: 1 (made).
	Count Count
	// Resample is what differs from set to set: the order, the connectivity (degrees of the hidden units), or both. Default:
	// both (made).
	Resample string
}

// Train says how the parameters are fitted and when that ends: at the first of MaxEpochs, MaxSteps and LookAhead that is reached.
type Train struct {
	// Batch is the number of rows in a step. Default: 100.
	Batch int
	// Optimizer that turns gradients into updates.
	Optimizer Optimizer
	// Schedule of the learning rate.
	Schedule Schedule
	// Anneal is the inverse temperature of the target of an IAF, or of the divergence from the prior of a VAE.
	Anneal Anneal
	// ClipNorm is the Euclidean norm above which the whole gradient is scaled down to it. Default: 0, no clipping.
	ClipNorm float64
	// EMA is the decay a step of the exponential moving average of the parameters that is evaluated in their place. Default:
	// 0, no average.
	EMA float64
	// MaxEpochs is the number of passes over the training rows after which the run ends. Default: 0, no limit.
	MaxEpochs int
	// MaxSteps is the number of optimiser steps after which the run ends. Default: 0, no limit.
	MaxSteps int
	// LookAhead is the number of epochs without a better validation likelihood after which the run ends; 0 never ends it.
	// Default: 30, as in the MADE paper; a zero in Go keeps its meaning.
	LookAhead int
	// CheckpointEvery is the number of seconds between checkpoints. Default: 60.
	CheckpointEvery float64
	// LogEvery is the number of steps between training records. Default: 10.
	LogEvery int
	// DropLast says whether the incomplete batch at the end of an epoch is left out, instead of padded and weighted.
	// Default: false.
	DropLast bool
}

// Optimizer is a first-order method and its constants. A constant that the method does not have is zero.
type Optimizer struct {
	// Name is the method that turns gradients into updates. Default: adadelta.
	Name string
	// LearningRate is the factor of the updates. Default: 1 (adadelta), 0.01 (adagrad, sgd), 0.001 (adam, adamw).
	LearningRate float64
	// Decay is the decay a step of Adadelta's two averages, its rho. Default: 0.95 (adadelta).
	Decay float64
	// Epsilon is the constant that keeps the denominator away from zero. Default: 1e-6 (adadelta, adagrad), 1e-8 (adam,
	// adamw).
	Epsilon float64
	// Beta1 is the decay a step of the mean of the gradients. Default: 0.9 (adam, adamw).
	Beta1 float64
	// Beta2 is the decay a step of the mean of the squared gradients. Default: 0.999 (adam, adamw).
	Beta2 float64
	// Momentum is the decay a step of the velocity. Default: 0 (sgd).
	Momentum float64
	// Nesterov says whether the gradient is taken ahead, where the velocity leads. Default: false (sgd).
	Nesterov bool
	// WeightDecay is the pull of the parameters to zero: apart from the gradient for adamw (arXiv 1711.05101), and for the
	// others as the gradient of the penalty weight_decay/2 |w|^2. Default: 0 (adadelta, adagrad, adam, sgd), 0.01 (adamw).
	WeightDecay float64
}

// Schedule is the factor of the learning rate over a run: it rises from 0 to 1 in WarmUp steps and then follows Name.
type Schedule struct {
	// Name is the curve of the rate after the warm-up: constant; linear or cosine down to final at steps; or plateau, times
	// factor whenever the validation likelihood has not improved for patience epochs. Default: constant.
	Name string
	// WarmUp is the number of steps over which the rate rises linearly from 0. Default: 0.
	WarmUp int
	// Steps is the step, counted from the start of the run, at which the rate reaches final. Default: train.max_steps
	// (linear, cosine).
	Steps int
	// Final is the smallest fraction of the learning rate. Default: 0 (linear, cosine, plateau).
	Final float64
	// Factor is the factor of the rate at a plateau. Default: 0.5 (plateau).
	Factor float64
	// Patience is the number of epochs without a better validation likelihood that make a plateau. Default: 10 (plateau).
	Patience int
}

// Anneal is the inverse temperature β, the weight of a target's energy or of the divergence from the prior. A small one at first lets
// the density spread before it has to fit.
type Anneal struct {
	// From is the inverse temperature β at the first step. Default: 1 (iaf, vae).
	From float64
	// Steps is the number of steps over which β rises linearly to 1. Default: 0 (iaf, vae).
	Steps int
}

// Eval says how a likelihood is estimated.
type Eval struct {
	// Batch is the number of rows evaluated at once; it changes speed and memory, not the result. Default: 1000.
	Batch int
	// ValidOrders is the number of mask sets averaged in validation when they are unlimited (MADE, section 6.1). Default:
	// 300 (made).
	ValidOrders int
	// TestOrders is the number of mask sets averaged in a test when they are unlimited (MADE, section 6.1). Default: 1000
	// (made).
	TestOrders int
	// ValidSamples is the number of importance samples a row in validation. Default: 1 (vae).
	ValidSamples int
	// Samples is the number of importance samples a row in a test. Default: 128 (vae).
	Samples int
}
