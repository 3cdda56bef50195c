package verify_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/models/vae"
	"github.com/maskflow/maskflow/verify"
)

// mild are initial weights that something has happened to, so little that the
// flow can be inverted in float32.
func mild(d models.Definition) models.Weights {
	const seed = 2
	w := models.Initialize(d, seed)
	rng := rand.New(rand.NewPCG(seed, 4))
	for i, s := range d.Specs() {
		size := 0.2 / math.Sqrt(float64(s.Shape[0]))
		for j := range w[i] {
			if v := size * rng.NormFloat64(); strings.HasSuffix(s.Name, "variance") {
				w[i][j] *= float32(math.Exp(v))
			} else {
				w[i][j] += float32(v)
			}
		}
	}
	return w
}

func stack(dim, context int, o flow.StackOptions) flow.StackOptions {
	o.Dim, o.ContextDim, o.Hidden, o.Activation, o.Seed = dim, context, []int{11}, "tanh", 3
	if o.Layers == 0 {
		o.Layers = 3
	}
	return o
}

func newMAF(t testing.TB, o maf.Options) *maf.Model {
	t.Helper()
	m, err := maf.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newDrawn(t testing.TB, o flow.StackOptions) *maf.Drawn {
	t.Helper()
	return must.M1(maf.NewDrawn(maf.Options(o)))
}

// checkCalled finds a check by how its name begins.
func checkCalled(t *testing.T, r *verify.Report, name string) verify.Check {
	t.Helper()
	for _, c := range r.Checks {
		if strings.HasPrefix(c.Name, name) {
			return c
		}
	}
	t.Fatalf("no check %q in %+v", name, r.Checks)
	return verify.Check{}
}

func TestVerifyHoldsForRealDensities(t *testing.T) {
	for _, tt := range []struct {
		name    string
		m       models.Definition
		skipped []string
		xla     bool
	}{
		{"maf", newMAF(t, with(stack(2, 0, flow.StackOptions{Normalise: "batch"}), func(*maf.Options) {})), nil, true},
		{"maf of splines", newMAF(t, with(stack(2, 0, flow.StackOptions{Transform: "spline", Permute: "lu"}), func(*maf.Options) {})), nil, false},
		{"maf over a made, with a context", newMAF(t, with(stack(5, 2, flow.StackOptions{Normalise: "act"}), func(o *maf.Options) { o.Base = "made" })), []string{"the density integrates"}, false},
		{"maf over mixtures", newMAF(t, with(stack(2, 0, flow.StackOptions{}), func(o *maf.Options) { o.Base = "mog"; o.Components = 3 })), nil, false},
		{"maf over a nade, with a context", newDrawn(t, stack(2, 2, flow.StackOptions{Components: 3, Orders: 2, Layers: 2})), nil, false},
		{"iaf", must.M1(iaf.New(iaf.Options(stack(2, 0, flow.StackOptions{Transform: "gated"})))), nil, true},
		{"fit to an energy", must.M1(iaf.NewVariational(must.M1(iaf.New(iaf.Options(stack(2, 0, flow.StackOptions{})))),
			must.M1(iaf.EnergyByName("u1")), iaf.VariationalOptions{})), nil, false},
		{"gaussians", newMADE(t, made.Options{Dim: 2, Hidden: []int{7}, Output: "gaussian", Masks: 2, Resample: masks.ResampleOrder, Degrees: "sequential", Start: "natural"}), nil, false},
		{"mixtures of one variable", newMADE(t, made.Options{Dim: 1, ContextDim: 2, Output: "mog", Components: 3, Hidden: []int{}, Degrees: "sequential", Start: "natural"}), nil, true},
		{"mixtures behind a linear layer", must.M1(flow.NewOrdered(newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Output: "mog", Masks: 3, Degrees: masks.SampledDegrees, Start: "natural"}), flow.NewLU(5))),
			[]string{"every autoregressive layer", "the density integrates"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				if b.Kind != backend.KindGo && !tt.xla {
					return // compiling takes XLA long
				}
				r, err := verify.Model(t.Context(), newModel(t, b, tt.m, mild(tt.m), maskflow.Options{}), verify.Options{Seed: 1})
				if err != nil {
					t.Fatal(err)
				}
				if !r.Holds() || r.Dim != tt.m.Dim() || r.Orders < 1 {
					t.Errorf("%+v", r)
				}
				skipped := 0
				for _, c := range r.Checks {
					if c.Skipped {
						skipped++
					}
					if c.Figures == "" {
						t.Errorf("no figures: %+v", c)
					}
				}
				for _, name := range tt.skipped {
					if !checkCalled(t, r, name).Skipped {
						t.Errorf("%q is not skipped", name)
					}
				}
				if skipped != len(tt.skipped) {
					t.Errorf("%d checks are skipped: %+v", skipped, r.Checks)
				}
			})
		})
	}
}

// Sabotage of a flow: each hides one method of the real one.
type (
	boastful struct{ *maf.Model } // its first layer claims another volume
	lost     struct{ *maf.Model } // does not find back
	drifting struct{ *maf.Model } // samples beside its density
	inflated struct{ *maf.Model } // has too much probability
)

type louder struct{ flow.Layer }

func (l louder) Forward(p models.Params, x, context *Node) (*Node, *Node) {
	y, logDet := l.Layer.Forward(p, x, context)
	return y, AddScalar(logDet, 0.5)
}

func (m boastful) Layers() []flow.Layer {
	layers := m.Model.Layers()
	layers[0] = louder{layers[0]}
	return layers
}

type astray struct{ models.Inverter }

func (i astray) ToNoise(ctx context.Context, x, cond []float32, s models.Solver) (int, error) {
	n, err := i.Inverter.ToNoise(ctx, x, cond, s)
	x[1] += 0.5
	return n, err
}

func (m lost) NewInverter(w models.Weights) (models.Inverter, error) {
	i, err := m.Model.NewInverter(w)
	return astray{i}, err
}

type beside struct{ models.Sampler }

func (s beside) Sample(ctx context.Context, dst, noise, cond []float32, m models.Method) (int, error) {
	passes, err := s.Sampler.Sample(ctx, dst, noise, cond, m)
	dst[0] += 0.5
	return passes, err
}

func (m drifting) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	s, err := m.Model.NewSampler(w, set)
	return beside{s}, err
}

func (m inflated) LogProb(p models.Params, x, context *Node) *Node {
	return AddScalar(m.Model.LogProb(p, x, context), 0.05)
}

func TestVerifyFindsSabotageOfFlows(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	good := newMAF(t, maf.Options(stack(2, 0, flow.StackOptions{})))
	for _, tt := range []struct {
		m           models.Definition
		fails, says string
	}{
		{boastful{good}, "the log-determinant", "layer 0 (affine autoregressive), row 0: the layer says"},
		{lost{good}, "the inverse", "incremental: largest error"},
		{drifting{good}, "the sampler", "row 0, variable 1: the density takes the sample for"},
		{inflated{good}, "the density integrates", "1.0"},
	} {
		t.Run(tt.fails, func(t *testing.T) {
			r, err := verify.Model(t.Context(), newModel(t, b, tt.m, mild(tt.m), maskflow.Options{}), verify.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range r.Checks {
				if fails := strings.HasPrefix(c.Name, tt.fails); c.Holds == fails || c.Skipped {
					t.Errorf("check %+v", c)
				} else if fails && !strings.Contains(c.Figures, tt.says) {
					t.Errorf("the check says %q, want %q in it", c.Figures, tt.says)
				}
			}
		})
	}
}

// forgetfulBase is over a base that does not give the first variable in one pass.
type forgetfulBase struct{ *maf.Drawn }

func (m forgetfulBase) Base() models.Density { return forgetful{m.Drawn.Base().(*nade.Model)} }

func TestVerifyFindsSabotageOfABaseOfAnyOrder(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	m := forgetfulBase{newDrawn(t, stack(3, 0, flow.StackOptions{Components: 2, Orders: 6, Layers: 1}))}
	r, err := verify.Model(t.Context(), newModel(t, b, m, mild(m), maskflow.Options{}), verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Checks {
		if fails := strings.HasPrefix(c.Name, "base: what is given in one pass"); c.Holds == fails {
			t.Errorf("check %+v", c)
		}
	}
}

// biased samples mixtures from other means than the density has.
type biased struct{ *made.Model }

func (m biased) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	w = append(models.Weights(nil), w...)
	bias := append([]float32(nil), w[len(w)-1]...)
	for i := range bias {
		bias[i] += 0.3
	}
	w[len(w)-1] = bias
	return m.Model.NewSampler(w, set)
}

func TestVerifyFindsSabotageOfRealSamplers(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for _, output := range []string{"gaussian", "mog"} {
		m := biased{newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Output: output, Degrees: "sequential", Start: "natural"})}
		r, err := verify.Model(t.Context(), newModel(t, b, m, mild(m), maskflow.Options{}), verify.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if c := checkCalled(t, r, "the sampler"); c.Holds || !strings.Contains(c.Figures, "the sample is") {
			t.Errorf("%s: %+v", output, c)
		}
	}
}

func TestVerifySkipsAnAutoencoder(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	m := must.M1(vae.New(vae.Options{Dim: 5, Latent: 2, Encoder: []int{7}, Decoder: []int{7}, Posterior: "diagonal"}))
	r, err := verify.Model(t.Context(), newModel(t, b, m, mild(m), maskflow.Options{}), verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Checks {
		if !c.Skipped || c.Figures == "" {
			t.Errorf("check %+v", c)
		}
	}
	if len(r.Checks) == 0 || !r.Holds() {
		t.Errorf("%+v", r)
	}
}

// with is a MAF of such layers with a change of its options.
func with(o flow.StackOptions, change func(*maf.Options)) maf.Options {
	m := maf.Options(o)
	change(&m)
	return m
}
