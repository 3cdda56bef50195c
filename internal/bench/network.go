package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"github.com/janpfeifer/must"
	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
)

// network is a MADE of two hidden layers with the rows that it works on. Both
// sides get the same weights and the same rows.
type network struct {
	dim    int
	hidden []int
	rows   int
	batch  int // rows a training step
	// Mask sets that training cycles through, 0 for one.
	masks int
}

const seed = 1

func (n network) made() (*made.Model, error) {
	return made.New(made.Options{Dim: n.dim, Hidden: n.hidden, Init: "he", Degrees: masks.SampledDegrees,
		Masks: n.masks, Seed: seed})
}

func (n network) model() (models.Definition, error) { return n.made() }

func (n network) rowsAStep() int { return n.batch }

func (n network) draw(ctx context.Context, m *maskflow.Model, seed uint64) ([]float32, error) {
	return m.Core.Sample(ctx, n.rows, maskflow.SampleOptions{Seed: seed})
}

func (n network) table() *data.Prepared { return bits(n.rows, n.dim) }

// bits draws rows of independent bits, one in three of them set.
func bits(rows, dim int) *data.Prepared {
	rng := rand.New(rand.NewPCG(seed, 0))
	x := make([]float32, rows*dim)
	for i := range x {
		if rng.IntN(3) == 0 {
			x[i] = 1
		}
	}
	return &data.Prepared{Name: "synthetic rows", Rows: rows, Dim: dim, X: x}
}

// save writes rows, weights and degrees for the peer and returns the file's
// path.
func (n network) save(dir string) (string, error) {
	m, err := n.made()
	if err != nil {
		return "", err
	}
	weights := map[string][]float32{}
	for i, w := range models.Initialize(m, seed) {
		weights[m.Specs()[i].Name] = w
	}
	get := func(name string) []float32 { return weights[name] }
	set := m.Cycle().At(0)
	table := n.table()
	arrays := []*data.Table{array("rows", table.X, table.Dim)}
	for l := range set.Layers() {
		in, out := set.In(l), set.Out(l)
		layer := nn.Masked{Name: fmt.Sprintf("hidden%d", l), From: len(in), To: len(out), Bias: true, Strict: set.Strict(l)}
		if l == len(n.hidden) {
			layer.Name = "output"
		}
		dense := layer.Dense(get, in, out)
		arrays = append(arrays,
			array(fmt.Sprintf("weights%d", l), dense.Weights, dense.To),
			array(fmt.Sprintf("bias%d", l), dense.Bias),
			array(fmt.Sprintf("degrees%d", l), num.Convert[float32](in)))
	}
	path := filepath.Join(dir, fmt.Sprintf("made-%d-%v-%d.npz", n.dim, n.hidden, n.rows))
	return path, format.WriteFile(path, arrays...)
}

// array is an array for the peers: of rows of that shape, or a vector.
func array(name string, values []float32, shape ...int) *data.Table {
	dim := 1
	for _, n := range shape {
		dim *= n
	}
	t := must.M1(data.FromFlat(values, dim))
	t.Name, t.Shape = name, append([]int{}, shape...)
	return t
}
