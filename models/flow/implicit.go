package flow

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/models"
)

// Implicit gives a solution of y = f(x) its gradients. x, however it was found,
// comes back with its value; what depends on it has gradients with respect to y,
// the parameters and the context by the implicit function theorem:
//
//	dx = J⁻¹(dy − ∂f/∂θ dθ),   J = ∂f/∂x
//
// The Jacobian J is computed for each row, by one backward pass for dim times as
// many rows, and solved by substitution since it is triangular in the order.
func (a *Autoregressive) Implicit(p models.Params, x, y, context *Node) *Node {
	at := StopGradient(x)
	f, _ := a.Forward(p, at, context)
	missing := Sub(y, f) // zero, but for rounding
	missing = Sub(missing, StopGradient(missing))
	solved := IdentityWithCustomGradient(missing, func(_, v *Node) *Node {
		return a.solveTransposed(a.jacobian(p, at, context), v)
	})
	return Add(at, solved)
}

// jacobian returns ∂f_d/∂x as the d-th of dim nodes, each [batch, dim], at x.
func (a *Autoregressive) jacobian(p models.Params, x, context *Node) []*Node {
	dim, batch := a.dim, x.Shape().Dimensions[0]
	// A node of its own: GoMLX gives no gradient with respect to one behind which
	// gradients stop, and one copy is x itself.
	tiled := Identity(Concatenate(slices.Repeat([]*Node{x}, dim), 0))
	if context != nil {
		context = StopGradient(Concatenate(slices.Repeat([]*Node{context}, dim), 0))
	}
	f, _ := a.Forward(p.Map(StopGradient), tiled, context)
	// In the d-th copy of the rows only f_d is differentiated.
	g, cube := x.Graph(), shapes.Make(dtypes.Int32, dim, batch, dim)
	seeds := Reshape(ConvertDType(Equal(Iota(g, cube, 0), Iota(g, cube, 2)), x.DType()), dim*batch, dim)
	rows := Gradient(ReduceAllSum(Mul(f, seeds)), tiled)[0]
	each := make([]*Node, dim)
	for d := range dim {
		each[d] = StopGradient(Slice(rows, AxisRange(d*batch, (d+1)*batch), AxisRange()))
	}
	return each
}

// solveTransposed solves Jᵀw = v for each row, from the last variable of the
// order to the first.
func (a *Autoregressive) solveTransposed(jacobian []*Node, v *Node) *Node {
	column := func(of *Node, d int) *Node { return Slice(of, AxisRange(), AxisRange(d, d+1)) }
	w := make([]*Node, a.dim)
	for _, d := range slices.Backward(a.Set().Order.Sequence()) {
		w[d] = Div(column(v, d), column(jacobian[d], d))
		v = Sub(v, Mul(w[d], jacobian[d]))
	}
	return Concatenate(w, 1)
}

// SampleAndPathLogProb is SampleAndLogProb with a gradient of ln p(x | context)
// that comes by way of x alone, as if the parameters of the density were not
// those that x was made with ("sticking the landing").
func (f *Flow) SampleAndPathLogProb(p models.Params, z, context *Node) (x, logProb *Node) {
	x, back, logDet := f.InversePath(p, z, context)
	base := f.base.LogProb(f.BasePart().Params(p.Map(StopGradient)), back, contextOf(f.base, context))
	return x, Add(base, logDet)
}

// InversePath maps noise z to data x and goes back: back has the value of z, and
// logDet is ln |det ∂z/∂x|, [batch], but both depend on x alone and not on the
// parameters. Masked layers must be inverted ones.
func (f *Flow) InversePath(p models.Params, z, context *Node) (x, back, logDet *Node) {
	sees := make([]*Node, len(f.layers)) // what each layer sees on its side of the noise
	x = z
	for i, l := range slices.Backward(f.layers) {
		sees[i] = x
		x, _ = l.Inverse(f.parts[i].Params(p), x, contextOf(l, context))
	}
	fixed := p.Map(StopGradient)
	if context != nil {
		context = StopGradient(context)
	}
	back = x
	for i, l := range f.layers {
		own, cond := f.parts[i].Params(fixed), contextOf(l, context)
		var d *Node
		if a, ok := loopOf(l); ok {
			back = a.Implicit(own, sees[i], back, cond)
			_, d = a.Forward(own, back, cond)
			d = Neg(d)
		} else {
			back, d = l.Forward(own, back, cond)
		}
		logDet = plus(logDet, d)
	}
	return x, back, orZeros(logDet, z)
}

// Loops says whether the way from data to noise inverts a masked layer, which
// the graph does in a loop.
func (f *Flow) Loops() bool {
	return slices.ContainsFunc(f.layers, func(l Layer) bool { _, ok := loopOf(l); return ok })
}

// loopOf returns the masked layer that an inverted layer solves in a loop.
func loopOf(l Layer) (*Autoregressive, bool) {
	inner, turned := Unwrap(l)
	a, ok := inner.(*Autoregressive)
	return a, ok && turned
}
