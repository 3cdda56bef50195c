package output

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// Raw scales far out, ±50 of exp and ±1e4 of the others, have a finite ln p, that of the host, and finite gradients: of
// densities and of cells.
func TestRawScalesFarOut(t *testing.T) {
	components, angle := 2, models.Circle(2*math.Pi)
	variables := map[string]models.Variable{
		"reals": {Support: models.Reals()}, "angles": {Support: angle}, "hours": {Support: angle, Grid: hours},
		"whole numbers": {Support: models.GridCells(), Grid: open},
	}
	for scale, far := range map[string]float32{"soft_clip": 1e4, "softplus": 1e4, "sigmoid": 1e4, "exp": 50} {
		for _, name := range []string{"gaussian", "mog", "mol", "spline"} {
			for kind, v := range variables {
				family, err := For(v, Fields{Family: &name, Components: &components, Scale: &scale, Mixed: true})
				if err != nil {
					t.Fatal(err)
				}
				s := subject{Family: family, of: v, name: strings.Join([]string{scale, name, kind}, ", ")}
				t.Run(s.name, func(t *testing.T) { checkRawScales(t, s, far) })
			}
		}
	}
}

func checkRawScales(t *testing.T, s subject, far float32) {
	const n = graphRows * graphDim
	raw := []int{1} // the outputs that are scales
	if s.Outputs() == 6 {
		raw = []int{4, 5}
	}
	rng := rand.New(rand.NewPCG(4, 4))
	x, o := make([]float32, n), s.outputs(n)
	for i := range x {
		at := []float64{0, 1, 2.5, 5, -300, 1e4}[i%6]
		if s.of.Support.Kind == models.CircleValues {
			at = float64(i % 6)
		}
		if s.of.Grid != nil {
			at = s.of.Grid.Round(at)
		}
		x[i] = float32(at)
		for _, k := range raw {
			o[i*s.Outputs()+k] = far * float32(2*rng.IntN(2)-1)
		}
	}
	for i, p := range s.inGraph(t, backendtest.Open(t, backend.KindGo), x, o) {
		want := s.conditional(o, i).LogProb(float64(x[i]))
		if !num.Finite(want) || !(math.Abs(p.logp-want) <= 1e-3*math.Max(1, math.Abs(want))) {
			t.Fatalf("ln p(%v) is %v in the graph, %v on the host", x[i], p.logp, want)
		}
		if err := models.CheckFinite("the gradient", "", p.gradient, 1); err != nil {
			t.Fatalf("of %v: %v", x[i], err)
		}
	}
}
