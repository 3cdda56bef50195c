package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/nade"
)

// logProb evaluates a density.
func logProb(t *testing.T, b *backend.Backend, m models.Density, w models.Weights, x []float32) []float32 {
	t.Helper()
	return evaluate(t, b, m, w, func(p models.Params, args []*Node) []*Node {
		return []*Node{m.LogProb(p, args[0], nil)}
	}, matrix(x, m.Dim()))[0]
}

// A layer of the reversed order, with the weights of its variables turned round,
// says of data turned round what the other says of the data.
func TestReversedLayerOfReversedData(t *testing.T) {
	const dim, rows = 5, 9
	o := StackOptions{Hidden: []int{11, 7}, Activation: "tanh"}
	natural := must(New(Normal(dim), autoregressive(splineOf(3, 4), o)(dim)))
	o.Start = masks.ReversedOrder
	reversed := must(New(Normal(dim), autoregressive(splineOf(3, 4), o)(dim)))
	w := randomWeights(natural, 1)
	turned := models.Initialize(reversed, 2)
	for i, s := range natural.Specs() {
		cols := s.Shape[len(s.Shape)-1]
		for j, v := range w[i] {
			r, c := j/cols, j%cols
			if s.Name == "layer0.hidden0.weights" {
				r = dim - 1 - r
			}
			if strings.Contains(s.Name, "output") {
				c = c/dim*dim + dim - 1 - c%dim
			}
			turned[i][r*cols+c] = v
		}
	}
	x := normals(1, rows*dim, 1)
	back := slices.Clone(x)
	for r := range rows {
		slices.Reverse(back[r*dim : (r+1)*dim])
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		same(t, "ln p", logProb(t, b, reversed, turned, back), logProb(t, b, natural, w, x), 1, 1e-6)
	})
}

// A permutation and its inverse are nothing, bit for bit. y_d is x_{from[d]}.
func TestPermutationAndItsInverse(t *testing.T) {
	from := []int{2, 0, 3, 1}
	p := must(NewPermutation(from))
	f := must(New(Normal(4), p, must(Invert(p))))
	alone := must(New(Normal(4), p))
	x := []float32{10, 11, 12, 13, 20, 21, 22, 23}
	want := []float32{12, 10, 13, 11, 22, 20, 23, 21}
	host, _ := moved(t, must(alone.NewInverter(nil)).ToNoise, x, nil, models.Solver{})
	if !slices.Equal(host, want) {
		t.Errorf("the host makes %v of %v", host, x)
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out := evaluate(t, b, f, nil, func(p models.Params, args []*Node) []*Node {
			z, logDet := f.Forward(p, args[0], nil)
			there, _ := alone.Forward(p, args[0], nil)
			back, logDetInv := f.Inverse(p, args[0], nil)
			return []*Node{z, back, there, logDet, logDetInv}
		}, matrix(x, 4))
		if !slices.Equal(out[0], x) || !slices.Equal(out[1], x) || !slices.Equal(out[2], want) {
			t.Errorf("of %v become %v, %v and by the permutation alone %v", x, out[0], out[1], out[2])
		}
		if zeros := []float32{0, 0}; !slices.Equal(out[3], zeros) || !slices.Equal(out[4], zeros) {
			t.Errorf("the log-determinants are %v and %v, want zeros", out[3], out[4])
		}
	})
}

// A flow over a masked base density takes the orders of that as inputs, and
// draws in them.
func TestOrderedBase(t *testing.T) {
	const dim, rows = 3, 6
	base := must(made.New(made.Options{Dim: dim, Hidden: []int{7}, Output: "gaussian", Activation: "tanh", Masks: 2, Degrees: masks.SampledDegrees, Start: "natural"}))
	f := must(NewOrdered(base, plainAffine(dim), reverse(dim)))
	w := randomWeights(f.Flow, 1)
	x := normals(1, rows*dim, 1)
	if f.Cycle() != base.Cycle() {
		t.Error("the cycle is not the base density's")
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for k := range 2 {
			mask := f.Cycle().At(k)
			out := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
				constants := func(degrees [][]int32) (nodes []*Node) {
					for _, d := range degrees {
						nodes = append(nodes, Const(args[0].Graph(), d))
					}
					return nodes
				}
				z, logDet := f.Forward(p, args[0], nil)
				own := f.BasePart().Params(p).WithDegrees(base.DegreeSpecs(), constants(base.Degrees(mask)))
				return []*Node{f.LogProb(p.WithDegrees(f.DegreeSpecs(), constants(f.Degrees(mask))), args[0], nil),
					Add(base.LogProb(own, z, nil), logDet), z}
			}, matrix(x, dim))
			same(t, fmt.Sprint("ln p in order ", k), out[0], out[1], 1, 1e-6)
			// The sampler undoes, in its order, what the density does.
			noise := normals(2, rows*dim, 1)
			want, got := make([]float32, rows*dim), make([]float32, rows*dim)
			if _, err := must(base.NewSampler(w[len(w)-len(base.Specs()):], mask)).Sample(t.Context(), want, noise, nil, models.Incremental); err != nil {
				t.Fatal(err)
			}
			if _, err := must(f.NewSampler(w, mask)).Sample(t.Context(), got, noise, nil, models.Incremental); err != nil {
				t.Fatal(err)
			}
			back, _ := moved(t, must(f.NewInverter(w)).ToNoise, got, nil, models.Solver{})
			same(t, fmt.Sprint("the noise of samples in order ", k), back, want, dim, 1e-5)
		}
	})
}

// staged is a base with a stage.
type staged struct{ DrawnBase }

func (staged) Stages() []models.Stage { return make([]models.Stage, 1) }

// Nothing is built of parts that do not fit, and messages say what does not.
func TestNewRefuses(t *testing.T) {
	layer := func(l Layer, err error) error { return err }
	flow := func(base models.Density, layers ...Layer) error {
		_, err := New(base, layers...)
		return err
	}
	invert := func(l Layer) error { return layer(Invert(l)) }
	transformer := func(_ Transformer, err error) error { return err }
	other := autoregressive(affineOf(""), StackOptions{ContextDim: 2, Hidden: []int{}})(2)
	drawn := func(base DrawnBase, layers ...Layer) error {
		_, err := NewDrawn(base, layers...)
		return err
	}
	anyOrder := must(nade.New(nade.Options{Dim: 3, Hidden: []int{5}, Output: "mog"}))
	conditioner := func(o StackOptions) error {
		_, err := NewAutoregressive(NewGated(), o)
		return err
	}
	tests := []struct {
		err  error
		want string
	}{
		{flow(Normal(3), must(NewReverse(3)), must(NewReverse(2))), "layer 1 (permutation) has 2 variables, but the base density has 3"},
		{flow(Normal(2), withContext(2), other), "layer 1 (affine autoregressive) takes a context of 2 values, but others one of 3"},
		{drawn(nil), "the base density is nil"},
		{drawn(anyOrder, must(NewReverse(2))), "layer 0 (permutation) has 2 variables, but the base density has 3"},
		{drawn(staged{anyOrder}), "takes statistics of the rows"},
		{invert(NewBatchNorm(2)), "batch normalisation takes statistics of the rows"},
		{invert(NewActNorm(2)), "activation normalisation takes statistics of the rows"},
		{layer(NewPermutation([]int{0, 2, 0})), "[0 2 0] is no permutation: each of 0 to 2 must occur once"},
		{layer(NewPermutation([]int{0, 3, 1})), "is no permutation"},
		{layer(NewPermutation([]int{0, -1})), "is no permutation"},
		{layer(NewPermutation(nil)), "permutation of 0 variables, need at least 1"},
		{layer(NewReverse(-1)), "permutation of 0 variables"},
		{layer(NewRandomPermutation(0, 1)), "permutation of 0 variables"},
		{flow(Normal(0), NewBatchNorm(0)), "a base density of 0 variables"},
		{flow(Normal(-1), NewLU(-1)), "a base density of -1 variables"},
		{transformer(NewAffine("log")), `unknown scale "log" (known: soft_clip, softplus, sigmoid, exp)`},
		{conditioner(StackOptions{Dim: 0, Hidden: []int{}}), "dim"},
		{conditioner(StackOptions{Dim: 2, Activation: "sine", Hidden: []int{}}), `"sine"`},
		{conditioner(StackOptions{Dim: 2, Init: "ones", Hidden: []int{}}), `"ones"`},
		{conditioner(StackOptions{Dim: 2, Hidden: []int{3, 4}, Residual: true}), "hidden: "},
	}
	for _, c := range tests {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("the error is %v, want %q", c.err, c.want)
		}
	}
}

// The host refuses weights and rows that do not fit, and stops when it is told to.
func TestHostRefuses(t *testing.T) {
	f := must(New(Normal(2), withContext(2)))
	w := randomWeights(f, 1)
	if _, err := f.NewInverter(w[1:]); err == nil || !strings.Contains(err.Error(), "parameters, but") {
		t.Errorf("too few weights: the error is %v", err)
	}
	if _, err := f.NewSampler(w[1:], nil); err == nil || !strings.Contains(err.Error(), "parameters, but") {
		t.Errorf("too few weights to sample: the error is %v", err)
	}
	host := must(f.NewInverter(w))
	for _, lengths := range [][2]int{{3, 3}, {4, 3}, {4, 0}, {2, 6}} {
		for _, to := range []func(context.Context, []float32, []float32, models.Solver) (int, error){host.ToNoise, host.ToData} {
			_, err := to(t.Context(), make([]float32, lengths[0]), make([]float32, lengths[1]), models.Solver{})
			if want := fmt.Sprintf("%d values and %d of context do not fit together", lengths[0], lengths[1]); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v, want %q", err, want)
			}
		}
	}
	for _, s := range []models.Solver{{Method: 7}, {Method: models.Jacobi, Tolerance: -1}, {Method: models.Jacobi, MaxPasses: -1}} {
		if _, err := host.ToData(t.Context(), make([]float32, 2), make([]float32, 3), s); err == nil {
			t.Errorf("the solver %+v is taken", s)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	rows := []float32{1, 2}
	if _, err := host.ToData(cancelled, rows, make([]float32, 3), models.Solver{}); !errors.Is(err, context.Canceled) || rows[0] != 1 || rows[1] != 2 {
		t.Errorf("cancelled, the rows become %v and the error is %v", rows, err)
	}
	if passes, err := host.ToData(t.Context(), nil, nil, models.Solver{}); err != nil || passes != 0 {
		t.Errorf("no rows take %d passes, error %v", passes, err)
	}
}
