package vae

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/modeltest"
)

// gate is that of a gated layer whose parameters are zero.
var gate = 1 / (1 + math.Exp(-1.5))

// posteriors are what a VAE can have.
var posteriors = []struct {
	name string
	flow iaf.Options // without layers: diagonal
}{
	{"diagonal", iaf.Options{}},
	{"gated", iaf.Options{Layers: 2, Hidden: []int{7}, Activation: "tanh"}},
	{"affine, reversed start", iaf.Options{Layers: 1, Transform: "affine", Hidden: []int{7}, Activation: "tanh", Start: masks.ReversedOrder}},
}

// small is a VAE with hidden layers.
func small(posterior iaf.Options, o Options) *Model {
	o.Encoder, o.Decoder, o.Activation, o.ContextDim, o.Flow = []int{11}, []int{13}, "tanh", 5, posterior
	if posterior.Layers == 0 {
		o.Posterior, o.ContextDim = "diagonal", 0
	}
	return must.M1(New(o))
}

// The bound is an importance weight: the mean of its exponential is p(x), the
// integral over the one latent variable, and over all x these are one.
func TestBoundComesToTheLikelihood(t *testing.T) {
	const dim, samples = 3, 2000
	x := states(dim)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range posteriors {
			t.Run(c.name, func(t *testing.T) {
				v := small(c.flow, Options{Dim: dim, Latent: 1})
				w := modeltest.RandomWeights(v, 4)
				// A posterior wider than the prior has weights that are bounded.
				last := w.Named(v)("encoder.dense1.bias")
				last[1] += 1
				exact, sum := likelihoods(v, w), 0.0
				for _, p := range exact {
					sum += p
				}
				if !modeltest.Near(sum, 1, 1e-6) {
					t.Fatalf("the exact likelihoods sum to %v", sum)
				}
				rows := len(exact) * samples
				bounds := modeltest.Compile(t, b, v, func(p models.Params, args []*Node) []*Node {
					return []*Node{v.Bound(p, args[0], nil, args[1])}
				}).Run(t, w, modeltest.Matrix(slices.Repeat(x, samples), dim), modeltest.Matrix(modeltest.Normals(7, rows), 1))[0]
				for s, want := range exact {
					var weights []float64
					for r := s; r < rows; r += len(exact) {
						weights = append(weights, math.Exp(float64(bounds[r])))
					}
					got, deviation := modeltest.Moments(weights)
					if !(math.Abs(got-want) <= 5*deviation+1e-5) || deviation > 0.05*want {
						t.Errorf("p(%v) is %.5f ± %.5f, want %.5f", x[dim*s:dim*s+dim], got, deviation, want)
					}
				}
			})
		}
	})
}

// likelihoods are p(x) of all states, by quadrature over one latent variable.
func likelihoods(v *Model, w models.Weights) []float64 {
	const cells, reach = 2000, 8.
	get, x := w.Named(v), states(v.Dim())
	p := make([]float64, 1<<v.Dim())
	for i := range cells {
		z := reach * (2*(float64(i)+0.5)/cells - 1)
		logits := v.decoder.Host(func(name string) []float32 { return get("decoder." + name) }, []float32{float32(z)})
		for s := range p {
			mass := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * 2 * reach / cells
			for d, logit := range wide(logits) {
				mass /= 1 + math.Exp(logit*(1-2*float64(x[s*v.Dim()+d])))
			}
			p[s] += mass
		}
	}
	return p
}

// A new flow only shrinks: with an encoder that says the same, each of its
// layers multiplies z by the gate, and the density grows by as much.
func TestNewFlowPosterior(t *testing.T) {
	const rows, dim, latent, layers = 6, 5, 3, 2
	diagonal, flow := small(iaf.Options{}, Options{Dim: dim, Latent: latent}), small(posteriors[1].flow, Options{Dim: dim, Latent: latent})
	wd, wf := modeltest.RandomWeights(diagonal, 1), models.Initialize(flow, 1)
	copyEncoder(diagonal, wd, flow, wf)
	x, noise := states(dim)[:rows*dim], modeltest.Normals(2, rows*latent)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		posterior := func(v *Model, w models.Weights) [][]float32 {
			return modeltest.Compile(t, b, v, func(p models.Params, args []*Node) []*Node {
				z, logq := v.Posterior(p, args[0], args[1])
				return []*Node{z, logq}
			}).Run(t, w, modeltest.Matrix(x, dim), modeltest.Matrix(noise, latent))
		}
		want, got := posterior(diagonal, wd), posterior(flow, wf)
		for i := range want[0] {
			want[0][i] *= float32(math.Pow(gate, layers))
		}
		for r := range want[1] {
			want[1][r] -= float32(latent * layers * math.Log(gate))
		}
		modeltest.Same(t, "z", got[0], want[0], latent, 1e-5)
		modeltest.Same(t, "ln q", got[1], want[1], 1, 1e-5)
	})
}

// copyEncoder gives the encoder of a flow posterior what that of a diagonal one
// says; the flow's also says h.
func copyEncoder(from *Model, w models.Weights, to *Model, dst models.Weights) {
	get, set := w.Named(from), dst.Named(to)
	copy(set("encoder.dense0.weights"), get("encoder.dense0.weights"))
	copy(set("encoder.dense0.bias"), get("encoder.dense0.bias"))
	n, m := 2*from.o.Latent, 2*to.o.Latent+to.o.ContextDim
	for i := range from.o.Encoder[0] {
		copy(set("encoder.dense1.weights")[i*m:i*m+n], get("encoder.dense1.weights")[i*n:(i+1)*n])
	}
	copy(set("encoder.dense1.bias")[:n], get("encoder.dense1.bias"))
}

// The encoder's h alone moves every latent variable, the first of the order too.
func TestContextReachesEveryLatentVariable(t *testing.T) {
	const rows, dim, latent = 4, 3, 3
	x, noise := states(dim)[:rows*dim], modeltest.Normals(2, rows*latent)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range posteriors[1:] {
			t.Run(c.name, func(t *testing.T) {
				v := small(c.flow, Options{Dim: dim, Latent: latent})
				w := modeltest.RandomWeights(v, 1)
				posterior := modeltest.Compile(t, b, v, func(p models.Params, args []*Node) []*Node {
					z, _ := v.Posterior(p, args[0], args[1])
					return []*Node{z}
				})
				before := posterior.Run(t, w, modeltest.Matrix(x, dim), modeltest.Matrix(noise, latent))[0]
				bias := w.Named(v)("encoder.dense1.bias")
				for i := range bias[2*latent:] {
					bias[2*latent+i] += 1
				}
				after := posterior.Run(t, w, modeltest.Matrix(x, dim), modeltest.Matrix(noise, latent))[0]
				for i := range after {
					if math.Abs(float64(after[i]-before[i])) < 1e-3 {
						t.Errorf("row %d: latent variable %d stays %v", i/latent, i%latent, after[i])
					}
				}
			})
		}
	})
}

// A gradient reaches every parameter, and sticking the landing has the same mean.
func TestGradientsOfVAE(t *testing.T) {
	x := []float32{1, 0, 1, 1, 1, 0, 0, 1}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range modeltest.Few(b, posteriors, 0, 2) {
			t.Run(c.name, func(t *testing.T) {
				plain := small(c.flow, Options{Dim: 4, Latent: 2})
				landing := small(c.flow, Options{Dim: 4, Latent: 2, StickTheLanding: true})
				for i, g := range modeltest.CheckAgree(t, b, plain, landing, modeltest.RandomWeights(plain, 2), x) {
					s := plain.Specs()[i%len(plain.Specs())]
					if !slices.ContainsFunc(g, func(v float32) bool { return v != 0 }) || slices.ContainsFunc(g, func(v float32) bool { return v-v != 0 }) {
						t.Errorf("the gradient of %s is %v", s.Name, g)
					}
				}
			})
		}
	})
}

// Where the decoder does not look at the latent variables, the prior is the exact
// posterior. An encoder that says so has no gradient in any sample that sticks
// the landing; the plain ones only have none in the mean.
func TestStickingTheLandingOfVAE(t *testing.T) {
	const rows, latent = 100, 2
	x, noise, weights := slices.Repeat(states(2), rows/4), modeltest.Normals(1, rows*latent), modeltest.Normals(2, rows)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range modeltest.Few(b, posteriors, 0, 2) {
			t.Run(c.name, func(t *testing.T) {
				plain := small(c.flow, Options{Dim: 2, Latent: latent})
				landing := small(c.flow, Options{Dim: 2, Latent: latent, StickTheLanding: true})
				w := models.Initialize(plain, 2)
				get := w.Named(plain)
				clear(get("decoder.dense1.weights"))
				clear(get("encoder.dense1.weights"))
				if c.name == "gated" { // undo what its two layers shrink
					logSigma := -2 * math.Log(gate)
					for i := range latent {
						get("encoder.dense1.bias")[latent+i] = float32(logSigma / (1 - logSigma/math.Log(1000)))
					}
				}
				out := modeltest.Compile(t, b, plain, func(p models.Params, args []*Node) []*Node {
					batch := modeltest.BatchOf(args)
					sum := func(v *Model) []*Node {
						return modeltest.Gradients(v, p, ReduceAllSum(Mul(v.Value(p, batch), batch.Weights)))
					}
					return append(sum(plain), sum(landing)...)
				}).Run(t, w, modeltest.Matrix(x, 2), modeltest.Matrix(noise, latent), weights, float32(1))
				for i, s := range plain.Specs() {
					if strings.HasPrefix(s.Name, "decoder") {
						continue
					}
					for k, g := range out[len(w)+i] {
						if !(math.Abs(float64(g)) < 1e-3) {
							t.Errorf("the gradient of %s[%d] that sticks the landing is %v (the plain one %v), want 0", s.Name, k, g, out[i][k])
						}
					}
					if s.Name == "encoder.dense1.bias" && slices.Contains(out[i][:2*latent], 0) {
						t.Errorf("the plain gradients of %s are %v", s.Name, out[i])
					}
				}
			})
		}
	})
}
