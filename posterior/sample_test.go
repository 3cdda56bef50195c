package posterior_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/posterior"
	"github.com/maskflow/maskflow/train"
)

// planes are pairs of y = 2x + noise, z = y + noise/2 and x. Without names they are an array.
func planes(n int, names ...string) *data.Table {
	rng := rand.New(rand.NewPCG(7, 5))
	values := make([]float64, 0, 3*n)
	for range n {
		x := rng.NormFloat64()
		y := 2*x + rng.NormFloat64()
		values = append(values, y, y+rng.NormFloat64()/2, x)
	}
	return must.M1(data.FromFlat(values, 3, names...))
}

var named = []string{"y", "z", "x"}

// conditional is a density of y and z given x.
func conditional(t testing.TB, b *backend.Backend, text string, names ...string) *maskflow.Ensemble {
	t.Helper()
	c := must.M1(train.ParseConfig("x", []byte(text+"\ntrain: {max_steps: 600, optimizer: {name: adam, learning_rate: 0.02}, schedule: {name: cosine}}\n"), nil))
	r, _, err := train.FitTable(t.Context(), b, planes(3000, names...), c)
	if err != nil {
		t.Fatal(err)
	}
	e := must.M1(maskflow.NewEnsemble(r.Model))
	t.Cleanup(e.Close)
	return e
}

const (
	linear  = "data: {source: x, columns: {x: context}}\nmodel: {type: made, output: mixed, reals: gaussian, hidden: [], direct: true, order: natural}"
	ofArray = "data: {source: x, context_columns: 1}\nmodel: {type: made, output: gaussian, hidden: [], direct: true, order: natural}"
)

// The mode of a normal density is its mean, in tables and arrays, and no draw has a higher density.
func TestMode(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, e := range map[string]*maskflow.Ensemble{"table": conditional(t, b, linear, named...), "array": conditional(t, b, ofArray)} {
			var names []string
			if name == "table" {
				names = []string{"x"}
			}
			observations := must.M1(data.FromFlat([]float64{0.5, -1}, 1, names...))
			var found []*posterior.Posterior
			for p, err := range posterior.Of(t.Context(), e, observations, posterior.Options{Draws: 4000, Seed: 1, Mode: true}) {
				found = append(found, p)
				must.M(err)
			}
			for i, p := range found {
				x := observations.At(i, 0)
				var mean [2]float64
				for k := range p.Draws.Rows() {
					for d := range mean {
						mean[d] += p.Draws.At(k, d) / float64(p.Draws.Rows())
					}
				}
				for d := range mean {
					if got := p.Mode.At(0, d); math.Abs(got-mean[d]) > 0.08 || math.Abs(got-2*x) > 0.15 {
						t.Errorf("%s: the mode given %v has %v, the mean is %v, the truth %v", name, x, got, mean[d], 2*x)
					}
				}
				if name == "array" {
					p.Draws.Context = data.Part{Table: observations, Rows: slices.Repeat([]int{i}, p.Draws.Rows())}.Select()
				}
				best := slices.Max(must.M1(e.LogProb(t.Context(), p.Draws)))
				if p.LogProb < best-1e-4 || p.LogProb > best+0.05 {
					t.Errorf("%s: ln q %v at the mode, %v at the best draw", name, p.LogProb, best)
				}
			}
			if len(found) != 2 {
				t.Errorf("%s: %d posteriors of 2 observations", name, len(found))
			}
		}
	})
}

// The mode is one of the units of the source: that of a log-normal density is exp(μ − σ²), not exp(μ). No draw and no mode is beyond
// bounds.
func TestModeIsOfTheUnits(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	logs := planes(3000, named...)
	for i := range logs.Rows() {
		x, y, z := logs.At(i, 2), logs.At(i, 0), logs.At(i, 1)
		logs.Set(i, 0, math.Exp(0.3*x+0.5*(y-2*x)))
		logs.Set(i, 1, 0.5+math.Atan(z-y)/math.Pi) // independent of the others
	}
	c := must.M1(train.ParseConfig("x", []byte("data: {source: x, columns: {x: context, y: {transform: log, min: 0}, z: {min: 0, max: 1, transform: probit}}}\n"+
		"model: {type: made, output: mixed, reals: gaussian, hidden: [], direct: true, order: natural}\n"+
		"train: {max_steps: 600, optimizer: {name: adam, learning_rate: 0.02}, schedule: {name: cosine}}\n"), nil))
	r, _, err := train.FitTable(t.Context(), b, logs, c)
	must.M(err)
	e := must.M1(maskflow.NewEnsemble(r.Model))
	defer e.Close()
	for p, err := range posterior.Of(t.Context(), e, must.M1(data.FromFlat([]float64{1}, 1, "x")), posterior.Options{Seed: 2, Mode: true}) {
		must.M(err)
		if y, want := p.Mode.At(0, 0), math.Exp(0.3-0.25); math.Abs(y-want) > 0.1 {
			t.Errorf("mode %v of a log-normal variable, want about %v", y, want)
		}
		for k := range p.Draws.Rows() {
			if z := p.Draws.At(k, 1); z <= 0 || z >= 1 {
				t.Errorf("draw %d has %v, beyond the bounds", k, z)
			}
		}
	}
}

// An observation's draws are those of its number, whatever comes before, and of an ensemble those of its members.
func TestDrawsOfAnObservation(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	e := conditional(t, b, linear, named...)
	draws := func(e *maskflow.Ensemble, xs ...float64) (all [][]float64) {
		for p, err := range posterior.Of(t.Context(), e, must.M1(data.FromFlat(xs, 1, "x")), posterior.Options{Draws: 5, Seed: 3}) {
			must.M(err)
			if p.Mode != nil {
				t.Error("a mode that nobody asked for")
			}
			all = append(all, p.Draws.Float64())
		}
		return all
	}
	one, two := draws(e, 1), draws(e, 1, 2)
	if len(two) != 2 || !slices.Equal(one[0], two[0]) || slices.Equal(two[0], two[1]) {
		t.Errorf("draws %v alone, %v of two", one, two)
	}
	if both := draws(must.M1(maskflow.NewEnsemble(e.First(), e.First())), 1); len(both[0]) != 15 {
		t.Errorf("%v of an ensemble", both)
	}
}

func TestPosteriorRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	e, coin := conditional(t, b, linear, named...), fitted(t, b, 2, true)
	x := must.M1(data.FromFlat([]float64{1}, 1, "x"))
	for _, c := range []struct {
		name string
		e    *maskflow.Ensemble
		x    *data.Table
		o    posterior.Options
		want string
	}{
		{"no density", nil, x, posterior.Options{}, "needs a density"},
		{"no observations", e, nil, posterior.Options{}, "needs a density and observations"},
		{"another column", e, must.M1(data.FromFlat([]float64{1}, 1, "w")), posterior.Options{}, `"x"`},
		{"less than no draws", e, x, posterior.Options{Draws: -1}, "cannot be negative"},
		{"the mode of a coin", coin, x, posterior.Options{Mode: true}, `column "z"`},
	} {
		for _, err := range posterior.Of(t.Context(), c.e, c.x, c.o) {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
			}
		}
	}
	draws := must.M1(e.Sample(t.Context(), 3, maskflow.SampleOptions{Context: x}))
	if _, _, err := posterior.Mode(t.Context(), e, must.M1(data.FromFlat([]float64{1, 2}, 1, "x")), draws, 1); err == nil {
		t.Error("a mode of two observations")
	}
}

// Of two observations, the posterior means and the most probable rows.
func ExampleOf() {
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	c := must.M1(train.ParseConfig("x", []byte(linear+"\ntrain: {max_steps: 600, optimizer: {name: adam, learning_rate: 0.02}, schedule: {name: cosine}}\n"), nil))
	r, _, err := train.FitTable(ctx, b, planes(3000, named...), c)
	if err != nil {
		fmt.Println(err)
		return
	}
	e := must.M1(maskflow.NewEnsemble(r.Model))
	defer e.Close()
	observations := must.M1(data.FromFlat([]float64{0.5, -1}, 1, "x"))
	for p, err := range posterior.Of(ctx, e, observations, posterior.Options{Draws: 500, Seed: 1, Mode: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d draws, mode at y = %.0f\n", p.Draws.Rows(), p.Mode.At(0, 0))
	}
	// Output:
	// 500 draws, mode at y = 1
	// 500 draws, mode at y = -2
}
