package maskflow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// PIT returns the probability integral transforms of the rows of a table under the ensemble, with a column for each
// variable; see [Ensemble.PITOf].
func (e *Ensemble) PIT(ctx context.Context, rows *data.Table) (*data.Table, error) {
	sets, err := e.Prepare(rows)
	if err != nil {
		return nil, err
	}
	u, err := e.PITOf(ctx, sets, 0)
	if err != nil {
		return nil, err
	}
	return data.FromFlat(u, sets[0].Dim, sets[0].Columns...)
}

// PITOf returns the probability integral transforms of the first n rows, 0 for all, as each member prepares them, row-major
// [n, dim]; see [Core.PIT].
// Those of several members are of the distribution functions of the mixture of the members' densities in one order,
//
//	F(x_d | x before d) = Σ_m w_m F_m(x_d | x before d),   w_m ∝ p_m(x before d)
//
// which is that of the first mask set of the first member. The error names a member that has not the order, and one that is no masked density: the
// latent codes of flows are not of one mixture.
func (e *Ensemble) PITOf(ctx context.Context, sets []*data.Prepared, n int) ([]float64, error) {
	rows := math.MaxInt
	if err := e.eachSet(sets, func(_ int, m *Model, s *data.Prepared) error {
		err := m.checkSet(s)
		if err == nil && !e.One() {
			err = s.CheckRange()
		}
		if err == nil {
			rows = min(rows, s.Rows)
		}
		return err
	}); err != nil {
		return nil, err
	}
	if n > 0 {
		rows = min(rows, n)
	}
	x, cond := make([][]float32, len(sets)), make([][]float32, len(sets))
	for k, s := range sets {
		x[k], cond[k] = s.X[:rows*s.Width()], s.Context[:rows*s.ContextDim]
	}
	if e.One() {
		return e.First().Core.PIT(ctx, x[0], cond[0])
	}
	order, orders, err := e.commonOrder()
	if err != nil {
		return nil, err
	}
	batch := e.First().evaluator.Batch()
	all := make([]*conditionals, len(e.members))
	logDets := make([][][]float64, len(e.members)) // of each variable of each row; nil where they are the same for all members
	var ends atEnd
	defer ends.run()
	for k, m := range e.members {
		done, err := m.begin()
		if err != nil {
			return nil, e.named(k, err)
		}
		ends = append(ends, done)
		if all[k], err = conditionalsOf(m.of, orders[k], batch); err != nil {
			return nil, e.named(k, err)
		}
		ends = append(ends, all[k].f.Close)
		if e.apart() {
			if logDets[k], err = logDetsOf(sets[k]); err != nil {
				return nil, e.named(k, err)
			}
		}
	}
	rng, u := rand.New(rand.NewPCG(0, pitStream)), make([]float64, 0, rows*sets[0].Dim)
	for first := 0; first < rows; first += batch {
		found := make([][]place, len(e.members)) // of the batch
		for k, c := range all {
			if err := c.each(ctx, x[k], cond[k], first, func(_ int, of models.Conditional, v float32) {
				found[k] = append(found[k], place{v, of.CDF(float64(v)), of.LogProb(float64(v))})
			}); err != nil {
				return nil, e.named(k, err)
			}
		}
		u = append(u, mixedTransforms(found, order, all[0].variables, rng, func(k, i, d int) float64 {
			if logDets[k] == nil {
				return 0
			}
			return logDets[k][d][first+i]
		})...)
	}
	return u, nil
}

// place is where a value is in the conditional of a member: P(X ≤ x) and ln p(x).
type place struct {
	x         float32
	cdf, logp float64
}

// mixedTransforms are the transforms of rows under a mixture, of which found[k] has the places under member k, row by
// row. sequence has the variables in their order.
func mixedTransforms(found [][]place, sequence []int, variables []models.Variable, rng *rand.Rand, logDet func(k, i, d int) float64) (u []float64) {
	dim := len(variables)
	before := make([]float64, len(found)) // ln p_k(x before d)
	for i := range len(found[0]) / dim {
		clear(before)
		row := make([]float64, dim)
		for d := range row {
			row[d] = rng.Float64()
		}
		for _, d := range sequence {
			shares := models.Shares(before)
			if math.IsNaN(shares[0]) { // no member has what is before
				shares = models.Shares(make([]float64, len(found)))
			}
			cdf, p := 0.0, 0.0
			for k := range found {
				at := found[k][i*dim+d]
				cdf, p = cdf+shares[k]*at.cdf, p+shares[k]*math.Exp(at.logp)
				if !models.IsNotKnown(at.x) {
					before[k] += at.logp + logDet(k, i, d)
				}
			}
			row[d] = transform(cdf, math.Log(p), variables[d], found[0][i*dim+d].x, row[d])
		}
		u = append(u, row...)
	}
	return u
}

// logDetsOf are ln |det| of the preparation of single variables, [dim][rows].
func logDetsOf(s *data.Prepared) (all [][]float64, err error) {
	for d := range s.Dim {
		one, err := s.Counting([]int{d})
		if err != nil {
			return nil, err
		}
		values := make([]float64, s.Rows)
		for i := range values {
			values[i] = one.RowLogDet(i)
		}
		all = append(all, values)
	}
	return all, nil
}

// searchedSets is how many mask sets of an unlimited cycle are looked at for an order.
const searchedSets = 64

// commonOrder finds the mask set of each member that has the order of the first set of the first one, of which it returns the variables.
func (e *Ensemble) commonOrder() (sequence []int, sets []*masks.Set, err error) {
	var order masks.Order
	for k, m := range e.members {
		masked, ok := m.Definition().(models.Masked)
		_, flows := m.Definition().(models.Flow)
		if _, shown := m.Definition().(models.Conditionals); !ok || flows || !shown {
			return nil, nil, e.named(k, errors.New("the model is no masked density: of several models such alone (made, nade) have transforms of their mixture, since latent codes of a flow are its own"))
		}
		cycle := masked.Cycle()
		if k == 0 {
			order, sequence, sets = cycle.At(0).Order, cycle.At(0).Order.Sequence(), append(sets, cycle.At(0))
			continue
		}
		if _, any := m.Definition().(models.AnyOrder); any {
			sets = append(sets, &masks.Set{Order: order})
			continue
		}
		n := cycle.Len()
		if n == masks.Unlimited {
			n = searchedSets
		}
		var same *masks.Set
		for i := 0; i < n && same == nil; i++ {
			if set := cycle.At(i); slices.Equal(set.Order, order) {
				same = set
			}
		}
		if same == nil {
			return nil, nil, fmt.Errorf("%s has no order of the variables that %s has first: transforms of their mixture need one that all have (train with model.order: natural, or model.type: nade)", e.Name(k), e.Name(0))
		}
		sets = append(sets, same)
	}
	return sequence, sets, nil
}

// Conditional returns the distribution of one column given all others that are known of a row, for each row of a
// table: that of the mixture, in which member m has the weight p_m(what is known). See [Model.Conditional] for
// the column and the numbers. Of several members all need to be a NADE and to have one preparation, as those that train.RunSeeds trains.
func (e *Ensemble) Conditional(ctx context.Context, rows *data.Table, column string) ([]models.Distribution, error) {
	switch {
	case rows == nil:
		return nil, errors.New("no rows are given")
	case e.apart():
		return nil, errors.New("the members of the ensemble scale their columns by other rows: conditionals of their mixture need members of one preparation (train them on the same rows)")
	}
	all := make([][]models.Distribution, rows.Rows()) // of each row
	for k, m := range e.members {
		of, err := m.Conditional(ctx, rows, column)
		if err != nil {
			return nil, e.named(k, err)
		}
		for i, c := range of {
			all[i] = append(all[i], c)
		}
	}
	mixed := make([]models.Distribution, len(all))
	if e.One() {
		for i := range all {
			mixed[i] = all[i][0]
		}
		return mixed, nil
	}
	d, err := e.First().variable(column)
	if err != nil {
		return nil, err
	}
	sets, err := e.prepareGiven(rows)
	if err != nil {
		return nil, err
	}
	given := *sets[0]
	given.X = slices.Clone(given.X)
	for i := d; i < len(given.X); i += given.Width() {
		given.X[i] = models.NotKnown
	}
	logWeights, err := e.logWeights(ctx, slices.Repeat([]*data.Prepared{&given}, len(e.members)))
	if err != nil {
		return nil, err
	}
	for i := range all {
		if mixed[i], err = models.Mixture(models.VariableOf(e.First().Definition(), d), logWeights[i], all[i]); err != nil {
			return nil, err
		}
	}
	return mixed, nil
}
