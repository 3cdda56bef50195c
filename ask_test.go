package maskflow_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/nade"
)

// askable is a NADE of five bits with the names a … e.
func askable(t *testing.T, b *backend.Backend) *maskflow.Model {
	t.Helper()
	d := must.M1(nade.New(nade.Options{Dim: 5, Hidden: []int{11}, Activation: "tanh", Orders: 4}))
	p := data.NewPreparation(5, 0)
	p.Columns = []string{"a", "b", "c", "d", "e"}
	return newModel(t, b, d, modeltest.Strong(d, 5), maskflow.Options{Preparation: p})
}

// given is p(state | some of its variables) of all states in the order of a sequence that begins with these.
func given(t *testing.T, m *maskflow.Model, values map[int]float32, sequence []int) []float64 {
	t.Helper()
	x, dim, order := states(5), 5, make(masks.Order, 5)
	for k, d := range sequence {
		order[d] = k + 1
	}
	set := must.M1(masks.NewSet(order, nil, false, false))
	p := must.M1(m.LogProbSets(t.Context(), table(t, x, dim), []*masks.Set{set}))
	for i, l := range p {
		p[i] = math.Exp(l)
		for d, v := range values {
			if x[i*dim+d] != v {
				p[i] = 0
			}
		}
	}
	floats.Scale(1/floats.Sum(p), p)
	return p
}

// table has rows of values.
func table(t *testing.T, x []float32, dim int, columns ...string) *data.Table {
	t.Helper()
	return must.M1(data.FromFlat(x, dim, columns...))
}

// Conditionals given some variables are sums over all others, and samples have the mean probabilities of the orders,
// of which each begins with what is given.
func TestGivenRows(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		m := askable(t, b)
		nan := float32(math.NaN())
		rows := table(t, []float32{1, 0, 0, nan, 1, 1}, 3, "d", "b", "e") // e is asked for: what it is counts for nothing
		got := must.M1(m.Conditional(t.Context(), rows, "e"))
		for i, c := range []struct {
			values   map[int]float32
			sequence []int // what is given, e, and then any others
		}{{map[int]float32{3: 1, 1: 0}, []int{3, 1, 4, 0, 2}}, {map[int]float32{1: 1}, []int{1, 4, 2, 3, 0}}} {
			want := 0.0
			for state, p := range given(t, m, c.values, c.sequence) {
				if state>>4 == 1 {
					want += p
				}
			}
			if p := math.Exp(got[i].LogProb(1)); math.Abs(p-want) > 1e-5 {
				t.Errorf("p(e | %v) is %v, by sums %v", c.values, p, want)
			}
		}
		if b.Kind != backend.KindGo {
			return // samples are drawn on the host
		}
		const draws = 20_000
		some := rows.Select([]int{0}, []int{0, 1})
		x := must.M1(must.M1(m.Sample(t.Context(), draws, maskflow.SampleOptions{Seed: 3, Given: some})).Values())
		counts := make([]float64, 32)
		for row := range slices.Chunk(x, 5) {
			at := 0
			for d, v := range row {
				at += int(v) << d
			}
			counts[at]++
		}
		mean := make([]float64, len(counts)) // over the orders of samples, of each with d and b first
		for _, set := range m.Sets(0) {
			others := slices.DeleteFunc(set.Order.Sequence(), func(d int) bool { return d == 3 || d == 1 })
			p := given(t, m, map[int]float32{3: 1, 1: 0}, append([]int{3, 1}, others...))
			floats.AddScaled(mean, 1/float64(len(m.Sets(0))), p)
		}
		for i, p := range mean {
			if share := counts[i] / draws; math.Abs(share-p) > 4*math.Sqrt(p*(1-p)/draws)+1./draws {
				t.Errorf("state %05b has the share %v of samples, its probability is %v", i, share, p)
			}
		}
		free := must.M1(m.Sample(t.Context(), 50, maskflow.SampleOptions{Seed: 3}))
		open := must.M1(m.Sample(t.Context(), 50, maskflow.SampleOptions{Seed: 3, Given: table(t, []float32{nan}, 1, "a")}))
		if !slices.Equal(free.Float32(), open.Float32()) {
			t.Error("samples given nothing are others")
		}
	})
}

func TestGivenRowsRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	m := askable(t, b)
	other := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Degrees: "sequential", Start: "natural"})
	plain := newModel(t, b, other, modeltest.Strong(other, 3), maskflow.Options{})
	over := must.M1(maf.NewDrawn(maf.Options{Dim: 5, Hidden: []int{7}, Layers: 1}))
	through := newModel(t, b, over, models.Initialize(over, 3), maskflow.Options{})
	rows := table(t, []float32{1, 0}, 2, "a", "b")
	for name, c := range map[string]struct {
		m      *maskflow.Model
		rows   *data.Table
		column string
		want   string
	}{
		"another model":       {plain, rows, "0", "nade"},
		"a flow over one":     {through, rows, "0", "layers between"},
		"no such variable":    {m, rows, "f", "\"f\""},
		"no such column":      {m, table(t, []float32{1}, 1, "g"), "a", "\"g\""},
		"a value of no bit":   {m, table(t, []float32{2}, 1, "a"), "b", "2"},
		"columns by position": {m, table(t, []float32{1, 0}, 2), "a", "2 columns"},
	} {
		if _, err := c.m.Conditional(t.Context(), c.rows, c.column); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %s in it", name, err, c.want)
		}
		if name == "no such variable" {
			continue
		}
		rows := c.rows
		if c.m == plain || c.m == through {
			rows = table(t, make([]float32, 5), 5)
		}
		_, err := c.m.Sample(t.Context(), 3, maskflow.SampleOptions{Given: rows})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error of samples is %v, want %s in it", name, err, c.want)
		}
	}
	two := table(t, make([]float32, 10), 5)
	_, err := m.Sample(t.Context(), 3, maskflow.SampleOptions{Given: two})
	refuses(t, "two rows for three samples", err, "one row for all")
	bad := table(t, []float32{1, 0, 3, models.NotKnown, 0}, 5)
	_, err = m.Core.Sample(t.Context(), 1, maskflow.SampleOptions{Given: bad})
	refuses(t, "a bit that is 3", err, "variable 3")
}
