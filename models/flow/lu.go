package flow

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// lu is y = L·U·x + b with a unit lower triangular L and an
// upper triangular U whose diagonal is e^s.
type lu int

// NewLU returns a linear layer that mixes all variables, y = W·x + b with the
// matrix W = L·U of a unit lower and an upper triangular factor (Kingma and
// Dhariwal 2018, arXiv 1807.03039, section 3.2; Durkan et al. 2019, arXiv
// 1906.04032). ln |det W| = Σ s_d, the logarithms of U's diagonal. In training it
// starts from the rows that it sees, as the triangular matrix that makes their
// covariance the identity: a flow of normal base is then a full Gaussian before
// the first step. Without a start from data it is the identity.
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

// Repeat is false: after the start gradients move the parameters.
func (lu) Repeat() bool { return false }

// Estimate whitens the rows, as far as their number tells correlations from chance: with the covariance C·Cᵀ it is C⁻¹, as the unit
// lower triangle times its diagonal.
func (l lu) Estimate(rows []float32, weights []float64) map[string][]float32 {
	d := int(l)
	if len(rows) < 4*d {
		return nil
	}
	mean, variance := num.Moments(rows, d, weights)
	x := mat.NewDense(len(rows)/d, d, nil)
	scale := make([]float64, d)
	for k, v := range variance {
		if scale[k] = 1; v > 1e-14*mean[k]*mean[k] { // more than the rounding of a constant
			scale[k] = math.Sqrt(v)
		}
	}
	for i := range x.RawMatrix().Rows {
		for k, row := range rows[i*d : (i+1)*d] {
			x.Set(i, k, (float64(row)-mean[k])/scale[k])
		}
	}
	inverse := whitening(x, weights)
	if inverse == nil {
		return nil
	}
	lower, logDiagonal, bias := make([]float32, d*d), make([]float32, d), make([]float32, d)
	for i := range d {
		shift := 0.0
		for j := range i + 1 {
			v := inverse.At(i, j)
			shift -= v / scale[j] * mean[j]
			if j < i {
				lower[i*d+j] = float32(v / inverse.At(j, j))
			}
		}
		logDiagonal[i], bias[i] = float32(math.Log(inverse.At(i, i)/scale[i])), float32(shift)
	}
	return map[string][]float32{"lower": lower, "upper": make([]float32, d*d), "log_diagonal": logDiagonal, "bias": bias}
}

// whitening is C⁻¹ of the correlations C·Cᵀ of standardised rows, drawn to the identity as far as one half of the rows likes it
// of the other.
func whitening(x *mat.Dense, weights []float64) *mat.TriDense {
	n, d := x.Dims()
	halves := [2]*mat.SymDense{}
	for h := range halves {
		of, w := mat.NewDense((n+1-h)/2, d, nil), []float64(nil)
		for i := range of.RawMatrix().Rows {
			of.SetRow(i, x.RawRowView(2*i+h))
			if weights != nil {
				w = append(w, weights[2*i+h])
			}
		}
		halves[h] = covariance(of, w)
	}
	all := covariance(x, weights)
	best, least := 1.0, math.Inf(1)
	for less := 1e-7; less < 1; less *= 2 {
		if nll := crossNLL(shrunk(halves[0], less), halves[1]) + crossNLL(shrunk(halves[1], less), halves[0]); nll < least {
			best, least = less, nll
		}
	}
	var c mat.Cholesky
	if !c.Factorize(shrunk(all, best)) {
		return nil
	}
	var lower, inverse mat.TriDense
	c.LTo(&lower)
	if err := inverse.InverseTri(&lower); err != nil {
		return nil
	}
	return &inverse
}

// crossNLL is −2 ln p a row, but for a constant, of rows with the covariances of under a normal density with those of fitted; +Inf of
// none.
func crossNLL(fitted, of *mat.SymDense) float64 {
	var c mat.Cholesky
	var solved mat.Dense
	if !c.Factorize(fitted) || c.SolveTo(&solved, of) != nil {
		return math.Inf(1)
	}
	return c.LogDet() + solved.Trace()
}

// covariance is that of standardised rows; constant columns have the variance 1.
func covariance(x *mat.Dense, weights []float64) *mat.SymDense {
	var c mat.SymDense
	stat.CovarianceMatrix(&c, x, weights)
	for d := range c.SymmetricDim() {
		if c.At(d, d) == 0 {
			c.SetSym(d, d, 1)
		}
	}
	return &c
}

// shrunk is (1 − less)·m + less·I.
func shrunk(m *mat.SymDense, less float64) *mat.SymDense {
	var s mat.SymDense
	s.ScaleSym(1-less, m)
	for d := range m.SymmetricDim() {
		s.SetSym(d, d, s.At(d, d)+less)
	}
	return &s
}
