package output

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/integrate/quad"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// lattice are the numbers low, low + step, … high on a scale of their own: from the scale of
// rows by back, to it by to.
type lattice struct {
	low, high, step float64
	to, back        func(float64) float64
}

func same(x float64) float64 { return x }

// clamp is the nearest number of the lattice on its own scale.
func (l lattice) clamp(y float64) float64 {
	return l.step * math.Round(math.Min(math.Max(l.back(y), l.low), l.high)/l.step)
}

func (l lattice) ends(v float64) (low, high float64) { return l.to(v - l.step/2), l.to(v + l.step/2) }

func (l lattice) Round(y float64) float64 {
	low, high := l.ends(l.clamp(y))
	return (low + high) / 2
}

func (l lattice) Cell(y float64) (low, high float64) {
	v := l.clamp(y)
	low, high = l.ends(v)
	if v <= l.low {
		low = math.Inf(-1)
	}
	if v >= l.high {
		high = math.Inf(1)
	}
	return low, high
}

func (l lattice) Width(y float64) float64 {
	low, high := l.ends(l.clamp(y))
	return high - low
}

func (l lattice) Ends() (first, last float64) {
	first, last = l.low, l.high
	if !math.IsInf(first, 0) {
		first = l.Round(l.to(first))
	}
	if !math.IsInf(last, 0) {
		last = l.Round(l.to(last))
	}
	return first, last
}

// clock has the hours of a day as angles.
type clock struct{ lattice }

func (c clock) Round(y float64) float64 {
	k := c.clamp(y)
	return c.to(k - 24*math.Floor(k/24))
}

var inf = math.Inf(1)

// The grids of the tests: whole numbers, those from 0 to 6 in units of a half, and logarithms
// of 1 to 40, whose cells are of all widths.
var (
	open    = lattice{-inf, inf, 1, same, same}
	bounded = lattice{0, 6, 1, func(v float64) float64 { return (v - 3) / 2 }, func(y float64) float64 { return 2*y + 3 }}
	hours   = clock{lattice{-inf, inf, 1, func(v float64) float64 { return v * math.Pi / 12 }, func(y float64) float64 { return y * 12 / math.Pi }}}
	curved  = lattice{1, 40, 1, math.Log, math.Exp}
)

// kinds are the variables that families are tried with, with the name of a family where several
// take them.
var kinds = []struct {
	name     string
	variable models.Variable
	numbers  bool
}{
	{"bits", models.Variable{Support: models.Bits()}, false},
	{"levels", models.Variable{Support: models.Categories(5)}, false},
	{"many levels", models.Variable{Support: models.Categories(70)}, false},
	{"angles", models.Variable{Support: models.Circle(2 * math.Pi)}, false},
	{"hours", models.Variable{Support: models.Circle(2 * math.Pi), Grid: hours}, false},
	{"reals", models.Variable{Support: models.Reals()}, true},
	{"whole numbers", models.Variable{Support: models.GridCells(), Grid: open}, true},
	{"bounded whole numbers", models.Variable{Support: models.GridCells(), Grid: bounded}, true},
	{"logarithms of whole numbers", models.Variable{Support: models.GridCells(), Grid: curved}, true},
}

// subject is a family with a variable that it takes.
type subject struct {
	Family
	of   models.Variable
	name string
	// plain is the first of two ways.
	plain bool
}

// each calls f for every family with every kind of variable that it takes, in a mixed model and
// in one other way: with states, or as the family of all variables of a model.
func each(t *testing.T, f func(t *testing.T, s subject)) {
	components := 3
	for _, known := range families {
		for i, kind := range kinds {
			if is := kind.variable.Support.Kind; is != known.of && !(is == models.GridValues && known.of == models.RealValues) {
				continue
			}
			for k, with := range []struct {
				name      string
				mixed     bool
				states    int
				hole      bool
				scale     string
				narrowest float64
			}{
				{"mixed", true, 0, false, "soft_clip", 0},
				{"a hole", true, 1, true, "softplus", 0.01},
				{"a hole and two atoms", true, 3, true, "soft_clip", 0},
				{"named", false, 0, false, "soft_clip", 0},
			} {
				name := known.name
				if known.byKind {
					name = "gaussian"
				}
				if k > 0 && k != 1+i%3 || known.byKind && !with.mixed {
					continue
				}
				v := kind.variable
				v.States, v.Hole = with.states, with.hole
				family, err := For(v, Fields{Family: &name, Components: &components, Scale: &with.scale, Narrowest: &with.narrowest, Mixed: with.mixed})
				if err != nil {
					t.Fatal(err)
				}
				all := strings.Join([]string{known.name, kind.name, with.name}, ", ")
				t.Run(all, func(t *testing.T) { f(t, subject{family, v, all, k == 0 && !known.byKind}) })
			}
		}
	}
}

// eachOn is each on a backend: where most of a test is compiling, in one way.
func eachOn(t *testing.T, b *backend.Backend, f func(t *testing.T, s subject)) {
	each(t, func(t *testing.T, s subject) {
		if b.Kind == backend.KindGo || !s.plain {
			f(t, s)
		}
	})
}

// outputs are those of a network for n variables, row-major [n, P].
func (s subject) outputs(n int) []float32 {
	rng := rand.New(rand.NewPCG(7, 7))
	o := make([]float32, n*s.Outputs())
	for i := range o {
		o[i] = float32(rng.NormFloat64())
	}
	return o
}

func (s subject) conditional(o []float32, i int) models.Conditional {
	return s.Conditional(s.of, o[i*s.Outputs():(i+1)*s.Outputs()])
}

func (s subject) noise(rng *rand.Rand) []float32 {
	var noise []float32
	for _, draw := range s.Noise() {
		noise = append(noise, draw(rng))
	}
	return noise
}

// discrete reports whether all outcomes have probabilities.
func (s subject) discrete() bool { return s.of.Discrete() }

// outcomes are the states and, of a distribution with discrete values, all of them, or of
// infinitely many those within the quantiles at 1e-9 and 1 − 1e-9.
func (s subject) outcomes(c models.Conditional) (all []float64) {
	for k := range s.of.States {
		all = append(all, code(k))
	}
	switch {
	case !s.discrete():
	case s.of.Grid == nil:
		for k := range s.of.Support.Size() {
			all = append(all, float64(k))
		}
	default:
		values := s.values(c)
		last := values.Quantile(1)
		if math.IsInf(last, 0) {
			last = values.Quantile(1 - 1e-9)
		}
		first := values.Quantile(0)
		if math.IsInf(first, 0) {
			first = values.Quantile(1e-9)
		}
		for x := first; x <= last; {
			all = append(all, x)
			_, high := s.of.Grid.Cell(x)
			if math.IsInf(high, 0) {
				break
			}
			next := s.of.Grid.Round(high + s.of.Grid.Width(x)/100)
			if next <= x { // around a circle
				break
			}
			x = next
		}
	}
	return all
}

// values is the distribution of values alone.
func (s subject) values(c models.Conditional) models.Conditional {
	if with, ok := c.(statesAt); ok {
		return with.Conditional
	}
	return c
}

// mass is the integral of a density over intervals in which it is about constant, by its quantiles.
func mass(c models.Conditional) (sum float64) {
	at := c.Quantile(1e-9)
	for logit := -20.0; logit < 20; logit += 0.125 {
		to := c.Quantile(1 / (1 + math.Exp(-logit-0.125)))
		sum += quad.Fixed(func(x float64) float64 { return math.Exp(c.LogProb(x)) }, at, to, 10, nil, 0)
		at = to
	}
	return sum
}

// isState reports whether x is the code of one.
func isState(x float64) bool { return models.StateOf(float32(x)) >= 0 }

// A graph has so many values, in rows of so many variables.
const graphRows, graphDim = 64, 3

// compiled is a subject in a graph.
type compiled struct {
	exec      *Exec
	embedding [][]float32
}

// compilations are those that the tests share.
var compilations = map[string]compiled{}

func (s subject) compile(t *testing.T, b *backend.Backend) compiled {
	t.Helper()
	key := b.Kind + s.name
	if c, ok := compilations[key]; ok {
		return c
	}
	specs := s.Specs(graphDim)
	exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
		v := Values{X: args[0], Variables: slices.Repeat([]models.Variable{s.of}, graphDim)}
		if s.of.Grid != nil {
			v.Width = args[1]
		}
		y := s.LogProb(v, args[2])
		return []*Node{y, Gradient(ReduceAllSum(y), args[2])[0], s.Encode(models.Bind(specs, args[3:]), args[0])}
	})
	if err != nil {
		t.Fatal(err)
	}
	c := compiled{exec: exec}
	for _, spec := range specs {
		c.embedding = append(c.embedding, spec.Init(rand.New(rand.NewPCG(1, 1)), spec.Shape))
	}
	compilations[key] = c
	return c
}

// point is what a graph says of one value: ln p, its gradient by the outputs, and its units.
type point struct {
	logp            float64
	gradient, units []float32
}

// inGraph evaluates values with P outputs each, o [len(x), P]. The host's units of a value are
// compared with those of the graph.
func (s subject) inGraph(t *testing.T, b *backend.Backend, x, o []float32) []point {
	t.Helper()
	c, p := s.compile(t, b), s.Outputs()
	const size = graphRows * graphDim
	values, widths, outputs := make([]float32, size), slices.Repeat([]float32{1}, size), make([]float32, size*p)
	for i, v := range x {
		values[i] = v
		if s.of.Grid != nil && !isState(float64(v)) && !models.IsNotKnown(v) {
			widths[i] = float32(s.of.Grid.Width(float64(v)))
		}
		for k := range p {
			outputs[i/graphDim*p*graphDim+k*graphDim+i%graphDim] = o[i*p+k]
		}
	}
	matrix := func(flat []float32) any {
		return tensors.FromFlatDataAndDimensions(flat, graphRows, len(flat)/graphRows)
	}
	args := []any{matrix(values), matrix(widths), matrix(outputs)}
	for i, spec := range s.Specs(graphDim) {
		args = append(args, tensors.FromFlatDataAndDimensions(c.embedding[i], spec.Shape...))
	}
	out := backendtest.Call[float32](t, c.exec, args...)
	own := func(all []float32, i int) (own []float32) {
		width := len(all) / graphRows
		for k := i % graphDim; k < width; k += graphDim {
			own = append(own, all[i/graphDim*width+k])
		}
		return own
	}
	points := make([]point, len(x))
	for i := range points {
		points[i] = point{float64(out[0][i]), own(out[1], i), own(out[2], i)}
	}
	return points
}
