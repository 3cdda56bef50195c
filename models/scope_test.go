package models_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
)

// parity lists all rows of three bits and their parity: data of entropy 3·ln 2.
func parity() []float32 {
	var x []float32
	for s := range 8 {
		a, b, c := s&1, s>>1&1, s>>2&1
		x = append(x, float32(a), float32(b), float32(c), float32(a^b^c))
	}
	return x
}

// A MADE inside somebody else's GoMLX Store, trained by GoMLX's own
// optimiser: it learns the parity bit, which needs its hidden layer, so that its
// negative log-likelihood comes down to the entropy 3·ln 2.
func TestInScopeTrainsInAStore(t *testing.T) {
	m := must.M1(made.New(made.Options{Dim: 4, Hidden: []int{23}, Activation: "tanh", Degrees: "sequential", Start: "natural"}))
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		store := model.NewStore()
		logProb := func(scope *model.Scope, x *Node) *Node {
			p := models.InScope(scope.At("density"), x.Graph(), m, 1)
			return m.LogProb(p, x, nil)
		}
		adam := optimizer.Adam().LearningRate(0.03).Done()
		step := must.M1(model.NewExec(b.Compute, store, func(scope *model.Scope, x *Node) *Node {
			store.SetTraining(x.Graph(), true)
			loss := Neg(ReduceAllMean(logProb(scope, x)))
			adam.UpdateGraph(scope, x.Graph(), loss)
			return loss
		}))
		defer step.Finalize()
		rows := tensors.FromFlatDataAndDimensions(parity(), 8, 4)
		var loss float32
		for range 300 {
			out, err := step.Call(rows)
			if err != nil {
				t.Fatal(err)
			}
			loss = values(t, out)[0]
		}
		if entropy := 3 * math.Ln2; math.Abs(float64(loss)-entropy) > 0.02 {
			t.Errorf("the loss is %.4f nats after training, want the entropy %.4f", loss, entropy)
		}

		// The Store's weights, bound by hand, give the same densities.
		exec := must.M1(model.NewExec(b.Compute, store, logProb))
		defer exec.Finalize()
		inStore := values(t, must.M1(exec.Call(rows)))
		weights := make(models.Weights, len(m.Specs()))
		for i, s := range m.Specs() {
			v := store.GetVariable("/density/" + strings.ReplaceAll(s.Name, ".", "/"))
			if v == nil {
				t.Fatalf("the Store has no variable for %s", s.Name)
			}
			weights[i] = tensors.MustCopyFlatData[float32](must.M1(v.Value()))
		}
		bound := bindAndRun(t, b, m, weights, parity())
		for i := range bound {
			if inStore[i] != bound[i] {
				t.Errorf("row %d: log p is %v in the Store and %v bound", i, inStore[i], bound[i])
			}
		}
	})
}

// Before training the variables hold what Initialize draws.
func TestInScopeStartsAtInitialize(t *testing.T) {
	m := must.M1(made.New(made.Options{Dim: 4, Hidden: []int{7, 5}, Direct: true, Degrees: "sequential", Start: "natural"}))
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		store := model.NewStore()
		exec := must.M1(model.NewExec(b.Compute, store, func(scope *model.Scope, x *Node) *Node {
			return m.LogProb(models.InScope(scope, x.Graph(), m, 9), x, nil)
		}))
		defer exec.Finalize()
		got := values(t, must.M1(exec.Call(tensors.FromFlatDataAndDimensions(parity(), 8, 4))))
		want := bindAndRun(t, b, m, models.Initialize(m, 9), parity())
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("row %d: log p is %v, want %v", i, got[i], want[i])
			}
		}
	})
}

// A second graph finds the variables and draws nothing.
func TestInScopeDrawsOnce(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	store := model.NewStore()
	n := 0
	d := declared{{Name: "once", Shape: []int{3}, Init: func(_ *rand.Rand, shape []int) []float32 {
		n++
		return make([]float32, shape[0])
	}}}
	exec := must.M1(model.NewExec(b.Compute, store, func(scope *model.Scope, x *Node) *Node {
		return Add(x, ReduceAllSum(models.InScope(scope, x.Graph(), d, 9).Get("once")))
	}))
	defer exec.Finalize()
	for rows := range 3 {
		values(t, must.M1(exec.Call(make([]float32, rows+1))))
	}
	if n != 1 {
		t.Errorf("initial values were drawn %d times for three graphs, want once", n)
	}
}

// A flow and an inverse one, in one graph of somebody else's and trained together:
// a MAF learns rows, and an IAF beside it learns to draw what the MAF finds
// likely. Both take their parameters from the Store; those that are fixed, here
// the statistics of a batch normalisation, stay where they were set.
func TestInScopeTrainsFlows(t *testing.T) {
	const rows, dim = 64, 2
	stack := flow.StackOptions{Dim: dim, Hidden: []int{5}, Activation: "tanh", Init: "lecun", Layers: 1}
	teacher := must.M1(maf.New(with(stack, func(o *maf.Options) { o.Normalise = "batch" })))
	student := must.M1(iaf.New(iaf.Options(stack)))
	rng := rand.New(rand.NewPCG(1, 1))
	x, z := make([]float32, rows*dim), make([]float32, rows*dim)
	for i := 0; i < len(x); i += dim {
		first := rng.NormFloat64()
		x[i], x[i+1] = float32(1+2*first), float32(first+0.5*rng.NormFloat64())
		z[i], z[i+1] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		store := model.NewStore()
		adam := optimizer.Adam().LearningRate(0.03).Done()
		step := must.M1(model.NewExec(b.Compute, store, func(scope *model.Scope, x, z *Node) []*Node {
			g := x.Graph()
			store.SetTraining(g, true)
			own := models.InScope(scope.At("maf"), g, teacher, 1)
			nll := Neg(ReduceAllMean(teacher.LogProb(own, x, nil)))
			drawn, logq := student.SampleAndLogProb(models.InScope(scope.At("iaf"), g, student, 2), z, nil)
			divergence := ReduceAllMean(Sub(logq, teacher.LogProb(own.Map(StopGradient), drawn, nil)))
			adam.UpdateGraph(scope, g, Add(nll, divergence))
			return []*Node{nll, divergence}
		}))
		defer step.Finalize()
		var first, last [2]float32
		farthest := float32(0) // both start alike, and the teacher moves away first
		for i := range 200 {
			out, err := step.Call(tensors.FromFlatDataAndDimensions(x, rows, dim), tensors.FromFlatDataAndDimensions(z, rows, dim))
			if err != nil {
				t.Fatal(err)
			}
			last = [2]float32{values(t, out[:1])[0], values(t, out[1:])[0]}
			if i == 0 {
				first = last
			}
			farthest = max(farthest, last[1])
		}
		// The entropy of the rows is ln 2πe + ½·ln |Σ| with |Σ| = 2²·½².
		if entropy := math.Log(2 * math.Pi * math.E); math.Abs(float64(last[0])-entropy) > 0.3 || last[0] > first[0]-0.1 || last[1] > farthest-0.1 || last[1] > 0.2 {
			t.Errorf("negative log-likelihood and divergence went from %v to %v, the divergence over %.2f; the entropy is about %.2f", first, last, farthest, entropy)
		}
		fixed, trainable := 0, 0
		for _, at := range []struct {
			scope string
			model models.Definition
		}{{"/maf/", teacher}, {"/iaf/", student}} {
			start := models.Initialize(at.model, map[string]uint64{"/maf/": 1, "/iaf/": 2}[at.scope])
			for i, s := range at.model.Specs() {
				v := store.GetVariable(at.scope + strings.ReplaceAll(s.Name, ".", "/"))
				if v == nil {
					t.Fatalf("the Store has no variable for %s%s", at.scope, s.Name)
				}
				moved := !slices.Equal(tensors.MustCopyFlatData[float32](must.M1(v.Value())), start[i])
				if v.Trainable == s.Fixed || s.Fixed && moved {
					t.Errorf("%s%s is trainable: %v, and moved: %v", at.scope, s.Name, v.Trainable, moved)
				}
				if s.Fixed {
					fixed++
				} else if moved {
					trainable++
				}
			}
		}
		if fixed != 2 || trainable < 6 {
			t.Errorf("%d parameters are fixed and %d have moved", fixed, trainable)
		}
	})
}

func TestInScopeRefusesAVariableOfAnotherShape(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	store := model.NewStore()
	for i, shape := range [][]int{{3, 5}, {5, 3}} {
		d := declared{{Name: "layer.w", Shape: shape}}
		exec := must.M1(model.NewExec(b.Compute, store, func(scope *model.Scope, x *Node) *Node {
			return Add(x, ReduceAllSum(models.InScope(scope, x.Graph(), d, 1).Get("layer.w")))
		}))
		out, err := exec.Call(float32(1))
		if i == 0 {
			if err != nil {
				t.Fatal(err)
			}
			values(t, out)
		} else if want := fmt.Sprintf("the variable /layer/w has shape [3 5], but parameter %q needs [5 3]", "layer.w"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
		exec.Finalize()
	}
}

func bindAndRun(t *testing.T, b *backend.Backend, d models.Density, w models.Weights, x []float32) []float32 {
	t.Helper()
	specs := d.Specs()
	exec := must.M1(NewExec(b.Compute, func(args []*Node) []*Node {
		n := len(specs)
		return []*Node{d.LogProb(models.Bind(specs, args[:n]), args[n], nil)}
	}))
	defer exec.Finalize()
	var args []any
	for i, s := range specs {
		args = append(args, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	args = append(args, tensors.FromFlatDataAndDimensions(x, len(x)/d.Dim(), d.Dim()))
	out, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	return values(t, out)
}

// values copies the only output of a call and frees it.
func values(t *testing.T, out []*tensors.Tensor) []float32 {
	t.Helper()
	defer out[0].MustFinalizeAll()
	return tensors.MustCopyFlatData[float32](out[0])
}

// with is a MAF of such layers with a change of its options.
func with(o flow.StackOptions, change func(*maf.Options)) maf.Options {
	m := maf.Options(o)
	change(&m)
	return m
}
