package train

import (
	"context"
	"fmt"
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// culprit finds where a step that was not taken went wrong: the row of its batch that costs most, the column in which that is
// farthest from 0, and the layer whose gradient is. What cannot be found is "".
func (t *Trainer) culprit(ctx context.Context, batch int, step exec.Values) (row, column, layer string) {
	p := t.program
	size := p.layout.Batch
	trained := make([]string, 0, len(p.specs))
	found, err := exec.Compile(t.backend, t.model, "diagnose", p.layout, func(bound models.Params, in exec.Args[*Node]) *Node {
		values, loss := p.loss(bound, in, unpack(in.Scalars))
		var of []*Node
		trained = trained[:0]
		for _, s := range p.specs {
			if !s.Fixed {
				of, trained = append(of, bound.Get(s.Name)), append(trained, s.Name)
			}
		}
		out := []*Node{Reshape(values, size)}
		for _, g := range Gradient(loss, of...) {
			out = append(out, Reshape(Sqrt(nn.SumOfSquares(g)), 1))
		}
		return Concatenate(out, 0)
	})
	if err != nil {
		return "", "", ""
	}
	defer found.Close()
	out, err := found.Call(ctx, t.state[:len(p.specs)], step)
	if err != nil || len(out) != size+len(trained) {
		return "", "", ""
	}
	if train := t.splits.Train; train.Dim > 0 {
		rows := t.batchRows(batch)
		at := worst(out[:min(size, len(rows))], -1)
		row = fmt.Sprintf("%s has %.3g nats", train.RowPlace(rows[at]), -out[at])
		far := -1.0
		for d, v := range t.values(rows[at]) {
			if v > far && !models.Discrete(t.model) {
				far, column = v, fmt.Sprintf("%s, where the model sees %.3g", train.Column(d), train.Row(rows[at])[d])
			}
		}
	}
	return row, column, trained[worst(out[size:], 1)]
}

// worst is the place of the number that is largest by a sign; one that is not finite is larger than any, the last of them where
// some are finite: the gradient of a layer goes into that of those below it.
func worst(of []float32, sign float32) (at int) {
	best := math.Inf(-1)
	for i, v := range of {
		size := float64(sign * v)
		if !num.Finite(float64(v)) {
			size = math.Inf(1)
		}
		if size > best || math.IsInf(size, 1) {
			best, at = size, i
		}
	}
	return at
}

// remedies are what helps against a divergence, what helps most often first.
func (t *Trainer) remedies() string {
	o := t.o
	all := []string{fmt.Sprintf("train.optimizer.learning_rate: %.2g", min(o.Optimizer.Rate()/10, 1e-3))}
	real := !models.Discrete(t.model)
	if o.ClipRow == NoClipRow && real {
		all = append(all, "train.clip_row: 10")
	}
	if o.ClipNorm == 0 {
		all = append(all, "train.clip_norm: 1")
	}
	if t.prep().Schema() != nil && real && t.farValue() != "" {
		all = append(all, "data.marginal: spline")
	}
	return strings.Join(all, ", then ")
}

// diverged is the error of a step that was not taken.
func (t *Trainer) diverged(ctx context.Context, batch int, step exec.Values, number int64, loss, norm float64) *DivergedError {
	e := &DivergedError{Step: number, Loss: loss, Norm: norm, Far: t.farValue(), Remedies: t.remedies()}
	e.Row, e.Column, e.Layer = t.culprit(ctx, batch, step)
	return e
}

func (e *DivergedError) Error() string {
	var why []string
	switch {
	case e.Row != "" && e.Column != "":
		why = append(why, fmt.Sprintf("%s, most in %s", e.Row, e.Column))
	case e.Row != "":
		why = append(why, e.Row)
	}
	if e.Layer != "" {
		why = append(why, "the gradient is largest in "+e.Layer)
	}
	if e.Far != "" && !strings.HasPrefix(e.Far, e.Row) {
		why = append(why, e.Far)
	}
	return fmt.Sprintf("step %d diverged: loss %v, gradient norm %v (%s)", e.Step, e.Loss, e.Norm,
		strings.Join(append(why, "what helps, in this order: "+e.Remedies), "; "))
}
