package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models"
	stack "github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/maf"
)

// flow is a MAF, or an IAF, of so many layers with affine transformers, a
// standard normal base and the order of the variables turned between layers.
type flow struct {
	dim, layers int
	hidden      []int
	// inverse makes it an IAF: it is trained by reverse KL against a banana, and
	// its samples come with their density.
	inverse bool
	batch   int // rows a training step
	rows    int // of the data; for an IAF of an epoch
	samples int
}

func (f flow) model() (models.Definition, error) {
	o := stack.StackOptions{Layers: f.layers, Dim: f.dim, Hidden: f.hidden, Seed: seed}
	if !f.inverse {
		return maf.New(maf.Options(o))
	}
	m, err := iaf.New(iaf.Options(o))
	if err != nil {
		return nil, err
	}
	return iaf.NewVariational(m, iaf.Target{Name: "banana", Dim: f.dim, LogDensity: banana, LogZ: math.Log(2 * math.Pi)}, iaf.VariationalOptions{})
}

// banana is the log-density, but for a constant, that an IAF learns: the first
// variable is standard normal, and the second is around half the square of it.
func banana(_ models.Params, x *Node) *Node {
	column := func(d int) *Node { return Squeeze(Slice(x, AxisRange(), AxisElem(d)), -1) }
	first, second := column(0), column(1)
	return MulScalar(Add(Square(first), Square(Sub(second, MulScalar(Square(first), 0.5)))), -0.5)
}

func (f flow) rowsAStep() int { return f.batch }

func (f flow) draw(ctx context.Context, m *maskflow.Model, seed uint64) (x []float32, err error) {
	o := maskflow.SampleOptions{Seed: seed}
	if f.inverse {
		x, _, err = m.Core.SampleAndLogProb(ctx, f.samples, o)
		return x, err
	}
	return m.Core.Sample(ctx, f.samples, o)
}

// table draws rows in which each variable has mean 0, variance 1 and correlation
// 0.6 with the one before it: there is something to learn, so that a loss falls.
// An IAF needs no data, and gets rows without variables.
func (f flow) table() *data.Prepared {
	if f.inverse {
		return &data.Prepared{Name: "no data", Rows: f.rows}
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	x := make([]float32, f.rows*f.dim)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
		if i%f.dim > 0 {
			x[i] = 0.6*x[i-1] + 0.8*x[i]
		}
	}
	return &data.Prepared{Name: "synthetic rows", Rows: f.rows, Dim: f.dim, X: x}
}

func (f flow) withRows(rows int) flow {
	f.rows = rows
	return f
}

// save writes the rows for the peers, once, and returns the file's path.
func (f flow) save(dir string) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("rows-%d-%d.npz", f.dim, f.rows))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	rows := f.table()
	return path, format.WriteFile(path, array("rows", rows.X, rows.Dim))
}
