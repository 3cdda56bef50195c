package iaf

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/modeltest"
)

// ascend makes the mean of a value large by Adam (Kingma and Ba 2015, arXiv
// 1412.6980) with a rate that falls to zero: value takes the step's argument.
func ascend(t *testing.T, b *backend.Backend, m models.Definition, w models.Weights, steps int, value func(p models.Params, arg *Node) *Node, arg func(step int) any) {
	t.Helper()
	const first, decay1, decay2 = 0.02, 0.9, 0.99
	c := modeltest.Compile(t, b, m, func(p models.Params, args []*Node) []*Node {
		return modeltest.Gradients(m, p, ReduceAllMean(value(p, args[0])))
	})
	var values [][]float32
	for i, s := range m.Specs() {
		if !s.Fixed {
			values = append(values, w[i])
		}
	}
	means, squares := make([][]float64, len(values)), make([][]float64, len(values))
	for i, v := range values {
		means[i], squares[i] = make([]float64, len(v)), make([]float64, len(v))
	}
	for step := range steps {
		n, rate := float64(step+1), first*(1-float64(step)/float64(steps))
		for i, own := range c.Run(t, w, arg(step)) {
			for k, g := range own {
				g := float64(g)
				means[i][k] += (1 - decay1) * (g - means[i][k])
				squares[i][k] += (1 - decay2) * (g*g - squares[i][k])
				move := means[i][k] / (1 - math.Pow(decay1, n)) / (math.Sqrt(squares[i][k]/(1-math.Pow(decay2, n))) + 1e-8)
				values[i][k] += float32(rate * move)
			}
		}
	}
}

// A MAF that has learnt a banana, x₂ ~ N(0, 1) and x₁ | x₂ ~ N(x₂²/2, ½²),
// teaches it to an IAF, which never sees data: the divergence of the IAF from
// it becomes small.
func TestDistil(t *testing.T) {
	const rows, steps = 300, 300
	entropy := math.Log(2*math.Pi*math.E) - math.Ln2
	banana := func(step int) any {
		rng := rand.New(rand.NewPCG(uint64(step), 5))
		x := make([]float32, 0, 2*rows)
		for range rows {
			x2 := rng.NormFloat64()
			x = append(x, float32(x2*x2/2+rng.NormFloat64()/2), float32(x2))
		}
		return modeltest.Matrix(x, 2)
	}
	noise := func(step int) any { return modeltest.Matrix(modeltest.Normals(uint64(step), 2*rows), 2) }
	options := flow.StackOptions{Layers: 2, Dim: 2, Hidden: []int{16, 16}, Activation: "elu", Start: masks.ReversedOrder}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		teacher := must.M1(maf.New(maf.Options(options)))
		learnt := models.Initialize(teacher, 1)
		density := func(p models.Params, x *Node) *Node { return teacher.LogProb(p, x, nil) }
		ascend(t, b, teacher, learnt, steps, density, banana)
		mean := func(m models.Definition, w models.Weights, value func(p models.Params, arg *Node) *Node, arg func(int) any) float64 {
			c := modeltest.Compile(t, b, m, func(p models.Params, args []*Node) []*Node { return []*Node{ReduceAllMean(value(p, args[0]))} })
			var values []float64
			for k := range 10 {
				values = append(values, float64(c.Run(t, w, arg(10_000+k))[0][0]))
			}
			m1, _ := modeltest.Moments(values)
			return m1
		}
		if nll := -mean(teacher, learnt, density, banana); nll > entropy+0.1 {
			t.Errorf("the teacher's negative log-likelihood is %.3f nats, of the data %.3f", nll, entropy)
		}

		v := must.M1(NewVariational(must.M1(New(Options(options))), must.M1(Teacher("maf", teacher, learnt)), VariationalOptions{}))
		w := models.Initialize(v, 2)
		own := len(v.flow.Specs())
		for i, s := range v.Specs()[own:] {
			if !s.Fixed || s.Name != "target."+teacher.Specs()[i].Name || !slices.Equal(w[own+i], learnt[i]) {
				t.Errorf("%s of the target is not the teacher's, or is trained", s.Name)
			}
		}
		bound := func(p models.Params, noise *Node) *Node { return v.Bound(p, nil, nil, noise) }
		before := -mean(v, w, bound, noise)
		ascend(t, b, v, w, steps, bound, noise)
		after := -mean(v, w, bound, noise)
		if !(before > 1 && math.Abs(after) < 0.05) {
			t.Errorf("KL(q ‖ p) went from %.3f to %.3f nats", before, after)
		}
	})
}

// The weights of a teacher are those of the time when it became one.
func TestTeacherIsACopy(t *testing.T) {
	m := must.M1(maf.New(maf.Options{Dim: 2, Hidden: []int{}}))
	w := models.Initialize(m, 1)
	w[1][0] = 3
	target := must.M1(Teacher("maf", m, w))
	w[1][0] = 4
	if target.Name != "maf" || target.Dim != 2 || target.LogZ != 0 {
		t.Errorf("the target is %+v", target)
	}
	for range 2 { // what is handed out can be changed too
		got := target.Specs[1].Init(nil, nil)
		if got[0] != 3 {
			t.Errorf("the weight is %v, want 3", got[0])
		}
		got[0] = 5
	}
	if again := models.Initialize(m, 1); again[1][0] != 0 {
		t.Errorf("the teacher now starts with the weight %v", again[1][0])
	}
}

func TestTeacherRefuses(t *testing.T) {
	o := flow.StackOptions{Dim: 2, Hidden: []int{}}
	conditional := o
	conditional.ContextDim = 1
	plain := must.M1(maf.New(maf.Options(o)))
	for _, c := range []struct {
		d    models.Density
		want string
	}{
		{must.M1(maf.New(maf.Options(conditional))), "teacher it takes a context"},
		{must.M1(New(Options(o))), "computes its density variable by variable; take a MAF"},
		{must.M1(maf.NewDrawn(maf.Options{Dim: 2, Base: "nade", Hidden: []int{3}})), "computes its density variable by variable; take a MAF"},
		{must.M1(made.New(made.Options{Dim: 2, Hidden: []int{}, Degrees: "sequential", Start: "natural"})), "of teacher it is 0 or 1"},
	} {
		if _, err := Teacher("it", c.d, models.Initialize(c.d, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("the error is %v, want %q", err, c.want)
		}
	}
	if _, err := Teacher("it", plain, nil); err == nil || !strings.Contains(err.Error(), "iaf: teacher it: the model has 10 parameters, but 0 were given") {
		t.Errorf("no weights: the error is %v", err)
	}
}
