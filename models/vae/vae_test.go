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
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/modeltest"
)

// states lists all binary vectors, row-major [2^dim, dim].
func states(dim int) []float32 {
	x := make([]float32, 0, dim<<dim)
	for s := range 1 << dim {
		for d := range dim {
			x = append(x, float32(s>>d&1))
		}
	}
	return x
}

// softClip is the scale of the encoder's standard deviations.
func softClip(a float64) float64 { return a / (1 + math.Abs(a)/math.Log(1000)) }

// linearVAE is without hidden layers: the mean and ln σ of the posterior, and
// the logits, are linear.
type linearVAE struct {
	*Model
	w models.Weights
}

func newLinear(o Options) linearVAE {
	o.Dim, o.Latent, o.Encoder, o.Decoder = 3, 2, []int{}, []int{}
	v := must.M1(New(o))
	return linearVAE{v, modeltest.RandomWeights(v, 1)}
}

// linear is row·W + b of a part, in float64.
func (v linearVAE) linear(part string, row []float64) []float64 {
	get := v.w.Named(v)
	weights, bias := get(part+".dense0.weights"), get(part+".dense0.bias")
	out := make([]float64, len(bias))
	for k := range out {
		out[k] = float64(bias[k])
		for i, x := range row {
			out[k] += x * float64(weights[i*len(bias)+k])
		}
	}
	return out
}

// exact are ln p(x | z) and ln q(z | x) − ln p(z), by the formulas.
func (v linearVAE) exact(x, noise []float32) (likelihood, divergence float64) {
	out := v.linear("encoder", wide(x))
	var z []float64
	for i, e := range wide(noise) {
		logSigma := softClip(out[2+i])
		z = append(z, out[i]+math.Exp(logSigma)*e)
		divergence += 0.5*z[i]*z[i] - 0.5*e*e - logSigma
	}
	for d, logit := range v.linear("decoder", z) {
		likelihood += float64(x[d])*logit - math.Log1p(math.Exp(logit))
	}
	return likelihood, divergence
}

func wide(v []float32) []float64 {
	r := make([]float64, len(v))
	for i, x := range v {
		r[i] = float64(x)
	}
	return r
}

// For every sample the bound and the objective are what the formulas say.
func TestBoundOfLinearVAE(t *testing.T) {
	const beta = 0.3
	v := newLinear(Options{Posterior: "diagonal"})
	x, weights := slices.Repeat(states(3), 5), slices.Repeat([]float32{1. / 40}, 40)
	noise := modeltest.Normals(2, 40*2)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out := modeltest.Compile(t, b, v, func(p models.Params, args []*Node) []*Node {
			batch := modeltest.BatchOf(args)
			return []*Node{v.Bound(p, batch.X, nil, batch.Noise), v.Value(p, batch)}
		}).Run(t, v.w, modeltest.Matrix(x, 3), modeltest.Matrix(noise, 2), weights, float32(beta))
		for r := range 40 {
			likelihood, divergence := v.exact(x[3*r:3*r+3], noise[2*r:2*r+2])
			if !modeltest.Near(float64(out[0][r]), likelihood-divergence, 1e-5) || !modeltest.Near(float64(out[1][r]), likelihood-beta*divergence, 1e-5) {
				t.Errorf("row %d: the bound is %v, the objective %v, want %v and %v", r, out[0][r], out[1][r], likelihood-divergence, likelihood-beta*divergence)
			}
		}
	})
}

// Where the latent variables tell the decoder nothing, the mean of the bound is
// ln p(x) less the divergence of two Gaussians, ½·Σ(σ² + μ² − 1) − Σ ln σ.
func TestMeanOfBound(t *testing.T) {
	const rows = 4000
	v := newLinear(Options{Posterior: "diagonal"})
	clear(v.w.Named(v)("decoder.dense0.weights"))
	x := []float32{1, 0, 1}
	likelihood, divergence := 0.0, 0.0
	for d, logit := range wide(v.w.Named(v)("decoder.dense0.bias")) {
		likelihood += float64(x[d])*logit - math.Log1p(math.Exp(logit))
	}
	out := v.linear("encoder", wide(x))
	for i := range 2 {
		logSigma := softClip(out[2+i])
		divergence += 0.5*(math.Exp(2*logSigma)+out[i]*out[i]-1) - logSigma
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		bounds := modeltest.Compile(t, b, v, func(p models.Params, args []*Node) []*Node {
			return []*Node{v.Bound(p, args[0], nil, args[1])}
		}).Run(t, v.w, modeltest.Matrix(slices.Repeat(x, rows), 3), modeltest.Matrix(modeltest.Normals(3, rows*2), 2))[0]
		if mean, deviation := modeltest.Moments(wide(bounds)); !(math.Abs(mean-likelihood+divergence) <= 5*deviation) {
			t.Errorf("the mean of the bound is %.4f ± %.4f, want %.4f", mean, deviation, likelihood-divergence)
		}
	})
}

// Below the free bits the divergence is a number that no gradient moves, above
// them it is itself. What is compared is its mean by the weights of the rows.
func TestFreeBits(t *testing.T) {
	linear := newLinear(Options{Posterior: "diagonal"})
	w := linear.w
	clear(w.Named(linear)("decoder.dense0.weights")) // no gradient comes by the decoder
	x, noise := states(3)[:9], modeltest.Normals(2, 3*2)
	var likelihoods, divergences []float64
	for r := range 3 {
		likelihood, divergence := linear.exact(x[3*r:3*r+3], noise[2*r:2*r+2])
		likelihoods, divergences = append(likelihoods, likelihood), append(divergences, divergence)
	}
	low, high := slices.Index(divergences, slices.Min(divergences)), slices.Index(divergences, slices.Max(divergences))
	free := (divergences[low] + divergences[high]) / 2 / 2 // for each latent variable
	v := newLinear(Options{Posterior: "diagonal", FreeBits: free})
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := modeltest.Compile(t, b, v, func(p models.Params, args []*Node) []*Node {
			batch := modeltest.BatchOf(args)
			value := v.Value(p, batch)
			return append([]*Node{value}, modeltest.Gradients(v, p, ReduceAllSum(Mul(value, batch.Weights)))...)
		})
		for _, all := range []int{low, high} {
			weights := make([]float32, 3)
			weights[all] = 1
			out := c.Run(t, w, modeltest.Matrix(x, 3), modeltest.Matrix(noise, 2), weights, float32(0.5))
			for r := range 3 {
				want := likelihoods[r] - 0.5*divergences[r]
				if all == low {
					want = likelihoods[r] - 0.5*free*2
				}
				if !modeltest.Near(float64(out[0][r]), want, 1e-5) {
					t.Errorf("mean divergence %.3f, free %.3f: row %d is %v, want %v", divergences[all], 2*free, r, out[0][r], want)
				}
			}
			for i, s := range v.Specs() {
				if !strings.HasPrefix(s.Name, "encoder") {
					continue
				}
				if moved := slices.ContainsFunc(out[1+i], func(g float32) bool { return g != 0 }); moved != (all == high) {
					t.Errorf("mean divergence %.3f, free %.3f: a gradient reaches %s: %t", divergences[all], 2*free, s.Name, moved)
				}
			}
		}
	})
}

// Defaults are those of the comments, and problems are told at once.
func TestNewVAE(t *testing.T) {
	v := must.M1(New(Options{Dim: 7, Flow: iaf.Options{}}))
	o := v.Options()
	if o.Latent != 32 || o.ContextDim != 64 || !slices.Equal(o.Encoder, []int{500}) || !slices.Equal(o.Decoder, []int{500}) || v.NoiseDim() != 32 || v.Support(0) != models.Bits() || v.ContextDim() != 0 {
		t.Errorf("the options are %+v", o)
	}
	if layer := must.M1(flow.Invert(v.posterior.Layers()[0])); layer.Name() != "gated autoregressive" || len(v.posterior.Layers()) != 4 {
		t.Errorf("the posterior has %d layers, the first %s", len(v.posterior.Layers()), layer.Name())
	}
	o.Encoder[0], o.Flow.Layers = 1, 1
	if again := v.Options(); again.Encoder[0] != 500 || again.Flow.Layers != 4 {
		t.Errorf("the options became %+v", again)
	}
	_, err := New(Options{Latent: -1, ContextDim: -2, FreeBits: math.NaN(), Encoder: []int{0}, Decoder: []int{-3}, Activation: "sine",
		Flow: iaf.Options{Permute: "shuffle"}})
	for _, want := range []string{"latent: ", "context: ", "free_bits: ", "encoder.0: ", "decoder.0: ", "activation: ", "permute: "} {
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("the error is %v, want %q once", err, want)
		}
	}
	if _, err := New(Options{Dim: 2, Posterior: "diagonal", FreeBits: math.Inf(1)}); err == nil {
		t.Error("infinitely many bits are free")
	}
}
