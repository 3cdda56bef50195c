package main

import (
	"context"
	"fmt"
	"time"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"

	"github.com/maskflow/maskflow/backend"
)

// comparison is one row of the table: the first side against the best of the
// others.
type comparison struct {
	name, what string
	of         task
	// target is the largest ratio that is good enough; 0 for rows that only
	// inform, which get a third of the rounds.
	target float64
	// tolerance is by how much of their size the check numbers may differ; 0
	// where the sides differ in what they learn.
	tolerance float64
	sides     []maker
}

// maker prepares a side of a comparison. It returns nil where the machine lacks
// what the side needs; a comparison without its first side is left out.
type maker func(ctx context.Context, l *lab, c comparison) (*side, error)

// Mean losses of a warm-up differ by the shuffling of the rows.
const lossTolerance = 0.02

var (
	paper = network{dim: 784, hidden: []int{500, 500}, rows: 9600, batch: 100}
	small = network{dim: 126, hidden: []int{100}, rows: 9600, batch: 100}
)

var (
	maf21 = flow{dim: 21, layers: 5, hidden: []int{128, 128}, batch: 128, rows: 12_800, samples: 1000}
	maf63 = flow{dim: 63, layers: 10, hidden: []int{512, 512}, batch: 100, rows: 10_000, samples: 1000}
	iaf2  = flow{dim: 2, layers: 8, hidden: []int{64, 64}, inverse: true, batch: 1024, rows: 102_400, samples: 100_000}
)

func (n network) with(sets int) network {
	n.masks = sets
	return n
}

func (n network) withRows(rows int) network {
	n.rows = rows
	return n
}

var comparisons = []comparison{
	{name: "train", what: "Adam step, MADE 784-500-500, batch 100", of: paper, target: 1.3, tolerance: lossTolerance,
		sides: []maker{ours("maskflow", trainSide), jax("train", 1), jax("train", 8)}},
	{name: "train-32-orders", what: "the same step, 32 orders and connectivities cycled", of: paper, target: 1.15,
		sides: []maker{ours("32 orders", trainSide, paper.with(32)), ours("one order", trainSide, paper.with(1))}},
	{name: "train-unlimited", what: "the same step, a fresh order and connectivity each", of: paper, target: 1.15,
		sides: []maker{ours("unlimited orders", trainSide, paper.with(masks.Unlimited)), ours("one order", trainSide, paper.with(1))}},
	{name: "train-small", what: "Adam step, MADE 126-100, batch 100", of: small, target: 1.3, tolerance: lossTolerance,
		sides: []maker{ours("maskflow", trainSide), jax("train", 1), jax("train", 32)}},
	{name: "train-go", what: "Adam step, MADE 784-500-500, Go backend against XLA", of: paper, tolerance: lossTolerance,
		sides: []maker{onGo, ours("XLA", trainSide)}},
	{name: "density", what: "log p of 10,000 rows, MADE 784-500-500", of: paper.withRows(10_000), target: 1.3, tolerance: 1e-4,
		sides: []maker{ours("maskflow", densitySide), jax("density", 500), jax("density", 10_000)}},
	{name: "sample", what: "100 samples, MADE 784-500-500, one pass against 784", of: paper.withRows(100), tolerance: 0.05,
		sides: []maker{ours("maskflow", sampleSide), jax("sample", 100)}},
	{name: "maf-train-21", what: "Adam step, MAF 5x(21-128-128), batch 128", of: maf21, target: 1, sides: besides(trainSide, "flow_train")},
	{name: "maf-density-21", what: "log p of 100,000 rows, MAF 5x(21-128-128)", of: maf21.withRows(100_000), target: 1, sides: besides(densitySide, "flow_density")},
	{name: "maf-sample-21", what: "1,000 samples, MAF 5x(21-128-128)", of: maf21, target: 1, sides: besides(sampleSide, "flow_sample")},
	{name: "maf-train-63", what: "Adam step, MAF 10x(63-512-512), batch 100", of: maf63, target: 1, sides: besides(trainSide, "flow_train")},
	{name: "maf-density-63", what: "log p of 10,000 rows, MAF 10x(63-512-512)", of: maf63, target: 1, sides: besides(densitySide, "flow_density")},
	{name: "maf-sample-63", what: "1,000 samples, MAF 10x(63-512-512), one pass against 63", of: maf63, target: 1. / 15, sides: besides(sampleSide, "flow_sample")},
	{name: "iaf-train", what: "Adam step by reverse KL, IAF 8x(2-64-64), batch 1024", of: iaf2, target: 1, sides: besides(trainSide, "flow_train")},
	{name: "iaf-sample", what: "100,000 samples with their densities, IAF 8x(2-64-64)", of: iaf2, target: 1, sides: besides(sampleSide, "flow_sample")},
}

// ours is maskflow's side on the main backend, at the comparison's task or at another.
func ours(name string, make func(string, *backend.Backend, task) (*side, error), other ...task) maker {
	return func(_ context.Context, l *lab, c comparison) (*side, error) {
		return make(name, l.main, append(other, c.of)[0])
	}
}

// onGo is left out where the main backend is the Go backend already.
func onGo(_ context.Context, l *lab, c comparison) (*side, error) {
	if l.pure == nil {
		return nil, nil
	}
	return trainSide("Go backend", l.pure, c.of)
}

// jax is a kind of work of the peer. steps is the number of training steps a
// call, or the rows a call for the other kinds.
func jax(kind string, n int) maker {
	return func(_ context.Context, l *lab, c comparison) (*side, error) {
		if l.peer == nil {
			return nil, nil
		}
		net := c.of.(network)
		file, err := net.save(l.dir)
		if err != nil {
			return nil, err
		}
		r := request{Kind: kind, File: file, Batch: n, Steps: 1}
		name := fmt.Sprintf("JAX, %d rows a call", n)
		switch kind {
		case "train":
			r.Batch, r.Steps = net.batch, n
			name = fmt.Sprintf("JAX, scan of %d", n)
			if n == 1 {
				name = "JAX, a step a call"
			}
		case "sample":
			name = "JAX, fori_loop"
		}
		return l.peer.side(name, r)
	}
}

// result is a comparison's rounds and what follows from them.
type result struct {
	Name   string  `json:"name"`
	What   string  `json:"what"`
	Target float64 `json:"target,omitempty"`
	// Sides hold every round; the first is the one that the row is about.
	Sides []measured `json:"sides"`
	// Against is the index of the best of the other sides, and Ratio the time
	// of the first over its; absent when a side stands alone.
	Against int     `json:"against,omitempty"`
	Ratio   *spread `json:"ratio,omitempty"`
}

type measured struct {
	Name string `json:"name"`
	// MS is the median over rounds of the best call of each.
	MS float64 `json:"ms"`
	origin
	Rounds []timing `json:"rounds"`
}

func (m measured) best() []float64 {
	v := make([]float64, len(m.Rounds))
	for i, r := range m.Rounds {
		v[i] = r.Best
	}
	return v
}

// run prepares the sides and times them in turn, one at a time, round by round.
// The result is nil when the first side cannot be had.
func (c comparison) run(ctx context.Context, l *lab, rounds int, d time.Duration) (*result, error) {
	if c.target == 0 {
		rounds = max(3, rounds/3)
	}
	var sides []*side
	defer func() {
		for _, s := range sides {
			s.close()
		}
	}()
	r := &result{Name: c.name, What: c.what, Target: c.target}
	for _, prepare := range c.sides {
		s, err := prepare(ctx, l, c)
		if err != nil {
			return nil, err
		}
		if s == nil && len(sides) == 0 {
			return nil, nil
		}
		if s == nil {
			continue
		}
		sides, r.Sides = append(sides, s), append(r.Sides, measured{Name: s.name, origin: s.origin})
		if c.tolerance > 0 {
			if err := agree(sides[0], s, c.tolerance); err != nil {
				return nil, err
			}
		}
	}
	for range rounds {
		for i, s := range sides {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			t, err := s.round(ctx, d)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			r.Sides[i].Rounds = append(r.Sides[i].Rounds, t)
		}
	}
	r.conclude()
	return r, nil
}

func (r *result) conclude() {
	for i := range r.Sides {
		r.Sides[i].MS = num.Median(r.Sides[i].best())
		if i == 1 || i > 1 && r.Sides[i].MS < r.Sides[r.Against].MS {
			r.Against = i
		}
	}
	if len(r.Sides) > 1 {
		s := ratios(r.Sides[0].best(), r.Sides[r.Against].best())
		r.Ratio = &s
	}
}
