package maskflow_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/modeltest"
)

const flowDim, flowContext = 5, 2

// flows are one of each kind, in random orders and with all that stands between
// layers.
func flows() map[string]interface {
	models.Density
	Forward(p models.Params, x, context *Node) (z, logDet *Node)
} {
	random := stackOf(flowDim, flowContext, 3)
	random.Permute, random.Normalise = "random", "batch"
	mixed := stackOf(flowDim, flowContext, 2)
	mixed.Permute, mixed.Normalise, mixed.Transform = "lu", "act", "spline"
	inverse := stackOf(flowDim, flowContext, 2)
	inverse.Permute, inverse.Transform = "random", "gated"
	return map[string]interface {
		models.Density
		Forward(p models.Params, x, context *Node) (z, logDet *Node)
	}{
		"random orders and batch normalisation": must.M1(maf.New(maf.Options(random))),
		"splines behind linear layers":          must.M1(maf.New(maf.Options(mixed))),
		"an IAF in random orders":               must.M1(iaf.New(iaf.Options(inverse))),
	}
}

// inGraph runs a graph function of a model's parameters at rows with contexts.
func inGraph(t *testing.T, b *backend.Backend, m models.Definition, w models.Weights, x, cond []float32, fn func(p models.Params, x, context *Node) *Node) []float32 {
	t.Helper()
	specs := m.Specs()
	exec := must.M1(NewExec(b.Compute, func(args []*Node) []*Node {
		n := len(specs)
		var context *Node
		if cond != nil {
			context = args[n+1]
		}
		return []*Node{fn(models.Bind(specs, args[:n]), args[n], context)}
	}))
	defer exec.Finalize()
	var args []any
	for i, s := range specs {
		args = append(args, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	rows := len(x) / m.Dim()
	args = append(args, tensors.FromFlatDataAndDimensions(x, rows, m.Dim()))
	if cond != nil {
		args = append(args, tensors.FromFlatDataAndDimensions(cond, rows, m.ContextDim()))
	}
	out, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	defer out[0].MustFinalizeAll()
	return tensors.MustCopyFlatData[float32](out[0])
}

func allNear(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !near(float64(got[i]), float64(want[i]), tolerance) {
			t.Errorf("%s: value %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

// Samples come from the noise of the seed, which is found again: by the host,
// which inverts each layer, and by the graph, which goes the other way.
func TestLatentCodesAreTheNoise(t *testing.T) {
	const rows, seed = 13, 5
	cond := normalSet(1, rows, flowDim, flowContext).Context
	for name, m := range flows() {
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				w := shaken(m, 3)
				model := newModel(t, b, m, w, maskflow.Options{Batch: rows})
				noise := make([]float32, rows*flowDim)
				sampler := must.M1(m.(models.HostSampler).NewSampler(w, nil))
				sampler.DrawNoise(rand.New(rand.NewPCG(seed, 0x6e6f697365)), noise)
				x := sample(t, model, rows, maskflow.SampleOptions{Seed: seed, Context: contextRows(cond, rows)})
				z, err := model.Core.Latent(t.Context(), x, cond)
				if err != nil {
					t.Fatal(err)
				}
				allNear(t, "latent codes", z, noise, 2e-4)
				allNear(t, "noise by the graph", inGraph(t, b, m, w, x, cond, func(p models.Params, x, context *Node) *Node {
					z, _ := m.Forward(p, x, context)
					return z
				}), noise, 2e-4)
				checkMethods(t, model, noise, cond, x)
			})
		})
	}
}

// All ways back are the same to the last bit, and tell their passes.
func checkMethods(t *testing.T, m *maskflow.Model, z, cond, x []float32) {
	t.Helper()
	given := slices.Clone(z)
	_, inverse := m.Definition().(*iaf.Model)
	for method, most := range map[models.Method]int{models.Incremental: 1, models.Sequential: flowDim, models.Jacobi: flowDim} {
		got, passes, err := m.Core.FromLatent(t.Context(), z, cond, models.Solver{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, x) {
			t.Errorf("method %d gives %v, want %v", method, got, x)
		}
		if passes < 1 || passes > most && !inverse || inverse && passes != 1 {
			t.Errorf("method %d took %d passes, want at most %d", method, passes, most)
		}
	}
	if !slices.Equal(z, given) {
		t.Error("the noise was changed")
	}
	_, _, err := m.Core.FromLatent(t.Context(), z, cond, models.Solver{Method: models.Jacobi, MaxPasses: 1})
	if !inverse {
		refuses(t, "one pass of Jacobi's", err, "pass")
	}
}

// Samples with their densities are samples, and those are their densities.
func TestSamplesWithTheirDensities(t *testing.T) {
	const rows = 9
	b := backendtest.Open(t, backend.KindGo)
	all := map[string]models.Definition{
		"a MADE": newMADE(t, made.Options{Dim: flowDim, ContextDim: flowContext, Hidden: []int{7}, Masks: 3, Degrees: "sampled", Start: "natural"}),
		"a VAE":  tinyVAE(flowDim, 2),
	}
	for name, m := range flows() {
		all[name] = m
	}
	for name, m := range all {
		model := newModel(t, b, m, shaken(m, 3), maskflow.Options{Samples: 7})
		cond := normalSet(1, rows, flowDim, m.ContextDim()).Context
		o := maskflow.SampleOptions{Seed: 4, Context: contextRows(cond, rows)}
		x, logp, err := model.Core.SampleAndLogProb(t.Context(), rows, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, err := model.Core.LogProb(t.Context(), x, cond)
		if err != nil {
			t.Fatal(err)
		}
		// Those of an IAF come out of the graph, which rounds as it likes.
		if !alike(x, sample(t, model, rows, o), 1e-5) || !alike(logp, want, 1e-5) || len(logp) != rows {
			t.Errorf("%s: samples %v with %v, want the densities %v", name, x, logp, want)
		}
		if model.Sets(0) == nil {
			continue
		}
		o.Order = 2
		if x, logp, err = model.Core.SampleAndLogProb(t.Context(), rows, o); err != nil {
			t.Fatal(err)
		}
		if want, err = model.Core.LogProbSets(t.Context(), x, cond, model.Sets(0)[1:2]); err != nil || !slices.Equal(logp, want) {
			t.Errorf("%s: densities %v of order 2, want %v (%v)", name, logp, want, err)
		}
	}
}

// The samples of a flow come from its base, whatever that is: a Gaussian MADE of
// mean 5 and deviation 1 below an inverted layer that is the identity.
func TestSamplesWithTheirDensitiesComeFromTheBase(t *testing.T) {
	const rows, dim = 2000, 2
	base := newMADE(t, made.Options{Dim: dim, Output: "gaussian"})
	layer := must.M1(flow.Invert(must.M1(flow.NewAutoregressive(must.M1(flow.NewAffine("")), flow.StackOptions{Dim: dim, Hidden: []int{}}))))
	f := must.M1(flow.New(base, layer))
	ordered := must.M1(flow.NewOrdered(base, layer))
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, m := range map[string]models.Definition{"of a flow": f, "of one with orders": ordered} {
			w := models.Initialize(m, 1)
			for i, s := range m.Specs() {
				clear(w[i])
				if s.Name == "base.output.bias" {
					copy(w[i], []float32{5, 5})
				}
			}
			model := newModel(t, b, m, w, maskflow.Options{Batch: rows})
			o := maskflow.SampleOptions{Seed: 3}
			x, logp, err := model.Core.SampleAndLogProb(t.Context(), rows, o)
			if err != nil {
				t.Fatal(err)
			}
			allNear(t, "samples "+name, x, sample(t, model, rows, o), 1e-5)
			mean := 0.0
			for _, v := range x {
				mean += float64(v) / float64(len(x))
			}
			if math.Abs(mean-5) > 0.1 {
				t.Errorf("the samples %s have mean %v, want 5", name, mean)
			}
			for r, got := range logp {
				want := -math.Log(2 * math.Pi)
				for _, v := range x[r*dim : (r+1)*dim] {
					want -= math.Pow(float64(v)-5, 2) / 2
				}
				if !near(got, want, 1e-4) {
					t.Fatalf("row %d %s: ln p is %v, want %v", r, name, got, want)
				}
			}
		}
	})
}

// The density of an IAF at given rows, for which the host finds the noise first,
// is that of the loop in the graph; so it is for one that is fitted to a target.
func TestDensitiesOfAnIAF(t *testing.T) {
	const rows = 11
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		stack := stackOf(flowDim, flowContext, 2)
		stack.Permute = "random"
		conditional := must.M1(iaf.New(iaf.Options(stack)))
		plain := must.M1(iaf.New(iaf.Options(stackOf(2, 0, 2))))
		fitted := must.M1(iaf.NewVariational(plain, must.M1(iaf.EnergyByName("u2")), iaf.VariationalOptions{}))
		for name, m := range map[string]models.Definition{"with a context": conditional, "of a target": fitted} {
			w := shaken(m, 2)
			s := normalSet(4, rows, m.Dim(), m.ContextDim())
			model := newModel(t, b, m, w, maskflow.Options{Batch: 4})
			got, err := model.Core.LogProb(t.Context(), s.X, s.Context)
			if err != nil {
				t.Fatal(err)
			}
			d, part := models.DensityOf(m)
			want := inGraph(t, b, d, part.Weights(w), s.X, s.Context, d.LogProb)
			sum := 0.0
			for i := range want {
				sum += got[i]
				if !near(got[i], float64(want[i]), 1e-5) {
					t.Errorf("%s: row %d has %v, in the graph %v", name, i, got[i], want[i])
				}
			}
			if e := evaluate(t, model, s, maskflow.EvalOptions{}); !near(e.NLL, -sum/rows, 1e-9) || e.Samples != 0 || e.Orders != 1 {
				t.Errorf("%s: evaluated %+v, want the mean of %v", name, e, got)
			}
		}
	})
}

func TestWhatHasNoLatentCodes(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{})
	_, err := m.Core.Latent(t.Context(), make([]float32, 5), nil)
	refuses(t, "a MADE", err, "this model is no flow: it has no latent codes")
	f := must.M1(maf.New(maf.Options(stackOf(5, 2, 1))))
	m = newModel(t, b, f, models.Initialize(f, 1), maskflow.Options{})
	_, err = m.Core.Latent(t.Context(), make([]float32, 6), nil)
	refuses(t, "half a row", err, "6 values are not whole rows of 5 variables")
	_, _, err = m.Core.FromLatent(t.Context(), make([]float32, 5), nil, models.Solver{})
	refuses(t, "no context", err, "1 rows need a context of 2 values each")
}

// alike says whether values agree to a relative error, absolute below 1.
func alike[T float32 | float64](got, want []T, tolerance float64) bool {
	return slices.EqualFunc(got, want, func(a, b T) bool {
		return math.Abs(float64(a)-float64(b)) <= tolerance*math.Max(1, math.Abs(float64(b)))
	})
}
