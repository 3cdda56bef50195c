package made

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Every bad option is reported at once, by its name.
func TestNewReportsEveryProblem(t *testing.T) {
	_, err := New(Options{
		Dim: 5, ContextDim: -2, Hidden: []int{7, -1}, Activation: "swish", Init: "xavier", Start: "a", Degrees: "b", Masks: -4, Resample: "c", Output: "mog", Components: -3, Scale: "square",
	})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, want := range []string{
		"activation: ", "init: ", "orders.count: ", "hidden.1: ", "order: ", "degrees: ", "orders.resample: ", "components: ",
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
		{"a negative context", Options{Dim: 3, ContextDim: -2}, "context: "},
		{"more groups than variables", Options{Dim: 3, Groups: 9}, "groups: "},
		{"an order of other variables", Options{Dim: 5, Order: masks.Order{1, 2, 3}}, "an order of 3 inputs for 5"},
		{"an unknown scale", Options{Dim: 3, Output: "gaussian", Scale: "square"}, "scale: "},
		{"an order with a gap", Options{Dim: 3, Order: masks.Order{1, 3, 3}, Hidden: []int{}, Degrees: "sequential"}, "no input has degree 2"},
		{"an empty layer", Options{Dim: 3, Hidden: []int{0}, Degrees: "sequential", Start: "natural"}, "hidden.0: "},
		{"an unknown output", Options{Dim: 3, Output: "poisson", Hidden: []int{}, Degrees: "sequential", Start: "natural"}, `output: unknown value "poisson"`},
		{"a mixture of too many", Options{Dim: 3, Output: "mog", Components: 1001, Hidden: []int{}, Degrees: "sequential", Start: "natural"}, "components: "},
		{"blocks without a width", Options{Dim: 3, Residual: true, Hidden: []int{}, Degrees: "sequential", Start: "natural"}, "residual: "},
		{"blocks of two widths", Options{Dim: 3, Hidden: []int{5, 7}, Residual: true, Degrees: "sequential", Start: "natural"}, "hidden: "},
		{"blocks of sampled degrees", Options{Dim: 3, Hidden: []int{5}, Residual: true, Degrees: masks.SampledDegrees, Start: "natural"}, "residual: "},
		{"nothing to resample", Options{Dim: 3, Hidden: []int{5}, Masks: 3, Degrees: "sequential", Start: "natural"}, "degrees: sequential degrees"},
		{"nothing to resample, without end", Options{Dim: 3, Hidden: []int{5}, Masks: masks.Unlimited, Degrees: "sequential", Start: "natural"}, "degrees: sequential degrees"},
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
	m := mustNew(t, Options{Dim: 5, Hidden: []int{8}, Degrees: "sequential", Start: "natural"})
	if n := m.Cycle().Len(); n != 1 {
		t.Errorf("the cycle has %d sets, want 1", n)
	}
	set := m.Cycle().At(0)
	if !slices.Equal(set.Order, masks.Natural(5)) || !slices.Equal(set.Hidden[0], []int{1, 1, 2, 2, 3, 3, 4, 4}) {
		t.Errorf("the order is %v and the degrees are %v", set.Order, set.Hidden)
	}
	if m.Dim() != 5 || m.ContextDim() != 0 || !m.Support(0).Discrete() {
		t.Errorf("%d variables, context of %d, discrete %v", m.Dim(), m.ContextDim(), m.Support(0).Discrete())
	}
	// The names of what is chosen where nothing is said.
	named := mustNew(t, Options{Dim: 5, Hidden: []int{8}, Activation: "relu", Init: "orthogonal", Output: "bernoulli", Degrees: "sequential", Start: "natural"})
	sampleAlike(t, m, named)
	sampleAlike(t, mustNew(t, Options{Dim: 5, Hidden: []int{8}, Output: "mog", Degrees: "sequential", Start: "natural"}),
		mustNew(t, Options{Dim: 5, Hidden: []int{8}, Output: "mog", Components: 10, Scale: "soft_clip", Degrees: "sequential", Start: "natural"}))
}

// sampleAlike says that two models have the same initial weights, and make the
// same samples of them.
func sampleAlike(t *testing.T, a, b *Model) {
	t.Helper()
	const n = 9
	var samples [2][]float32
	for i, m := range []*Model{a, b} {
		sampler, err := m.NewSampler(models.Initialize(m, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		noise := make([]float32, n*sampler.NoiseDim())
		sampler.DrawNoise(rand.New(rand.NewPCG(1, 1)), noise)
		samples[i] = make([]float32, n*m.Dim())
		if _, err := sampler.Sample(context.Background(), samples[i], noise, nil, models.Incremental); err != nil {
			t.Fatal(err)
		}
	}
	if !sameBits(samples[0], samples[1]) {
		t.Errorf("the samples are %v and %v", samples[0], samples[1])
	}
}

// The list of parameters and their shapes is part of every checkpoint.
func TestSpecs(t *testing.T) {
	tests := []struct {
		options Options
		want    string
	}{
		{Options{Dim: 5, Hidden: []int{}, Degrees: "sequential", Start: "natural"}, "output.weights[5 5] output.bias[5]"},
		{Options{Dim: 5, Direct: true, Hidden: []int{}, Degrees: "sequential", Start: "natural"}, "output.weights[5 5] output.bias[5]"}, // which are the direct connections
		{Options{Dim: 5, Hidden: []int{7}, Degrees: "sequential", Start: "natural"}, "hidden0.weights[5 7] hidden0.bias[7] output.weights[7 5] output.bias[5]"},
		{Options{Dim: 5, Hidden: []int{7, 11}, Direct: true, Conditioning: true, ContextDim: 3, Degrees: "sequential", Start: "natural"},
			"hidden0.weights[5 7] hidden0.bias[7] hidden0.conditioning[5 7] hidden0.context[3 7] " +
				"hidden1.weights[7 11] hidden1.bias[11] hidden1.conditioning[7 11] hidden1.context[3 11] " +
				"output.weights[11 5] output.bias[5] output.conditioning[11 5] output.context[3 5] direct.weights[5 5]"},
		{Options{Dim: 5, Hidden: []int{7}, Direct: true, Output: "gaussian", Degrees: "sequential", Start: "natural"},
			"hidden0.weights[5 7] hidden0.bias[7] output.weights[7 10] output.bias[10] direct.weights[5 10]"},
		{Options{Dim: 2, ContextDim: 3, Conditioning: true, Output: "mog", Hidden: []int{}, Degrees: "sequential", Start: "natural"},
			"output.weights[2 60] output.bias[60] output.conditioning[2 60] output.context[3 60]"},
		{Options{Dim: 5, Hidden: []int{7, 7}, Residual: true, Output: "mog", Components: 1, Degrees: "sequential", Start: "natural"},
			"hidden0.weights[5 7] hidden0.bias[7] hidden1.weights[7 7] hidden1.bias[7] hidden2.weights[7 7] hidden2.bias[7] " +
				"hidden3.weights[7 7] hidden3.bias[7] hidden4.weights[7 7] hidden4.bias[7] output.weights[7 15] output.bias[15]"},
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
	m := mustNew(t, Options{Dim: 3, Hidden: []int{4, 2}, Start: masks.ReversedOrder, Degrees: "sequential"})
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
	o := Options{Dim: 3, Hidden: []int{7}, Order: masks.Order{2, 3, 1}, Degrees: "sequential"}
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
		m := mustNew(t, Options{Dim: dim, Hidden: []int{2 * (dim - 1)}, Init: name, Direct: true, Conditioning: true, ContextDim: 3, Degrees: "sequential", Start: "natural"})
		// A context adds units of degree 0, which see nothing: without one the
		// counts are those above.
		plain := mustNew(t, Options{Dim: dim, Hidden: []int{2 * (dim - 1)}, Init: name, Degrees: "sequential", Start: "natural"})
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

// Components that start alike would stay alike: their biases are N(0, 1).
func TestMixturesStartApart(t *testing.T) {
	m := mustNew(t, Options{Dim: 41, Hidden: []int{3}, Output: "mog", Degrees: "sequential", Start: "natural"})
	bias := models.Initialize(m, 1)[3]
	if name := m.Specs()[3].Name; name != "output.bias" {
		t.Fatalf("parameter 3 is %s", name)
	}
	mean := 0.0
	for _, v := range bias {
		mean += float64(v) / float64(len(bias))
	}
	n := float64(len(bias))
	if got := meanSquare(bias); math.Abs(got-1) > 5*math.Sqrt(2/n) || math.Abs(mean) > 5/math.Sqrt(n) {
		t.Errorf("the biases have the mean %v and the mean square %v, want 0 and 1", mean, got)
	}
}

func TestInitIsOrthogonalByDefault(t *testing.T) {
	w := models.Initialize(mustNew(t, Options{Dim: 5, Hidden: []int{3}, Degrees: "sequential", Start: "natural"}), 1)[0] // [5, 3]
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
