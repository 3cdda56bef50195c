package nade

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/output"
)

// The host answers as the graph does, row by row and for rows that know different variables, from several goroutines.
func TestAsk(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		kinds := modeltest.Kinds()
		s := newSubject(t, b, Options{Output: output.ByKind, Variables: kinds, Hidden: []int{17, 13}, Activation: "tanh",
			ContextDim: 1, Components: 3})
		const rows = 43
		dim, cond, rng := s.Dim(), []float32{0.4}, rand.New(rand.NewPCG(3, 8))
		full, contexts := s.drawn(t, rows, cond), slices.Repeat(cond, rows)
		x, cuts := slices.Clone(full), make([]float32, rows*s.NoiseDim())
		const always = 2 // is asked in each row
		for i := range x {
			if d := i % dim; d != always && rng.IntN(2) == 0 {
				cuts[i/dim*s.NoiseDim()+d] = masks.Given
			} else {
				x[i] = models.NotKnown
			}
		}
		given := s.of(t, full, s.Cycle().At(0).Order.Sequence(), cuts, cond).given
		width := len(given) / rows
		check := func(i, d int, c models.Conditional) {
			want, err := s.Conditional(d, given[i*width:][:width])
			if err != nil {
				t.Error(err)
			}
			v := float64(full[i*dim+d])
			if got, want := c.LogProb(v), want.LogProb(v); !modeltest.Near(got, want, 1e-3) {
				t.Errorf("row %d: %s has ln p %v on the host, %v in the graph", i, kinds[d].Name, got, want)
			}
		}
		of, err := s.NewAsker(s.weights)
		if err != nil {
			t.Fatal(err)
		}
		all, err := of.Ask(t.Context(), x, contexts, []int{always})
		if err != nil || len(all) != rows {
			t.Fatalf("%d answers (%v)", len(all), err)
		}
		for i, c := range all {
			check(i, always, c)
		}
		var wg sync.WaitGroup
		for i := range rows {
			wg.Go(func() {
				var asked []int
				for d := dim - 1; d >= 0; d-- {
					if models.IsNotKnown(x[i*dim+d]) {
						asked = append(asked, d)
					}
				}
				all, err := of.Ask(t.Context(), x[i*dim:][:dim], cond, asked)
				if err != nil || len(all) != len(asked) {
					t.Errorf("row %d: %d answers of %d (%v)", i, len(all), len(asked), err)
					return
				}
				for k, d := range asked {
					check(i, d, all[k])
				}
			})
		}
		wg.Wait()
	})
}

// drawn are samples in the first order with one context.
func (s *subject) drawn(t *testing.T, rows int, cond []float32) []float32 {
	t.Helper()
	of, err := s.NewSampler(s.weights, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, noise := make([]float32, rows*s.Dim()), make([]float32, rows*of.NoiseDim())
	of.DrawNoise(rand.New(rand.NewPCG(8, 4)), noise)
	if _, err := of.Sample(t.Context(), x, noise, slices.Repeat(cond, rows), models.Incremental); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestAskRefuses(t *testing.T) {
	m, err := New(Options{Dim: 3, Hidden: []int{4}, ContextDim: 1})
	if err != nil {
		t.Fatal(err)
	}
	w := models.Initialize(m, 1)
	of, err := m.NewAsker(w)
	if err != nil {
		t.Fatal(err)
	}
	unknown := models.NotKnown
	cond := []float32{0}
	for _, c := range []struct {
		x, cond []float32
		asked   []int
		want    string
	}{
		{[]float32{1, unknown, 0}, cond, []int{2}, "asked for and given"},
		{[]float32{1, unknown, 0}, cond, []int{3}, "variable 3"},
		{[]float32{1, unknown, 0.5}, cond, []int{1}, "row 0, variable 3"},
		{[]float32{1, unknown, models.StateCode(0)}, cond, []int{1}, "row 0, variable 3"},
		{[]float32{1, unknown}, cond, []int{1}, "do not fit"},
		{[]float32{1, unknown, 0}, nil, []int{1}, "do not fit"},
	} {
		if _, err := of.Ask(t.Context(), c.x, c.cond, c.asked); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: the error is %v", c, err)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := of.Ask(stopped, []float32{1, unknown, 0}, cond, []int{1}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error of a cancelled context is %v", err)
	}
	if _, err := m.NewAsker(w[1:]); err == nil {
		t.Error("weights of another model are taken")
	}
	s, err := m.NewSampler(w, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, noise := []float32{1, unknown, 2}, make([]float32, s.NoiseDim())
	_, err = s.(models.GivenSampler).SampleGiven(t.Context(), x, noise, cond, models.Incremental)
	if err == nil || !strings.Contains(err.Error(), "row 0, variable 3") {
		t.Errorf("sampling given 2 of a bit: the error is %v", err)
	}
}

// Samples given two patterns of values have the frequencies that ln p of all rows has, in an order that begins with
// what is given; what is given stays, rows that know nothing are those of Sample, and rows that know all stay.
func TestSampleGiven(t *testing.T) {
	eachEnumerated(t, func(t *testing.T, s *subject, cond []float32) {
		const draws, few = 20_000, 500
		set, dim := s.Cycle().At(2), s.Dim()
		var patterns [][]float32
		for _, known := range [][]int{{0, 3}, {1, 4}} {
			x := slices.Repeat([]float32{models.NotKnown}, dim)
			for _, d := range known {
				x[d] = outcomes(s.Variable(d))[0] // where there are holes, a hole
			}
			patterns = append(patterns, x)
		}
		var start []float32
		for range draws {
			start = append(start, slices.Concat(patterns...)...)
		}
		nothing := slices.Repeat([]float32{models.NotKnown}, dim*few)
		everything := s.drawn(t, few, cond)
		start = slices.Concat(start, nothing, everything)
		rows := len(start) / dim
		of, err := s.NewSampler(s.weights, set)
		if err != nil {
			t.Fatal(err)
		}
		x, noise, contexts := slices.Clone(start), make([]float32, rows*of.NoiseDim()), slices.Repeat(cond, rows)
		of.DrawNoise(rand.New(rand.NewPCG(8, 4)), noise)
		if _, err := of.(models.GivenSampler).SampleGiven(t.Context(), x, noise, contexts, models.Incremental); err != nil {
			t.Fatal(err)
		}
		for i, v := range start {
			if !models.IsNotKnown(v) && x[i] != v || models.IsNotKnown(x[i]) {
				t.Fatalf("%v becomes %v", v, x[i])
			}
		}
		free := make([]float32, len(x))
		if _, err := of.Sample(t.Context(), free, noise, contexts, models.Sequential); err != nil {
			t.Fatal(err)
		}
		if from := 2 * draws * dim; !slices.Equal(free[from:][:len(nothing)], x[from:][:len(nothing)]) {
			t.Error("rows of which nothing is given are not those of Sample")
		}
		for k, pattern := range patterns {
			var sample []float32
			for i := range draws {
				sample = append(sample, x[(2*i+k)*dim:][:dim]...)
			}
			s.compareShares(t, sample, s.givenFirst(t, pattern, set.Order.Sequence(), cond))
		}
	})
}

type outcome [8]float32

// givenFirst are p(row | pattern) of all rows that a pattern can become, in an order that begins with what it gives.
func (s *subject) givenFirst(t *testing.T, pattern []float32, sequence []int, cond []float32) map[outcome]float64 {
	t.Helper()
	order := slices.Clone(sequence)
	slices.SortStableFunc(order, func(a, b int) int {
		rank := map[bool]int{true: 1}
		return rank[models.IsNotKnown(pattern[a])] - rank[models.IsNotKnown(pattern[b])]
	})
	rows, _ := every(s.variables())
	logp, p, sum := s.of(t, rows, order, nil, cond).logp, map[outcome]float64{}, 0.0
	for i, l := range logp {
		row := rows[i*s.Dim():][:s.Dim()]
		fits := true
		for d, v := range pattern {
			fits = fits && (models.IsNotKnown(v) || v == row[d])
		}
		if fits {
			var o outcome
			copy(o[:], row)
			p[o] = math.Exp(float64(l))
			sum += p[o]
		}
	}
	for o := range p {
		p[o] /= sum
	}
	return p
}

// compareShares compares the shares of samples with probabilities.
func (s *subject) compareShares(t *testing.T, x []float32, p map[outcome]float64) {
	t.Helper()
	counts, n := map[outcome]int{}, len(x)/s.Dim()
	for row := range slices.Chunk(x, s.Dim()) {
		var o outcome
		copy(o[:], row)
		counts[o]++
		if _, possible := p[o]; !possible {
			t.Fatalf("%v is drawn", row)
		}
	}
	for o, want := range p {
		got, deviation := float64(counts[o])/float64(n), math.Sqrt(want*(1-want)/float64(n))
		if math.Abs(got-want) > 4*deviation+2/float64(n) {
			t.Errorf("%v has the share %v of samples, its probability is %v", o[:s.Dim()], got, want)
		}
	}
}

// A complete sample keeps a hole that is given, and has no other.
func TestCompleteSamplesGivenAHole(t *testing.T) {
	o := enumerated["holes, context"]
	s := newSubject(t, backendtest.Open(t, backend.KindGo), o)
	of, err := s.NewSampler(s.weights, nil)
	if err != nil {
		t.Fatal(err)
	}
	const rows, given = 200, 2
	x, noise := slices.Repeat([]float32{models.NotKnown}, rows*s.Dim()), make([]float32, rows*of.NoiseDim())
	for i := given; i < len(x); i += s.Dim() {
		x[i] = models.StateCode(0)
	}
	of.DrawNoise(rand.New(rand.NewPCG(8, 4)), noise)
	complete := of.(models.Completer).Complete().(models.GivenSampler)
	cond := make([]float32, rows*s.ContextDim())
	if _, err := complete.SampleGiven(t.Context(), x, noise, cond, models.Incremental); err != nil {
		t.Fatal(err)
	}
	for i, v := range x {
		if hole := s.Variable(i%s.Dim()).Hole && v == models.StateCode(0); hole != (i%s.Dim() == given) {
			t.Fatalf("row %d: %s is %v", i/s.Dim(), s.Variable(i%s.Dim()).Name, v)
		}
	}
}

// One variable of 784 is asked for where half of them are given.
func BenchmarkAsk(b *testing.B) {
	m, err := New(Options{Dim: 784, Hidden: []int{500, 500}})
	if err != nil {
		b.Fatal(err)
	}
	of, err := m.NewAsker(models.Initialize(m, 1))
	if err != nil {
		b.Fatal(err)
	}
	x := slices.Repeat([]float32{models.NotKnown}, m.Dim())
	for d := 0; d < len(x); d += 2 {
		x[d] = float32(d / 2 % 2)
	}
	for b.Loop() {
		if _, err := of.Ask(b.Context(), x, nil, []int{391}); err != nil {
			b.Fatal(err)
		}
	}
}
