package posterior_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
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

// lines are pairs y = slope·x + noise of one deviation, of a context x that is normal; a variable z is a coin.
func lines(n int, slope float64, seed uint64) *data.Table {
	rng := rand.New(rand.NewPCG(seed, 5))
	t := must.M1(data.FromFlat(make([]float64, 3*n), 3, "y", "z", "x"))
	for i := range n {
		x := rng.NormFloat64()
		t.Set(i, 0, slope*x+rng.NormFloat64())
		t.Set(i, 1, float64(rng.IntN(2)))
		t.Set(i, 2, x)
	}
	return t
}

// fitted is a density of y and z given x, of so many pairs. Without a schema all are plain numbers.
func fitted(t *testing.T, b *backend.Backend, slope float64, schema bool) *maskflow.Ensemble {
	t.Helper()
	text := "data: {source: x, columns: {x: context}}\nmodel: {type: made, output: mixed, reals: gaussian, hidden: [], direct: true}\n"
	table := lines(4000, slope, 1)
	if !schema {
		text = "data: {source: x, context_columns: 1}\nmodel: {type: maf, layers: 1, hidden: [4]}\n"
		table = must.M1(data.FromFlat(table.Float64(), 3))
	}
	c := must.M1(train.ParseConfig("x", []byte(text+"train: {max_steps: 600, optimizer: {name: adam, learning_rate: 0.02}, schedule: {name: cosine}}\n"), nil))
	r, _, err := train.FitTable(t.Context(), b, table, c)
	if err != nil {
		t.Fatal(err)
	}
	e := must.M1(maskflow.NewEnsemble(r.Model))
	t.Cleanup(e.Close)
	return e
}

func calibrated(t *testing.T, e *maskflow.Ensemble, pairs *data.Table) *posterior.Calibration {
	t.Helper()
	c, err := posterior.Calibrate(t.Context(), e, pairs, posterior.CalibrateOptions{Draws: 50, Contexts: 50, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A density that is right passes, and gains what the context tells; given the contexts of others it fails; and one that knows
// nothing of a context that tells nothing passes, and is told to ignore it.
func TestCalibration(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		const slope = 2
		e := fitted(t, b, slope, true)
		pairs := lines(400, slope, 2)
		c := calibrated(t, e, pairs)
		if c.Variables[0].Name != "y" || c.Variables[1].Name != "z" {
			t.Errorf("variables %q and %q", c.Variables[0].Name, c.Variables[1].Name)
		}
		for _, r := range append(c.Variables, c.Density) {
			if len(r.Shares) != 400 || r.P < 1e-3 {
				t.Errorf("%s: %d ranks, p %v", r.Name, len(r.Shares), r.P)
			}
			for k, level := range posterior.Levels {
				if share := r.Coverage[k]; math.Abs(share-level) > 4*math.Sqrt(level*(1-level)/400)+0.01 {
					t.Errorf("%s: %.3f of true values in regions of %v", r.Name, share, level)
				}
			}
		}
		if want := 0.5 * math.Log(1+slope*slope); math.Abs(c.Gain-want) > c.Gain2SE+0.05 || c.IgnoresContext() {
			t.Errorf("gain %.3f ± %.3f, want %.3f", c.Gain, c.Gain2SE, want)
		}
		permuted := lines(400, slope, 2)
		for i := range 400 {
			permuted.Set(i, 2, pairs.At((i+1)%400, 2))
		}
		if c := calibrated(t, e, permuted); c.Variables[0].P > 1e-6 || c.Density.P > 1e-6 || c.Variables[0].Coverage[2] > 0.75 {
			t.Errorf("contexts of others: p %v and %v, %v of true values in regions of 0.9", c.Variables[0].P, c.Density.P, c.Variables[0].Coverage[2])
		}
		e = fitted(t, b, 0, true)
		if c := calibrated(t, e, lines(400, 0, 2)); !c.IgnoresContext() || c.Variables[0].P < 1e-3 || math.Abs(c.Gain) > 0.02 {
			t.Errorf("a context that tells nothing: gain %.4f ± %.4f, p %v", c.Gain, c.Gain2SE, c.Variables[0].P)
		}
	})
}

// Arrays have contexts too, behind the variables or beside them.
func TestCalibrationOfArrays(t *testing.T) {
	e := fitted(t, backendtest.Open(t, backend.KindGo), 2, false)
	named := lines(200, 2, 2)
	whole := must.M1(data.FromFlat(named.Float64(), 3))
	c := calibrated(t, e, whole)
	apart := whole.Select(nil, []int{0, 1})
	apart.Context = whole.Select(nil, []int{2})
	if d := calibrated(t, e, apart); d.Gain != c.Gain || d.Density.KS != c.Density.KS || !(c.Gain > 0.5) {
		t.Errorf("gains %v and %v, distances %v and %v", c.Gain, d.Gain, c.Density.KS, d.Density.KS)
	}
}

func TestCalibrateRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	e := fitted(t, b, 2, true)
	for _, c := range []struct {
		name  string
		e     *maskflow.Ensemble
		pairs *data.Table
		o     posterior.CalibrateOptions
		want  string
	}{
		{"no density", nil, lines(9, 1, 1), posterior.CalibrateOptions{}, "needs a density"},
		{"no pairs", e, nil, posterior.CalibrateOptions{}, "needs a density"},
		{"one pair", e, lines(1, 1, 1), posterior.CalibrateOptions{}, "fewer than two"},
		{"less than no draws", e, lines(9, 1, 1), posterior.CalibrateOptions{Draws: -1}, "cannot be negative"},
		{"no context column", e, lines(9, 1, 1).Select(nil, []int{0, 1}), posterior.CalibrateOptions{}, "x"},
	} {
		if _, err := posterior.Calibrate(t.Context(), c.e, c.pairs, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// The context of a density that is right tells what it tells of the truth, here half the logarithm of 5.
func ExampleCalibrate() {
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	c := must.M1(train.ParseConfig("x", []byte("data: {source: x, columns: {x: context}}\nmodel: {type: made, output: mixed, reals: gaussian, hidden: [], direct: true}\n"+
		"train: {max_steps: 600, optimizer: {name: adam, learning_rate: 0.02}, schedule: {name: cosine}}\n"), nil))
	r, _, err := train.FitTable(ctx, b, lines(4000, 2, 1), c)
	if err != nil {
		fmt.Println(err)
		return
	}
	e := must.M1(maskflow.NewEnsemble(r.Model))
	defer e.Close()
	found := must.M1(posterior.Calibrate(ctx, e, lines(1000, 2, 2), posterior.CalibrateOptions{Seed: 1}))
	fmt.Printf("gain %.1f nats, ignores its context: %v\n", found.Gain, found.IgnoresContext())
	// Output: gain 0.8 nats, ignores its context: false
}
