package data

import (
	"context"
	"math/rand/v2"
	"slices"
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

// Toys returns the toy densities, each also a source of [Load]. The entries are
// the caller's own.
func Toys() []Toy { return slices.Clone(toys) }

// ToyByName returns the toy of that name, and whether there is one.
func ToyByName(name string) (Toy, bool) {
	for _, t := range toys {
		if t.Name == name {
			return t, true
		}
	}
	return Toy{}, false
}

// toyRows are the sizes of train, valid and test.
var toyRows = [3]int{50000, 10000, 10000}

// load draws the three sets one after another from the stream of a seed.
func (t Toy) load(ctx context.Context, o Options) (*Splits, error) {
	r := newRand(o.Seed, streamToy)
	var sets [3]*Set
	for i, name := range []string{"train", "valid", "test"} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s := &Set{Name: t.Name + " (" + name + ")", Rows: toyRows[i], Dim: 2, Columns: []string{"x0", "x1"}}
		s.X = make([]float32, 0, 2*s.Rows)
		for range s.Rows {
			x0, x1 := t.sample(r)
			s.X = append(s.X, float32(x0), float32(x1))
		}
		sets[i] = s
	}
	return &Splits{Train: sets[0], Valid: sets[1], Test: sets[2], Note: "drawn from a known density by the seed"}, nil
}
