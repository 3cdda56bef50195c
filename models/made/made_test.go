package made

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Every bad option is reported at once, by its name.
func TestNewReportsEveryProblem(t *testing.T) {
	_, err := New(Options{
		Dim: 5, Context: -2, Hidden: []int{7, -1}, Activation: "swish", Init: "xavier", Groups: 9, Order: masks.Order{1, 2, 3},
		Start: 17, Degrees: 18, Masks: -4, Resample: 19,
	})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, want := range []string{
		`unknown activation "swish" (known: relu,`, `unknown init "xavier" (known: orthogonal,`, "context: the width is -2",
		"masks: the number of mask sets is -4", "hidden[1]: -1 units", "an order of 3 inputs for 5 inputs", "groups: 9",
		"start: no order kind 17", "degrees: no kind 18", "resample: nothing is numbered 19",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		want    string
	}{
		{"no variables", Options{}, "dim: 0 inputs"},
		{"an order with a gap", Options{Dim: 3, Order: masks.Order{1, 3, 3}}, "no input has degree 2"},
		{"an empty layer", Options{Dim: 3, Hidden: []int{0}}, "hidden[0]: 0 units"},
		{"nothing to resample", Options{Dim: 3, Hidden: []int{5}, Masks: 3}, "sequential degrees are the same in every set"},
		{"nothing to resample, without end", Options{Dim: 3, Hidden: []int{5}, Unlimited: true}, "sequential degrees are the same in every set"},
	}
	for _, c := range tests {
		_, err := New(c.options)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "made: ") {
			t.Errorf("%s: the error %q does not begin with the package", c.name, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	m := mustNew(t, Options{Dim: 5, Hidden: []int{8}})
	if n := m.Cycle().Len(); n != 1 {
		t.Errorf("the cycle has %d sets, want 1", n)
	}
	set := m.Cycle().At(0)
	if !slices.Equal(set.Order, masks.Natural(5)) || !slices.Equal(set.Hidden[0], []int{1, 1, 2, 2, 3, 3, 4, 4}) {
		t.Errorf("the order is %v and the degrees are %v", set.Order, set.Hidden)
	}
	if m.activation.Name != "relu" || m.Dim() != 5 || m.ContextDim() != 0 {
		t.Errorf("activation %s, %d variables, context of %d", m.activation.Name, m.Dim(), m.ContextDim())
	}
}

// The list of parameters and their shapes is part of every checkpoint.
func TestSpecs(t *testing.T) {
	tests := []struct {
		options Options
		want    string
	}{
		{Options{Dim: 5}, "output.weights[5 5] output.bias[5]"},
		{Options{Dim: 5, Direct: true}, "output.weights[5 5] output.bias[5]"}, // which are the direct connections
		{Options{Dim: 5, Hidden: []int{7}}, "hidden0.weights[5 7] hidden0.bias[7] output.weights[7 5] output.bias[5]"},
		{Options{Dim: 5, Hidden: []int{7, 11}, Direct: true, Conditioning: true, Context: 3},
			"hidden0.weights[5 7] hidden0.bias[7] hidden0.conditioning[5 7] hidden0.context[3 7] " +
				"hidden1.weights[7 11] hidden1.bias[11] hidden1.conditioning[7 11] hidden1.context[3 11] " +
				"output.weights[11 5] output.bias[5] output.conditioning[11 5] output.context[3 5] direct.weights[5 5]"},
	}
	for _, c := range tests {
		var got []string
		for _, s := range mustNew(t, c.options).Specs() {
			got = append(got, fmt.Sprint(s.Name, s.Shape))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("the parameters are\n%s, want\n%s", text, c.want)
		}
	}
}

func TestDegreesFollowTheirSpecs(t *testing.T) {
	m := mustNew(t, Options{Dim: 3, Hidden: []int{4, 2}, Start: masks.ReversedOrder})
	specs, degrees := m.DegreeSpecs(), m.Degrees(m.Cycle().At(0))
	want := [][]int32{{3, 2, 1}, {1, 1, 2, 2}, {1, 2}}
	if len(specs) != 3 || !slices.EqualFunc(degrees, want, slices.Equal) {
		t.Fatalf("%d specs of the degrees %v, want %v", len(specs), degrees, want)
	}
	for i, s := range specs {
		if s.Length != len(want[i]) {
			t.Errorf("%s has length %d, want %d", s.Name, s.Length, len(want[i]))
		}
	}
}

// A model is what its options were when it was made.
func TestOptionsAreCopied(t *testing.T) {
	o := Options{Dim: 3, Hidden: []int{7}, Order: masks.Order{2, 3, 1}}
	m := mustNew(t, o)
	o.Hidden[0], o.Order[0] = 100, 1
	m.Options().Hidden[0] = 200
	if got := m.Options(); got.Hidden[0] != 7 || got.Order[0] != 2 {
		t.Errorf("the options changed to %+v", got)
	}
	if n := m.DegreeSpecs()[1].Length; n != 7 {
		t.Errorf("the hidden layer has %d degrees, want 7", n)
	}
}

// With 2(D−1) hidden units of sequential degrees a unit sees D/2 inputs in the
// mean, and an input that any unit sees is seen by D of them.
func TestInitCountsUnmaskedInputs(t *testing.T) {
	const dim = 41
	tests := map[string]float64{"he": 2 / (dim / 2.0), "glorot": 2 / (dim/2.0 + dim), "lecun": 1 / (dim / 2.0)}
	for name, want := range tests {
		m := mustNew(t, Options{Dim: dim, Hidden: []int{2 * (dim - 1)}, Init: name, Direct: true, Conditioning: true, Context: 3})
		// A context adds units of degree 0, which see nothing: without one the
		// counts are those above.
		plain := mustNew(t, Options{Dim: dim, Hidden: []int{2 * (dim - 1)}, Init: name})
		weights := models.Initialize(plain, 1)[0]
		got := meanSquare(weights)
		if spread := 5 * math.Sqrt(2/float64(len(weights))); math.Abs(got/want-1) > spread {
			t.Errorf("%s: the variance is %v, want %v", name, got, want)
		}
		for i, v := range models.Initialize(m, 1) {
			s := m.Specs()[i].Name
			zero := strings.HasSuffix(s, ".bias") || strings.HasSuffix(s, ".conditioning") || strings.HasPrefix(s, "direct.")
			if zero != (meanSquare(v) == 0) {
				t.Errorf("%s: %s starts with the variance %v", name, s, meanSquare(v))
			}
		}
	}
}

func meanSquare(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x) / float64(len(v))
	}
	return sum
}

func TestInitIsOrthogonalByDefault(t *testing.T) {
	w := models.Initialize(mustNew(t, Options{Dim: 5, Hidden: []int{3}}), 1)[0] // [5, 3]
	for a := range 3 {
		for b := range 3 {
			dot, want := 0.0, 0.0
			if a == b {
				want = 1
			}
			for i := range 5 {
				dot += float64(w[i*3+a]) * float64(w[i*3+b])
			}
			if math.Abs(dot-want) > 1e-5 {
				t.Errorf("columns %d and %d have the product %v, want %v", a, b, dot, want)
			}
		}
	}
}
