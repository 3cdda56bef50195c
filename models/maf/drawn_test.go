package maf

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/combin"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/nade"
)

// drawn is a MAF over a NADE with strong weights on one backend.
type drawn struct {
	*Drawn
	weights       models.Weights
	density, loss modeltest.Compiled
}

func newDrawn(t *testing.T, b *backend.Backend, o Options) *drawn {
	t.Helper()
	m := of(o, o.Dim).(*Drawn)
	d := &drawn{Drawn: m, weights: randomWeights(m, 5)}
	context := func(args []*Node) *Node {
		if m.ContextDim() == 0 {
			return nil
		}
		return args[2]
	}
	d.density = modeltest.Compile(t, b, m, func(p models.Params, args []*Node) []*Node {
		return []*Node{m.LogProb(p.WithDegrees(m.DegreeSpecs(), args[1:2]), args[0], context(args))}
	})
	d.loss = modeltest.Compile(t, b, m, func(p models.Params, args []*Node) []*Node {
		value := m.Value(p, models.Batch{X: args[0], Context: context(args), Noise: args[1]})
		return append([]*Node{value}, modeltest.Gradients(m, p, ReduceAllSum(value))...)
	})
	return d
}

// in is ln p of rows in an order, with one context.
func (d *drawn) in(t *testing.T, x []float32, sequence []int, context []float32) []float32 {
	t.Helper()
	args := []any{matrix(x, d.Dim()), num.Convert[int32](sequence)}
	if len(context) > 0 {
		args = append(args, matrix(slices.Repeat(context, len(x)/d.Dim()), len(context)))
	}
	return d.density.Run(t, d.weights, args...)[0]
}

// value is what training makes large of a row that is cut, and its gradients.
func (d *drawn) value(t *testing.T, row, cut, context []float32) (value float64, gradients [][]float32) {
	t.Helper()
	args := []any{matrix(row, d.Dim()), matrix(cut, d.NoiseDim())}
	if len(context) > 0 {
		args = append(args, matrix(context, len(context)))
	}
	out := d.loss.Run(t, d.weights, args...)
	return float64(out[0][0]), out[1:]
}

// Under each order the density integrates to one, and so does the mean of the orders, which do not agree.
func TestDrawnOrdersAreDensities(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		d := newDrawn(t, b, Options{Dim: 2, Base: "nade", Components: 3})
		x, areas := cells()
		orders := [][]int{{0, 1}, {1, 0}}
		var sums [3]float64
		var logp [2][]float32
		for k, order := range orders {
			logp[k] = d.in(t, x, order, nil)
		}
		apart := 0.0
		for i, area := range areas {
			one, other := float64(logp[0][i]), float64(logp[1][i])
			sums[0] += math.Exp(one) * area
			sums[1] += math.Exp(other) * area
			sums[2] += math.Exp(num.LogMeanExp([]float64{one, other})) * area
			apart += math.Abs(math.Exp(one)-math.Exp(other)) * area
		}
		for k, sum := range sums {
			if !(math.Abs(sum-1) <= 1e-3) {
				t.Errorf("order %d (2: their mean): the density integrates to %.5f", k, sum)
			}
		}
		if apart < 0.01 {
			t.Errorf("the orders are %v apart: nothing is told of them", apart)
		}
	})
}

// The mean of the loss over all cuts is the mean of −ln p over all orders, and its gradient goes through the layers.
func TestDrawnLossIsTheMeanOverOrders(t *testing.T) {
	const dim = 3
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, o := range modeltest.Few(b, []Options{
			{Dim: dim, Base: "nade", ContextDim: 2, Components: 2},
			{Dim: dim, Base: "nade", Normalise: "batch", BaseHidden: []int{5, 5}},
		}, 0, 1) {
			d, context := newDrawn(t, b, o), []float32{0.3, -1.2}[:o.ContextDim]
			row := []float32{0.4, -0.9, 1.3}
			orders := combin.Permutations(dim, dim)
			want := func() (sum float64) {
				for _, order := range orders {
					sum += float64(d.in(t, row, order, context)[0]) / float64(len(orders))
				}
				return sum
			}
			got := 0.0
			var gradients [][]float64
			for subset := range 1<<dim - 1 {
				cut, given := make([]float32, d.NoiseDim()), 0
				for i := range dim {
					if subset>>i&1 == 1 {
						cut[i] = masks.Given
						given++
					}
				}
				for i := range dim {
					if subset>>i&1 == 0 {
						cut[i] = dim / float32(dim-given)
					}
				}
				weight := 1 / (dim * float64(combin.Binomial(dim, given)))
				value, gradient := d.value(t, row, cut, context)
				got += weight * value
				for i, g := range gradient {
					if len(gradients) <= i {
						gradients = append(gradients, make([]float64, len(g)))
					}
					for j, v := range g {
						gradients[i][j] += weight * float64(v)
					}
				}
			}
			if mean := want(); math.Abs(got-mean) > 1e-5*math.Max(1, math.Abs(mean)) {
				t.Errorf("the mean over cuts is %v, that over orders %v", got, mean)
			}
			d.checkGradients(t, gradients, want)
		}
	})
}

// checkGradients compares the gradients of the layers next to the data with differences of a value.
func (d *drawn) checkGradients(t *testing.T, gradients [][]float64, value func() float64) {
	t.Helper()
	const step = 1e-2
	large, next := 0.0, 0
	for i, s := range d.Specs() {
		if s.Fixed {
			continue
		}
		of := gradients[next]
		next++
		if !strings.HasPrefix(s.Name, "layer0.") {
			continue
		}
		at := 0 // of its largest gradient
		for j, g := range of {
			if math.Abs(g) > math.Abs(of[at]) {
				at = j
			}
		}
		w := &d.weights[i][at]
		before := *w
		*w = before + step
		above := value()
		*w = before - step
		below := value()
		*w = before
		if difference := (above - below) / (2 * step); !(math.Abs(difference-of[at]) <= 0.02*math.Max(0.1, math.Abs(of[at]))) {
			t.Errorf("the gradient of %s[%d] is %v, the difference %v", s.Name, at, of[at], difference)
		}
		large = math.Max(large, math.Abs(of[at]))
	}
	if large < 0.1 {
		t.Errorf("the largest gradient of the layers is %v", large)
	}
}

// A sampler of each order undoes, in that order, what the density does; the noise that it takes is that of the base.
func TestDrawnSamplesHaveTheirOrders(t *testing.T) {
	const dim, n = 5, 40
	m := of(Options{Base: "nade", Components: 3}, dim).(*Drawn)
	w := randomWeights(m, 5)
	base := m.Base().(*nade.Model)
	var all [][]float32
	for k := range 3 {
		set := m.Cycle().At(k)
		s, below := must(m.NewSampler(w, set)), must(base.NewSampler(m.BasePart().Weights(w), set))
		noise := make([]float32, n*s.NoiseDim())
		s.DrawNoise(rand.New(rand.NewPCG(1, 2)), noise)
		x, z := make([]float32, n*dim), make([]float32, n*dim)
		if _, err := s.Sample(t.Context(), x, noise, nil, models.Incremental); err != nil {
			t.Fatal(err)
		}
		if _, err := below.Sample(t.Context(), z, noise, nil, models.Incremental); err != nil {
			t.Fatal(err)
		}
		all = append(all, slices.Clone(x))
		if _, err := must(m.NewInverter(w)).ToNoise(t.Context(), x, nil, models.Solver{}); err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprint("the noise of samples in order ", k), x, z, dim, 1e-5)
	}
	if slices.Equal(all[0], all[1]) || slices.Equal(all[1], all[2]) {
		t.Error("samples do not depend on the order")
	}
}

// The number of orders is a weight of the base.
func TestDrawnEnsemble(t *testing.T) {
	m := of(Options{Base: "nade"}, 2).(*Drawn)
	w := models.Initialize(m, 1)
	i := slices.IndexFunc(m.Specs(), func(s models.Spec) bool { return s.Name == m.Orders() })
	if i < 0 || !m.Specs()[i].Fixed {
		t.Fatalf("%q is no fixed parameter", m.Orders())
	}
	few := m.Ensemble(w)
	w[i] = []float32{32}
	if n := m.Ensemble(w); n != 32 || few == n || m.Ensemble(nil) != few {
		t.Errorf("%d orders, %d before they are counted and %d without weights", n, few, m.Ensemble(nil))
	}
	given := of(Options{Base: "nade", Orders: 3}, 2).(*Drawn)
	if n := given.Ensemble(models.Initialize(given, 1)); given.Orders() != "" || n != 3 || given.Cycle().Len() != 3 {
		t.Errorf("%d orders of %d by the options (%q)", n, given.Cycle().Len(), given.Orders())
	}
}

func TestNewDrawnRefuses(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Base: "mog"}, "New"},
		{Options{Hidden: []int{}}, "base_hidden: "},
		{Options{BaseHidden: []int{}}, "base_hidden: "},
		{Options{Residual: true, Hidden: []int{3}, BaseHidden: []int{3, 4}}, "base_hidden: "},
		{Options{Orders: -2}, "orders.count: "},
		{Options{Components: -1}, "components: "},
		{Options{Transform: "nade"}, "model.base: nade"},
	} {
		c.o.Dim = 3
		if _, err := NewDrawn(c.o); err == nil || strings.Count(err.Error(), c.want) != 1 {
			t.Errorf("%+v: the error is %v, want %q", c.o, err, c.want)
		}
	}
	if _, err := New(Options{Dim: 3, Base: "nade"}); err == nil || !strings.Contains(err.Error(), "NewDrawn") {
		t.Errorf("the error of New is %v", err)
	}
	if m, err := NewDrawn(Options{Dim: 3, Hidden: []int{}, BaseHidden: []int{4}}); err != nil {
		t.Errorf("layers without hidden units over a base with some: %v", err)
	} else if got := m.Base().(*nade.Model).Options().Hidden; !slices.Equal(got, []int{4}) {
		t.Errorf("the base has the widths %v", got)
	}
}
