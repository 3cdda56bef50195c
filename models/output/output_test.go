package output

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

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
		if distance, p := num.KS(pit, nil); p < 1e-3 {
			t.Errorf("the Kolmogorov–Smirnov distance is %.4f", distance)
		}
	})
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
	name, scale, components := "mog", "square", -1
	if _, err := (Fields{Family: &name, Scale: &scale}).New(); err == nil {
		t.Error("an unknown scale is taken")
	}
	if _, err := (Fields{Family: &name, Components: &components}).New(); err == nil {
		t.Error("-1 components are taken")
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
