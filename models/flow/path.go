package flow

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/models"
)

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
		own, ctx := f.parts[i].Params(fixed), contextOf(l, context)
		var d *Node
		inner, turned := Unwrap(l)
		if a, ok := inner.(*Autoregressive); ok && turned {
			back = a.Implicit(own, sees[i], back, ctx)
			_, d = a.Forward(own, back, ctx)
			d = Neg(d)
		} else {
			back, d = l.Forward(own, back, ctx)
		}
		logDet = plus(logDet, d)
	}
	return x, back, orZeros(logDet, z)
}

// Loops says whether the way from data to noise inverts a masked layer, which
// the graph does in a loop.
func (f *Flow) Loops() bool {
	return slices.ContainsFunc(f.layers, func(l Layer) bool {
		inner, turned := Unwrap(l)
		_, ok := inner.(*Autoregressive)
		return ok && turned
	})
}
