package maskflow

import (
	"cmp"
	"context"
	"fmt"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
)

// LoadData reads the splits that the configuration names, with a preparation that
// is fitted to the training rows. A relative source is looked for in dir, the data
// folder ("" is the working directory). Errors are those of source.Load.
func (c *Config) LoadData(ctx context.Context, dir string) (*data.Splits, error) {
	if c == nil {
		return nil, errNoConfig
	}
	o := c.Data
	o.Dir = dir
	return source.Load(ctx, o)
}

// LoadData reads the splits of the source that the model was trained on, by its own
// preparation. What the source has become since the training is another matter.
func (m *Model) LoadData(ctx context.Context, dir string) (*data.Splits, error) {
	if m.Config == nil || m.Config.Data.Source == data.InMemory {
		return nil, fmt.Errorf("%s was fitted to rows in memory, which it does not hold (give rows, as --data FILE)", cmp.Or(m.Path, "the model"))
	}
	o := m.Config.Data
	o.Dir, o.Prep = dir, m.prep
	return source.Load(ctx, o)
}
