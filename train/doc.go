// Package train fits densities to data by gradient descent on the negative
// log-likelihood.
//
// [Fit] trains a density in memory and returns the model of the best
// validation; [Run] trains what a configuration describes and writes a run
// directory, which can be watched, stopped and resumed. Both are a [Trainer],
// whose whole state ([Trainer.State]) goes on bit for bit on the same backend.
//
// A step is a pure function of the graph from state to state: weights, the
// optimizer's slots and, if asked for, a moving average of the weights. On XLA
// a call runs many steps in a loop on the device. A step whose loss, gradient
// or update is not finite is not taken, and training ends with a
// [DivergedError]. The mask sets of a masked density are used in turn, one a
// step, and the sets that are validated and tested are those that were trained
// (fresh ones of a stream of their own when their number is unlimited).
//
// What a training comes to, its steps and validations, goes to hooks ([Hook]), which
// may save it or stop it; a run writes its records and checkpoints by them. After a
// validation it also writes samples
// and, of a density of two variables, ln p on a grid. Each is done again when fifty
// times what it took has passed, and the newest twenty files of each are kept. None of it has an influence on the training.
package train
