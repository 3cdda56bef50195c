package maskflow_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/vae"
	"github.com/maskflow/maskflow/train"
)

// decoderWidth is that of the hidden layer of the decoder of a tiny VAE.
const decoderWidth = 3

// tinyVAE is a VAE small enough to integrate over its latent variables. With two
// of them its posterior is an IAF.
func tinyVAE(dim, latent int) *vae.Model {
	o := vae.Options{Dim: dim, Latent: latent, Encoder: []int{5}, Decoder: []int{decoderWidth}, Activation: "tanh", Posterior: "diagonal"}
	if latent > 1 {
		o.Posterior, o.ContextDim, o.Flow = "iaf", 3, iaf.Options(stackOf(latent, 3, 1))
	}
	return must.M1(vae.New(o))
}

// marginals are p(x) = ∫ p(x | z) N(z; 0, I) dz of all rows x of dim bits, by the
// sum over a grid, which for such functions is as good as exact.
func marginals(v *vae.Model, w models.Weights) []float64 {
	const step, reach = 0.1, 60
	dim, latent := v.Dim(), v.NoiseDim()
	get := w.Named(v)
	w0, b0, w1, b1 := get("decoder.dense0.weights"), get("decoder.dense0.bias"), get("decoder.dense1.weights"), get("decoder.dense1.bias")
	x := states(dim)
	p := make([]float64, 1<<dim)
	points := 1
	for range latent {
		points *= 2*reach + 1
	}
	for at := range points {
		density, rest := 1.0, at
		hidden := make([]float64, decoderWidth)
		for l := range latent {
			z := step * float64(rest%(2*reach+1)-reach)
			rest /= 2*reach + 1
			density *= step * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
			for h := range hidden {
				hidden[h] += z * float64(w0[l*decoderWidth+h])
			}
		}
		one := make([]float64, dim) // p(x_d = 1 | z)
		for d := range one {
			logit := float64(b1[d])
			for h, v := range hidden {
				logit += math.Tanh(v+float64(b0[h])) * float64(w1[h*dim+d])
			}
			one[d] = 1 / (1 + math.Exp(-logit))
		}
		for s := range p {
			q := density
			for d, v := range one {
				if x[s*dim+d] == 0 {
					v = 1 - v
				}
				q *= v
			}
			p[s] += q
		}
	}
	return p
}

// The bound with K draws is no better than the likelihood by quadrature, comes
// closer to it the larger K is, and is never worse than the mean of the bounds
// of single draws, the ELBO.
func TestTheBoundOfAVAEComesToItsLikelihood(t *testing.T) {
	if raceDetector {
		t.Skip("many numbers, of the same threads as fewer ones, which the race detector makes ten times as long")
	}
	const dim, copies = 3, 40
	for _, latent := range []int{1, 2} {
		v := tinyVAE(dim, latent)
		w := modeltest.Strong(v, 5)
		// A posterior too narrow would take more draws than a test has.
		for i, s := range v.Specs() {
			if s.Name == "encoder.dense1.weights" || strings.HasPrefix(s.Name, "posterior.") {
				for k := range w[i] {
					w[i][k] /= 6
				}
			}
		}
		copy(w.Named(v)("encoder.dense1.bias")[latent:], []float32{0.9, 0.9}[:latent])
		p := marginals(v, w)
		total, exact := 0.0, 0.0
		s := &data.Prepared{Name: "states", Dim: dim}
		for range copies {
			s.X, s.Rows = append(s.X, states(dim)...), s.Rows+1<<dim
		}
		for _, q := range p {
			total += q
			exact -= math.Log(q) / float64(len(p))
		}
		if !near(total, 1, 1e-6) {
			t.Fatalf("the probabilities by quadrature sum to %v", total)
		}
		backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
			m := newModel(t, b, v, w, maskflow.Options{Batch: s.Rows})
			last := math.Inf(1)
			for _, k := range []int{1, 4, 16, 64, 512} {
				e := evaluate(t, m, s, maskflow.EvalOptions{Samples: k})
				if e.Samples != k || e.Orders != 1 || e.PerOrder != nil || e.NLL > e.NegELBO+1e-12 || k == 1 && !near(e.NLL, e.NegELBO, 1e-12) || e.NegELBO2SE <= 0 {
					t.Errorf("%d draws: %+v", k, e)
				}
				if e.NLL >= last || e.NLL < exact-e.NLL2SE {
					t.Errorf("%d latent variables, %d draws: the bound is %v ± %v, with fewer it was %v, exact is %v", latent, k, e.NLL, e.NLL2SE, last, exact)
				}
				last = e.NLL
			}
			if math.Abs(last-exact) > 0.01 {
				t.Errorf("%d latent variables: with many draws the bound is %v, exact is %v", latent, last, exact)
			}
			logp, err := newModel(t, b, v, w, maskflow.Options{Samples: 2000}).Core.LogProb(t.Context(), states(dim), nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range logp {
				if math.Abs(l-math.Log(p[i])) > 0.1 {
					t.Errorf("%d latent variables: state %d has %v, exact is %v", latent, i, l, math.Log(p[i]))
				}
			}
		})
	}
}

// gaussianTarget is the unnormalised density exp(−½·Σ ((x − a)/s)²).
func gaussianTarget(logZ float64, mean, deviation []float64) iaf.Target {
	return iaf.Target{Name: "gaussian", Dim: len(mean), LogZ: logZ, LogDensity: func(_ models.Params, x *Node) *Node {
		var sum *Node
		for d := range mean {
			u := MulScalar(AddScalar(Slice(x, AxisRange(), AxisRange(d, d+1)), -mean[d]), 1/deviation[d])
			if sq := Square(u); sum == nil {
				sum = sq
			} else {
				sum = Add(sum, sq)
			}
		}
		return MulScalar(Reshape(sum, -1), -0.5)
	}}
}

// The divergence from N(0, I) to N(a, s²) is Σ ln s + (1 + a²)/2s² − ½; from the
// target itself it is 0, whatever the draws. Without a normaliser there is none.
func TestDivergenceFromAGaussian(t *testing.T) {
	mean, deviation := []float64{0.5, -1}, []float64{1.5, 2}
	logZ, want := 0.0, 0.0
	for d, s := range deviation {
		logZ += math.Log(s) + math.Log(2*math.Pi)/2
		want += math.Log(s) + (1+square(mean[d]))/(2*s*s) - 0.5
	}
	points := &data.Prepared{Name: "points", Rows: 40_000}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		q := must.M1(iaf.New(iaf.Options(stackOf(2, 0, 1))))
		v := must.M1(iaf.NewVariational(q, gaussianTarget(logZ, mean, deviation), iaf.VariationalOptions{}))
		w := models.Initialize(v, 1)
		o := maskflow.Options{Batch: 10_000}
		e := evaluate(t, newModel(t, b, v, w, o), points, maskflow.EvalOptions{})
		if e.KL == nil || math.Abs(*e.KL-want) > 2.5*e.NegELBO2SE || e.NegELBO2SE > 0.02 || e.Samples != 1 || e.Rows != points.Rows || e.Dim != 2 {
			t.Errorf("%+v, want the divergence %v", e, want)
		}
		// From noise to data a layer is x = (z − m)·eˢ.
		set(v, w, "layer0.output.bias", float32(-mean[0]/deviation[0]), float32(-mean[1]/deviation[1]), logScale(deviation[0]), logScale(deviation[1]))
		e = evaluate(t, newModel(t, b, v, w, o), points, maskflow.EvalOptions{})
		if e.KL == nil || math.Abs(*e.KL) > 1e-5 || e.NegELBO2SE > 1e-6 {
			t.Errorf("%+v of the target itself, want no divergence", e)
		}
		unknown := must.M1(iaf.NewVariational(q, gaussianTarget(math.NaN(), mean, deviation), iaf.VariationalOptions{}))
		if e := evaluate(t, newModel(t, b, unknown, w, o), points, maskflow.EvalOptions{}); e.KL != nil {
			t.Errorf("a divergence %v from what has no known normaliser", *e.KL)
		}
	})
}

// logScale is the output that the soft clip makes the scale of:
// ln scale = a/(1 + |a|/ln 1000).
func logScale(scale float64) float32 {
	s := math.Log(scale)
	return float32(s / (1 - math.Abs(s)/math.Log(1000)))
}

// Fitted to a Gaussian, an IAF becomes it.
func TestAFlowThatIsFittedToAGaussian(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	mean, deviation := []float64{0.5, -1}, []float64{1.5, 0.5}
	q := must.M1(iaf.New(iaf.Options(stackOf(2, 0, 1))))
	v := must.M1(iaf.NewVariational(q, gaussianTarget(math.Log(0.75*2*math.Pi), mean, deviation), iaf.VariationalOptions{StickTheLanding: true}))
	points := &data.Prepared{Name: "points", Rows: 2000}
	m, err := train.Fit(t.Context(), b, v, &data.Splits{Train: points, Valid: points, Dim: 2}, train.Options{Batch: 50, MaxSteps: 600,
		LookAhead: -1, Optimizer: &train.Adam{LearningRate: 0.02}, Anneal: train.AnnealOptions{From: 0.1, Steps: 50}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if e := evaluate(t, m.Model, points, maskflow.EvalOptions{}); e.KL == nil || math.Abs(*e.KL) > 0.005 {
		t.Errorf("%+v, want next to no divergence", e)
	}
}
