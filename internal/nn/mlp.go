package nn

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/models"
)

// MLP is a plain feed-forward network, hˡ = g(hˡ⁻¹Wˡ + bˡ), with a last layer
// that has no activation.
type MLP struct {
	// Widths are those of the input, the hidden layers and the output.
	Widths []int
	// Activation of the hidden units.
	Activation Activation
	// Init draws the weights of a layer, given the numbers of its inputs and
	// outputs.
	Init func(fanIn, fanOut float64) models.Init
}

// Specs declares the weights [from, to] and the bias [to] of each layer.
func (m MLP) Specs() []models.Spec {
	var params []models.Spec
	for l := range len(m.Widths) - 1 {
		from, to := m.Widths[l], m.Widths[l+1]
		params = append(params, models.Spec{Name: mlpName(l) + weightsSuffix, Shape: []int{from, to}, Init: m.Init(float64(from), float64(to))},
			models.Spec{Name: mlpName(l) + biasSuffix, Shape: []int{to}})
	}
	return params
}

func mlpName(l int) string { return fmt.Sprintf("dense%d", l) }

// Apply computes the outputs [batch, last width] for x [batch, first width].
func (m MLP) Apply(p models.Params, x *Node) *Node {
	last := len(m.Widths) - 2
	for l := range last + 1 {
		x = Add(Dot(x, p.Get(mlpName(l)+weightsSuffix)).Product(), ExpandAxes(p.Get(mlpName(l)+biasSuffix), 0))
		if l < last {
			x = m.Activation.Graph(x)
		}
	}
	return x
}

// Host computes the outputs of one row on the host. get returns a parameter's
// values by its name.
func (m MLP) Host(get func(name string) []float32, row []float32) []float32 {
	last := len(m.Widths) - 2
	for l := range last + 1 {
		w, to := get(mlpName(l)+weightsSuffix), m.Widths[l+1]
		out := append([]float32(nil), get(mlpName(l)+biasSuffix)...)
		for i, v := range row {
			if v == 0 { // as most of the units below a relu are
				continue
			}
			for k, weight := range w[i*to : (i+1)*to] {
				out[k] += float32(v * weight)
			}
		}
		if l < last {
			m.Activation.Host(out)
		}
		row = out
	}
	return row
}
