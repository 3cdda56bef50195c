package verify_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/verify"
)

// Names of the checks, in their order.
var checkNames = []string{
	"no forbidden path in the product of the masks",
	"no conditional depends on a variable that does not come before it",
	"probabilities sum to one",
	"the density is the product of its conditionals",
	"the sampler draws from the density",
}

func check(t *testing.T, b *backend.Backend, d models.Density, o verify.Options) *verify.Report {
	t.Helper()
	m := newModel(t, b, d, modeltest.Strong(d, 3), maskflow.Options{Batch: 64})
	r, err := verify.Model(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range r.Checks {
		if i >= len(checkNames) || c.Name != checkNames[i] || c.Figures == "" {
			t.Errorf("check %d is %+v, want %q", i, c, checkNames)
		}
	}
	return r
}

func TestVerifyHolds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      made.Options
		v      verify.Options
		orders int
		xla    bool
	}{
		{"one order", made.Options{Dim: 7, Hidden: []int{11, 5}, Activation: "elu", Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, false},
		{"everything", made.Options{Dim: 5, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: 3, ContextDim: 2, Direct: true, Conditioning: true, Start: "natural"}, verify.Options{Rows: 6, Seed: 8}, 3, true},
		{"some orders", made.Options{Dim: 7, Masks: 5, Resample: masks.ResampleOrder, Start: masks.RandomOrder, Hidden: []int{}, Degrees: "sequential"}, verify.Options{Orders: 2}, 2, false},
		{"unlimited", made.Options{Dim: 7, Hidden: []int{11}, Degrees: masks.SampledDegrees, Masks: masks.Unlimited, Start: "natural"}, verify.Options{}, 8, false},
		{"some of unlimited", made.Options{Dim: 7, Hidden: []int{11}, Degrees: masks.SampledDegrees, Masks: masks.Unlimited, Start: "natural"}, verify.Options{Orders: 3}, 3, false},
		{"groups", made.Options{Dim: 7, Hidden: []int{11}, Groups: 3, Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, false},
		{"one variable", made.Options{Dim: 1, Hidden: []int{}, Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, true},
		{"one variable and hidden units", made.Options{Dim: 1, Hidden: []int{5}, ContextDim: 2, Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, false},
		{"many variables", made.Options{Dim: 17, Hidden: []int{19}, Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				if b.Kind != backend.KindGo && !tt.xla {
					return // compiling takes XLA long
				}
				r := check(t, b, newMADE(t, tt.o), tt.v)
				if !r.Holds() || len(r.Checks) != len(checkNames) || r.Orders != tt.orders || r.Dim != tt.o.Dim {
					t.Errorf("%+v", r)
				}
				for _, c := range r.Checks {
					if c.Skipped {
						t.Errorf("check %+v", c)
					}
				}
			})
		})
	}
}

// A model of variables of every kind, whose rows cannot be counted: each conditional sums to one, and the network is shown
// what it does not see.
func TestVerifyHoldsForEveryKind(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		kinds := modeltest.Kinds()
		d := newMADE(t, made.Options{Dim: len(kinds), Variables: kinds, Hidden: []int{23}, Activation: "tanh", Output: "mixed", ContextDim: 2,
			Degrees: masks.SampledDegrees, Masks: 2, Start: "natural"})
		any := newNADE(t, nade.Options{Dim: len(kinds), Variables: kinds, Hidden: []int{23}, Activation: "tanh", Output: "mixed",
			ContextDim: 2, Orders: 2})
		for _, c := range []struct {
			d       models.Density
			more    int      // checks than of bits
			skipped []string // that do not apply
		}{{d, 1, nil}, {any, 2, checkNames[:1]}} {
			r, err := verify.Model(t.Context(), newModel(t, b, c.d, mild(c.d), maskflow.Options{Batch: 64}), verify.Options{Rows: 6})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Holds() || len(r.Checks) != len(checkNames)+c.more {
				t.Errorf("%T: %+v", c.d, r)
			}
			for _, check := range r.Checks {
				if check.Skipped != slices.Contains(c.skipped, check.Name) {
					t.Errorf("%T: check %+v", c.d, check)
				}
			}
		}
		if b.Kind != backend.KindGo {
			return // compiling takes XLA long
		}
		for _, bad := range []struct {
			d     models.Density
			fails string
		}{{scaled{d}, "the density is the product"}, {leaky{d}, "no conditional depends"}, {blind{d}, "a zero is not taken"},
			{forgetful{any}, "what is given in one pass"}, {otherHost{any}, "what is given in one pass"}} {
			r, err := verify.Model(t.Context(), newModel(t, b, bad.d, mild(bad.d), maskflow.Options{Batch: 64}), verify.Options{Rows: 6})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range r.Checks {
				if holds := !strings.HasPrefix(c.Name, bad.fails); c.Holds != holds {
					t.Errorf("%T: %+v", bad.d, c)
				}
			}
		}
	})
}

// blind takes a value that is not known for a zero.
type blind struct{ *made.Model }

func (m blind) Conditionals(p models.Params, x, context *Node) *Node {
	return m.Model.Conditionals(p, Where(Equal(x, Const(x.Graph(), models.NotKnown)), ZerosLike(x), x), context)
}

// forgetful does not give the first variable in one pass.
type forgetful struct{ *nade.Model }

func (m forgetful) Given(p models.Params, x, given, context *Node) *Node {
	first := Slice(given, AxisRange(), AxisRange(0, 1))
	return m.Model.Given(p, x, Concatenate([]*Node{ZerosLike(first), Slice(given, AxisRange(), AxisRange(1))}, 1), context)
}

// otherHost has other weights on the host.
type otherHost struct{ *nade.Model }

func (m otherHost) NewAsker(models.Weights) (models.Asker, error) {
	return m.Model.NewAsker(modeltest.Strong(m, 9))
}

// leaky shows conditionals that depend on their own variables.
type leaky struct{ *made.Model }

func (m leaky) Conditionals(p models.Params, x, context *Node) *Node {
	own := Slice(x, AxisRange(), AxisRange(0, 1)) // of the first variable
	return Add(m.Model.Conditionals(p, x, context), MulScalar(Where(GreaterThan(own, Const(x.Graph(), float32(0.5))), OnesLike(own), ZerosLike(own)), 1e-6))
}

// scaled is no normalised density, and not that of its conditionals.
type scaled struct{ *made.Model }

func (m scaled) LogProb(p models.Params, x, context *Node) *Node {
	return Mul(m.Model.LogProb(p, x, context), Const(x.Graph(), float32(1.01)))
}

// turned has the conditionals of other rows.
type turned struct{ *made.Model }

func (m turned) LogProb(p models.Params, x, context *Node) *Node {
	return m.Model.LogProb(p, OneMinus(x), context)
}

// misled samples in another order than it was asked for.
type misled struct{ *made.Model }

func (m misled) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	other := *set
	other.Order = make(masks.Order, len(set.Order))
	for i, degree := range set.Order {
		other.Order[i] = len(set.Order) + 1 - degree
	}
	return m.Model.NewSampler(w, &other)
}

// swapped samples every variable from the noise of another.
type swapped struct{ *made.Model }

func (m swapped) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	w = append(models.Weights(nil), w...)
	bias := append([]float32(nil), w[len(w)-1]...)
	bias[0], bias[1] = bias[1], bias[0]
	w[len(w)-1] = bias
	return m.Model.NewSampler(w, set)
}

// Each check finds what only it can find; the others hold beside it.
func TestVerifyFindsSabotage(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	good := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: 2, Activation: "elu", Start: "natural"})
	for _, tt := range []struct {
		name  string
		d     models.Density
		fails []int
		says  string
	}{
		{"a leak", leaky{good}, []int{1}, "was changed from"},
		{"a scale", scaled{good}, []int{2, 3}, "sum over 2^5 rows is 0."},
		{"bits that are turned", turned{good}, []int{3}, "but its conditionals give"},
		{"a sampler in another order", misled{good}, []int{4}, "the sample is"},
		{"a sampler with other weights", swapped{good}, []int{4}, "the sample is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := check(t, b, tt.d, verify.Options{Rows: 30})
			if r.Holds() {
				t.Errorf("sabotage passes: %+v", r)
			}
			for i, c := range r.Checks {
				if c.Holds == slices.Contains(tt.fails, i) || c.Skipped {
					t.Errorf("check %+v", c)
				}
			}
			if c := r.Checks[tt.fails[0]]; !strings.Contains(c.Figures, tt.says) {
				t.Errorf("the check says %q, want %q in it", c.Figures, tt.says)
			}
		})
	}
}

// silent is masked and nothing more.
type silent struct{ models.Masked }

func TestVerifySkipsWhatADensityDoesNotShow(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	r := check(t, b, silent{newMADE(t, made.Options{Dim: 5, Hidden: []int{}, Degrees: "sequential", Start: "natural"})}, verify.Options{})
	for i, skipped := range []bool{false, true, false, true, true} {
		if r.Checks[i].Skipped != skipped {
			t.Errorf("check %+v", r.Checks[i])
		}
	}
	if !r.Holds() {
		t.Error("a check that does not apply counts as a failure")
	}
}
