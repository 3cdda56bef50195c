package output

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

func TestMain(m *testing.M) {
	backend.ProbeMain()
	os.Exit(m.Run())
}

// each calls f for every family of the list, with every scale.
func each(t *testing.T, f func(t *testing.T, family Family)) {
	components := 3
	for _, known := range families {
		for _, scale := range []string{"soft_clip", "softplus"} {
			family, err := Fields{Family: &known.name, Components: &components, Scale: &scale}.New()
			if err != nil {
				t.Fatal(err)
			}
			t.Run(known.name+", "+scale, func(t *testing.T) { f(t, family) })
		}
	}
}

// drawn are outputs of a network for n variables, row-major [n, P].
func drawn(family Family, n int) []float32 {
	rng := rand.New(rand.NewPCG(7, 7))
	o := make([]float32, n*family.Outputs())
	for i := range o {
		o[i] = float32(rng.NormFloat64())
	}
	return o
}

func conditional(family Family, o []float32, i int) (c interface {
	LogProb(float64) float64
	CDF(float64) float64
	Quantile(float64) float64
	Draw([]float32) float64
	Residual(float64, []float32) (float64, bool)
}) {
	return family.Conditional(models.Variable{}, o[i*family.Outputs():(i+1)*family.Outputs()])
}

func noiseOf(family Family, rng *rand.Rand) []float32 {
	var noise []float32
	for _, draw := range family.Noise() {
		noise = append(noise, draw(rng))
	}
	return noise
}

// The graph and the host have the same ln p, of values that the family draws.
func TestLogProbIsThatOfTheConditional(t *testing.T) {
	const n = 31
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		each(t, func(t *testing.T, family Family) {
			o, rng := drawn(family, n), rand.New(rand.NewPCG(1, 1))
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(conditional(family, o, i).Draw(noiseOf(family, rng)))
			}
			exec, err := NewExec(b.Compute, func(args []*Node) []*Node { return []*Node{family.LogProb(Values{X: args[0]}, args[1])} })
			if err != nil {
				t.Fatal(err)
			}
			defer exec.Finalize()
			out, err := exec.Call(tensors.FromFlatDataAndDimensions(x, n, 1), tensors.FromFlatDataAndDimensions(o, n, family.Outputs()))
			if err != nil {
				t.Fatal(err)
			}
			defer out[0].MustFinalizeAll()
			for i, got := range tensors.MustCopyFlatData[float32](out[0]) {
				if want := conditional(family, o, i).LogProb(float64(x[i])); math.Abs(float64(got)-want) > 1e-4*math.Max(1, math.Abs(want)) {
					t.Errorf("ln p(%v) is %v in the graph, %v on the host", x[i], got, want)
				}
			}
		})
	})
}

// The distribution function rises from 0 to 1, by the probabilities of its values or
// as the integral of the density, and the quantile is its inverse.
func TestCDFIsThatOfTheDensity(t *testing.T) {
	const n, step = 11, 1e-3
	each(t, func(t *testing.T, family Family) {
		o := drawn(family, n)
		for i := range n {
			c := conditional(family, o, i)
			if family.Support().Discrete() {
				sum := 0.0
				for v := range family.Support().Size() {
					x := family.Support().Low + float64(v)
					before := sum
					sum += math.Exp(c.LogProb(x))
					if math.Abs(c.CDF(x)-sum) > 1e-9 || c.Quantile((before+sum)/2) != x {
						t.Errorf("at %v the distribution function is %v, want %v", x, c.CDF(x), sum)
					}
				}
				if math.Abs(sum-1) > 1e-9 {
					t.Errorf("the probabilities sum to %v", sum)
				}
				continue
			}
			for _, p := range []float64{0.01, 0.3, 0.5, 0.99} {
				x := c.Quantile(p)
				if math.Abs(c.CDF(x)-p) > 1e-6 {
					t.Errorf("the quantile at %v is %v, where the distribution function is %v", p, x, c.CDF(x))
				}
				h := step * (c.Quantile(0.9) - c.Quantile(0.1))
				slope := (c.CDF(x+h) - c.CDF(x-h)) / (2 * h)
				if density := math.Exp(c.LogProb(x)); math.Abs(slope-density) > 0.01*density {
					t.Errorf("at %v the distribution function rises by %v, the density is %v", x, slope, density)
				}
			}
		}
		for _, p := range []float64{-0.1, 1.1, math.NaN()} {
			if q := conditional(family, o, 0).Quantile(p); !math.IsNaN(q) {
				t.Errorf("the quantile at %v is %v", p, q)
			}
		}
	})
}

// What is drawn is distributed by the conditional, and is what the noise gives; another
// value is not.
func TestDrawFollowsTheConditional(t *testing.T) {
	const n = 20_000
	each(t, func(t *testing.T, family Family) {
		o, rng := drawn(family, 1), rand.New(rand.NewPCG(3, 3))
		c := conditional(family, o, 0)
		middle := c.Quantile(0.5)
		below, wrong := 0, 0
		for range n {
			noise := noiseOf(family, rng)
			x := float64(family.Draw(models.Variable{}, o, noise))
			if x != float64(float32(c.Draw(noise))) || family.Support().Check(x) != nil {
				t.Fatalf("drawn %v and %v", x, c.Draw(noise))
			}
			if off, _ := c.Residual(x, noise); off > 1e-3 {
				t.Fatalf("%v is %v off what its noise gives", x, off)
			}
			if off, sure := c.Residual(1-x, noise); sure && off > 1e-3 {
				wrong++
			}
			if x <= middle {
				below++
			}
		}
		want := c.CDF(middle)
		if share := float64(below) / n; math.Abs(share-want) > 4*math.Sqrt(0.25/n) {
			t.Errorf("%v of the values are at most %v, want %v", share, middle, want)
		}
		if wrong < n*9/10 {
			t.Errorf("only %d of %d wrong values are noticed", wrong, n)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	for _, name := range []string{"student", "Gaussian"} {
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
