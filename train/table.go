package train

import (
	"context"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
)

// FitTable trains a model of the rows of a table in memory, as [Fit] does, with the splits that it
// was fitted to: what its columns are is guessed, but for those that c.Data.Columns declare, and a
// model of type auto is chosen by them. A nil configuration is that of [SourceConfig].
func FitTable(ctx context.Context, b *backend.Backend, t *data.Table, c *Config) (*Result, *data.Splits, error) {
	if c == nil {
		var err error
		if c, err = SourceConfig(data.InMemory, nil); err != nil {
			return nil, nil, err
		}
	}
	own := *c // whose model is chosen
	splits, err := own.Split(t)
	if err != nil {
		return nil, nil, err
	}
	d, err := own.NewModel(splits.Dim, splits.ContextDim, maskflow.Variables(splits.Prep)...)
	if err != nil {
		return nil, nil, err
	}
	r, err := Fit(ctx, b, d, splits, own.options())
	return r, splits, err
}
