package flow

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// planeSide squared is the number of rows of a flow in the plane.
const (
	planeSide = 100
	planeRows = planeSide * planeSide
)

// plane is a flow of two variables as executables for many rows.
type plane struct {
	row
	flow             *Flow
	density, sampler *Exec
	weights          models.Weights
}

// Every row of the table with two variables is a density: it integrates to one,
// and its samples are as likely as it says. On XLA, for which the table tells of
// single layers all that this follows from, these are the stacks.
func TestPlane(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, r := range table {
			if !slices.Contains(r.dims, 2) || b.Kind != backend.KindGo && (r.alike || len(r.layers(2)) == 1) {
				continue
			}
			t.Run(r.name, func(t *testing.T) {
				p := plane{row: r, flow: r.build(2)}
				p.weights = randomWeights(p.flow, weightsSeed)
				p.density = newExec(t, b, p.graph(func(params models.Params, x, context *Node) (z, logp *Node) {
					z, _ = p.flow.Forward(params, x, context)
					return z, p.flow.LogProb(params, x, context)
				}))
				p.sampler = newExec(t, b, p.graph(p.flow.SampleAndLogProb))
				t.Run("integral", p.checkIntegral)
				t.Run("uniform", p.checkUniform)
				t.Run("samples", p.checkSamples)
			})
		}
	})
}

func (p plane) graph(of func(params models.Params, rows, context *Node) (*Node, *Node)) func([]*Node) []*Node {
	return func(args []*Node) []*Node {
		n := len(p.flow.Specs())
		rows, logp := of(models.Bind(p.flow.Specs(), args[:n]), args[n], contextOf(p.flow, args[len(args)-1]))
		return []*Node{rows, logp}
	}
}

// run returns the noise of rows, or samples of noise, and their log-densities.
func (p plane) run(t *testing.T, exec *Exec, rows, context []float32) (to, logp []float32) {
	t.Helper()
	args := append(arguments(p.flow, p.weights), matrix(rows, 2))
	if width := p.flow.ContextDim(); width > 0 {
		args = append(args, matrix(context, width))
	}
	out := backendtest.Call[float32](t, exec, args...)
	return out[0], out[1]
}

// The density integrates to one over the whole plane, which x = sinh t makes
// small: dx = cosh t dt.
func (p plane) checkIntegral(t *testing.T) {
	const parts, reach = 4, 5.5 // sinh 5.5 = 122
	fine := 2 * planeSide
	one := normals(9, p.flow.ContextDim(), 1)
	at := func(i int) (x, size float64) {
		s := (float64(i) + 0.5) / float64(fine)
		u := reach * (2*s - 1)
		return math.Sinh(u), math.Cosh(u) * 2 * reach / float64(fine)
	}
	sum := 0.0
	for part := range parts {
		x, sizes := make([]float32, 0, 2*planeRows), make([]float64, 0, planeRows)
		for i := part * planeRows; i < (part+1)*planeRows; i++ {
			a, da := at(i / fine)
			b, db := at(i % fine)
			x, sizes = append(x, float32(a), float32(b)), append(sizes, da*db)
		}
		_, logp := p.run(t, p.density, x, slices.Repeat(one, planeRows))
		for i, v := range logp {
			sum += math.Exp(float64(v)) * sizes[i]
		}
	}
	if math.Abs(sum-1) > 1e-3 {
		t.Errorf("the density integrates to %.5f", sum)
	}
}

// draw draws samples on the host, with the contexts and the noise that they are
// made from.
func (p plane) draw(t *testing.T) (x, noise, context []float32) {
	t.Helper()
	context = normals(8, planeRows*p.flow.ContextDim(), 1)
	sampler, err := p.flow.NewSampler(p.weights, nil)
	if err != nil {
		t.Fatal(err)
	}
	noise = make([]float32, planeRows*sampler.NoiseDim())
	sampler.DrawNoise(rand.New(rand.NewPCG(6, 6)), noise)
	x = make([]float32, 2*planeRows)
	if _, err := sampler.Sample(t.Context(), x, noise, context, models.Incremental); err != nil {
		t.Fatal(err)
	}
	return x, noise, context
}

// What the density makes of samples is the noise of its base density: the
// samples of that from the same random numbers, and under a normal distribution
// uniform. Under that hypothesis √n times Kolmogorov and Smirnov's statistic is
// above 1.95 once in a thousand times.
func (p plane) checkUniform(t *testing.T) {
	x, noise, cond := p.draw(t)
	z, _ := p.run(t, p.density, x, cond)
	base, err := p.flow.Base().(models.HostSampler).NewSampler(p.weights[len(p.weights)-len(p.flow.Base().Specs()):], nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.flow.Base().ContextDim() == 0 {
		cond = nil
	}
	want := make([]float32, 2*planeRows)
	if _, err := base.Sample(context.Background(), want, noise, cond, models.Sequential); err != nil {
		t.Fatal(err)
	}
	same(t, "the noise of samples", z, want, 2, 10*p.tolerance())
	if p.base != nil {
		return
	}
	for d := range 2 {
		u := make([]float64, planeRows)
		for i := range u {
			u[i] = 0.5 * math.Erfc(-float64(z[2*i+d])/math.Sqrt2)
		}
		if ks := kolmogorov(u); ks > 1.95/math.Sqrt(planeRows) {
			t.Errorf("Φ(z) of variable %d is not uniform: the statistic is %.4f", d, ks)
		}
	}
}

// kolmogorov is the largest distance of the empirical distribution function of u
// from that of uniform numbers.
func kolmogorov(u []float64) float64 {
	slices.Sort(u)
	n, most := float64(len(u)), 0.0
	for i, v := range u {
		most = max(most, v-float64(i)/n, float64(i+1)/n-v)
	}
	return most
}

// SampleAndLogProb draws what the host draws from the same noise, and says of it
// what LogProb says.
func (p plane) checkSamples(t *testing.T) {
	if p.base != nil {
		return // its noise is not that of the flow
	}
	x, noise, context := p.draw(t)
	sample, got := p.run(t, p.sampler, noise, context)
	same(t, "a sample", sample, x, 2, 10*p.tolerance())
	_, want := p.run(t, p.density, sample, context)
	same(t, "ln p of a sample", got, want, 1, 100*p.tolerance())
}

// The banana of the MAF paper, x₂ ~ N(0, 2²) and x₁ | x₂ ~ N(x₂²/4, 1), is one
// affine layer of the order x₂, x₁. Here its mean x₂²/4 is made by hand, of relu
// units that draw chords of the parabola. The entropy is
// ln 2πe + ln 2 = 3.5310242 nats, the least mean of −ln p that any model can have.
func TestBanana(t *testing.T) {
	const (
		knots, reach = 201, 10
		step         = 2. * reach / (knots - 1)
		entropy      = 3.5310242
	)
	layer := autoregressive(affineOf("exp"), StackOptions{Hidden: []int{knots}, Start: masks.ReversedOrder})(2)
	f := must(New(Normal(2), layer))
	w := models.Initialize(f, 1)
	for _, v := range w {
		clear(v)
	}
	get := w.Named(f)
	parabola, slope := func(x float64) float64 { return x * x / 4 }, 0.0
	for k := range knots {
		from := -reach + step*float64(k)
		get("layer0.hidden0.weights")[knots+k] = 1 // relu(x₂ − from)
		get("layer0.hidden0.bias")[k] = float32(-from)
		next := (parabola(from+step) - parabola(from)) / step
		get("layer0.output.weights")[4*k] = float32(next - slope) // m₁
		slope = next
	}
	copy(get("layer0.output.bias"), []float32{float32(parabola(-reach)), 0, 0, float32(-2 * math.Ln2)}) // σ₂ = 2
	x := normals(3, 2*planeRows, 1)
	want := make([]float32, planeRows)
	for i := range want {
		z1, z2 := float64(x[2*i]), float64(x[2*i+1])
		want[i] = float32(-math.Log(2*math.Pi) - math.Ln2 - (z1*z1+z2*z2)/2)
		x[2*i], x[2*i+1] = float32(z1+parabola(2*z2)), float32(2*z2)
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		got := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
			return []*Node{f.LogProb(p, args[0], nil)}
		}, matrix(x, 2))[0]
		same(t, "ln p of the banana", got, want, 1, 3e-3)
		sum := 0.0
		for _, v := range got {
			sum -= float64(v)
		}
		// −ln p has the variance 1 of half a χ² of two degrees of freedom.
		if mean := sum / planeRows; math.Abs(mean-entropy) > 4/math.Sqrt(planeRows) {
			t.Errorf("the mean of −ln p is %.4f, want the entropy %.4f within four standard errors", mean, entropy)
		}
	})
}
