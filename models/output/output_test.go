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
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

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
	components, bins := 3, 5
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
				family, err := For(v, Fields{Family: &name, Components: &components, Bins: &bins, Scale: &with.scale, Narrowest: &with.narrowest, Mixed: with.mixed})
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

// Probabilities of all outcomes sum to one, with the integral of a density.
func TestSumsToOne(t *testing.T) {
	const n = 7
	each(t, func(t *testing.T, s subject) {
		o := s.outputs(n)
		for i := range n {
			c := s.conditional(o, i)
			sum := 0.0
			for _, x := range s.outcomes(c) {
				sum += math.Exp(c.LogProb(x))
			}
			if !s.discrete() {
				share := 1.0
				if with, ok := c.(statesAt); ok {
					_, share = with.before()
				}
				sum += share * mass(s.values(c))
			}
			if math.Abs(sum-1) > 1e-4 {
				t.Errorf("the outcomes have %v in all", sum)
			}
		}
	})
}

// The distribution function rises by the probability of each outcome, or as fast as the
// density, and the quantile is its inverse.
func TestQuantileIsTheInverseOfTheCDF(t *testing.T) {
	const n, h = 7, 1e-4
	each(t, func(t *testing.T, s subject) {
		o, rng := s.outputs(n), rand.New(rand.NewPCG(2, 2))
		for i := range n {
			c := s.conditional(o, i)
			outcomes := s.outcomes(c)
			before := 0.0
			for k, x := range outcomes {
				if k == s.of.States {
					before = c.CDF(x) - math.Exp(c.LogProb(x)) // of a grid what lies below is not listed
				}
				if got, want := c.CDF(x), before+math.Exp(c.LogProb(x)); math.Abs(got-want) > 1e-9 {
					t.Fatalf("up to %v are %v, want %v", x, got, want)
				}
				if q := c.Quantile(c.CDF(x)); q != x && math.Exp(c.LogProb(x)) > 1e-12 {
					t.Fatalf("the quantile at that of %v is %v", x, q)
				}
				before = c.CDF(x)
			}
			for range 200 {
				u := rng.Float64()
				x := c.Quantile(u)
				if discrete := s.discrete() || isState(x); discrete && c.CDF(x) < u || !discrete && math.Abs(c.CDF(x)-u) > 1e-5 {
					t.Fatalf("the quantile at %v is %v, up to which there are %v", u, x, c.CDF(x))
				}
				if s.discrete() || isState(x) {
					continue
				}
				slope := (c.CDF(x+h) - c.CDF(x-h)) / (2 * h)
				if density := math.Exp(c.LogProb(x)); math.Abs(slope-density) > 1e-3*(1+density) && x > h && x < 6.28 {
					t.Errorf("at %v the distribution function rises by %v, the density is %v", x, slope, density)
				}
			}
		}
		for _, p := range []float64{-0.1, 1.1, math.NaN()} {
			if q := s.conditional(o, 0).Quantile(p); !math.IsNaN(q) {
				t.Errorf("the quantile at %v is %v", p, q)
			}
		}
	})
}

// The randomised transforms F(x) − v·P(x) of draws are uniform, draws are outcomes, and what
// the noise gives; other values are not.
func TestDrawsFollowTheConditional(t *testing.T) {
	const n = 10_000
	each(t, func(t *testing.T, s subject) {
		o, rng := s.outputs(1), rand.New(rand.NewPCG(3, 4))
		c := s.conditional(o, 0)
		pit, wrong, sure := make([]float64, n), 0, 0
		for i := range pit {
			noise := s.noise(rng)
			x := float64(float32(c.Draw(noise)))
			if err := s.of.Check(float32(x)); err != nil {
				t.Fatal(err)
			}
			if off, _ := c.Residual(x, noise); !(off < 1e-3) {
				t.Fatalf("%v is %v off what its noise gives", x, off)
			}
			other := float64(float32(c.Draw(s.noise(rng))))
			if off, known := c.Residual(other, noise); known && other != x {
				sure++
				if off > 1e-3 {
					wrong++
				}
			}
			pit[i] = c.CDF(x)
			if s.discrete() || isState(x) {
				pit[i] -= rng.Float64() * math.Exp(c.LogProb(x))
			}
		}
		if wrong < sure*9/10 {
			t.Errorf("only %d of %d wrong values are noticed", wrong, sure)
		}
		if distance, p := num.KS(pit); p < 1e-3 {
			t.Errorf("the Kolmogorov–Smirnov distance is %.4f", distance)
		}
	})
}

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

// Graph and host have the same ln p and the same units of the network, of outcomes and of what
// is not known; the gradient in the graph is the slope on the host.
func TestGraphIsTheHost(t *testing.T) {
	const n, h = 15, 1.0 / 1024
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		eachOn(t, b, func(t *testing.T, s subject) {
			rng, o := rand.New(rand.NewPCG(1, 1)), s.outputs(n)
			at := func(i int) []float32 { return o[i*s.Outputs() : (i+1)*s.Outputs()] }
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(s.conditional(o, i).Draw(s.noise(rng)))
			}
			x[4] = models.NotKnown
			if s.of.States > 0 {
				x[5] = models.StateCode(s.of.States - 1)
			}
			points := s.inGraph(t, b, x, o)
			get := func(name string) []float32 {
				return s.compile(t, b).embedding[slices.IndexFunc(s.Specs(graphDim), func(spec models.Spec) bool { return spec.Name == name })]
			}
			for i, v := range x {
				units := slices.Repeat([]float32{5}, s.Units())
				s.Encoder(get, i%graphDim, graphDim)(units, v)
				for k, unit := range points[i].units {
					if math.Abs(float64(unit-units[k])) > 1e-6 || models.IsNotKnown(v) && unit != 0 {
						t.Errorf("unit %d of %v is %v in the graph, %v on the host", k, v, unit, units[k])
					}
				}
				logp := func(o []float32) float64 {
					if models.IsNotKnown(v) {
						return 0
					}
					return s.Conditional(s.of, o).LogProb(float64(v))
				}
				if got, want := points[i].logp, logp(at(i)); math.Abs(got-want) > 1e-4*math.Max(1, math.Abs(want)) {
					t.Errorf("ln p(%v) is %v in the graph, %v on the host", v, got, want)
				}
				for k, got := range points[i].gradient {
					slope := func(h float32) float64 {
						up, down := slices.Clone(at(i)), slices.Clone(at(i))
						up[k] += h
						down[k] -= h
						return (logp(up) - logp(down)) / float64(up[k]-down[k])
					}
					// Richardson's difference, without the error in h².
					if want := (4*slope(h/2) - slope(h)) / 3; math.Abs(float64(got)-want) > 2e-3*math.Max(1, math.Abs(want)) {
						t.Errorf("the gradient of ln p(%v) by output %d is %v, want %v", v, k, got, want)
					}
				}
			}
		})
	})
}

// Outputs of ±50 and values far out have a finite ln p and finite gradients.
func TestExtremesAreFinite(t *testing.T) {
	const n = graphRows * graphDim
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		eachOn(t, b, func(t *testing.T, s subject) {
			rng := rand.New(rand.NewPCG(4, 4))
			x, o := make([]float32, n), make([]float32, n*s.Outputs())
			for i := range o {
				o[i] = float32(100*rng.IntN(2) - 50)
			}
			for i := range x {
				far := []float64{0, 1, -300, 1e4, 25}[i%5]
				switch {
				case s.of.Grid != nil:
					far = s.of.Grid.Round(math.Min(far, 14))
				case s.of.Support.Kind == models.CircleValues:
					far = math.Mod(math.Abs(far), 2*math.Pi)
				case s.discrete():
					far = float64(i % s.of.Support.Size())
				}
				x[i] = float32(far)
				if i%7 < s.of.States {
					x[i] = models.StateCode(i % 7)
				}
			}
			for i, p := range s.inGraph(t, b, x, o) {
				if !num.Finite(p.logp) {
					t.Fatalf("ln p(%v) is %v", x[i], p.logp)
				}
				if err := models.CheckFinite("the gradient", "", p.gradient, s.Outputs()); err != nil {
					t.Fatalf("of %v: %v", x[i], err)
				}
			}
		})
	})
}

// The density around a circle has no seam, and is right for narrow components at the seam and
// for wide ones: the closed form of a wrapped normal is a Fourier series.
func TestCircleHasNoSeam(t *testing.T) {
	name := "gaussian"
	components := 1
	v := models.Variable{Support: models.Circle(2 * math.Pi)}
	family, err := For(v, Fields{Family: &name, Components: &components, Mixed: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range [][]float32{{0, 0, 0}, {3, 2, 20}, {0, 0.5, -3}, {0, 1, -1e4}, {0, -0.7, 1}} {
		c := family.Conditional(v, o)
		if beyond := c.LogProb(2*math.Pi + 1); !math.IsInf(beyond, -1) {
			t.Errorf("ln p beyond the circle is %v", beyond)
		}
		p := c.Parameters()
		mean, sd := p[1].Value, p[2].Value
		backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
			x := []float32{0, float32(2 * math.Pi), 1, 3, float32(mean)}
			points := subject{Family: family, of: v, name: "one wrapped"}.inGraph(t, b, x, slices.Repeat(o, len(x)))
			if first, last := points[0].logp, points[1].logp; math.Abs(first-last) > 1e-3*math.Max(1, math.Abs(first)) {
				t.Errorf("sd %v: ln p is %v at 0 and %v after a turn", sd, first, last)
			}
			for i, at := range x {
				density := 1.0
				for k := 1.0; k < 400; k++ {
					density += 2 * math.Exp(-k*k*sd*sd/2) * math.Cos(k*(float64(at)-mean))
				}
				if want := math.Log(density / (2 * math.Pi)); density > 1e-6 && sd > 0.1 && math.Abs(points[i].logp-want) > 1e-4 {
					t.Errorf("sd %v: ln p(%v) is %v, want %v", sd, at, points[i].logp, want)
				}
			}
		})
	}
}

// In graphs the cells of a grid with ends have all of the probability, and narrow ones that of
// the density times their width.
func TestCellsTile(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		eachOn(t, b, func(t *testing.T, s subject) {
			_, last := math.Inf(-1), inf
			if s.of.Grid != nil {
				_, last = s.of.Grid.Ends()
			}
			if math.IsInf(last, 0) {
				return
			}
			o := s.outputs(1)
			x := num.Convert[float32](s.outcomes(s.conditional(o, 0)))
			sum := 0.0
			for _, p := range s.inGraph(t, b, x, slices.Repeat(o, len(x))) {
				sum += math.Exp(p.logp)
			}
			if math.Abs(sum-1) > 2e-6 {
				t.Errorf("the cells have %v in all", sum)
			}
		})
	})
}

// ln P of narrow cells is ln p + ln w, whatever the family, in the middle and far out.
func TestNarrowCellsHaveTheDensity(t *testing.T) {
	const step = 1e-6
	fine := models.Variable{Support: models.GridCells(), Grid: lattice{-inf, inf, step, same, same}}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		eachOn(t, b, func(t *testing.T, s subject) {
			if s.of.Support.Kind != models.RealValues {
				return
			}
			x := []float32{-40, -3, -0.01, 0, 0.5, 2, 17}
			o := slices.Repeat(s.outputs(1), len(x))
			density := s.inGraph(t, b, x, o)
			of := subject{Family: s.Family, of: fine, name: s.name + ", fine"}
			of.of.States = s.of.States
			for i, cell := range of.inGraph(t, b, x, o) {
				if got, want := cell.logp, density[i].logp+math.Log(step); math.Abs(got-want) > 3e-5*math.Abs(want) {
					t.Errorf("ln P(%v) is %v, want %v", x[i], got, want)
				}
				for k, got := range cell.gradient {
					if want := density[i].gradient[k]; math.Abs(float64(got-want)) > 1e-3*math.Max(1, math.Abs(float64(want))) {
						t.Errorf("gradient %d of ln P(%v) is %v, of the density %v", k, x[i], got, want)
					}
				}
			}
		})
	})
}

// No component is narrower than is asked for, and outputs that make it narrow keep a gradient.
func TestNarrowest(t *testing.T) {
	name, least := "gaussian", 0.01
	v := models.Variable{Support: models.Reals()}
	family, err := For(v, Fields{Family: &name, Narrowest: &least})
	if err != nil {
		t.Fatal(err)
	}
	sd := func(scale float32) float64 { return family.Conditional(v, []float32{0, scale}).Parameters()[1].Value }
	if narrow := sd(50); narrow < least || narrow > 1.3*least {
		t.Errorf("the standard deviation is %v, want a little more than %v", narrow, least)
	}
	if slope := math.Log(sd(5) / sd(6)); slope < 0.02 {
		t.Errorf("the standard deviation goes by only %v", slope)
	}
}

// Variables of one kind and the same options have equal families, by which they are grouped.
func TestFamiliesAreComparable(t *testing.T) {
	var all []Family
	each(t, func(_ *testing.T, s subject) { all = append(all, s.Family) })
	var again []Family
	each(t, func(_ *testing.T, s subject) { again = append(again, s.Family) })
	groups := map[Family]bool{}
	for i, family := range all {
		if family != again[i] {
			t.Errorf("family %d is not equal to itself", i)
		}
		groups[family] = true
	}
	if len(groups) < 20 {
		t.Errorf("only %d families differ", len(groups))
	}
}

func TestNewRefuses(t *testing.T) {
	for _, name := range []string{"student", "Gaussian", "wrapped"} {
		if _, err := (Fields{Family: &name}).New(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	name, scale, components, bins := "mog", "square", -1, 1
	if _, err := (Fields{Family: &name, Scale: &scale}).New(); err == nil {
		t.Error("an unknown scale is taken")
	}
	if _, err := (Fields{Family: &name, Components: &components}).New(); err == nil {
		t.Error("-1 components are taken")
	}
	name = "spline"
	if _, err := (Fields{Family: &name, Bins: &bins}).New(); err == nil {
		t.Error("1 bin is taken")
	}
}

// A family that does not take a kind of variable says so in one line, with the output that does.
func TestForRefuses(t *testing.T) {
	for name, v := range map[string]models.Variable{
		"bernoulli": {Support: models.Reals()},
		"gaussian":  {Support: models.Bits()},
		"mog":       {Support: models.Categories(3)},
		"spline":    {Support: models.Circle(2 * math.Pi)},
	} {
		if _, err := For(v, Fields{Family: &name}); err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), "mixed") {
			t.Errorf("%s of %v: the error is %v", name, v.Support, err)
		}
	}
}
