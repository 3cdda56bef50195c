package maskflow

import (
	"context"
	"errors"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
)

var errNoConfig = errors.New("no configuration is given")

// LoadData reads the splits that a resolved configuration names, with a preparation
// that is fitted to the training rows. A relative source is looked for in dir, the
// data folder ("" is the working directory). Errors are those of source.Load.
func LoadData(ctx context.Context, c *config.Config, dir string) (*data.Splits, error) {
	if c == nil {
		return nil, errNoConfig
	}
	return source.Load(ctx, dataOptions(c, dir))
}

func dataOptions(c *config.Config, dir string) data.Options {
	d := c.Data
	o := data.Options{Dir: dir, Source: d.Source, Array: d.Array, Fractions: d.Fractions, Binarize: d.Binarize,
		Labels: d.Labels, ContextColumns: d.ContextColumns, DropColumns: d.DropColumns, Fold: d.Fold, Folds: d.Folds,
		Dequantize: d.Dequantise, Logit: d.Logit, Standardise: d.Standardise}
	if d.Seed != nil {
		o.Seed = *d.Seed
	}
	return o
}

// LoadData reads the splits of the run's source by its own preparation. What the
// source has become since the training is another matter.
func (r *Run) LoadData(ctx context.Context, dir string) (*data.Splits, error) {
	o := dataOptions(r.Config, dir)
	o.Prep = r.prep
	return source.Load(ctx, o)
}
