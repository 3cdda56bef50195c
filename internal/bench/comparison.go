package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/masks"
)

// row is a row of the table: a comparison of the first side with the best of the
// others, or something about the command that has values in a unit.
type row struct {
	name, what string
	// target is the largest ratio, or median of the values, that is good enough; 0
	// for rows that only inform, which get a third of the rounds.
	target float64

	of task
	// tolerance is by how much of their size the check numbers may differ; 0
	// where the sides differ in what they learn.
	tolerance float64
	sides     []maker

	unit   string
	values func(ctx context.Context, l *lab) ([]float64, error)
}

// maker prepares a side of a comparison. It returns nil where the machine lacks
// what the side needs; a comparison without its first side is left out.
type maker func(ctx context.Context, l *lab, c row) (*side, error)

// Mean losses of a warm-up differ by the shuffling of the rows.
const lossTolerance = 0.02

var (
	paper = network{dim: 784, hidden: []int{500, 500}, rows: 9600, batch: 100}
	small = network{dim: 126, hidden: []int{100}, rows: 9600, batch: 100}
)

var (
	maf20 = flow{dim: 20, layers: 5, hidden: []int{128, 128}, batch: 128, rows: 200_000}
	maf21 = flow{dim: 21, layers: 5, hidden: []int{128, 128}, batch: 128, rows: 12_800, samples: 1000}
	maf63 = flow{dim: 63, layers: 10, hidden: []int{512, 512}, batch: 100, rows: 10_000, samples: 1000}
	iaf2  = flow{dim: 2, layers: 8, hidden: []int{64, 64}, inverse: true, batch: 1024, rows: 102_400, samples: 100_000}
)

var (
	nade784   = anyOrder{dim: 784, hidden: []int{500, 500}, orders: 1, rows: 9600, batch: 100}
	mushrooms = anyOrder{dim: 112, hidden: []int{500, 500}, orders: 16, rows: 5624}
)

var table20 = columns{hidden: []int{500, 500}, rows: 9600, batch: 100}

func (n network) with(sets int) network {
	n.masks = sets
	return n
}

func (n network) withRows(rows int) network {
	n.rows = rows
	return n
}

func (a anyOrder) withRows(rows int) anyOrder {
	a.rows = rows
	return a
}

var comparisons = []row{
	{name: "train", what: "Adam step, MADE 784-500-500, batch 100", of: paper, target: 1.3, tolerance: lossTolerance,
		sides: []maker{ours("maskflow", trainSide), jax("peer.py", "train", 1), jax("peer.py", "train", 8)}},
	{name: "train-32-orders", what: "the same step, 32 orders and connectivities cycled", of: paper, target: 1.15,
		sides: []maker{ours("32 orders", trainSide, paper.with(32)), ours("one order", trainSide, paper.with(1))}},
	{name: "train-unlimited", what: "the same step, a fresh order and connectivity each", of: paper, target: 1.15,
		sides: []maker{ours("unlimited orders", trainSide, paper.with(masks.Unlimited)), ours("one order", trainSide, paper.with(1))}},
	{name: "train-small", what: "Adam step, MADE 126-100, batch 100", of: small, target: 1.3, tolerance: lossTolerance,
		sides: []maker{ours("maskflow", trainSide), jax("peer.py", "train", 1), jax("peer.py", "train", 32)}},
	{name: "train-columns", what: "Adam step, MADE of 20 columns of every kind, 2 layers of 500, batch 100, against as many weights with Gaussians", of: table20, target: 1.5,
		sides: []maker{ours("every kind", trainSide), ours("Gaussians", trainSide, table20.gaussians())}},
	{name: "train-go", what: "Adam step, MADE 784-500-500, Go backend against XLA", of: paper, tolerance: lossTolerance,
		sides: []maker{onGo, ours("XLA", trainSide)}},
	{name: "density", what: "log p of 10,000 rows, MADE 784-500-500", of: paper.withRows(10_000), target: 1.3, tolerance: 1e-4,
		sides: []maker{ours("maskflow", densitySide), jax("peer.py", "density", 500), jax("peer.py", "density", 10_000)}},
	{name: "sample", what: "100 samples, MADE 784-500-500, one pass against 784", of: paper.withRows(100), tolerance: 0.05,
		sides: []maker{ours("maskflow", sampleSide), jax("peer.py", "sample", 100)}},
	{name: "nade-train", what: "Adam step, NADE 784-500-500, batch 100, cuts drawn, against JAX with cuts drawn beforehand", of: nade784, target: 1.2, tolerance: lossTolerance,
		sides: []maker{ours("maskflow", trainSide), jax("nade.py", "train", 1), jax("nade.py", "train", 8)}},
	{name: "nade-density", what: "log p of 5,624 rows of 112 bits under 16 orders, NADE 112-500-500", of: mushrooms, target: 1, tolerance: 1e-4,
		sides: []maker{ours("maskflow", densitySide), jax("nade.py", "density", 512)}},
	{name: "nade-density-784", what: "log p of 1,000 rows under one order, NADE 784-500-500", of: nade784.withRows(1000), target: 1, tolerance: 1e-4,
		sides: []maker{ours("maskflow", densitySide), jax("nade.py", "density", 500), jax("nade.py", "density", 1000)}},
	{name: "maf-train-21", what: "Adam step, MAF 5x(21-128-128), batch 128", of: maf21, target: 1, sides: besides(trainSide, "flow_train")},
	{name: "maf-density-21", what: "log p of 100,000 rows, MAF 5x(21-128-128)", of: maf21.withRows(100_000), target: 1, sides: besides(densitySide, "flow_density")},
	{name: "maf-sample-21", what: "1,000 samples, MAF 5x(21-128-128)", of: maf21, target: 1, sides: besides(sampleSide, "flow_sample")},
	{name: "maf-train-63", what: "Adam step, MAF 10x(63-512-512), batch 100", of: maf63, target: 1, sides: besides(trainSide, "flow_train")},
	{name: "maf-density-63", what: "log p of 10,000 rows, MAF 10x(63-512-512)", of: maf63, target: 1, sides: besides(densitySide, "flow_density")},
	{name: "maf-sample-63", what: "1,000 samples, MAF 10x(63-512-512), one pass against 63", of: maf63, target: 1. / 15, sides: besides(sampleSide, "flow_sample")},
	{name: "stream-parquet", what: "log p of 200,000 rows from Parquet to Parquet page by page, against rows in memory, MAF 5x(20-128-128)", of: streamed{maf20}, target: 1.5, tolerance: 1e-6,
		sides: []maker{fromFile(".parquet"), inMemory}},
	{name: "stream-csv", what: "the same from CSV to CSV", of: streamed{maf20}, target: 3, tolerance: 1e-6,
		sides: []maker{fromFile(".csv"), inMemory}},
	{name: "iaf-train", what: "Adam step by reverse KL, IAF 8x(2-64-64), batch 1024", of: iaf2, target: 1, sides: besides(trainSide, "flow_train")},
	{name: "iaf-sample", what: "100,000 samples with their densities, IAF 8x(2-64-64)", of: iaf2, target: 1, sides: besides(sampleSide, "flow_sample")},
}

// work makes a side that maskflow does.
type work func(name string, b *backend.Backend, of task) (*side, error)

// ours is maskflow's side on the main backend, at the comparison's task or at another.
func ours(name string, make work, other ...task) maker {
	return func(_ context.Context, l *lab, c row) (*side, error) {
		return make(name, l.main, append(other, c.of)[0])
	}
}

// onGo is left out where the main backend is the Go backend already.
func onGo(ctx context.Context, l *lab, c row) (*side, error) {
	if l.main.Kind == backend.KindGo {
		return nil, nil
	}
	b, err := backend.Open(ctx, backend.KindGo, backend.Options{})
	if err != nil {
		return nil, err
	}
	l.ends = append(l.ends, b.Close)
	return trainSide("Go backend", b, c.of)
}

// measure returns nil for a comparison whose first side cannot be had.
func (r row) measure(ctx context.Context, l *lab) (*result, error) {
	if r.values == nil {
		return r.compare(ctx, l)
	}
	values, err := r.values(ctx, l)
	if err != nil {
		return nil, err
	}
	return &result{row: r, spread: signInterval(values)}, nil
}

// compare prepares the sides and times them in turn, one at a time, round by round.
func (r row) compare(ctx context.Context, l *lab) (*result, error) {
	rounds := l.rounds
	if r.target == 0 {
		rounds = max(3, rounds/3)
	}
	var sides []*side
	defer func() {
		for _, s := range sides {
			s.close()
		}
	}()
	for _, prepare := range r.sides {
		s, err := prepare(ctx, l, r)
		if err != nil || s == nil && len(sides) == 0 {
			return nil, err
		}
		if s == nil {
			continue
		}
		sides = append(sides, s)
		if r.tolerance > 0 {
			if err := agree(sides[0], s, r.tolerance); err != nil {
				return nil, err
			}
		}
	}
	for range rounds {
		for _, s := range sides {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			best, err := s.round(ctx, time.Duration(l.seconds*float64(time.Second)))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			s.rounds = append(s.rounds, best)
		}
	}
	done := &result{row: r, measured: sides, spread: none}
	if len(sides) > 1 {
		done.against = slices.MinFunc(sides[1:], func(a, b *side) int { return cmp.Compare(a.ms(), b.ms()) })
		done.spread = ratios(sides[0].rounds, done.against.rounds)
	}
	return done, nil
}
