package verify

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// targetVerifier looks at a model of some variables given all others.
type targetVerifier struct {
	of        *exec.Loaded
	model     models.Targeted
	variables []models.Variable
	o         Options
}

func newTargetVerifier(of *exec.Loaded, t models.Targeted, o Options) targetVerifier {
	return targetVerifier{of, t, models.VariablesOf(t), o}
}

func (v targetVerifier) checks() []check {
	const none = "a model of targets has no likelihood of rows, orders or samples"
	return []check{{noPath, skipped(none)}, {bothWays, v.bothWays}, {sumsToOne, v.sums}, {drawn, skipped(none)}, {rows, skipped(none)}}
}

// question is a row in which a target is asked given all variables that are no targets, and some of the others.
type question struct {
	row, context []float32
	cut          []float32
	asked        int
	answer       models.Conditional // of the host
}

// questions asks each target of random rows, given so many of the others: as many as have been asked before.
func (v targetVerifier) questions(ctx context.Context) (all []question, err error) {
	host, ok := v.model.(models.HostAsker)
	if !ok {
		return nil, nil
	}
	asker, err := host.NewAsker(v.of.Weights)
	if err != nil {
		return nil, err
	}
	rng, targets := rand.New(rand.NewPCG(v.o.Seed, 0x74617267)), v.model.Targets()
	for range v.o.Rows {
		row, cond := make([]float32, len(v.variables)), randomNormal(rng, v.model.ContextDim())
		for d, of := range v.variables {
			row[d] = randomValue(of, rng)
		}
		for k, d := range targets {
			q := question{row: row, context: cond, asked: d, cut: slices.Repeat([]float32{masks.Given}, len(row))}
			given := slices.Clone(row)
			for _, later := range targets[k:] {
				given[later], q.cut[later] = models.NotKnown, 0
			}
			q.cut[d] = 1
			answers, err := asker.Ask(ctx, given, cond, []int{d})
			if err != nil {
				return nil, err
			}
			q.answer = answers[0]
			all = append(all, q)
		}
	}
	return all, nil
}

// bothWays compares ln p of a target by the graph, which training uses, with that of the host, which answers.
func (v targetVerifier) bothWays(ctx context.Context) (Check, error) {
	all, err := v.questions(ctx)
	if err != nil {
		return Check{}, err
	}
	if all == nil {
		return skips("the model does not answer on the host")
	}
	l := exec.LayoutOf(v.model, len(all))
	l.Noise = v.model.NoiseDim()
	f, err := exec.Compile(v.of.Backend, v.model, "targets", l, func(p models.Params, in exec.Args[*Node]) *Node {
		return v.model.Value(p, models.Batch{X: in.X, Context: in.Context, Noise: in.Noise})
	})
	if err != nil {
		return Check{}, err
	}
	defer f.Close()
	var in exec.Values
	for _, q := range all {
		in.X, in.Context = append(in.X, models.Widen(v.model, q.row)...), append(in.Context, q.context...)
		in.Noise = append(append(in.Noise, q.cut...), slices.Repeat([]float32{1}, l.Noise-len(q.cut))...) // no unit is dropped
	}
	values, err := f.Call(ctx, v.of.Params, in)
	if err != nil {
		return Check{}, err
	}
	worst := 0.0
	for i, q := range all {
		got, want := q.answer.LogProb(float64(q.row[q.asked])), float64(values[i])
		off := math.Abs(got-want) / (1 + math.Abs(want))
		if worst = math.Max(worst, off); !(off <= 1e-3) { // NaN too
			return fails("variable %d given the others has ln p %.6g on the host, %.6g in the graph", q.asked+1, got, want)
		}
	}
	return holds("%s of %s: largest relative difference %.1e", text.Count(len(all), "conditional"), text.Count(len(v.model.Targets()), "target"), worst)
}

// sums adds up, or integrates, the conditional of each target.
func (v targetVerifier) sums(ctx context.Context) (Check, error) {
	all, err := v.questions(ctx)
	if err != nil {
		return Check{}, err
	}
	if all == nil {
		return skips("the model does not answer on the host")
	}
	worst := 0.0
	for _, q := range all {
		got, want := mass(q.answer, v.variables[q.asked])
		if worst = math.Max(worst, math.Abs(got-want)); !(math.Abs(got-want) <= 1e-3) { // NaN too
			return fails("the conditional of variable %d has %.6g over a part of its support where its distribution function has %.6g", q.asked+1, got, want)
		}
	}
	return holds("%s: largest difference %.1e", text.Count(len(all), "conditional"), worst)
}
