package flow

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/maskflow/maskflow/masks"
)

// jacobians are ∂z/∂x at the first rows/dim points, with the logarithms of their
// determinants as the flow gives them.
func (s subject) jacobians(t *testing.T) (points []*mat.Dense, logDets []float32) {
	t.Helper()
	dim, width := s.flow.Dim(), s.flow.ContextDim()
	x, seeds, context := make([]float32, s.rows*dim), make([]float32, s.rows*dim), make([]float32, s.rows*width)
	for r := range s.rows { // row r asks for the gradient of variable r mod dim
		copy(x[r*dim:(r+1)*dim], s.point[r/dim*dim:])
		copy(context[r*width:(r+1)*width], s.context[r/dim*width:])
		seeds[r*dim+r%dim] = 1
	}
	a := s.run(t, s.weights, context, asked{x: x, seeds: seeds})
	for r := 0; r < s.rows; r += dim {
		j := mat.NewDense(dim, dim, nil)
		for i := range dim * dim {
			j.Set(i/dim, i%dim, float64(a.dx[r*dim+i]))
		}
		points, logDets = append(points, j), append(logDets, a.logDet[r])
	}
	return points, logDets
}

// Logarithms of determinants are those of the Jacobian that autodiff computes,
// and negative on the way back.
func checkLogDet(t *testing.T, s subject) {
	jacobians, logDets := s.jacobians(t)
	for k, j := range jacobians {
		if want, _ := mat.LogDet(j); !near(logDets[k], float32(want), s.tolerance()) {
			t.Errorf("point %d: ln |det ∂z/∂x| is %v, want %v", k, logDets[k], want)
		}
	}
	there := s.ask(t, asked{x: s.point})
	back := s.ask(t, asked{y: there.z}).logDetInv
	for r, v := range there.logDet {
		if !near(-back[r], v, s.tolerance()) {
			t.Fatalf("row %d: ln |det ∂x/∂z| is %v, want %v", r, back[r], -v)
		}
	}
}

// A single layer's Jacobian has the zeros that its kind must have: exactly, since
// a path that is forbidden multiplies by a mask's zero. Maps of one variable each
// rise with it. Masked layers use all that their masks allow.
func checkTriangular(t *testing.T, s subject) {
	if len(s.flow.layers) != 1 {
		return
	}
	may, rises := dependence(s.flow.layers[0])
	if may == nil {
		return
	}
	jacobians, _ := s.jacobians(t)
	for d := range s.flow.Dim() {
		for i := range s.flow.Dim() {
			used := false
			for k, j := range jacobians {
				v := j.At(d, i)
				used = used || v != 0
				if !may(d, i) && v != 0 {
					t.Fatalf("point %d: ∂z %d / ∂x %d is %v, but must not be", k, d, i, v)
				}
				if rises && d == i && v <= 0 {
					t.Fatalf("point %d: ∂z %d / ∂x %d is %v, not positive", k, d, d, v)
				}
			}
			// A single point may have a variable in the tails of its spline.
			if may(d, i) && !used && len(jacobians) > 1 && s.name != "relu" {
				t.Fatalf("no point makes z %d depend on x %d", d, i)
			}
		}
	}
}

// dependence says which output may depend on which input, by the masks, and
// whether each output rises with the input of its number. It is nil for a layer that
// mixes all.
func dependence(l Layer) (may func(d, i int) bool, rises bool) {
	switch l := l.(type) {
	case inverted:
		if p, ok := l.Layer.(permutation); ok {
			return func(d, i int) bool { return p.from[i] == d }, false
		}
		if a, ok := l.Layer.(*Autoregressive); ok { // through any variables between
			reach := reaches(a.Set())
			for range a.Dim() {
				reach = product(reach, reach)
			}
			return func(d, i int) bool { return reach[i][d] }, true
		}
		return dependence(l.Layer)
	case *Autoregressive:
		reach := reaches(l.Set())
		return func(d, i int) bool { return reach[i][d] }, true
	case permutation:
		return func(d, i int) bool { return l.from[d] == i }, false
	case lu:
		return nil, false
	}
	return func(d, i int) bool { return d == i }, true
}

// reaches multiplies the masks of a set out: which variables an output depends
// on, by the network or because it is its own.
func reaches(set *masks.Set) [][]bool {
	reach := set.Mask(0)
	for l := 1; l < set.Layers(); l++ {
		reach = product(reach, set.Mask(l))
	}
	for d := range reach {
		reach[d][d] = true
	}
	return reach
}

func product(a, b [][]bool) [][]bool {
	c := make([][]bool, len(a))
	for i := range a {
		c[i] = make([]bool, len(b[0]))
		for k, joined := range a[i] {
			for j := range c[i] {
				c[i][j] = c[i][j] || joined && b[k][j]
			}
		}
	}
	return c
}
