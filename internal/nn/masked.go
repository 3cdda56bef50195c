package nn

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Masked is a masked dense layer before its activation,
//
//	y = x·(W ⊙ M) + b + 1·(U ⊙ M) + c·C,   M[i,k] = masks.Connects(from_i, to_k)
//
// with the conditioning weights U (Germain et al. 2015, eq. 14) and the weights
// C of a context c where they are asked for. The degrees of both ends are nodes,
// so the same graph serves every mask. How the weights are stored is this
// package's business: use Params, Apply and Dense, not the shapes.
type Masked struct {
	// Name is the prefix of the parameters' names.
	Name string
	// From and To are the numbers of units below and above.
	From, To int
	// ContextDim is the width of the context that every unit sees, 0 for none.
	ContextDim int
	// Strict says that a unit sees only smaller degrees (the output), not equal
	// ones (between hidden layers).
	Strict bool
	// Bias adds b.
	Bias bool
	// Conditioning adds the conditioning weights U.
	Conditioning bool
	// Init, BiasInit and ContextInit draw W, b and C; nil means zeros.
	Init, BiasInit, ContextInit models.Init
}

// Suffixes of the parameters' names.
const (
	weightsSuffix      = ".weights"
	biasSuffix         = ".bias"
	conditioningSuffix = ".conditioning"
	contextSuffix      = ".context"
)

// Specs declares the layer's parameters.
func (l Masked) Specs() []models.Spec {
	p := []models.Spec{{Name: l.Name + weightsSuffix, Shape: []int{l.From, l.To}, Init: l.Init}}
	if l.Bias {
		p = append(p, models.Spec{Name: l.Name + biasSuffix, Shape: []int{l.To}, Init: l.BiasInit})
	}
	if l.Conditioning {
		p = append(p, models.Spec{Name: l.Name + conditioningSuffix, Shape: []int{l.From, l.To}})
	}
	if l.ContextDim > 0 {
		p = append(p, models.Spec{Name: l.Name + contextSuffix, Shape: []int{l.ContextDim, l.To}, Init: l.ContextInit})
	}
	return p
}

// Apply computes the layer for x [batch, From], the degrees from [From] and to
// [To] (int32) and a context [batch, Context] (nil without one): [batch, To].
func (l Masked) Apply(p models.Params, x, from, to, ctx *Node) *Node {
	mask := Mask(from, to, l.Strict, x)
	y := Dot(x, Mul(p.Get(l.Name+weightsSuffix), mask)).Product()
	if l.Bias {
		y = Add(y, ExpandAxes(p.Get(l.Name+biasSuffix), 0))
	}
	if l.Conditioning {
		y = Add(y, ExpandAxes(ReduceSum(Mul(p.Get(l.Name+conditioningSuffix), mask), 0), 0))
	}
	if l.ContextDim > 0 {
		y = Add(y, Dot(ctx, p.Get(l.Name+contextSuffix)).Product())
	}
	return y
}

// Dense is a masked layer on the host.
type Dense struct {
	From, To, Context int
	// Weights are W ⊙ M, row-major [From, To].
	Weights []float32
	// Bias is b + 1·(U ⊙ M), [To].
	Bias []float32
	// ContextWeights are C, row-major [Context, To]; nil without a context.
	ContextWeights []float32
}

// Dense returns the layer's effective weights for the given degrees. get
// returns a parameter's values by its name.
func (l Masked) Dense(get func(name string) []float32, from, to []int) Dense {
	w := get(l.Name + weightsSuffix)
	d := Dense{From: l.From, To: l.To, Context: l.ContextDim,
		Weights: make([]float32, l.From*l.To), Bias: make([]float32, l.To)}
	if l.Bias {
		copy(d.Bias, get(l.Name+biasSuffix))
	}
	var u []float32
	if l.Conditioning {
		u = get(l.Name + conditioningSuffix)
	}
	for i, a := range from {
		for k, b := range to {
			if !masks.Connects(a, b, l.Strict) {
				continue
			}
			d.Weights[i*l.To+k] = w[i*l.To+k]
			if u != nil {
				d.Bias[k] += u[i*l.To+k]
			}
		}
	}
	if l.ContextDim > 0 {
		d.ContextWeights = append([]float32(nil), get(l.Name+contextSuffix)...)
	}
	return d
}
