package made

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
)

// parametersOf is k, the number of parameters of a conditional.
func parametersOf(m *Model) int {
	switch m.opts.Output {
	case "gaussian":
		return 2
	case "mog":
		if m.opts.Components == 0 {
			return 30
		}
		return 3 * m.opts.Components
	}
	return 1
}

// component is one Gaussian of a real variable's conditional.
type component struct {
	weight float64
	distuv.Normal
}

// components are those of a real variable's conditional; a Gaussian is a mixture of
// one.
func components(m *Model, outputs []float32) []component {
	p := m.mixed.Conditional(0, outputs).Parameters()
	if len(p) == 2 {
		return []component{{1, distuv.Normal{Mu: p[0].Value, Sigma: p[1].Value}}}
	}
	var all []component
	for ; len(p) > 0; p = p[3:] {
		all = append(all, component{p[0].Value, distuv.Normal{Mu: p[1].Value, Sigma: p[2].Value}})
	}
	return all
}

// logProbOf is ln p of one variable by the closed form of its conditional.
func logProbOf(m *Model, c []float32, x float32) float64 {
	if m.Support(0).Discrete() {
		return math.Log(sigmoid(c[0] * (2*x - 1)))
	}
	var logs []float64
	for _, g := range components(m, c) {
		logs = append(logs, math.Log(g.weight)+g.LogProb(float64(x)))
	}
	return floats.LogSumExp(logs)
}

// rowsOf is how many rows a model is compiled for: all its states, or enough of
// them to ask for the gradient of every parameter of every conditional at once.
func rowsOf(m *Model) int {
	if m.Support(0).Discrete() {
		return 1 << m.Dim()
	}
	return gridPoints
}

// points are rows to evaluate a model on.
func points(m *Model) []float32 {
	if m.Support(0).Discrete() {
		return states(m.Dim())
	}
	return normals(rand.New(rand.NewPCG(9, 9)), rowsOf(m)*m.Dim(), 1.5)
}

// The grid that densities of real variables are summed on.
const (
	gridPoints = 131
	gridStep   = 0.25
	gridEnd    = gridStep * (gridPoints - 1) / 2
)

func gridPoint(i int) float32 { return gridStep*float32(i) - gridEnd }

// Probabilities sum to one, and densities integrate to it, for every mask set,
// context and draw of the weights, and so do those of the mixture of the sets.
func checkNormalised(t *testing.T, s subject) {
	dim := s.model.Dim()
	if !s.model.Support(0).Discrete() && dim > 2 {
		return // checkConditionals and checkAutoregressive say it of more variables
	}
	draws, tolerance := uint64(2), 1e-5
	if !s.model.Support(0).Discrete() {
		draws, tolerance = 1, 1e-3 // a grid takes many calls
	}
	for seed := range draws {
		w := randomWeights(s.model, seed)
		if !s.model.Support(0).Discrete() {
			w = scaled(w, 0.3) // no Gaussian may be wider than the grid
		}
		for c := range s.contexts() {
			mixture := 0.0
			for k, set := range s.sets {
				sum := 0.0
				if s.model.Support(0).Discrete() {
					for _, v := range s.run(t, w, set, batch{x: states(dim), context: s.context(c)}).logp {
						sum += math.Exp(float64(v))
					}
				} else {
					sum = s.integral(t, w, set, c)
				}
				if math.Abs(sum-1) > tolerance {
					t.Errorf("weights %d, context %d: the probabilities under set %d sum to %.7f", seed, c, k, sum)
				}
				mixture += sum / float64(len(s.sets))
			}
			if math.Abs(mixture-1) > tolerance {
				t.Errorf("weights %d, context %d: the probabilities of the mixture sum to %.7f", seed, c, mixture)
			}
		}
	}
}

// integral sums the density of one or two real variables over the grid, in
// lines of equal first variable. It fails when the grid does not hold the
// density: whatever is likely must be wider than a step and far from the ends.
func (s subject) integral(t *testing.T, w models.Weights, set *masks.Set, context int) float64 {
	t.Helper()
	dim, k := s.model.Dim(), parametersOf(s.model)
	lines, first, last := 1, set.Order.Sequence()[0], set.Order.Sequence()[dim-1]
	if dim == 2 {
		lines = gridPoints
	}
	sum, x := 0.0, make([]float32, s.rows*dim)
	for i := range lines {
		for j := range s.rows {
			x[j*dim+first] = gridPoint(i)
			x[j*dim+last] = gridPoint(j)
		}
		r := s.run(t, w, set, batch{x: x, context: s.context(context)})
		line := 0.0
		for _, v := range r.logp {
			line += math.Exp(float64(v)) * math.Pow(gridStep, float64(dim))
		}
		sum += line
		for d := range dim {
			if d == last && dim == 2 && line < 1e-5 || d != last && i > 0 {
				continue
			}
			for _, g := range components(s.model, r.conditionals[d*k:(d+1)*k]) {
				if g.weight > 1e-3 && (g.Sigma < 0.7*gridStep || math.Abs(g.Mu)+4*g.Sigma > gridEnd) {
					t.Fatalf("context %d: the grid does not hold variable %d, N(%.3g, %.3g²)", context, d, g.Mu, g.Sigma)
				}
			}
		}
	}
	return sum
}

// The log-density is that of the conditionals, variable by variable.
func checkConditionals(t *testing.T, s subject) {
	m := s.model
	dim, k, x := m.Dim(), parametersOf(m), points(m)
	for number, set := range s.sets {
		r := s.run(t, s.weights, set, batch{x: x, context: s.context(1)})
		if len(r.conditionals) != s.rows*dim*k {
			t.Fatalf("%d parameters of conditionals, want %d", len(r.conditionals), s.rows*dim*k)
		}
		for i, got := range r.logp {
			want := 0.0
			for d := range dim {
				at := i*dim + d
				c := r.conditionals[at*k : (at+1)*k]
				want += logProbOf(m, c, x[at])
				if total := totalWeight(m, c); math.Abs(total-1) > 1e-5 {
					t.Fatalf("set %d, row %d: the weights of variable %d sum to %v", number, i, d, total)
				}
			}
			if !modeltest.Near(float64(got), want, 1e-5) {
				t.Errorf("set %d: log p of row %d is %v, want %v", number, i, got, want)
			}
		}
	}
}

func totalWeight(m *Model, c []float32) float64 {
	if len(c) == 1 {
		return 1
	}
	total := 0.0
	for _, g := range components(m, c) {
		total += g.weight
	}
	return total
}

// With all weights zero the density is uniform over states, −log p = D·ln 2, and
// standard normal over real vectors, mixtures of equal Gaussians too; a sigmoid's
// scale starts at σ(2).
func checkZeroWeights(t *testing.T, s subject) {
	m := s.model
	dim, x, w := m.Dim(), points(m), clone(s.weights)
	for _, v := range w {
		clear(v)
	}
	normal := distuv.Normal{Sigma: 1}
	if m.opts.Scale == "sigmoid" {
		normal.Sigma = 1 + math.Exp(-2)
	}
	for i, got := range s.run(t, w, s.sets[0], batch{x: x, context: s.context(0)}).logp {
		want := -float64(dim) * math.Ln2
		if !m.Support(0).Discrete() {
			want = 0
			for _, v := range x[i*dim : (i+1)*dim] {
				want += normal.LogProb(float64(v))
			}
		}
		if !modeltest.Near(float64(got), want, 1e-6) {
			t.Errorf("log p of row %d is %v, want %v", i, got, want)
		}
	}
}
