package flow

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// lu is y = L·U·x + b with a unit lower triangular L and an
// upper triangular U whose diagonal is e^s.
type lu int

// NewLU returns a linear layer that mixes all variables, y = W·x + b with the
// matrix W = L·U of a unit lower and an upper triangular factor (Kingma and
// Dhariwal 2018, arXiv 1807.03039, section 3.2; Durkan et al. 2019, arXiv
// 1906.04032). It starts as the identity. ln |det W| = Σ s_d, the logarithms of
// U's diagonal.
func NewLU(dim int) Layer { return lu(dim) }

func (lu) Name() string    { return "LU mixing" }
func (l lu) Dim() int      { return int(l) }
func (lu) ContextDim() int { return 0 }

// Specs has whole matrices, of which only the parts below and above the
// diagonal are used.
func (l lu) Specs() []models.Spec {
	d := int(l)
	return []models.Spec{
		{Name: "lower", Shape: []int{d, d}}, {Name: "upper", Shape: []int{d, d}},
		{Name: "log_diagonal", Shape: []int{d}}, {Name: "bias", Shape: []int{d}},
	}
}

// triangle is the part of a matrix strictly below or above the diagonal.
func (l lu) triangle(m *Node, below bool) *Node {
	square := shapes.Make(dtypes.Int32, int(l), int(l))
	row, column := Iota(m.Graph(), square, 0), Iota(m.Graph(), square, 1)
	if !below {
		row, column = column, row
	}
	return Mul(m, ConvertDType(GreaterThan(row, column), m.DType()))
}

// dotTransposed is x·Mᵀ: M applied to each row of x.
func dotTransposed(x, m *Node) *Node { return Dot(x, m).General([]int{1}, nil, []int{1}, nil) }

func (l lu) Forward(p models.Params, x, _ *Node) (y, logDet *Node) {
	s := asRow(p.Get("log_diagonal"))
	u := Add(Mul(x, Exp(s)), dotTransposed(x, l.triangle(p.Get("upper"), false)))
	y = Add(u, dotTransposed(u, l.triangle(p.Get("lower"), true)))
	return Add(y, asRow(p.Get("bias"))), perRow(s, x)
}

// Inverse multiplies by the inverses of both factors. With a strictly triangular
// N of dim rows, (I + N)⁻¹ = Π_k (I + (−N)^(2^k)) ends after log₂ dim factors.
func (l lu) Inverse(p models.Params, y, _ *Node) (x, logDet *Node) {
	s := asRow(p.Get("log_diagonal"))
	v := Sub(y, asRow(p.Get("bias")))
	v = l.solve(v, l.triangle(p.Get("lower"), true))
	// U = D(I + D⁻¹N)
	scaled := Mul(l.triangle(p.Get("upper"), false), Exp(Neg(ExpandAxes(p.Get("log_diagonal"), 1))))
	return l.solve(Mul(v, Exp(Neg(s))), scaled), perRow(Neg(s), y)
}

// solve returns (I + N)⁻¹ applied to each row of v.
func (l lu) solve(v, n *Node) *Node {
	power := Neg(n)
	for reach := 1; reach < int(l); reach *= 2 {
		v = Add(v, dotTransposed(v, power))
		power = Dot(power, power).Product()
	}
	return v
}

func (l lu) Host(get func(string) []float32) (Host, error) {
	d := int(l)
	lower, upper, s, bias := get("lower"), get("upper"), get("log_diagonal"), get("bias")
	// Copies in float64, which the substitution below takes.
	lo, up, diagonal := num.Convert[float64](lower), num.Convert[float64](upper), make([]float64, d)
	for i := range diagonal {
		diagonal[i] = math.Exp(float64(s[i]))
	}
	shift := num.Convert[float64](bias)
	return columnwise{d,
		func(row []float32) {
			v := num.Convert[float64](row)
			for i := range d { // U: row i takes entries from i on, which are still x
				sum := diagonal[i] * v[i]
				for j := i + 1; j < d; j++ {
					sum += up[i*d+j] * v[j]
				}
				v[i] = sum
			}
			for i := d - 1; i >= 0; i-- { // L: from the last row, whose entries nobody needs any more
				for j := range i {
					v[i] += lo[i*d+j] * v[j]
				}
				row[i] = float32(v[i] + shift[i])
			}
		},
		func(row []float32) {
			v := num.Convert[float64](row)
			for i := range d {
				v[i] -= shift[i]
				for j := range i {
					v[i] -= lo[i*d+j] * v[j]
				}
			}
			for i := d - 1; i >= 0; i-- {
				for j := i + 1; j < d; j++ {
					v[i] -= up[i*d+j] * v[j]
				}
				v[i] /= diagonal[i]
				row[i] = float32(v[i])
			}
		}}, nil
}
