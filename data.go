package maskflow

import (
	"context"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/models"
)

// LoadData reads the splits that a resolved configuration names. A relative
// source is looked for in dir, the data folder ("" is the working directory).
// Errors are those of source.Load.
func LoadData(ctx context.Context, c *config.Config, dir string) (*data.Splits, error) {
	d := c.Data
	o := data.Options{Dir: dir, Source: d.Source, Array: d.Array, Fractions: d.Fractions, Binarize: d.Binarize,
		Labels: d.Labels, ContextColumns: d.ContextColumns, DropColumns: d.DropColumns, Fold: d.Fold, Folds: d.Folds,
		Dequantize: d.Dequantise}
	if d.Seed != nil {
		o.Seed = *d.Seed
	}
	return source.Load(ctx, o)
}

// Prepare makes rows of the model of a table: its last columns become the context
// where the model has one and the table has none yet, and grey values become bits
// as the configuration says. The error names what does not fit: the width, or a
// value that the model cannot take.
func (r *Run) Prepare(t *data.Table) (*data.Set, error) {
	p := data.NewPreparation(r.Meta.Dim, r.Meta.ContextDim)
	if mode := r.Config.Data.Binarize; mode != "" {
		p.Steps = append(p.Steps, &data.Binarize{Mode: mode, Seed: *r.Config.Data.Seed, White: data.White(t)})
	}
	s, err := p.Apply(t)
	if err != nil {
		return nil, err
	}
	return s, CheckRows(r.Config, r.Graph(), s)
}

// CheckRows says whether a model can be evaluated at the rows of a set: a binary
// one needs zeros and ones. The error names the first other value and its place in
// the source.
func CheckRows(c *config.Config, m models.Model, s *data.Set) error {
	if m.Support(0) == models.Bits() {
		return s.CheckBinary()
	}
	return nil
}
