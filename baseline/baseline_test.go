package baseline_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
)

// tableOf makes a table of numbers, NaN for holes.
func tableOf(names []string, rows [][]float64) *data.Table {
	return must.M1(data.FromFlat(slices.Concat(rows...), len(names), names...))
}

// mixedRows are an integer with holes and an atom, three levels, a bit and an integer, which depend on each other.
func mixedRows(n int) [][]float64 {
	rng := rand.New(rand.NewPCG(1, 1))
	rows := make([][]float64, n)
	for i := range rows {
		group := float64(rng.IntN(2))
		count := math.Round(5 + 3*group + rng.NormFloat64())
		level := float64(rng.IntN(2)) + group
		other := math.Round(count + rng.NormFloat64())
		switch rng.IntN(8) {
		case 0:
			count = math.NaN()
		case 1:
			count = 99
		}
		rows[i] = []float64{count, level, group, other}
	}
	return rows
}

var (
	mixedNames  = []string{"count", "level", "group", "other"}
	mixedSchema = data.Schema{{Name: "count", Kind: data.Integer, Step: 1, Missing: true, Atoms: []float64{99}},
		{Name: "level", Kind: data.Categorical, Levels: []string{"0", "1", "2"}}, {Name: "group", Kind: data.Binary, Levels: []string{"0", "1"}},
		{Name: "other", Kind: data.Integer, Step: 1}}
)

// Every baseline of a mixed table is a distribution of rows, in the units of the source.
func TestBaselinesSumToOne(t *testing.T) {
	splits := must.M1(data.Split(tableOf(mixedNames, mixedRows(600)), data.Options{Columns: mixedSchema}))
	var all [][]float64
	for count := -12.0; count <= 27; count++ {
		for level := range 3 {
			for group := range 2 {
				for other := -12.0; other <= 27; other++ {
					first := count
					switch count {
					case 26:
						first = math.NaN()
					case 27:
						first = 99
					}
					all = append(all, []float64{first, float64(level), float64(group), other})
				}
			}
		}
	}
	rows := must.M1(splits.Prep.Apply(tableOf(mixedNames, all)))
	var names []string
	for _, d := range must.M1(baseline.Fit(t.Context(), splits)) {
		sum := 0.0
		for _, v := range d.LogProb(splits, rows) {
			sum += math.Exp(v)
		}
		if names = append(names, d.Name); math.Abs(sum-1) > 0.01 {
			t.Errorf("%s: probabilities sum to %v", d.Name, sum)
		}
	}
	if len(names) != 2 || names[0] != "a Gaussian copula" || !strings.HasPrefix(names[1], "a mixture of ") {
		t.Errorf("there are %q", names)
	}
}

// normals are rows of two normals of a correlation, in units of their own.
func normals(n int, correlation float64) [][]float64 {
	rng := rand.New(rand.NewPCG(2, 2))
	rows := make([][]float64, n)
	for i := range rows {
		a := rng.NormFloat64()
		rows[i] = []float64{100 + 10*a, 0.01 * (correlation*a + math.Sqrt(1-correlation*correlation)*rng.NormFloat64())}
	}
	return rows
}

// fitted compares a model that gives each test row 0 nats, by the names of the baselines.
func fitted(t *testing.T, splits *data.Splits) map[string]baseline.Comparison {
	t.Helper()
	all := map[string]baseline.Comparison{}
	for _, c := range must.M1(baseline.Compare(t.Context(), splits, splits.Test, make([]float64, splits.Test.Rows))) {
		if math.Abs(c.Better-c.NLL) > 1e-9 {
			t.Errorf("%s: a model of 0 nats is better by %v than %v", c.Name, c.Better, c.NLL)
		}
		all[c.Name] = c
	}
	return all
}

// The Gaussian and the copula have the entropy of a Gaussian; a product of columns lacks what the correlation is worth.
func TestBaselinesFindWhatThereIs(t *testing.T) {
	const correlation = 0.9
	splits := must.M1(data.Split(tableOf([]string{"a", "b"}, normals(20_000, correlation)), data.Options{Guess: "reals"}))
	shared := -math.Log(1-correlation*correlation) / 2
	entropy := 1 + math.Log(2*math.Pi) + math.Log(10*0.01) - shared
	all := fitted(t, splits)
	for name, most := range map[string]float64{"a full Gaussian": 0.05, "a Gaussian copula": 0.08} {
		if c, ok := all[name]; !ok || math.Abs(c.NLL-entropy) > most {
			t.Errorf("%s has %v nats, the entropy is %v", name, c.NLL, entropy)
		}
	}
	for name, c := range all {
		if strings.Contains(name, "product") && (c.NLL < entropy-0.05 || c.NLL > entropy+shared/2) {
			t.Errorf("%s has %v nats, the entropy is %v", name, c.NLL, entropy)
		}
	}
	// The margins of the copula are those of the data, the Gaussian's are not.
	skewed := normals(5000, correlation)
	for _, row := range skewed {
		row[0] = math.Exp((row[0] - 100) / 10)
	}
	all = fitted(t, must.M1(data.Split(tableOf([]string{"a", "b"}, skewed), data.Options{Guess: "reals"})))
	if gaussian, copula := all["a full Gaussian"].NLL, all["a Gaussian copula"].NLL; copula > gaussian-0.5 {
		t.Errorf("of a log-normal the copula has %v nats, a Gaussian %v", copula, gaussian)
	}
}

// What a model has for margins changes no baseline: with splines, a full Gaussian would else be a copula.
func TestMarginsOfAModelChangeNoBaseline(t *testing.T) {
	skewed := normals(3000, 0.9)
	for _, row := range skewed {
		row[0] = math.Exp((row[0] - 100) / 10)
	}
	mixed := mixedRows(3000)
	for _, row := range mixed {
		row[3] = math.Round(math.Exp(row[3] / 3)) // few large ones
	}
	for _, of := range []struct {
		table *data.Table
		o     data.Options
	}{{tableOf([]string{"a", "b"}, skewed), data.Options{Guess: "reals"}}, {tableOf(mixedNames, mixed), data.Options{Columns: mixedSchema}}} {
		of.o.Marginal = "standardise"
		plain := fitted(t, must.M1(data.Split(of.table, of.o)))
		of.o.Marginal = "spline"
		bent := fitted(t, must.M1(data.Split(of.table, of.o)))
		if len(plain) != len(bent) || len(plain) < 2 {
			t.Errorf("%v and %v", plain, bent)
		}
		for name, c := range plain {
			if b, is := bent[name]; !is || math.Abs(b.NLL-c.NLL) > 1e-2 {
				t.Errorf("%s has %v nats, behind splines %v", name, c.NLL, bent)
			}
		}
	}
}

// Numbers that are rounded, but not said to be, are no reason for a density of peaks: what baselines have is that of
// the numbers before.
func TestRoundedNumbersHaveNoPeaks(t *testing.T) {
	rows := normals(4000, 0.5)
	nll := map[bool]map[string]baseline.Comparison{}
	for _, rounded := range []bool{false, true} {
		if rounded {
			for _, row := range rows {
				row[0], row[1] = 2*math.Round(row[0]/2), 0.002*math.Round(row[1]/0.002)
			}
		}
		nll[rounded] = fitted(t, must.M1(data.Split(tableOf([]string{"a", "b"}, rows), data.Options{Guess: "reals"})))
	}
	seen := 0
	for name, c := range nll[true] {
		if name = strings.Fields(name)[1]; name == "mixture" {
			name = "a mixture"
		}
		for other, before := range nll[false] {
			if strings.Contains(other, name) {
				if seen++; c.NLL < before.NLL-0.2 {
					t.Errorf("%s has %.3f nats of rounded numbers, %.3f of the numbers before", c.Name, c.NLL, before.NLL)
				}
			}
		}
	}
	if seen < 2 {
		t.Errorf("of %v and %v two are alike", nll[true], nll[false])
	}
}

// Clusters of bits without a schema are found by the mixture, the only baseline that they have.
func TestMixtureFindsClusters(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	rows := make([][]float64, 2000)
	for i := range rows {
		kind := rng.IntN(4)
		rows[i] = make([]float64, 12)
		for d := range rows[i] {
			if on := d/3 == kind; (rng.Float64() < 0.95) == on {
				rows[i][d] = 1
			}
		}
	}
	splits := must.M1(data.Split(tableOf(columnNames(12), rows), data.Options{}))
	noise := -0.95*math.Log(0.95) - 0.05*math.Log(0.05)
	all := fitted(t, splits)
	if len(all) != 1 {
		t.Errorf("there are %v", all)
	}
	for name, c := range all {
		if want := math.Log(4) + 12*noise; math.Abs(c.NLL-want) > 0.25 {
			t.Errorf("%s has %v nats, the entropy is about %v", name, c.NLL, want)
		}
	}
}

func columnNames(n int) (names []string) {
	for d := range n {
		names = append(names, fmt.Sprintf("c%d", d))
	}
	return names
}

// A difference is taken row by row, over rows that have a likelihood.
func TestCompare(t *testing.T) {
	splits := must.M1(data.Split(tableOf([]string{"a", "b"}, normals(500, 0)), data.Options{Guess: "reals"}))
	var gaussian baseline.Density
	for _, d := range must.M1(baseline.Fit(t.Context(), splits)) {
		if d.Name == "a full Gaussian" {
			gaussian = d
		}
	}
	logp := gaussian.LogProb(splits, splits.Test)
	logp[3] = math.Inf(-1)
	for i := range logp {
		logp[i] -= []float64{0.5, 1.5}[i%2]
	}
	all := must.M1(baseline.Compare(t.Context(), splits, splits.Test, logp))
	i := slices.IndexFunc(all, func(c baseline.Comparison) bool { return c.Name == gaussian.Name })
	if c := all[i]; math.Abs(c.Better+1) > 0.02 || math.Abs(c.Better2SE-2*0.5/math.Sqrt(float64(splits.Test.Rows))) > 0.01 || !c.Worse() {
		t.Errorf("%+v of a model that is worse by a half and by one and a half in turn", c)
	}
	if best := baseline.Best(all); best == nil || slices.ContainsFunc(all, func(c baseline.Comparison) bool { return c.NLL < best.NLL }) || baseline.Best(nil) != nil {
		t.Errorf("the best is %+v", best)
	}
	if text := string(must.M1(baseline.Comparison{Name: "one row", Better2SE: math.NaN()}.MarshalJSON())); text != `{"name":"one row","nll":0,"better":0,"better_2se":"NaN"}` {
		t.Error(text)
	}
	if i, _ := baseline.Dominant(splits.Test, logp); i >= 0 {
		t.Errorf("row %d makes half of the mean of alike ones", i)
	}
	logp[7] = -1e6
	if i, median := baseline.Dominant(splits.Test, logp); i != 7 || !(median > -100) {
		t.Error("a row of a million nats does not make half of the mean")
	}
	if _, err := baseline.Compare(t.Context(), splits, splits.Test, logp[1:]); err == nil {
		t.Error("a row without a log-likelihood is compared")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := baseline.Fit(ctx, splits); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Where nothing can be fitted there is no baseline, and no error.
func TestNoBaseline(t *testing.T) {
	for name, splits := range map[string]*data.Splits{"nothing": nil, "a target": {Target: "u1"}, "no rows": {}} {
		if found := must.M1(baseline.Fit(t.Context(), splits)); found != nil {
			t.Errorf("%s: %v", name, found)
		}
	}
	rows := normals(40, 0)
	for _, row := range rows {
		row[1] = row[0] / 3 // no covariance has an inverse
	}
	splits := must.M1(data.Split(tableOf([]string{"a", "b"}, rows), data.Options{Guess: "reals"}))
	for name, c := range fitted(t, splits) {
		if math.IsNaN(c.NLL) || name == "a full Gaussian" {
			t.Errorf("%s has %v nats where one column is a third of the other", name, c.NLL)
		}
	}
}
