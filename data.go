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
// folder ("" is the working directory). It chooses a model of type auto. Errors are those
// of source.Load.
func (c *Config) LoadData(ctx context.Context, dir string) (*data.Splits, error) {
	if c == nil {
		return nil, errNoConfig
	}
	o := c.DataOptions()
	o.Dir = dir
	return c.chosenFor(source.Load(ctx, o))
}

// Split is LoadData for the rows of a table, as [data.Split] divides them.
func (c *Config) Split(t *data.Table) (*data.Splits, error) {
	if c == nil {
		return nil, errNoConfig
	}
	return c.chosenFor(data.Split(t, c.DataOptions()))
}

// DataFolder is the folder that LoadData looks for data in where dir is asked for.
func (m *Model) DataFolder(dir string) string { return m.run.DataFolder(dir) }

// LoadData reads the splits of the source that the model was trained on, to be evaluated
// by its own preparation. When these are other rows than those of the training, they come
// with a *[data.ChangedError]: a figure of its test rows may then be one of rows that the
// model was trained on. A dir of "" is the folder that the run remembers, while that is
// there, else the working directory.
func (m *Model) LoadData(ctx context.Context, dir string) (*data.Splits, error) {
	if m.Config == nil || m.Config.Data.Source == data.InMemory {
		return nil, fmt.Errorf("%s was fitted to rows in memory, which it does not hold (give rows, as --data FILE)", cmp.Or(m.Path, "the model"))
	}
	o := m.Config.Data
	o.Dir, o.Prep, o.Evaluate = m.DataFolder(dir), m.prep, true
	s, err := source.Load(ctx, o)
	if err != nil {
		return nil, err
	}
	return s, m.Data.Check(s.Identity, s.Source)
}
