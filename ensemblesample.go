package maskflow

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

// memberStream is that of random numbers of a seed by which a member draws a sample.
const memberStream = 0x6d656d626572

// Sample draws n rows, each from a member that is drawn at random; see [Model.Sample]. Where something is given of a
// row the members have the weights p_m(what is given | context), which a NADE has. An order is an error of several members.
func (e *Ensemble) Sample(ctx context.Context, n int, o SampleOptions) (*data.Table, error) {
	if e.One() {
		return e.First().Sample(ctx, n, o)
	}
	var blocks []*data.Table
	var rows [][]int
	first := 0
	if _, err := e.SampleBlocks(ctx, n, o, func(t *data.Table) error {
		blocks, rows = append(blocks, t), append(rows, count(first, t.Rows()))
		first += t.Rows()
		return nil
	}); err != nil {
		return nil, err
	}
	return data.Interleave(blocks, rows)
}

// count are n whole numbers from first on.
func count(first, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = first + i
	}
	return all
}

// SampleBlocks draws the same rows as Sample, any number of them, and calls write with one block of them after the
// other; see [Model.SampleBlocks].
func (e *Ensemble) SampleBlocks(ctx context.Context, n int, o SampleOptions, write func(*data.Table) error) (passes int, err error) {
	if e.One() {
		return e.First().SampleBlocks(ctx, n, o, write)
	}
	switch {
	case o.Order > 0:
		return 0, fmt.Errorf("order %d: the members of an ensemble have orders of their own (0 draws from all of them)", o.Order)
	case write == nil:
		return 0, errors.New("samples by blocks need a function that takes them")
	}
	if n < 0 {
		return 0, fmt.Errorf("%d samples were asked for, need 0 or more", n)
	}
	for _, t := range []*data.Table{o.Context, o.Given} {
		if t != nil && t.Rows() != 1 && t.Rows() != n {
			return 0, fmt.Errorf("%s has %s, need %d, or 1 for all", t.Name, text.Count(t.Rows(), "row"), n)
		}
	}
	shares, err := e.shares(ctx, o.Given)
	if err != nil {
		return 0, err
	}
	const block = 1 << 14 // rows with noise of their own, so that the first rows do not depend on n
	choose := rand.New(rand.NewPCG(o.Seed, memberStream))
	for first := 0; first < n; first += block {
		rowsOf := make([][]int, len(e.members))
		for i := range min(block, n-first) {
			k := draw(shares(first+i), choose.Float64())
			rowsOf[k] = append(rowsOf[k], i)
		}
		var drawn []*data.Table
		for k, rows := range rowsOf {
			if len(rows) == 0 {
				continue
			}
			own := o
			own.Seed = rand.NewPCG(o.Seed, memberStream+uint64(1+first/block*len(e.members)+k)).Uint64()
			own.Context, own.Given = rowsFrom(o.Context, first, rows), rowsFrom(o.Given, first, rows)
			t, took, err := e.members[k].SampleAndPasses(ctx, len(rows), own)
			if passes = max(passes, took); err != nil {
				return passes, e.named(k, err)
			}
			drawn = append(drawn, t)
		}
		t, err := data.Interleave(drawn, slices.DeleteFunc(rowsOf, func(rows []int) bool { return len(rows) == 0 }))
		if err == nil {
			err = write(t)
		}
		if err != nil {
			return passes, err
		}
	}
	return passes, nil
}

// rowsFrom are some rows of a table, counted from first, or its only one.
func rowsFrom(t *data.Table, first int, rows []int) *data.Table {
	if t == nil || t.Rows() == 1 {
		return t
	}
	from := make([]int, len(rows))
	for i, row := range rows {
		from[i] = first + row
	}
	return data.Part{Table: t, Rows: from}.Select()
}

// draw is the number that u in [0, 1) draws by shares.
func draw(shares []float64, u float64) int {
	for k, share := range shares {
		if u -= share; u < 0 {
			return k
		}
	}
	return len(shares) - 1
}

// shares are the weights of the members for each sample, of which something may be given.
func (e *Ensemble) shares(ctx context.Context, given *data.Table) (func(i int) []float64, error) {
	if given == nil {
		same := models.Shares(make([]float64, len(e.members)))
		return func(int) []float64 { return same }, nil
	}
	sets, err := e.prepareGiven(given)
	if err != nil {
		return nil, err
	}
	logp, err := e.logWeights(ctx, sets)
	if err != nil {
		return nil, err
	}
	for i := range logp {
		logp[i] = models.Shares(logp[i])
	}
	return func(i int) []float64 { return logp[min(i, len(logp)-1)] }, nil
}

// prepareGiven is [Model.PrepareGiven] for each member.
func (e *Ensemble) prepareGiven(rows *data.Table) ([]*data.Prepared, error) {
	return shared(e, func(m *Model) (*data.Prepared, error) { return m.PrepareGiven(rows) })
}

// logWeights are ln p_m of what is known of prepared rows, for each row and member, up to what is the same for all members.
func (e *Ensemble) logWeights(ctx context.Context, sets []*data.Prepared) ([][]float64, error) {
	all := make([][]float64, sets[0].Rows)
	apart := e.apart()
	if err := e.eachSet(sets, func(k int, m *Model, s *data.Prepared) error {
		if _, ok := m.Definition().(models.AnyOrder); !ok {
			return errors.New("the model has no likelihood of some of its variables alone, which its weight in an ensemble is (one of model.type: nade has)")
		}
		logp, err := m.logProb(ctx, s.X, s.Context, m.ensemble(0))
		if err != nil {
			return exec.Unknown(s, err)
		}
		for i, v := range logp {
			if apart {
				v += s.RowLogDet(i)
			}
			all[i] = append(all[i], v)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for i, logp := range all {
		if math.IsNaN(models.Shares(logp)[0]) {
			return nil, fmt.Errorf("%s: no member of the ensemble has a likelihood of what is known (their scales differ and their columns have no schema, or its density is zero in float32)", sets[0].RowPlace(i))
		}
	}
	return all, nil
}

// apart reports whether the preparations of two members differ.
func (e *Ensemble) apart() bool { return slices.Max(e.like) > 0 }
