package posterior

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
)

// Options say how to draw from posteriors.
type Options struct {
	// Draws is the number of samples of each observation; 0 means 1000.
	Draws int
	// Seed is what samples, and where the search for a mode begins, follow from.
	Seed uint64
	// Mode also looks for the most probable value of each observation.
	Mode bool
}

// Posterior is what a conditional density q(y | x) says of one observation x.
type Posterior struct {
	// Draws are rows of the density, in the units of the source.
	Draws *data.Table
	// Mode is the row of the highest density that was found, and LogProb ln q of it in nats, in the units of the source; nil and 0
	// where none was asked for.
	Mode    *data.Table
	LogProb float64
}

// Of draws from the posterior of each observation, the rows of a table with the columns of the context, one after the other. An
// observation's draws depend on the seed and its number, not on how many observations there are. Errors are of a density
// without a context, of observations that it does not take, of sampling, and see [Mode].
func Of(ctx context.Context, e *maskflow.Ensemble, observations *data.Table, o Options) iter.Seq2[*Posterior, error] {
	return func(yield func(*Posterior, error) bool) {
		if err := o.check(e, observations); err != nil {
			yield(nil, err)
			return
		}
		if o.Draws == 0 {
			o.Draws = 1000
		}
		for i := range observations.Rows() {
			p, err := o.of(ctx, e, data.Part{Table: observations, Rows: []int{i}}.Select(), o.Seed+uint64(i)<<32)
			if err != nil {
				err = fmt.Errorf("observation %d: %w", i, err)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

func (o Options) check(e *maskflow.Ensemble, observations *data.Table) error {
	switch {
	case e == nil || len(e.Members()) == 0 || observations == nil:
		return errors.New("a posterior needs a density and observations")
	case e.First().Definition().ContextDim() == 0:
		return fmt.Errorf("%s has no context: its samples are of no posterior", e.Name(0))
	case o.Draws < 0:
		return errors.New("the number of draws cannot be negative")
	}
	if o.Mode {
		if err := checkMode(e); err != nil {
			return err
		}
	}
	_, err := e.First().Preparation().ContextOf(observations)
	return err
}

func (o Options) of(ctx context.Context, e *maskflow.Ensemble, observation *data.Table, seed uint64) (*Posterior, error) {
	drawn, err := e.Sample(ctx, o.Draws, maskflow.SampleOptions{Seed: seed, Context: observation})
	if err != nil {
		return nil, err
	}
	p := &Posterior{Draws: drawn}
	if o.Mode {
		p.Mode, p.LogProb, err = Mode(ctx, e, observation, drawn, seed)
	}
	return p, err
}
