package main

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/janpfeifer/must"
	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
)

// columns is a MADE of twenty columns of every kind, with the default components, or
// a Gaussian one with as many weights.
type columns struct {
	hidden   []int
	gaussian bool
	rows     int
	batch    int // rows a training step
}

// kinds are the columns: levels with holes and without, counts with and without bounds,
// rounded numbers, numbers, some of them often zero, and hours of a day.
func kinds() (all []models.Variable) {
	add := func(copies int, s models.Support, grid models.Grid, states int, hole bool) {
		for range copies {
			all = append(all, models.Variable{Support: s, Grid: grid, States: states, Hole: hole})
		}
	}
	add(3, models.Bits(), nil, 0, false)
	add(2, models.Categories(7), nil, 0, false)
	add(1, models.Categories(16), nil, 1, true)
	add(1, models.Categories(42), nil, 0, false)
	add(2, models.GridCells(), tenths{math.Inf(-1)}, 0, false)
	add(2, models.GridCells(), tenths{-2}, 0, false)
	add(1, models.GridCells(), tenths{-2}, 1, true)
	add(2, models.GridCells(), tenths{math.Inf(-1)}, 1, false)
	add(3, models.Reals(), nil, 0, false)
	add(1, models.Reals(), nil, 1, false)
	add(1, models.Reals(), nil, 2, true)
	add(1, models.Circle(2*math.Pi), nil, 0, false)
	return all
}

// tenths are the multiples of 0.1 from a number on.
type tenths struct{ first float64 }

func (g tenths) Round(y float64) float64 { return max(math.Round(y*10)/10, g.first) }
func (g tenths) Width(float64) float64   { return 0.1 }
func (g tenths) Ends() (low, high float64) {
	return g.first, math.Inf(1)
}
func (g tenths) Cell(y float64) (low, high float64) {
	if y <= g.first {
		return math.Inf(-1), y + 0.05
	}
	return y - 0.05, y + 0.05
}

func (c columns) gaussians() columns {
	c.gaussian = true
	return c
}

func (c columns) options() made.Options {
	all := kinds()
	o := made.Options{Dim: len(all), Variables: all, Output: "mixed", Hidden: c.hidden, Init: "he", Degrees: masks.SequentialDegrees, Seed: seed}
	if c.gaussian {
		mixed := must.M1(made.New(o))
		inputs, outputs := 0, 0
		for _, s := range mixed.Specs() {
			switch s.Name {
			case "hidden0.weights":
				inputs = s.Shape[0]
			case "output.weights":
				outputs = s.Shape[1]
			}
		}
		o.Dim, o.Variables, o.Output = (inputs+outputs)/3, nil, "gaussian"
	}
	return o
}

func (c columns) model() (models.Definition, error) { return made.New(c.options()) }

func (c columns) rowsAStep() int { return c.batch }

func (c columns) draw(ctx context.Context, m *maskflow.Model, seed uint64) ([]float32, error) {
	return m.Core.Sample(ctx, c.rows, maskflow.SampleOptions{Seed: seed})
}

// table draws independent values and states.
func (c columns) table() *data.Prepared {
	m := must.M1(made.New(c.options()))
	rng := rand.New(rand.NewPCG(seed, 0))
	x := make([]float32, 0, c.rows*m.Dim())
	for range c.rows {
		for d := range m.Dim() {
			v := m.Variable(d)
			switch {
			case v.States > 0 && rng.IntN(4) == 0:
				x = append(x, models.StateCode(rng.IntN(v.States)))
			case v.Grid != nil:
				x = append(x, float32(v.Grid.Round(rng.NormFloat64())))
			case v.Support.Size() > 0:
				x = append(x, float32(rng.IntN(v.Support.Size())))
			case v.Support.Period > 0:
				x = append(x, float32(rng.Float64()*v.Support.Period))
			default:
				x = append(x, float32(rng.NormFloat64()))
			}
		}
	}
	return &data.Prepared{Name: "synthetic rows", Rows: c.rows, Dim: m.Dim(), Cells: models.Width(m) - m.Dim(), X: models.Widen(m, x)}
}
