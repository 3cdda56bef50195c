package baseline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
)

// weighed are the splits of rows with holes, a grid and levels, of which row i is there so many times, with such a weight.
func weighed(t *testing.T, n int, real bool, of func(i int) (times int, weight float64)) *data.Splits {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 7))
	var parts [3]data.Part
	for k := range parts {
		table := &data.Table{Name: fmt.Sprint("part ", k), Columns: []string{"w", "a", "b", "n", "l"}}
		for i := range n {
			a := r.NormFloat64()
			row := []float64{0, a, a + r.NormFloat64(), float64(r.IntN(6)), float64(r.IntN(3))}
			if !real && r.IntN(4) == 0 {
				row[2] = math.NaN()
			}
			times, weight := 1, 1.0
			if k < 2 || of != nil {
				times, weight = of(i)
			}
			if row[0] = weight; weight == 0 {
				row = []float64{0, 500, -500, 5, 2} // which would be seen
			}
			for range times {
				table.Append(row)
			}
		}
		parts[k].Table = table
	}
	columns := data.Schema{{Name: "w", Role: data.WeightRole}, {Name: "a", Kind: data.Real, Exact: true}, {Name: "b", Kind: data.Real, Exact: true, Missing: !real},
		{Name: "n", Kind: data.Integer, Step: 1}, {Name: "l", Kind: data.Categorical, Levels: []string{"0", "1", "2"}}}
	if real {
		columns[4].Role = data.DropRole
	}
	return must.M1(data.Prepare(data.Source{Train: parts[0], Valid: parts[1], Test: parts[2]}, data.Options{Columns: columns}))
}

// compared are the figures of the baselines by the names of these, beside a model that is a constant better.
func compared(t *testing.T, s *data.Splits) map[string]float64 {
	t.Helper()
	logp := make([]float64, s.Test.Rows)
	for i := range logp {
		logp[i] = -float64(s.Test.Row(i)[0]) - 3
	}
	found := map[string]float64{}
	for _, c := range must.M1(Compare(t.Context(), s, s.Test, logp)) {
		found[c.Name+": NLL"], found[c.Name+": better"], found[c.Name+": 2 errors"] = c.NLL, c.Better, c.Better2SE
	}
	return found
}

// Rows of weight 0 are as if they were not there, weights ×10 are the same, and so is one weight for all and none. Means and
// covariances take a row of weight 2 for the row twice; where a number of rows decides (of components, widths, Laplace's
// estimates, errors) it is the effective one, which is another then.
func TestWeightsInBaselines(t *testing.T) {
	weight := func(i int) float64 { return []float64{0.3, 1, 2, 5}[i%4] }
	for _, real := range []bool{true, false} {
		const n = 150
		base := func(scale float64) map[string]float64 {
			return compared(t, weighed(t, n, real, func(i int) (int, float64) { return 1, scale * weight(i) }))
		}
		want := base(1)
		kept := func(i int) int { return min(i%5, 1) }
		unweighed := weighed(t, n, real, func(int) (int, float64) { return 1, 7 })
		none := *unweighed
		for _, set := range []**data.Prepared{&none.Train, &none.Valid, &none.Test} {
			one := **set
			one.Weights = nil
			*set = &one
		}
		byHand := weighed(t, n, real, func(i int) (int, float64) { return 1, weight(i) })
		for _, set := range byHand.Sets() {
			for i := range set.Set.Weights {
				set.Set.Weights[i] *= float64(kept(i))
			}
		}
		for name, c := range map[string]struct{ found, want map[string]float64 }{
			"×10": {base(10), want}, "÷7": {base(1.0 / 7), want}, "equal": {compared(t, unweighed), compared(t, &none)},
			"0": {compared(t, weighed(t, n, real, func(i int) (int, float64) { return 1, weight(i) * float64(kept(i)) })),
				compared(t, weighed(t, n, real, func(i int) (int, float64) { return kept(i), weight(i) }))},
			"0 by hand": {compared(t, byHand), nil},
		} {
			for figure, v := range c.found {
				if c.want != nil && !(math.Abs(v-c.want[figure]) <= 1e-6*max(1, math.Abs(v))) || math.IsNaN(v) {
					t.Errorf("%d rows, %s: %s is %v, want %v", n, name, figure, v, c.want[figure])
				}
			}
			if c.want != nil && len(c.found) != len(c.want) || len(c.found) < 6 {
				t.Errorf("%d rows, %s: figures %v, want those of %v", n, name, c.found, c.want)
			}
		}
		twice, often := compared(t, weighed(t, n, real, func(i int) (int, float64) { return 1, float64(1 + i%2) })),
			compared(t, weighed(t, n, real, func(i int) (int, float64) { return 1 + i%2, 1 }))
		for figure, v := range twice {
			tolerance := 0.02
			if strings.HasPrefix(figure, "a full Gaussian") {
				tolerance = 1e-9
			}
			if !strings.HasSuffix(figure, "errors") && !(math.Abs(v-often[figure]) <= tolerance) {
				t.Errorf("%d rows: %s is %v by weights, %v of rows twice", n, figure, v, often[figure])
			}
		}
	}
}

// The EM algorithm does not tell a row of weight 2 from the row twice: its components are the same, by one number of rows.
func TestWeightsInEM(t *testing.T) {
	var logp [2][][]float64
	of := weighed(t, 200, false, func(int) (int, float64) { return 1, 1 })
	for k, rows := range []func(i int) (int, float64){
		func(i int) (int, float64) { return 1, float64(1 + i%3) }, func(i int) (int, float64) { return 1 + i%3, 5 },
	} {
		s := weighed(t, 200, false, rows)
		train := some(variablesOf(s), s.Train)
		if train.rows != 200 {
			t.Fatalf("%d rows that are not equal, want 200", train.rows)
		}
		for i := range train.weights {
			train.weights[i] *= 200 / train.n
		}
		train.n = 200
		train.fitMargins()
		for _, n := range []int{1, 4, 16} {
			logp[k] = append(logp[k], logSum(joint(must.M1(expectationMaximisation(t.Context(), train, n)), newTable(variablesOf(of), nil, of.Test))))
		}
		bandwidths := must.M1(copula(t.Context(), train, train))
		logp[k] = append(logp[k], bandwidths.logp(newTable(variablesOf(of), nil, of.Test)))
	}
	for n := range logp[0] {
		for i, v := range logp[0][n] {
			if math.Abs(v-logp[1][n][i]) > 1e-6 {
				t.Fatalf("density %d: row %d has ln p %v by weights, %v of repeated rows", n, i, v, logp[1][n][i])
			}
		}
	}
}

// numbersOf are the numbers of a variable in the rows.
func (t *table) numbersOf(d int) (all []float64) {
	for i := range t.rows {
		all = append(all, t.point(i, d).Value)
	}
	return all
}

// A part of the rows has the weights of all: of two groups the share of each is that of its weights.
func TestWeightsOfAPart(t *testing.T) {
	const n = 60_000
	rows, r := make([][]float64, n), rand.New(rand.NewPCG(1, 9))
	for i := range rows {
		group := min(i%10, 1) // the first has a tenth of the rows, and half of the weight
		rows[i] = []float64{float64(10*group) + r.NormFloat64(), []float64{9, 1}[group]}
	}
	table := must.M1(data.FromRows(rows))
	table.Columns = []string{"x", "w"}
	s := must.M1(data.Split(table, data.Options{Columns: data.Schema{{Name: "w", Role: data.WeightRole}, {Name: "x", Kind: data.Real, Exact: true, Transform: data.AsIs}}}))
	train := some(variablesOf(s), s.Train)
	for name, weight := range map[string]func(i int) float64{"×10": func(i int) float64 { return 10 * s.Train.Weight(i) }, "of repeated rows": nil, "with rows of weight 0": nil} {
		other := *s.Train
		switch {
		case weight != nil:
			other.Weights = make([]float64, other.Rows)
			for i := range other.Weights {
				other.Weights[i] = weight(i)
			}
		case name == "of repeated rows":
			other.X, other.Weights, other.Rows = slices.Concat(other.X, other.X), slices.Repeat(other.Weights, 2), 2*other.Rows
		default:
			other.X, other.Weights, other.Rows = slices.Concat([]float32{7, 8}, other.X), slices.Concat([]float64{0, 0}, other.Weights), other.Rows+2
		}
		drawn := some(variablesOf(s), &other)
		if got := drawn.mean(drawn.numbersOf(0)); drawn.rows != train.rows || math.Abs(got-train.mean(train.numbersOf(0))) > 1e-9 {
			t.Errorf("%s: the mean of %d drawn rows is %v, want %v of %d", name, drawn.rows, got, train.mean(train.numbersOf(0)), train.rows)
		}
	}
	if !train.part || math.Abs(train.n-s.Train.EffectiveRows()*float64(train.rows)/float64(s.Train.Rows)) > 0.02*train.n {
		t.Errorf("%v effective rows of %d, of %v and %d", train.n, train.rows, s.Train.EffectiveRows(), s.Train.Rows)
	}
	for _, d := range must.M1(Fit(t.Context(), s)) {
		if !strings.Contains(d.Name, "mixture") {
			continue
		}
		p := d.LogProb(s, s.Test)
		for group, at := range []float64{0, 10} {
			i := slices.IndexFunc(s.Test.X, func(x float32) bool { return math.Abs(float64(x)-at) < 0.05 })
			want := math.Log(0.5) - 0.5*math.Log(2*math.Pi)
			if math.Abs(p[i]-want) > 0.15 {
				t.Errorf("group %d has ln p %v, want %v", group, p[i], want)
			}
		}
	}
	logp := make([]float64, s.Test.Rows)
	for i := range logp {
		logp[i] = -1 - float64(i%2)
	}
	s.Test.Weights = slices.Repeat([]float64{0}, len(logp))
	for i := range 3 {
		s.Test.Weights[i] = 1
	}
	if i, _ := Dominant(s.Test, logp); i != -1 {
		t.Errorf("row %d dominates where three count", i)
	}
	s.Test.Weights[3], s.Test.Weights[4], s.Test.Weights[5] = 1, 20, 1
	if i, median := Dominant(s.Test, logp); i != 4 || median != -1 {
		t.Errorf("row %d of weight 20 dominates, the median is %v", i, median)
	}
}
