package posterior

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// The search for a mode: from so many draws it climbs from the best of some that are apart, until points spread by less than a
// part of the deviation of the draws.
const (
	modeDraws   = 1000
	modeStarts  = 3
	modeApart   = 0.5
	modePasses  = 100
	modeSpread  = 1e-4
	modeQuarter = 4 // the best of so many points are kept
)

// Mode is the row of the highest density given an observation, the maximum a posteriori, and ln q of it in nats, both in the units
// of the source. Density there depends on the units: it is another row for a parameter's logarithm. Draws are samples of the
// posterior, from which the search begins: points are drawn about the best of them, from normal distributions that follow the best
// points (the cross-entropy method), so that no gradient is needed and all kinds of models have one. It returns an error for
// variables that are not plain real numbers, since probabilities compare with no density.
func Mode(ctx context.Context, e *maskflow.Ensemble, observation, draws *data.Table, seed uint64) (*data.Table, float64, error) {
	if e == nil || observation == nil || draws == nil || observation.Rows() != 1 || draws.Rows() < 2 {
		return nil, 0, errors.New("a mode is of a density and one observation, with two draws or more of its posterior")
	}
	if err := checkMode(e); err != nil {
		return nil, 0, err
	}
	s := &search{ctx: ctx, Ensemble: e, observation: observation, dim: e.First().Definition().Dim(), rng: rand.New(rand.NewPCG(seed, 2))}
	prepared, err := e.First().Prepare(with(e, draws, again(observation, draws.Rows())))
	if err != nil {
		return nil, 0, err
	}
	points := make([]point, min(prepared.Rows, modeDraws))
	for i := range points {
		points[i].x = num.Convert[float64](prepared.X[i*s.dim : (i+1)*s.dim])
	}
	if err := s.score(points); err != nil {
		return nil, 0, err
	}
	best, err := s.climb(points)
	if err != nil {
		return nil, 0, err
	}
	row, err := rowsOf(e, num.Convert[float32](best.x), observation)
	return row, best.logp, err
}

func checkMode(e *maskflow.Ensemble) error {
	for _, v := range maskflow.Variables(e.First().Preparation()) {
		if !v.Smooth() {
			return fmt.Errorf("a mode is of real numbers without steps, holes and atoms, which column %q is not (declare it exact, or compare draws by their frequency)", v.Name)
		}
	}
	if !models.Smooth(e.First().Definition()) {
		return fmt.Errorf("a mode is of real numbers, but the rows of %s have probabilities", e.Name(0))
	}
	return nil
}

// point is a row as the first member sees it, and its density in the units of the source.
type point struct {
	x    []float64
	logp float64
}

type search struct {
	ctx context.Context
	*maskflow.Ensemble
	observation *data.Table
	dim         int
	rng         *rand.Rand
}

// score computes the densities of points.
func (s *search) score(points []point) error {
	x := make([]float32, 0, len(points)*s.dim)
	for _, p := range points {
		x = append(x, num.Convert[float32](p.x)...)
	}
	rows, err := rowsOf(s.Ensemble, x, again(s.observation, len(points)))
	if err != nil {
		return err
	}
	logp, err := s.LogProb(s.ctx, rows)
	if err != nil {
		return err
	}
	for i, v := range logp {
		if points[i].logp = v; !num.Finite(v) {
			points[i].logp = math.Inf(-1)
		}
	}
	return nil
}

// climber is a normal distribution of points, about mean, that follows the best of them.
type climber struct {
	mean  []float64
	cov   *mat.SymDense
	best  point
	still bool
}

// climb returns the best point that is found from the draws.
func (s *search) climb(draws []point) (point, error) {
	slices.SortStableFunc(draws, func(a, b point) int { return cmp.Compare(b.logp, a.logp) })
	scale := deviations(draws, s.dim)
	var all []*climber
	for _, p := range draws {
		if len(all) < modeStarts && !slices.ContainsFunc(all, func(c *climber) bool { return distance(c.mean, p.x, scale) < modeApart }) {
			all = append(all, &climber{mean: p.x, cov: covariance(p.x, nearest(draws, p.x, scale, 4*s.dim)), best: p})
		}
	}
	each := max(100, 20*s.dim)
	for range modePasses {
		var points []point
		for _, c := range all {
			points = append(points, c.draw(each, s.rng)...)
		}
		if err := s.score(points); err != nil {
			return point{}, err
		}
		still := true
		for i, c := range all {
			c.follow(points[i*each:(i+1)*each], scale)
			still = still && c.still
		}
		if still {
			break
		}
	}
	return slices.MaxFunc(all, func(a, b *climber) int { return cmp.Compare(a.best.logp, b.best.logp) }).best, nil
}

// draw draws points; where the covariance has no root those of its diagonal.
func (c *climber) draw(n int, rng *rand.Rand) []point {
	dim := len(c.mean)
	var root mat.Cholesky
	var lower mat.TriDense
	if root.Factorize(c.cov) {
		root.LTo(&lower)
	} else {
		lower = *mat.NewTriDense(dim, mat.Lower, nil)
		for d := range dim {
			lower.SetTri(d, d, math.Sqrt(max(0, c.cov.At(d, d))))
		}
	}
	points := make([]point, n)
	noise := mat.NewVecDense(dim, nil)
	var moved mat.VecDense
	for i := range points {
		for d := range dim {
			noise.SetVec(d, rng.NormFloat64())
		}
		moved.MulVec(&lower, noise)
		points[i].x = slices.Clone(c.mean)
		for d := range dim {
			points[i].x[d] += moved.AtVec(d)
		}
	}
	return points
}

// follow moves to the best of the points, with their covariance about where it was, by which it is wide where it moves.
func (c *climber) follow(points []point, scale []float64) {
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(b.logp, a.logp) })
	if points[0].logp > c.best.logp {
		c.best = points[0]
	}
	kept := slices.Concat(points[:len(points)/modeQuarter], []point{c.best})
	c.cov = covariance(c.mean, kept)
	c.mean = make([]float64, len(c.mean))
	for _, p := range kept {
		for d, v := range p.x {
			c.mean[d] += v / float64(len(kept))
		}
	}
	c.still = true
	for d, sd := range scale {
		c.still = c.still && math.Sqrt(c.cov.At(d, d)) <= modeSpread*sd
	}
}

// covariance is the mean product of deviations of points from a place.
func covariance(from []float64, points []point) *mat.SymDense {
	cov := mat.NewSymDense(len(from), nil)
	off := mat.NewVecDense(len(from), nil)
	for _, p := range points {
		for d, v := range p.x {
			off.SetVec(d, v-from[d])
		}
		cov.SymRankOne(cov, 1/float64(len(points)), off)
	}
	return cov
}

func deviations(points []point, dim int) []float64 {
	sd, column := make([]float64, dim), make([]float64, len(points))
	for d := range sd {
		for i, p := range points {
			column[i] = p.x[d]
		}
		sd[d] = max(stat.StdDev(column, nil), math.SmallestNonzeroFloat32)
	}
	return sd
}

// distance is the root of the mean square of differences in deviations.
func distance(a, b, scale []float64) float64 {
	sum := 0.0
	for d := range a {
		off := (a[d] - b[d]) / scale[d]
		sum += off * off
	}
	return math.Sqrt(sum / float64(len(a)))
}

// nearest are the n points that are nearest to a place, but none that is there.
func nearest(points []point, to, scale []float64, n int) []point {
	all := slices.DeleteFunc(slices.Clone(points), func(p point) bool { return distance(p.x, to, scale) == 0 })
	slices.SortStableFunc(all, func(a, b point) int { return cmp.Compare(distance(a.x, to, scale), distance(b.x, to, scale)) })
	return all[:min(n, len(all))]
}

// rowsOf are rows as the first member sees them, [rows, dim], in the units of the source, with contexts of as many rows.
func rowsOf(e *maskflow.Ensemble, x []float32, contexts *data.Table) (*data.Table, error) {
	t, err := e.First().Preparation().UndoWith(x, contexts)
	if err != nil {
		return nil, err
	}
	return with(e, t, contexts), nil
}

// with are rows with contexts of as many rows; those of a schema have theirs among their columns.
func with(e *maskflow.Ensemble, rows, contexts *data.Table) *data.Table {
	if e.First().Preparation().Schema() != nil {
		return rows
	}
	t := *rows
	t.Context = contexts
	return &t
}

// again is a table of n rows, each the first of another one.
func again(t *data.Table, n int) *data.Table {
	return data.Part{Table: t, Rows: make([]int, n)}.Select()
}
