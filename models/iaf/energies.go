package iaf

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/data/toy"
	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
)

// Energies are the four two-dimensional test densities p̃ = exp(−U) of Rezende
// and Mohamed 2015, "Variational Inference with Normalizing Flows", arXiv
// 1505.05770, table 1, called u1 to u4. Three of them do not end in the first
// variable; as De Cao, Titov and Aziz 2019, arXiv 1904.04676, do in their code,
// Σ max(0, |z_d| − 6)² is added to each U, which makes them densities. LogZ is
// exact to six digits, by quadrature.
func Energies() []Target {
	var all []Target
	for _, t := range toy.Targets() {
		all = append(all, energyOf(t))
	}
	return all
}

// EnergyByName returns one of the energies, the first for no name, or an error that
// lists their names.
func EnergyByName(name string) (Target, error) {
	t, err := option.Find("energy", name, Energies(), func(t Target) string { return t.Name })
	if err != nil {
		return Target{}, fmt.Errorf("iaf: %w", err)
	}
	return t, nil
}

// energies are −U without the penalty, for columns z₁ and z₂, by name.
var energies = map[string]func(z1, z2 *Node) *Node{
	"u1": func(z1, z2 *Node) *Node {
		norm := Sqrt(Add(Add(Square(z1), Square(z2)), nn.Number(z1, 1e-12)))
		ring := bump(Sub(norm, nn.Number(norm, 2)), 0.4)
		at := func(center float64) *Node { return bump(Sub(z1, nn.Number(z1, center)), 0.6) }
		return Add(ring, logAddExp(at(2), at(-2)))
	},
	"u2": func(z1, z2 *Node) *Node { return bump(Sub(z2, wave(z1)), 0.4) },
	"u3": func(z1, z2 *Node) *Node {
		shift := Mul(nn.Number(z1, 3), Exp(bump(Sub(z1, nn.Number(z1, 1)), 0.6)))
		along := Sub(z2, wave(z1))
		return logAddExp(bump(along, 0.35), bump(Add(along, shift), 0.35))
	},
	"u4": func(z1, z2 *Node) *Node {
		shift := Mul(nn.Number(z1, 3), Logistic(Mul(Sub(z1, nn.Number(z1, 1)), nn.Number(z1, 1/0.3))))
		along := Sub(z2, wave(z1))
		return logAddExp(bump(along, 0.4), bump(Add(along, shift), 0.35))
	},
}

// bump is −½·(v/width)².
func bump(v *Node, width float64) *Node {
	return Mul(Square(v), nn.Number(v, -0.5/(width*width)))
}

// logAddExp is ln(exp a + exp b) of finite values.
func logAddExp(a, b *Node) *Node {
	top := StopGradient(Max(a, b))
	return Add(top, Log(Add(Exp(Sub(a, top)), Exp(Sub(b, top)))))
}

// wave is w₁ = sin(2π·z₁/4).
func wave(z1 *Node) *Node { return Sin(Mul(z1, nn.Number(z1, math.Pi/2))) }

func energyOf(t toy.Target) Target {
	return Target{Name: t.Name, Dim: t.Dim, LogZ: t.LogZ, LogDensity: func(_ models.Params, x *Node) *Node {
		column := func(d int) *Node { return Reshape(Slice(x, AxisRange(), AxisRange(d, d+1)), x.Shape().Dimensions[0]) }
		excess := Max(Sub(Abs(x), nn.Number(x, 6)), nn.Number(x, 0))
		return Sub(energies[t.Name](column(0), column(1)), nn.SumLast(Square(excess)))
	}}
}
