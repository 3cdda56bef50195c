package maskflow

import (
	"context"
	"fmt"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
)

// LoadData reads the splits that a resolved configuration names. A relative
// source is looked for in dir, the data folder ("" is the working directory).
// Errors are those of data.Load.
func LoadData(ctx context.Context, c *config.Config, dir string) (*data.Splits, error) {
	d := c.Data
	o := data.Options{Dir: dir, Source: d.Source, Array: d.Array, Fractions: d.Fractions, Binarize: d.Binarize,
		Labels: d.Labels, ContextColumns: d.ContextColumns, DropColumns: d.DropColumns, Fold: d.Fold, Folds: d.Folds,
		Dequantize: d.Dequantise}
	if d.Seed != nil {
		o.Seed = *d.Seed
	}
	return data.Load(ctx, o)
}

// Prepare makes a table that was read by itself into rows of the model, in
// place. Its last columns become the context where the model has one and the
// table has none yet, and grey values become bits as the configuration says. The
// error names what does not fit: the width, or a value that is not 0 or 1.
func (r *Run) Prepare(s *data.Set) error {
	dim, width := r.Meta.Dim, r.Meta.ContextDim
	if s.ContextDim == 0 && width > 0 && s.Dim == dim+width {
		if err := s.TakeContext(width); err != nil {
			return err
		}
	}
	if s.Dim != dim || s.ContextDim != width {
		have, want := fmt.Sprintf("%d columns", s.Dim), fmt.Sprint(dim)
		if s.ContextDim > 0 {
			have += fmt.Sprintf(" and %d of context", s.ContextDim)
		}
		if width > 0 {
			want += fmt.Sprintf(", followed by %d of context", width)
		}
		return fmt.Errorf("%s has %s, but the model needs %s", s.Name, have, want)
	}
	if mode := r.Config.Data.Binarize; mode != "" {
		if err := data.Binarize(mode, *r.Config.Data.Seed, s); err != nil {
			return err
		}
	}
	return CheckRows(r.Config, r.Graph(), s)
}

// CheckRows says whether a model can be evaluated at the rows of a set: a binary
// one needs zeros and ones, and one that begins with logits values from 0 to 1.
// The error names the first other value and its place in the source.
func CheckRows(c *config.Config, m models.Model, s *data.Set) error {
	if models.IsDiscrete(m) {
		return s.CheckBinary()
	}
	if c.Data.Logit > 0 {
		return s.CheckUnit()
	}
	return nil
}
