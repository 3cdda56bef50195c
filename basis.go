package maskflow

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// BasisOf says what the likelihoods of a model of these splits are of, where validations are estimated so: two of them can be
// compared where it is the same. Transforms, scales and bounds are a model's own. It is nil without a model or splits.
func BasisOf(d models.Definition, s *data.Splits, e Estimation) *runlog.Basis {
	if d == nil || s == nil {
		return nil
	}
	b := &runlog.Basis{Figure: figureOf(d, e)}
	if s.Target != "" {
		b.Columns = digest(fmt.Sprint(s.Target, d.Dim()))
		b.Steps, b.Valid, b.Test = b.Columns, b.Columns, b.Columns
		return b
	}
	prep := s.Prep
	if prep == nil {
		prep = data.NewPreparation(d.Dim(), d.ContextDim())
	}
	var columns, steps []any
	modelled := prep.Modelled()
	for k, facts := range columnsOf(prep, d) {
		for _, f := range facts {
			switch f.what {
			case "lower bound", "upper bound":
			case "name", "role", "kind", "levels":
				columns = append(columns, f)
			default:
				steps = append(steps, f)
			}
		}
		steps = append(steps, k < len(modelled) && modelled[k].Noise)
	}
	for _, step := range prep.Steps {
		switch step := step.(type) {
		case *data.Binarize, *data.Dequantise: // whose draws are of their seeds
			steps = append(steps, step)
		}
	}
	b.Columns, b.Steps = digest(columns...), digest(steps...)
	if rows := data.IdentityOf(s); rows != nil {
		b.Valid, b.Test = rowsText(rows.Valid), rowsText(rows.Test)
	}
	return b
}

// figureOf names what a validation of a model measures.
func figureOf(d models.Definition, e Estimation) string {
	kind := models.ObjectiveOf(d).Kind.String()
	if targets := models.TargetsOf(d); targets != nil {
		return kind + " of " + text.Listed(targets)
	}
	if _, drawn := d.(models.Stochastic); drawn {
		return fmt.Sprintf("%s by %s", kind, text.Count(max(e.ValidSamples, 1), "draw"))
	}
	return kind
}

func rowsText(s data.RowsSum) string { return text.Count(s.Rows, "row") + " " + s.Unordered }

// digest tells lists of values from each other.
func digest(values ...any) string {
	sum := sha256.New()
	for _, v := range values {
		_, _ = fmt.Fprintf(sum, "%+v\x00", v)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
