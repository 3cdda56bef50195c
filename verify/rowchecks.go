package verify

import (
	"context"
	"math"
	"slices"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
)

// rowsBack writes samples as rows of the source and reads these again, with their columns in another order: they must be
// rows that the source may have, and become the same rows.
func rowsBack(m *maskflow.Model, seed uint64) func(context.Context) (Check, error) {
	const rows = 256
	return func(ctx context.Context) (Check, error) {
		p := m.Preparation()
		if p.ContextDim() > 0 {
			return skips("samples need a context of the source")
		}
		x, err := m.Core.Sample(ctx, rows, maskflow.SampleOptions{Seed: seed})
		if err != nil {
			return Check{}, err
		}
		out, err := p.Undo(x)
		if err != nil {
			return Check{}, err
		}
		_, dim := out.Dims()
		turned := make([]int, dim)
		for d := range turned {
			turned[d] = dim - 1 - d
		}
		t := out
		if out.Columns != nil { // else they go by position
			t = out.Select(nil, turned)
		}
		again, err := p.Apply(t)
		if err != nil {
			return fails("a sample is no row of the source: %v", err)
		}
		if whole, err := p.Apply(out); err != nil || !slices.Equal(whole.X, again.X) || whole.LogDet != again.LogDet {
			return fails("rows whose columns are in another order are prepared to other numbers (%v)", err)
		}
		back, err := p.Undo(again.Values())
		if err != nil {
			return Check{}, err
		}
		for i := range rows {
			for d := range dim {
				if !sameCell(out, back, i, d) {
					return fails("row %d, column %d: %v is read as %v", i, d, cell(out, i, d), cell(back, i, d))
				}
			}
		}
		return holds("%d samples of %d columns", rows, dim)
	}
}

// cell is a text or a number.
func cell(t *data.Table, i, d int) any {
	if text, is := t.Text(i, d); is {
		return text
	}
	return t.At(i, d)
}

// sameCell compares cells, numbers to what float32 keeps of those that are not rounded.
func sameCell(a, b *data.Table, i, d int) bool {
	x, y := cell(a, i, d), cell(b, i, d)
	v, isNumber := x.(float64)
	w, also := y.(float64)
	if !isNumber || !also {
		return x == y
	}
	return v == w || math.IsNaN(v) && math.IsNaN(w) || math.Abs(v-w) <= 1e-4*math.Max(math.Abs(v), 1)
}
