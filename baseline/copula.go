package baseline

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
)

// A Gaussian copula: numbers have smoothed margins F, and z = Φ⁻¹(F(x)) are normal with correlations R,
//
//	ln p(x) = Σ ln f(x) − ½ ln |R| − ½ zᵀ(R⁻¹ − I)z
//
// A cell has the probability of F between its ends, and the z of its middle. What is a level, a hole or an atom is independent
// of all else, and numbers that a row lacks are left out of R.
type gaussianCopula struct {
	numbers     []int
	margins     []data.Margin
	smooth      []*smooth // nil of variables that are no numbers
	correlation *mat.SymDense
}

func copula(_ context.Context, train, valid *table) (*Density, error) {
	c := &gaussianCopula{numbers: train.numbers(), margins: train.margins, smooth: make([]*smooth, len(train.variables))}
	if len(c.numbers) < 2 || len(c.numbers) > mostCorrelated {
		return nil, nil
	}
	num.Each(len(c.numbers), func(k int) { c.smooth[c.numbers[k]] = smoothed(train, valid, c.numbers[k]) })
	for _, d := range c.numbers {
		if c.smooth[d] == nil {
			return nil, nil
		}
	}
	if c.correlation = c.correlations(train); c.correlation == nil {
		return nil, nil
	}
	return &Density{Copula, "a " + string(Copula), c.logProb}, nil
}

// scores are ln p of each point of a variable, and z where it is a number, else NaN.
func (c *gaussianCopula) scores(t *table, d int) (logp, z []float64) {
	logp, z = make([]float64, len(t.points[d])), make([]float64, len(t.points[d]))
	for k, p := range t.points[d] {
		if z[k] = math.NaN(); c.smooth[d] == nil || !p.Known || p.State >= 0 {
			logp[k] = c.margins[d].LogProb(p)
			continue
		}
		f, u := c.smooth[d].at(p)
		const end = 1e-12
		logp[k], z[k] = c.margins[d].LogState(p)+f, distuv.UnitNormal.Quantile(min(max(u, end), 1-end))
	}
	return logp, z
}

// correlations are those of pairs of numbers over the rows that have both, drawn to 0 until the matrix is one of correlations.
func (c *gaussianCopula) correlations(t *table) *mat.SymDense {
	n := len(c.numbers)
	z := make([][]float64, n)
	num.Each(n, func(k int) {
		_, at := c.scores(t, c.numbers[k])
		z[k] = make([]float64, t.rows)
		for i, code := range t.codes[c.numbers[k]] {
			z[k][i] = at[code]
		}
	})
	r := make([]float64, n*n)
	num.Each(n, func(a int) {
		for b := range a {
			both, first, second := 0.0, 0.0, 0.0
			for i, w := range t.weights {
				if v := z[a][i] * z[b][i]; !math.IsNaN(v) {
					both, first, second = both+w*v, first+w*z[a][i]*z[a][i], second+w*z[b][i]*z[b][i]
				}
			}
			if first*second > 0 {
				r[a*n+b] = both / math.Sqrt(first*second)
			}
		}
	})
	for less := 1e-3; less < 1; less *= 2 {
		m := mat.NewSymDense(n, nil)
		for a := range n {
			m.SetSym(a, a, 1)
			for b := range a {
				m.SetSym(a, b, (1-less)*r[a*n+b])
			}
		}
		if new(mat.Cholesky).Factorize(m) {
			return m
		}
	}
	return nil
}

func (c *gaussianCopula) logProb(t *table) []float64 {
	logp := make([]float64, t.rows)
	z := make([][]float64, len(t.variables)) // of each point
	terms := make([][]float64, len(t.variables))
	num.Each(len(t.variables), func(d int) { terms[d], z[d] = c.scores(t, d) })
	known := map[string]*mat.Cholesky{} // of the numbers that a row has
	have, values := make([]byte, len(c.numbers)), make([]float64, 0, len(c.numbers))
	for i := range logp {
		values = values[:0]
		for d := range terms {
			logp[i] += terms[d][t.codes[d][i]]
		}
		for k, d := range c.numbers {
			v := z[d][t.codes[d][i]]
			if have[k] = 0; !math.IsNaN(v) {
				have[k] = 1
				values = append(values, v)
			}
		}
		if len(values) < 2 {
			continue
		}
		r := known[string(have)]
		if r == nil {
			r = c.among(have)
			known[string(have)] = r
		}
		v, solved := mat.NewVecDense(len(values), values), new(mat.VecDense)
		if err := r.SolveVecTo(solved, v); err != nil {
			logp[i] = math.NaN()
			continue
		}
		logp[i] -= (r.LogDet() + mat.Dot(v, solved) - mat.Dot(v, v)) / 2
	}
	return logp
}

// among is the factor of the correlations of some numbers.
func (c *gaussianCopula) among(have []byte) *mat.Cholesky {
	var of []int
	for k, h := range have {
		if h == 1 {
			of = append(of, k)
		}
	}
	m := mat.NewSymDense(len(of), nil)
	for a, i := range of {
		for b := range a + 1 {
			m.SetSym(a, b, c.correlation.At(i, of[b]))
		}
	}
	f := new(mat.Cholesky)
	f.Factorize(m) // a part of a matrix that can be factored
	return f
}

// smooth is a density of a number: a mixture of normals around groups of its values, and one wide one.
type smooth struct{ weights, centres, widths []float64 }

const (
	mostCentres = 100
	wide        = 0.01 // share of the wide normal
)

// smoothed is the margin of variable d whose bandwidth is the best of some on validation rows; nil of a number without a width.
func smoothed(train, valid *table, d int) *smooth {
	base, m := grouped(train, d), train.margins[d]
	if base == nil {
		return nil
	}
	counts := valid.counts(d, valid.weights)
	var best *smooth
	least := math.Inf(1)
	for _, factor := range []float64{0.01, 0.03, 0.1, 0.3, 1} {
		s := base.widened(max(factor*m.SD*math.Pow(train.n, -0.2), m.Least))
		nll := 0.0
		for k, p := range valid.points[d] {
			if p.Known && p.State < 0 {
				f, _ := s.at(p)
				nll -= counts[k] * f
			}
		}
		if best == nil || nll < least {
			best, least = s, nll
		}
	}
	return best
}

// grouped are groups of values of about the same weight, by their means and deviations.
func grouped(t *table, d int) *smooth {
	m, counts, sum := t.margins[d], t.counts(d, t.weights), 0.0
	for k, p := range t.points[d] {
		if !p.Known || p.State >= 0 {
			counts[k] = 0
		}
		sum += counts[k]
	}
	if sum == 0 || m.SD == 0 {
		return nil
	}
	s := &smooth{weights: []float64{wide}, centres: []float64{m.Mean}, widths: []float64{3 * m.SD}}
	weight, first, second := 0.0, 0.0, 0.0
	for k, w := range counts {
		if w == 0 {
			continue
		}
		v := t.points[d][k].Value - m.Mean
		weight, first, second = weight+w, first+w*v, second+w*v*v
		if weight >= sum/mostCentres*(1-1e-9) { // whatever sums are rounded by
			s.add(weight/sum, first/weight, second/weight, m.Mean)
			weight, first, second = 0, 0, 0
		}
	}
	if weight > 0 {
		s.add(weight/sum, first/weight, second/weight, m.Mean)
	}
	return s
}

func (s *smooth) add(weight, mean, square, about float64) {
	s.weights, s.centres = append(s.weights, (1-wide)*weight), append(s.centres, mean+about)
	s.widths = append(s.widths, math.Sqrt(max(square-mean*mean, 0)))
}

// widened has widths of at least a bandwidth.
func (s *smooth) widened(bandwidth float64) *smooth {
	w := *s
	w.widths = slices.Clone(s.widths)
	for k, v := range w.widths {
		w.widths[k] = math.Hypot(v, bandwidth)
	}
	return &w
}

// at is ln of the density of a point, or of the probability of its cell, and the probability of what is below its middle.
func (s *smooth) at(p data.Point) (logf, u float64) {
	density, below := 0.0, 0.0
	for k, w := range s.weights {
		if p.Cells() {
			low, high := s.cdf(k, p.Low), s.cdf(k, p.High)
			density += w * (high - low)
			below += w * (low + high) / 2
			continue
		}
		z := (p.Value - s.centres[k]) / s.widths[k]
		density += w / s.widths[k] * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		below += w * s.cdf(k, p.Value)
	}
	return math.Log(max(density, 1e-300)), below
}

func (s *smooth) cdf(k int, x float64) float64 {
	return math.Erfc(-(x-s.centres[k])/s.widths[k]/math.Sqrt2) / 2
}
