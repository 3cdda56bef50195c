package verify

import (
	"context"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// anyOrderVerifier looks at a density of any order.
type anyOrderVerifier struct {
	*verifier
	any models.AnyOrder
}

// onePass gives the variables before each one of an order, in rows that are drawn, and compares its conditional with
// that of the passes of the order, at the value of the row: by one pass of the graph, and on the host.
func (v anyOrderVerifier) onePass(ctx context.Context) (Check, error) {
	shown, ok := v.density.(models.Conditionals)
	if !ok {
		return skips("the density does not show its conditionals")
	}
	dim := v.density.Dim()
	f, err := v.of.Compile("given", dim, func(p models.Params, in exec.Args[*Node]) *Node {
		x := Slice(in.X, AxisRange(), AxisRange(0, dim))
		given := ConvertDType(NotEqual(x, nn.Number(x, float64(models.NotKnown))), x.DType())
		return v.any.Given(p, in.X, given, in.Context)
	})
	if err != nil {
		return Check{}, err
	}
	defer f.Close()
	var host models.Asker
	if h, ok := v.density.(models.HostAsker); ok {
		if host, err = h.NewAsker(v.of.Weights); err != nil {
			return Check{}, err
		}
	}
	n, worst := 0, 0.0
	bad, err := v.eachOrder(ctx, func(set *masks.Set, x, cond []float32, of []models.Conditional) (Check, error) {
		width := v.density.ContextDim()
		for i := range min(v.o.Rows, len(x)/dim) {
			row, context := x[i*dim:][:dim], cond[i*width:][:width]
			rows := prefixes(row, set.Order)
			flat, err := call(ctx, v.of, f, set, models.Widen(v.density, rows), slices.Repeat(context, dim))
			if err != nil {
				return Check{}, err
			}
			outputs := len(flat) / dim
			for k, d := range set.Order.Sequence() {
				one, err := shown.Conditional(d, flat[k*outputs:][:outputs])
				if err != nil {
					return Check{}, err
				}
				answers := []models.Conditional{one}
				if host != nil {
					on, err := host.Ask(ctx, rows[k*dim:][:dim], context, []int{d})
					if err != nil {
						return Check{}, err
					}
					answers = append(answers, on...)
				}
				want := of[i*dim+d].LogProb(float64(row[d]))
				for _, c := range answers {
					got := c.LogProb(float64(row[d]))
					off := math.Abs(got-want) / (1 + math.Abs(want))
					worst = math.Max(worst, off)
					if !(off <= 1e-3) { // NaN too
						return fails("given %s of degrees %v, variable %d has ln p %.6g in one pass, %.6g by the passes of the order",
							text.Count(k, "variable"), set.Order, d+1, got, want)
					}
				}
				n++
			}
		}
		return Check{}, nil
	})
	if bad != (Check{}) || err != nil {
		return bad, err
	}
	where := "in the graph"
	if host != nil {
		where += " and on the host"
	}
	return holds("%d conditionals in %s, %s: largest relative difference %.1e", n, orders(len(v.sets)), where, worst)
}

// prefixes are copies of a row, of which number k has the first k variables of an order; the others are not known.
func prefixes(row []float32, order masks.Order) []float32 {
	dim := len(row)
	rows := make([]float32, dim*dim)
	for k := range dim {
		for d, degree := range order {
			if rows[k*dim+d] = models.NotKnown; degree <= k {
				rows[k*dim+d] = row[d]
			}
		}
	}
	return rows
}
