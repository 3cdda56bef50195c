package flow

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Transformer is a monotone map y = T(x; θ) of one variable, whose P parameters
// θ come from a conditioner (Papamakarios et al. 2021, arXiv 1912.02762, section
// 3.1). With all parameters zero it is the identity, but for Gated and for a
// sigmoid scale.
type Transformer interface {
	// Name is the kind, for messages.
	Name() string
	// Params is P.
	Params() int
	// Forward returns y and ln dy/dx, element by element, for x [batch, dim] and
	// parameters θ [batch, P·dim]: parameter p of variable d is column p·dim + d.
	Forward(x, theta *Node) (y, logDerivative *Node)
	// Inverse returns x.
	Inverse(y, theta *Node) (x *Node)
	// HostForward and HostInverse are the same of one number and its P parameters.
	HostForward(x float32, theta []float32) (y float32)
	HostInverse(y float32, theta []float32) (x float32)
}

// parameter is θ_p, of the shape of x.
func parameter(x, theta *Node, p int) *Node {
	dim := x.Shape().Dimensions[1]
	return Slice(theta, AxisRange(), AxisRange(p*dim, (p+1)*dim))
}
