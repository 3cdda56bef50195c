package nade

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/combin"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
)

// targetsOf is the model of some variables of a subject, with its weights.
func targetsOf(t *testing.T, s *subject, targets ...int) (*Targeted, models.Weights) {
	t.Helper()
	o := s.Options()
	o.Variables = slices.Clone(o.Variables)
	for d := range o.Variables {
		o.Variables[d].Unknown = true
	}
	for _, d := range targets {
		name := fmt.Sprint(d)
		if o.Variables[d].Name != "" {
			name = o.Variables[d].Name
		}
		o.Targets = append(o.Targets, name)
	}
	m, err := NewTargeted(o)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Targets(); !slices.Equal(got, targets) {
		t.Fatalf("the targets are %v, need %v", got, targets)
	}
	return m, s.weights[:len(m.Specs())] // that of the orders is the last one
}

// The mean of the loss over all cuts is the mean over all orders of the targets of the negative sum of their conditionals
// given all others, by the passes of an order of the density with the same weights, of rows with unknown values, too.
func TestLossOfTargets(t *testing.T) {
	eachEnumerated(t, func(t *testing.T, s *subject, context []float32) {
		targets := []int{0, 2, 4}
		m, w := targetsOf(t, s, targets...)
		dim, noise := m.Dim(), m.NoiseDim()
		exec := modeltest.Compile(t, s.backend, m, func(p models.Params, args []*Node) []*Node {
			b := models.Batch{X: args[0], Noise: args[1]}
			if m.ContextDim() > 0 {
				b.Context = args[2]
			}
			return []*Node{m.Value(p, b)}
		})
		value := func(row, cut []float32) float64 {
			args := []any{modeltest.Matrix(models.Widen(m, row), models.Width(m)), modeltest.Matrix(cut, noise)}
			if len(context) > 0 {
				args = append(args, modeltest.Matrix(context, len(context)))
			}
			return float64(exec.Run(t, w, args...)[0][0])
		}
		asker, err := m.NewAsker(w)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(5, 7))
		for n := range 6 {
			row, first := make([]float32, dim), make([]float32, noise)
			var others, known []int
			for d := range row {
				all := outcomes(s.Variable(d))
				row[d] = all[rng.IntN(len(all))]
				target := slices.Contains(targets, d)
				switch unknown := n > 1 && rng.IntN(3) == 0; {
				case unknown:
					row[d] = models.NotKnown
				case target:
					known = append(known, d)
				default:
					first[d] = masks.Given
				}
				if !target {
					others = append(others, d)
				}
			}
			orders, want := combin.Permutations(len(targets), len(targets)), 0.0
			for _, order := range orders {
				sequence := slices.Clone(others)
				for _, k := range order {
					sequence = append(sequence, targets[k])
				}
				r := s.of(t, row, sequence, nil, context)
				for _, d := range known {
					c, err := s.Conditional(d, r.conditionals)
					if err != nil {
						t.Fatal(err)
					}
					want += c.LogProb(float64(row[d])) / float64(len(orders))
				}
			}
			got := overCuts(first, known, func(cut []float32) float64 { return value(row, cut) })
			if math.Abs(got-want) > 1e-5*math.Max(1, math.Abs(want)) {
				t.Errorf("row %v: the loss is %v, the mean over orders %v", row, got, want)
			}
			if len(known) == 0 {
				if got := value(row, first); got != 0 {
					t.Errorf("without a target that is known the value is %v", got)
				}
				continue
			}
			given := slices.Clone(row)
			given[known[0]] = models.NotKnown // of which the others are known
			answers, err := asker.Ask(t.Context(), given, context, known[:1])
			if err != nil {
				t.Fatal(err)
			}
			cut := slices.Clone(first)
			for _, d := range known {
				cut[d] = masks.Given
			}
			cut[known[0]] = 1
			if got, want := answers[0].LogProb(float64(row[known[0]])), value(row, cut); !modeltest.Near(got, want, 1e-4) {
				t.Errorf("row %v: ln p of a target is %v on the host, %v in the graph", row, got, want)
			}
		}
	})
}

// What is drawn gives all that is known of the variables that are no targets, and of the targets those that are known count once
// in the mean.
func TestDrawsOfTargets(t *testing.T) {
	m, err := NewTargeted(Options{Dim: 6, Targets: []string{"1", "3", "4"}, Dropout: 0.5, Hidden: []int{8}})
	if err != nil {
		t.Fatal(err)
	}
	row := []float32{1, 1, models.NotKnown, 0, models.NotKnown, 1}
	draw, rng, noise := m.Drawer(true), rand.New(rand.NewPCG(1, 1)), make([]float32, m.NoiseDim())
	counts, given := make([]float64, 6), 0.0
	const draws = 20_000
	for range draws {
		draw(rng, rng.Float64(), row, noise)
		if noise[0] != masks.Given || noise[5] != masks.Given || noise[2] != 0 || noise[4] != 0 {
			t.Fatalf("the cut is %v", noise[:6])
		}
		for d, v := range noise[:6] {
			counts[d] += float64(max(v, 0)) / draws
		}
		if noise[1] == masks.Given || noise[3] == masks.Given {
			given += 1.0 / draws
		}
	}
	if math.Abs(counts[1]-1) > 0.03 || math.Abs(counts[3]-1) > 0.03 || math.Abs(given-0.5) > 0.02 {
		t.Errorf("targets count %.3f and %.3f times, one is given in %.3f of the draws: need 1, 1, 0.5", counts[1], counts[3], given)
	}
}

// A model of targets answers for these alone, and only given what it was trained with.
func TestRefusalsOfTargets(t *testing.T) {
	variables := []models.Variable{{Name: "age", Support: models.Bits()}, {Name: "sex", Support: models.Bits()},
		{Name: "income", Support: models.Bits()}, {Name: "city", Support: models.Bits(), Unknown: true}}
	o := Options{Dim: 4, Variables: variables, Hidden: []int{5}}
	for want, targets := range map[string][]string{
		"age, sex, income, city": {"incomes"}, "did you mean": {"incomes"}, "named twice": {"age", "age"}, "empty": {""},
		"all 4 variables": {"age", "sex", "income", "city"}, "one at least": nil, "no variable": {"0"},
	} {
		o.Targets = targets
		if _, err := NewTargeted(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: the error is %v, want %q", targets, err, want)
		}
	}
	o.Targets = []string{"income"}
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "NewTargeted") {
		t.Errorf("the error is %v", err)
	}
	o.Orders = 4
	if _, err := NewTargeted(o); err == nil || !strings.Contains(err.Error(), "orders.count") {
		t.Errorf("the error is %v", err)
	}
	o.Orders = 0
	m, err := NewTargeted(o)
	if err != nil {
		t.Fatal(err)
	}
	asker, err := m.NewAsker(models.Initialize(m, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		row   []float32
		asked int
		want  string
	}{
		{[]float32{1, 0, models.NotKnown, 1}, 2, ""},
		{[]float32{1, 0, models.NotKnown, models.NotKnown}, 2, ""}, // as in training
		{[]float32{models.NotKnown, 0, 1, 1}, 0, "age is asked for"},
		{[]float32{models.NotKnown, 0, models.NotKnown, 1}, 2, "age is not known"},
		{[]float32{1, 0, 1, 1}, 2, "given too"},
		{[]float32{1, 0, models.NotKnown, 1}, 7, "variable 7"},
	} {
		_, err := asker.Ask(t.Context(), c.row, nil, []int{c.asked})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("row %v: the error is %v, want %q", c.row, err, c.want)
		}
	}
	for what, is := range map[string]bool{"density": isOf[models.Density](m), "orders": isOf[models.Masked](m), "samples": isOf[models.HostSampler](m)} {
		if is {
			t.Errorf("a model of targets has %s", what)
		}
	}
}

func isOf[T any](m any) bool { _, is := m.(T); return is }

// Its options build an equal model.
func TestTargetedKind(t *testing.T) {
	m, err := NewTargeted(Options{Dim: 3, Targets: []string{"2"}, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	kind, in := m.Kind()
	again, err := kind.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	if of, ok := again.(*Targeted); !ok || !slices.Equal(of.Targets(), m.Targets()) || of.String() != m.String() {
		t.Errorf("the same options make %v of %v", again, m)
	}
}
