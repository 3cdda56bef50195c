// Package toy holds densities of two variables: those of [All] are in closed form
// and can be sampled, a source of rows whose likelihood under the truth is known;
// those of [Targets] are known up to their normalising constant alone and have no
// rows.
package toy

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/data"
)

// Toy is a density of two variables in closed form that can be sampled: a
// source of rows whose likelihood under the truth is known.
type Toy struct {
	Name, About string

	logDensity func(x0, x1 float64) float64
	sample     func(rng *rand.Rand) (x0, x1 float64)
	lo, hi     [2]float64
	entropy    float64
}

// LogDensity returns ln p(x0, x1) in nats, −Inf outside the support.
func (t Toy) LogDensity(x0, x1 float64) float64 { return t.logDensity(x0, x1) }

// Sample draws one point.
func (t Toy) Sample(rng *rand.Rand) (x0, x1 float64) { return t.sample(rng) }

// Bounds returns the corners of a window that holds more than 99.9 % of the mass.
func (t Toy) Bounds() (lo, hi [2]float64) { return t.lo, t.hi }

// Entropy returns −E[ln p] in nats: the mean negative log-likelihood of the
// truth, which no model can be below. It is NaN where no closed form is known.
func (t Toy) Entropy() float64 { return t.entropy }

// All returns the toy densities, each also a source of rows. The entries are the
// caller's own.
func All() []Toy { return slices.Clone(toys) }

// ByName returns the toy of that name, and whether there is one.
func ByName(name string) (Toy, bool) {
	for _, t := range toys {
		if t.Name == name {
			return t, true
		}
	}
	return Toy{}, false
}

// The number of rows, and where those for validation and for testing begin.
const rows, valid, test = 70000, 50000, 60000

// Load draws the rows one after another from the stream of a seed.
func (t Toy) Load(_ context.Context, o data.Options) (s data.Source, err error) {
	r := data.StreamToy.Rand(o.RandomSeed())
	x := make([]float32, 0, 2*rows)
	for range rows {
		x0, x1 := t.sample(r)
		x = append(x, float32(x0), float32(x1))
	}
	all, err := data.FromFlat(x, 2, "x0", "x1")
	if err != nil {
		return s, err
	}
	all.Name = t.Name
	s = data.Cut(all, valid, test)
	s.Note = "drawn from a known density by the seed"
	return s, nil
}
