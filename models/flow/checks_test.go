package flow

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// tolerance is what a map of float32 numbers is held to, relative, absolute
// below 1. The knots of a spline are numbers of the size of its bound, and are
// rounded so.
func (r row) tolerance() float64 { return 1e-5 * max(1, r.bound) }

// compiled is a flow as one executable.
type compiled struct {
	flow    *Flow
	exec    *Exec
	rows    int
	trained []models.Spec
}

// asked is what a compiled flow is evaluated on; nil means zeros.
type asked struct {
	x, y []float32 // [rows, dim], for Forward and for Inverse
	// seeds [rows, dim] weight the noise, and rowWeights [rows] the log-densities,
	// in the sum of which dx and gradients are the gradients.
	seeds, rowWeights []float32
}

// answer is what it says.
type answer struct {
	z, logDet    []float32 // Forward of x
	x, logDetInv []float32 // Inverse of y
	logp         []float32 // ln p(x)
	dx           []float32 // [rows, dim]
	gradients    [][]float32
}

// compile takes a whole number of times as many rows as there are variables, so
// that one batch holds whole Jacobians.
func compile(t *testing.T, b *backend.Backend, f *Flow) *compiled {
	t.Helper()
	c := &compiled{flow: f, rows: f.Dim() * max(1, 42/f.Dim())}
	for _, s := range f.Specs() {
		if !s.Fixed {
			c.trained = append(c.trained, s)
		}
	}
	c.exec = newExec(t, b, func(args []*Node) []*Node {
		n := len(f.Specs())
		p := models.Bind(f.Specs(), args[:n])
		x, y, seeds, rowWeights := args[n], args[n+1], args[n+2], args[n+3]
		var context *Node
		if f.ContextDim() > 0 {
			context = args[n+4]
		}
		z, logDet := f.Forward(p, x, context)
		inverse, logDetInv := f.Inverse(p, y, context)
		logp := Add(f.Base().LogProb(f.BasePart().Params(p), z, contextOf(f.Base(), context)), logDet)
		// One backward pass serves the Jacobian and the gradients: compiling is
		// most of what these tests do.
		wanted := []*Node{x}
		for _, s := range c.trained {
			wanted = append(wanted, p.Get(s.Name))
		}
		sum := Add(ReduceAllSum(Mul(z, seeds)), ReduceAllSum(Mul(logp, rowWeights)))
		return append([]*Node{z, logDet, inverse, logDetInv, logp}, Gradient(sum, wanted...)...)
	})
	return c
}

func (c *compiled) run(t *testing.T, w models.Weights, context []float32, a asked) answer {
	t.Helper()
	dim := c.flow.Dim()
	args := arguments(c.flow, w)
	for _, v := range [][]float32{a.x, a.y, a.seeds} {
		if v == nil {
			v = make([]float32, c.rows*dim)
		}
		args = append(args, matrix(v, dim))
	}
	if a.rowWeights == nil {
		a.rowWeights = make([]float32, c.rows)
	}
	args = append(args, a.rowWeights)
	if width := c.flow.ContextDim(); width > 0 {
		args = append(args, matrix(context, width))
	}
	out := backendtest.Call[float32](t, c.exec, args...)
	return answer{out[0], out[1], out[2], out[3], out[4], out[5], out[6:]}
}

func (s subject) ask(t *testing.T, a asked) answer {
	t.Helper()
	return s.run(t, s.weights, s.context, a)
}

// noise is what the graph makes of the point.
func (s subject) noise(t *testing.T) []float32 {
	t.Helper()
	return s.ask(t, asked{x: s.point}).z
}

// inverter is the flow on the host.
func (s subject) inverter(t *testing.T) models.Inverter {
	t.Helper()
	inverter, err := s.flow.NewInverter(s.weights)
	if err != nil {
		t.Fatal(err)
	}
	return inverter
}

// moved is a copy of rows after one direction on the host, with the passes it took.
func moved(t *testing.T, to func(context.Context, []float32, []float32, models.Solver) (int, error), rows, cond []float32, solver models.Solver) ([]float32, int) {
	t.Helper()
	rows = slices.Clone(rows)
	passes, err := to(context.Background(), rows, cond, solver)
	if err != nil {
		t.Fatal(err)
	}
	return rows, passes
}

// Inverse undoes Forward, and Forward Inverse, in the graph and on the host.
func checkRoundTrip(t *testing.T, s subject) {
	dim, z := s.flow.Dim(), s.noise(t)
	x := s.ask(t, asked{y: z}).x
	same(t, "inverse of forward", x, s.point, dim, s.tolerance())
	same(t, "forward of inverse", s.ask(t, asked{x: x}).z, z, dim, s.tolerance())
	host := s.inverter(t)
	z, _ = moved(t, host.ToNoise, s.point, s.context, models.Solver{})
	x, _ = moved(t, host.ToData, z, s.context, models.Solver{})
	same(t, "inverse of forward on the host", x, s.point, dim, s.tolerance())
}

// The host computes what the graph does, both ways.
func checkHost(t *testing.T, s subject) {
	dim, host := s.flow.Dim(), s.inverter(t)
	want := s.noise(t)
	z, _ := moved(t, host.ToNoise, s.point, s.context, models.Solver{})
	same(t, "forward on the host", z, want, dim, s.tolerance())
	x, _ := moved(t, host.ToData, want, s.context, models.Solver{})
	same(t, "inverse on the host", x, s.ask(t, asked{y: want}).x, dim, s.tolerance())
}

// All solvers give the same bits on the host, both ways: a flow with inverted
// layers needs them on its way to the noise. What they cost is known.
func checkSolvers(t *testing.T, s subject) {
	dim, host := s.flow.Dim(), s.inverter(t)
	forwards, backwards := solved(s.flow)
	ways := []struct {
		name  string
		to    func(context.Context, []float32, []float32, models.Solver) (int, error)
		rows  []float32
		loops bool // a masked layer is solved
		nets  bool // a network is passed
	}{
		{"to noise", host.ToNoise, s.point, forwards, forwards || backwards},
		{"to data", host.ToData, s.noise(t), backwards, forwards || backwards},
	}
	for _, way := range ways {
		want, passes := moved(t, way.to, way.rows, s.context, models.Solver{})
		if passes != count(way.nets) {
			t.Errorf("%s: the incremental method took %d passes", way.name, passes)
		}
		sequential, passes := moved(t, way.to, way.rows, s.context, models.Solver{Method: models.Sequential})
		if !slices.Equal(sequential, want) || way.loops && passes != dim {
			t.Errorf("%s: the sequential method gives other bits, or %d passes for %d variables", way.name, passes, dim)
		}
		jacobi, exact := moved(t, way.to, way.rows, s.context, models.Solver{Method: models.Jacobi})
		if !slices.Equal(jacobi, want) || exact > max(dim, 1) {
			t.Errorf("%s: Jacobi's method gives other bits, or %d passes for %d variables", way.name, exact, dim)
		}
		_, passes = moved(t, way.to, way.rows, s.context, models.Solver{Method: models.Jacobi, Tolerance: 0.1})
		if passes > exact || way.loops && dim > 7 && passes >= exact {
			t.Errorf("%s: Jacobi's method takes %d passes to a tolerance of 0.1, %d exactly", way.name, passes, exact)
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// solved says of both directions whether they solve a masked layer.
func solved(f *Flow) (forwards, backwards bool) {
	for _, l := range f.Layers() {
		if _, ok := l.(*Autoregressive); ok {
			backwards = true
		}
	}
	return f.Loops(), backwards
}

// The context moves every variable, the first of the order too, whose parameters
// depend on nothing else: by the output layer's weights of the context alone, and
// by those of the hidden layers alone.
func checkContext(t *testing.T, s subject) {
	dim, width := s.flow.Dim(), s.flow.ContextDim()
	if width == 0 {
		return
	}
	other := normals(7, s.rows*width, 1)
	for _, without := range []string{"nothing", "hidden", "output"} {
		w := randomWeights(s.flow, weightsSeed)
		parts := 0
		for i, spec := range s.flow.Specs() {
			if !strings.HasSuffix(spec.Name, ".context") {
				continue
			}
			if strings.Contains(spec.Name, "."+without) {
				clear(w[i])
			} else {
				parts++
			}
		}
		if parts == 0 {
			continue // there are no hidden layers
		}
		a := s.run(t, w, s.context, asked{x: s.point})
		b := s.run(t, w, other, asked{x: s.point})
		if !slices.ContainsFunc(s.flow.layers, func(l Layer) bool { return l.ContextDim() > 0 }) {
			if !differs(a.logp, b.logp, 0, 1) {
				t.Errorf("without the %s weights of the context, it does not move the base density", without)
			}
			continue
		}
		for d := range dim {
			if !differs(a.z, b.z, d, dim) {
				t.Errorf("without the %s weights of the context, it does not move variable %d", without, d)
			}
		}
	}
}

// differs says whether column d is another one somewhere.
func differs(a, b []float32, d, dim int) bool {
	for i := d; i < len(a); i += dim {
		if math.Abs(float64(a[i]-b[i])) > 1e-3 {
			return true
		}
	}
	return false
}

// A gradient reaches every parameter that is trained, but for those of one
// variable that could only join it to another.
func checkGradients(t *testing.T, s subject) {
	gradients := s.ask(t, asked{x: s.point, seeds: normals(4, s.rows*s.flow.Dim(), 1), rowWeights: uniforms(5, s.rows, 0, 1)}).gradients
	for i, spec := range s.trained {
		lonely := s.flow.Dim() == 1 && (strings.HasSuffix(spec.Name, "hidden0.weights") ||
			strings.HasSuffix(spec.Name, "lower") || strings.HasSuffix(spec.Name, "upper"))
		for _, g := range gradients[i] {
			if g-g != 0 {
				t.Fatalf("the gradient of %s holds %v", spec.Name, g)
			}
		}
		if moved := slices.ContainsFunc(gradients[i], func(g float32) bool { return g != 0 }); moved == lonely && spec.Size() > 1 {
			t.Errorf("a gradient reaches %s: %t", spec.Name, moved)
		}
	}
}

// With its initial weights a flow is what the comments of its layers say: a
// multiple of the data, mostly once.
func checkStart(t *testing.T, s subject) {
	slope := 1.0
	for _, l := range s.flow.layers {
		own, ok := startSlope(l)
		if !ok {
			return
		}
		slope *= own
	}
	want := make([]float32, len(s.point))
	for i, v := range s.point {
		want[i] = float32(slope * float64(v))
	}
	a := s.run(t, models.Initialize(s.flow, 3), s.context, asked{x: s.point})
	same(t, "the noise of a new flow", a.z, want, s.flow.Dim(), s.tolerance())
	for r, v := range a.logDet {
		if !near(v, float32(float64(s.flow.Dim())*math.Log(slope)), s.tolerance()) {
			t.Fatalf("row %d: ln |det| of a new flow is %v, want %v", r, v, float64(s.flow.Dim())*math.Log(slope))
		}
	}
}

// startSlope is c where the layer starts as y = c·x.
func startSlope(l Layer) (c float64, ok bool) {
	switch l := l.(type) {
	case inverted:
		c, ok := startSlope(l.Layer)
		return 1 / c, ok
	case *Autoregressive:
		switch transformer := l.transformer.(type) {
		case gated:
			return 1 / (1 + math.Exp(-1.5)), true // 0.82
		case affine:
			if transformer.scale.Name == "sigmoid" {
				return 1 / (1 + math.Exp(-2)), true // 0.88
			}
		}
		return 1, true
	case batchNorm:
		return 1 / math.Sqrt(1+batchEpsilon), true
	case actNorm, lu:
		return 1, true
	}
	return 0, false
}

// Nothing above changed the weights: masks are not applied in place.
func checkUntouched(t *testing.T, s subject) {
	for i, want := range randomWeights(s.flow, weightsSeed) {
		if !slices.Equal(s.weights[i], want) {
			t.Errorf("%s changed", s.flow.Specs()[i].Name)
		}
	}
}
