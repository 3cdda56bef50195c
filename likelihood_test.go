package maskflow_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
)

// stackOf are small layers over dim variables.
func stackOf(dim, context, layers int) flow.StackOptions {
	return flow.StackOptions{Dim: dim, ContextDim: context, Hidden: []int{7}, Activation: "tanh", Init: "lecun", Seed: 5, Layers: layers}
}

// shaken are initial weights that something has happened to: layers of flows start
// as the identity.
func shaken(d models.Definition, seed uint64) models.Weights {
	rng := rand.New(rand.NewPCG(seed, 8))
	w := models.Initialize(d, seed)
	for i, s := range d.Specs() {
		for k := range w[i] {
			v := 0.3 * rng.NormFloat64()
			if strings.HasSuffix(s.Name, "variance") {
				v = math.Abs(v)
			}
			w[i][k] += float32(v)
		}
	}
	return w
}

// set gives a parameter, by its name, the values.
func set(d models.Definition, w models.Weights, name string, values ...float32) {
	copy(w.Named(d)(name), values)
}

// normalSet has normal rows and contexts.
func normalSet(seed uint64, rows, dim, context int) *data.Prepared {
	rng := rand.New(rand.NewPCG(seed, 6))
	s := &data.Prepared{Name: "normal", Rows: rows, Dim: dim, ContextDim: context}
	for range rows * dim {
		s.X = append(s.X, float32(rng.NormFloat64()))
	}
	for range rows * context {
		s.Context = append(s.Context, float32(rng.NormFloat64()))
	}
	return s
}

func evaluate(t *testing.T, m *maskflow.Model, s *data.Prepared, o maskflow.EvalOptions) maskflow.Evaluation {
	t.Helper()
	e, err := m.EvaluateOf(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A flow that is the identity behind a scale of the source, a logit and a scale of
// the model, by hand: with s = λ + (1−2λ)x/c and y = (logit(s) − μ)/σ, ln p(x) is
// ln N(y) + Σ ln((1−2λ)/(s(1−s))) − Σ ln σ − Σ ln c. NLLModel is without the last
// three terms.
func TestLikelihoodsInTheUnitsOfTheDataAndOfTheModel(t *testing.T) {
	const lambda, recipe = 0.1, 40.0
	mu, sigma := []float64{0.5, -1}, []float64{2, 0.25}
	x := []float64{0.25, 0.5, 0.125, 0.875, 1, 0}
	core, change := 0.0, -2*math.Log(recipe)
	rows := &data.Table{Name: "x"}
	for i, v := range x {
		p := lambda + (1-2*lambda)*v
		y := (math.Log(p/(1-p)) - mu[i%2]) / sigma[i%2]
		core += (y*y/2 + math.Log(2*math.Pi)/2) / 3
		change += (math.Log((1-2*lambda)/(p*(1-p))) - math.Log(sigma[i%2])) / 3
		if i%2 == 1 {
			rows.Append([]float64{recipe * x[i-1], recipe * v})
		}
	}
	prep := data.NewPreparation(2, 0, &data.Scale{Mean: []float64{0, 0}, SD: []float64{recipe, recipe}}, &data.Logit{Lambda: lambda}, &data.Scale{Mean: mu, SD: sigma})
	for name, m := range map[string]models.Definition{
		"a MAF":               must.M1(maf.New(maf.Options(stackOf(2, 0, 1)))),
		"a MADE of Gaussians": newMADE(t, made.Options{Dim: 2, Output: "gaussian", Masks: 2, Resample: masks.ResampleOrder}),
	} {
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				w := make(models.Weights, len(m.Specs()))
				for i, s := range m.Specs() {
					w[i] = make([]float32, s.Size())
				}
				model := newModel(t, b, m, w, maskflow.Options{Batch: 2, Preparation: prep})
				e := evaluate(t, model, must.M1(model.Prepare(rows)), maskflow.EvalOptions{})
				if !near(e.NLLModel, core, 1e-5) || !near(e.NLL, core-change, 1e-5) || !near(e.OrderMean, e.NLL, 1e-6) {
					t.Errorf("nll %v, nll_model %v, mean of orders %v, want %v and %v", e.NLL, e.NLLModel, e.OrderMean, core-change, core)
				}
				for _, v := range e.PerOrder {
					if !near(v, e.NLL, 1e-6) {
						t.Errorf("orders score %v, all of them are %v", e.PerOrder, e.NLL)
					}
				}
				mean := 0.0
				for _, v := range must.M1(model.LogProb(t.Context(), rows)) {
					mean -= v / 3
				}
				if !near(mean, e.NLL, 1e-9) {
					t.Errorf("−mean ln p is %v, nll %v", mean, e.NLL)
				}
				// Samples are rows in the units of the source, which the model takes,
				// and their densities are those of such rows.
				drawn, logp, err := model.SampleAndLogProb(t.Context(), 20, maskflow.SampleOptions{Seed: 1})
				if err != nil {
					t.Fatal(err)
				}
				for i, v := range must.M1(model.LogProb(t.Context(), drawn)) {
					a, b := drawn.At(i, 0), drawn.At(i, 1)
					inside := min(a, b) > 0 && max(a, b) < recipe // the logit of no value is beyond
					if min(a, b) < 0 || max(a, b) > recipe || inside && !near(v, logp[i], 1e-3*max(1, math.Abs(v))) {
						t.Errorf("sample %d, %v: ln p %v, drawn with %v", i, drawn.Row(nil, i), v, logp[i])
					}
				}
			})
		})
	}
}

// flat is the uniform density over the unit cube.
type flat int

func (f flat) Dim() int           { return int(f) }
func (flat) ContextDim() int      { return 0 }
func (flat) Specs() []models.Spec { return nil }

func (flat) Support(int) models.Support { return models.Reals() }

func (flat) LogProb(_ models.Params, x, _ *Node) *Node {
	return MulScalar(ReduceSum(x, -1), 0)
}

// Grey values that are dequantised and uniform take log₂ of their number of bits
// each, whatever they are.
func TestBitsPerDimOfAUniformDensity(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for _, levels := range []int{2, 10, 256} {
		grey := must.M1(data.FromRows([][]float64{{0, 1, 0}, {1, 1, 0}}))
		s := must.M1(data.NewPreparation(3, 0, &data.Dequantise{Levels: levels}).Apply(grey))
		e := evaluate(t, newModel(t, b, flat(3), nil, maskflow.Options{}), s, maskflow.EvalOptions{})
		if want := math.Log2(float64(levels)); !near(e.BitsPerDim(), want, 1e-12) || e.NLLModel != 0 {
			t.Errorf("%d levels: %v bits a value, want %v", levels, e.BitsPerDim(), want)
		}
	}
}

// The orders of real-valued MADEs make a mixture: it is no
// worse than the mean of its orders, no better than the best, and less than ln K
// below it; and it is a density, whose mean of exponentials they are.
func TestAnEnsembleOfRealOrders(t *testing.T) {
	const dim, k = 5, 4
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, output := range []string{"gaussian", "mog"} {
			if b.Kind != backend.KindGo && output == "mog" {
				continue // compiling takes XLA long
			}
			core := newMADE(t, made.Options{Dim: dim, Hidden: []int{11}, Activation: "tanh", Output: output, Components: 2, Masks: k, Degrees: masks.SampledDegrees, Start: "natural"})
			w := shaken(core, 2)
			model := newModel(t, b, core, w, maskflow.Options{Batch: 10})
			s := normalSet(3, 23, dim, 0)
			e := evaluate(t, model, s, maskflow.EvalOptions{})
			perSet := single(t, model, s, model.Sets(0))
			checkEvaluation(t, e, perSet, dim)
			best := slices.Min(e.PerOrder)
			if len(e.PerOrder) != k || e.NLL > e.OrderMean || e.NLL < best-3 || e.Gain < 0.01 || e.ESS <= 1 || e.ESS >= k {
				t.Errorf("%s: nll %v of orders %v with the mean %v, ess %v", output, e.NLL, e.PerOrder, e.OrderMean, e.ESS)
			}
			logp, err := model.Core.LogProb(t.Context(), s.X, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range logp {
				mean, top := 0.0, math.Inf(-1)
				for _, order := range perSet {
					mean, top = mean+order[i]/k, math.Max(top, order[i])
				}
				if l < mean-1e-9 || l > top+1e-9 || l < top-math.Log(k)-1e-9 {
					t.Errorf("%s: row %d has %v of orders with the mean %v and the best %v", output, i, l, mean, top)
				}
			}
		}
	})
}

// A row without a likelihood has −Inf; it is counted and named, it makes the mean infinite,
// and the other figures are those of the other rows. For its latent codes it is an error.
func TestRowsWithoutALikelihood(t *testing.T) {
	stack := stackOf(2, 0, 1)
	stack.Scale = "exp"
	m := must.M1(maf.New(maf.Options(stack)))
	w := models.Initialize(m, 1)
	set(m, w, "layer0.output.bias", 0, 0, 160, 0) // e⁸⁰ is a float32, 40 000 times as much is none
	// x₁ = 0 stays where it is.
	x := []float32{0, 1, 0, 2, 0, 3, 4e4, 4, 0, 5}
	inverse := must.M1(iaf.New(iaf.Options(stack)))
	v := models.Initialize(inverse, 1)
	set(inverse, v, "layer0.output.bias", 0, 0, -160, 0)
	for name, of := range map[string]struct {
		m models.Definition
		w models.Weights
	}{"maf": {m, w}, "iaf, whose density is computed on the host": {inverse, v}} {
		backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
			model := newModel(t, b, of.m, of.w, maskflow.Options{Batch: 2})
			rows := &data.Prepared{Name: "rows", Rows: 5, Dim: 2, X: x}
			logp, err := model.LogProbOf(t.Context(), rows, nil)
			if err != nil {
				t.Fatal(err)
			}
			e, err := model.EvaluateOf(t.Context(), rows, maskflow.EvalOptions{})
			if err != nil {
				t.Fatal(err)
			}
			others := slices.Delete(slices.Clone(logp), 3, 4)
			mean, se := meanAndError(others)
			if !math.IsInf(logp[3], -1) || !finite(mean) {
				t.Errorf("%s: ln p of the rows is %v", name, logp)
			}
			if !math.IsInf(e.NLL, 1) || !math.IsInf(e.NLLModel, 1) || e.BadRows != 1 || !near(e.NLLOthers, -mean, 1e-9) || !near(e.NLL2SE, 2*se, 1e-9) ||
				!near(e.OrderMean, -mean, 1e-9) || e.FirstBad != rows.RowPlace(3) {
				t.Errorf("%s: %+v", name, e)
			}
			var text struct{ NLL string }
			if err := json.Unmarshal(must.M1(json.Marshal(e)), &text); err != nil || text.NLL != "Inf" {
				t.Errorf("%s: in JSON %+v, error %v", name, text, err)
			}
			_, err = model.Core.Latent(t.Context(), x, nil)
			var lost *models.NonFiniteError
			if !errors.As(err, &lost) || lost.Row != 3 || lost.Variable != 0 || lost.Hint == "" {
				t.Errorf("%s: latent codes: error %v, want one about row 3, variable 0", name, err)
			}
		})
	}
}

// A row whose ln p is about to leave float32 has none, so that no change of the weights turns
// it into one that has.
func TestARowAtTheEndOfFloat32HasNoLikelihood(t *testing.T) {
	m := must.M1(maf.New(maf.Options(stackOf(2, 0, 1))))
	w := models.Initialize(m, 1)
	for i := range w {
		clear(w[i]) // the identity
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		x := []float32{0, 1, 1e14, 1, 1e17, 1}
		logp := must.M1(newModel(t, b, m, w, maskflow.Options{}).LogProbOf(t.Context(), &data.Prepared{Rows: 3, Dim: 2, X: x}, nil))
		if !finite(logp[0]) || !near(logp[1]/-5e27, 1, 1e-4) || !math.IsInf(logp[2], -1) {
			t.Errorf("ln p %v", logp)
		}
	})
}

// An order in which a row has no density takes nothing from the others.
func TestAnOrderWithoutADensity(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 2, Output: "gaussian", Scale: "exp", Hidden: []int{}, Degrees: "sequential", Start: "natural", Masks: 2, Resample: masks.ResampleOrder, Seed: 2})
	w := models.Initialize(d, 1)
	sets := d.Cycle().Eval(0)
	if slices.Equal(sets[0].Order, sets[1].Order) {
		t.Fatal("both orders are the same")
	}
	// The precision of the second variable follows the first, and beyond float32 where it is 2.
	set(d, w, "output.weight", repeat([]float32{0}, 8)...)
	w[0][3] = 400 // from x₀ to the log-precision of x₁
	m := newModel(t, b, d, w, maskflow.Options{})
	e, err := m.EvaluateOf(t.Context(), &data.Prepared{Name: "rows", Rows: 2, Dim: 2, X: []float32{0, 0.5, 2, 0.5}}, maskflow.EvalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	infinite := 0
	for _, nll := range e.PerOrder {
		if math.IsInf(nll, 1) {
			infinite++
		}
	}
	if e.BadRows != 0 || !finite(e.NLL) || infinite != 1 || !math.IsInf(e.OrderMean, 1) || !math.IsInf(e.Gain, 1) || math.IsNaN(e.ESS) {
		t.Errorf("%+v", e)
	}
}

// with is a MAF of such layers with a change of its options.
func with(o flow.StackOptions, change func(*maf.Options)) maf.Options {
	m := maf.Options(o)
	change(&m)
	return m
}

// Whatever rows a call is given, as a table or as a slice, the first value that a model
// cannot take is named by its row and column.
func TestValuesThatAModelCannotTake(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	flow, err := maf.New(maf.Options{Dim: 3, Hidden: []int{5}, Layers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		d   models.Definition
		bad float32
	}{{newMADE(t, made.Options{Dim: 3, Hidden: []int{5}}), 0.5}, {flow, float32(math.NaN())}, {flow, float32(math.Inf(1))}} {
		m := newModel(t, b, c.d, models.Initialize(c.d, 1), maskflow.Options{})
		x := []float32{1, 0, 1, 0, 1, c.bad}
		set := &data.Prepared{Name: "set", Rows: 2, Dim: 3, X: x}
		table, err := data.FromFlat(x, 3)
		if err != nil {
			t.Fatal(err)
		}
		calls := map[string]func() error{
			"LogProb":      func() error { _, err := m.LogProb(t.Context(), table); return err },
			"Evaluate":     func() error { _, err := m.Evaluate(t.Context(), table, maskflow.EvalOptions{}); return err },
			"Core.LogProb": func() error { _, err := m.Core.LogProb(t.Context(), x, nil); return err },
			"EvaluateOf":   func() error { _, err := m.EvaluateOf(t.Context(), set, maskflow.EvalOptions{}); return err },
			"Latent":       func() error { _, err := m.Core.Latent(t.Context(), x, nil); return err },
			"PIT":          func() error { _, err := m.Core.PIT(t.Context(), x, nil); return err },
			"short": func() error {
				_, err := m.EvaluateOf(t.Context(), &data.Prepared{Rows: 3, Dim: 3, X: x}, maskflow.EvalOptions{})
				return err
			},
		}
		for name, call := range calls {
			want := "row 1, column 2"
			if name == "short" {
				want = "3 rows"
			}
			if err := call(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s of %v under %v: %v", name, c.bad, c.d, err)
			}
		}
	}
}
