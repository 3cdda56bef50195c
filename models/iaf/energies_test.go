package iaf

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/modeltest"
)

// formulas are −U of Rezende and Mohamed's table 1, as it is printed there.
var formulas = map[string]func(z1, z2 float64) float64{
	"u1": func(z1, z2 float64) float64 {
		return -0.5*sq((math.Hypot(z1, z2)-2)/0.4) + logSum(-0.5*sq((z1-2)/0.6), -0.5*sq((z1+2)/0.6))
	},
	"u2": func(z1, z2 float64) float64 { return -0.5 * sq((z2-math.Sin(2*math.Pi*z1/4))/0.4) },
	"u3": func(z1, z2 float64) float64 {
		w1, w2 := math.Sin(2*math.Pi*z1/4), 3*math.Exp(-0.5*sq((z1-1)/0.6))
		return logSum(-0.5*sq((z2-w1)/0.35), -0.5*sq((z2-w1+w2)/0.35))
	},
	"u4": func(z1, z2 float64) float64 {
		w1, w3 := math.Sin(2*math.Pi*z1/4), 3/(1+math.Exp(-(z1-1)/0.3))
		return logSum(-0.5*sq((z2-w1)/0.4), -0.5*sq((z2-w1+w3)/0.35))
	},
}

func sq(v float64) float64 { return v * v }

func logSum(a, b float64) float64 {
	return max(a, b) + math.Log1p(math.Exp(-math.Abs(a-b)))
}

// penalised is −U with the penalty of what is outside [−6, 6]².
func penalised(name string, z1, z2 float64) float64 {
	return formulas[name](z1, z2) - sq(max(0, math.Abs(z1)-6)) - sq(max(0, math.Abs(z2)-6))
}

// rowsOf calls f with the middles of the cells of a grid over [−11, 11]², beyond
// which the penalty leaves exp(−25).
func rowsOf(side int, f func(z1, z2 float64)) (area float64) {
	size := 22 / float64(side)
	for i := range side * side {
		f(-11+(float64(i/side)+0.5)*size, -11+(float64(i%side)+0.5)*size)
	}
	return size * size
}

// The graphs are the printed formulas, inside the square and out of it.
func TestEnergies(t *testing.T) {
	const side = 40
	var z []float32
	rowsOf(side, func(z1, z2 float64) { z = append(z, float32(z1), float32(z2)) })
	z = append(z, 0, 0, 2, 0, -2, 0, 6, 6, -6.5, 7) // the middle of the ring, modes, and the border
	if len(Energies()) != len(formulas) {
		t.Fatalf("there are %d energies, want %d", len(Energies()), len(formulas))
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, e := range Energies() {
			out := modeltest.Compile(t, b, flow.Normal(2), func(p models.Params, args []*Node) []*Node {
				log := e.LogDensity(p, args[0])
				return []*Node{log, Gradient(ReduceAllSum(log), args[0])[0]}
			}).Run(t, nil, modeltest.Matrix(z, 2))
			for i, got := range out[0] {
				want := penalised(e.Name, float64(z[2*i]), float64(z[2*i+1]))
				if !modeltest.Near(float64(got), want, 2e-5) {
					t.Errorf("%s at %v is %v, want %v", e.Name, z[2*i:2*i+2], got, want)
				}
			}
			for i, g := range out[1] {
				if g-g != 0 {
					t.Errorf("%s at %v has the gradient %v", e.Name, z[i/2*2:i/2*2+2], g)
				}
			}
		}
	})
}

// The logarithms of the normalisers are those that quadrature gives. Of smooth
// functions that vanish at the border, the midpoint rule is exact to far more.
func TestLogZ(t *testing.T) {
	for _, e := range Energies() {
		sum := 0.0
		area := rowsOf(600, func(z1, z2 float64) { sum += math.Exp(penalised(e.Name, z1, z2)) })
		if got := math.Log(sum * area); math.Abs(got-e.LogZ) > 2e-6 {
			t.Errorf("ln Z of %s is %.6f, but quadrature gives %.6f", e.Name, e.LogZ, got)
		}
	}
}

func TestEnergyByName(t *testing.T) {
	for name := range formulas {
		if e, err := EnergyByName(name); err != nil || e.Name != name || e.Dim != 2 {
			t.Errorf("%s is %+v, error %v", name, e, err)
		}
	}
	if _, err := EnergyByName("u5"); err == nil || !strings.Contains(err.Error(), `"u5" (known: u1, u2, u3, u4)`) {
		t.Errorf("the error is %v", err)
	}
}
