package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/nade"
)

// anyOrder is a NADE with the rows of bits that it works on. Both sides get the same
// weights, rows and orders.
type anyOrder struct {
	dim    int
	hidden []int
	orders int
	rows   int
	batch  int // rows a training step
}

func (a anyOrder) nade() (*nade.Model, error) {
	return nade.New(nade.Options{Dim: a.dim, Hidden: a.hidden, Orders: a.orders, Seed: seed})
}

func (a anyOrder) model() (models.Definition, error) { return a.nade() }

func (a anyOrder) rowsAStep() int { return a.batch }

func (a anyOrder) draw(ctx context.Context, m *maskflow.Model, seed uint64) ([]float32, error) {
	return m.Core.Sample(ctx, a.rows, maskflow.SampleOptions{Seed: seed})
}

func (a anyOrder) table() *data.Prepared { return bits(a.rows, a.dim) }

// save writes rows, weights and orders for the peer and returns the file's path.
func (a anyOrder) save(dir string) (string, error) {
	m, err := a.nade()
	if err != nil {
		return "", err
	}
	table := a.table()
	arrays := []*data.Table{array("rows", table.X, table.Dim)}
	for i, w := range models.Initialize(m, seed) {
		spec := m.Specs()[i]
		arrays = append(arrays, array(strings.ReplaceAll(spec.Name, ".", "_"), w, spec.Shape[1:]...))
	}
	var orders []float32
	for k := range a.orders {
		for _, d := range m.Cycle().At(k).Order.Sequence() {
			orders = append(orders, float32(d))
		}
	}
	arrays = append(arrays, array("orders", orders, a.dim))
	path := filepath.Join(dir, fmt.Sprintf("nade-%d-%v-%d-%d.npz", a.dim, a.hidden, a.rows, a.orders))
	return path, format.WriteFile(path, arrays...)
}
