package train

import (
	"context"
	"errors"

	"github.com/maskflow/maskflow"
)

// Hook is called by the training loop, on its goroutine, with each [Event]. An error
// ends the training with it; with [ErrStopped] it counts as stopped on request. The
// trainer's state is whole between two calls, so that a hook may save it.
type Hook func(ctx context.Context, t *Trainer, e Event) error

// Event is what a training comes to: a [Begin], [Between], [Steps], [Validating],
// [Validation] or [Chosen].
type Event interface{ event() }

// Begin comes once a call of Run, before anything is computed.
type Begin struct {
	// Notes are what is unusual about the training rows, a sentence each, before the
	// first step.
	Notes []string
}

// Between comes before each call to the backend that takes steps.
type Between struct{}

// Steps are those that one call to the backend took, in their order.
type Steps []Step

// Step is one step of the optimiser.
type Step struct {
	// Number is that of the step, from 1, and Epoch that of its epoch, from 1.
	Number int64
	Epoch  int
	// Loss is that of the batch in nats a row, in the units of the data as their source
	// gave them, Average a moving average of it.
	Loss, Average float64
	// GradNorm is the gradient's global norm before it is clipped.
	GradNorm float64
	// LearningRate is the rate of the step.
	LearningRate float64
	// Mask is the index of the mask set in its cycle, 0 for a density without.
	Mask int
}

// Validating comes before a validation.
type Validating struct{}

// Validation is what the validation rows tell, by the weights after so many steps
// and epochs.
type Validation struct {
	Step  int64
	Epoch int
	maskflow.Evaluation
	// Best reports whether no validation before had fewer rows without a likelihood, or
	// as many and as small a mean over the others.
	Best bool
}

// Chosen is which of the best epochs has the least negative log-likelihood of the validation rows, where validations
// are estimates of it by draws. It comes once, in the end.
type Chosen struct {
	// Epoch is that epoch, among Of.
	Epoch, Of int
	maskflow.Evaluation
	// Ensemble is the number of orders that the model averages, 0 where its options say that. Curve has the NLL by 1, 2,
	// 4, … orders.
	Ensemble int
	Curve    []float64
}

func (Chosen) event()     {}
func (Begin) event()      {}
func (Between) event()    {}
func (Steps) event()      {}
func (Validating) event() {}
func (Validation) event() {}

// ErrStopped is what a hook returns to end a training cleanly, and what Run then
// returns.
var ErrStopped = errors.New("stopped on request")

func (t *Trainer) emit(ctx context.Context, e Event) error {
	for _, hook := range t.o.Hooks {
		if err := hook(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
}
