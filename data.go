package maskflow

import (
	"context"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
)

// LoadData reads the splits that a resolved configuration names. A relative
// source is looked for in dir, the data folder, and then in the working
// directory. Errors are those of data.Load.
func LoadData(ctx context.Context, c *config.Config, dir string) (*data.Splits, error) {
	d := c.Data
	o := data.Options{Dir: dir, Source: d.Source, Array: d.Array, Fractions: d.Fractions, Binarize: d.Binarize,
		Labels: d.Labels, ContextColumns: d.ContextColumns}
	if d.Seed != nil {
		o.Seed = *d.Seed
	}
	return data.Load(ctx, o)
}
