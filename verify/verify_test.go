package verify_test

import (
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
	"github.com/maskflow/maskflow/verify"
)

// Names of the checks, in their order.
var checkNames = []string{
	"no forbidden path in the product of the masks",
	"no forbidden entry in the Jacobian of the conditionals",
	"probabilities sum to one",
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
		name    string
		o       made.Options
		v       verify.Options
		orders  int
		skipped bool // the sum, since there are too many rows
		xla     bool
	}{
		{"one order", made.Options{Dim: 7, Hidden: []int{11, 5}, Activation: "elu", Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, false, false},
		{"everything", made.Options{Dim: 5, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: 3, ContextDim: 2, Direct: true, Conditioning: true, Start: "natural"}, verify.Options{Rows: 6, Seed: 8}, 3, false, true},
		{"some orders", made.Options{Dim: 7, Masks: 5, Resample: masks.ResampleOrder, Start: masks.RandomOrder, Hidden: []int{}, Degrees: "sequential"}, verify.Options{Orders: 2}, 2, false, false},
		{"unlimited", made.Options{Dim: 7, Hidden: []int{11}, Degrees: masks.SampledDegrees, Masks: masks.Unlimited, Start: "natural"}, verify.Options{}, 8, false, false},
		{"some of unlimited", made.Options{Dim: 7, Hidden: []int{11}, Degrees: masks.SampledDegrees, Masks: masks.Unlimited, Start: "natural"}, verify.Options{Orders: 3}, 3, false, false},
		{"groups", made.Options{Dim: 7, Hidden: []int{11}, Groups: 3, Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, false, false},
		{"one variable", made.Options{Dim: 1, Hidden: []int{}, Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, false, true},
		{"one variable and hidden units", made.Options{Dim: 1, Hidden: []int{5}, ContextDim: 2, Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, false, false},
		{"many variables", made.Options{Dim: 17, Hidden: []int{19}, Degrees: "sequential", Start: "natural"}, verify.Options{}, 1, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				if b.Kind != backend.KindGo && !tt.xla {
					return // compiling takes XLA long
				}
				r := check(t, b, newMADE(t, tt.o), tt.v)
				if !r.Holds() || len(r.Checks) != 4 || r.Orders != tt.orders || r.Dim != tt.o.Dim {
					t.Errorf("%+v", r)
				}
				for i, c := range r.Checks {
					if c.Skipped != (i == 2 && tt.skipped) {
						t.Errorf("check %+v", c)
					}
				}
			})
		})
	}
}

// leaky shows conditionals that depend on their own variables.
type leaky struct{ *made.Model }

func (m leaky) Conditionals(p models.Params, x, context *Node) *Node {
	// x − x with one derivative stopped: the value stays, the derivative is 1.
	leak := Sub(x, StopGradient(x))
	return Add(m.Model.Conditionals(p, x, context), leak)
}

// scaled is no normalised density.
type scaled struct{ *made.Model }

func (m scaled) LogProb(p models.Params, x, context *Node) *Node {
	return Mul(m.Model.LogProb(p, x, context), Const(x.Graph(), float32(1.01)))
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
		fails int
		says  string
	}{
		{"a leak", leaky{good}, 1, "derivative 1"},
		{"a scale", scaled{good}, 2, "sum over 2^5 rows is 0."},
		{"a sampler in another order", misled{good}, 3, "the sample is"},
		{"a sampler with other weights", swapped{good}, 3, "the sample is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := check(t, b, tt.d, verify.Options{Rows: 30})
			if r.Holds() {
				t.Errorf("sabotage passes: %+v", r)
			}
			for i, c := range r.Checks {
				if c.Holds != (i != tt.fails) || c.Skipped {
					t.Errorf("check %+v", c)
				}
			}
			if c := r.Checks[tt.fails]; !strings.Contains(c.Figures, tt.says) {
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
	for i, skipped := range []bool{false, true, false, true} {
		if r.Checks[i].Skipped != skipped {
			t.Errorf("check %+v", r.Checks[i])
		}
	}
	if !r.Holds() {
		t.Error("a check that does not apply counts as a failure")
	}
}
