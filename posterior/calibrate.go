package posterior

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// Calibration is what pairs of variables and a context, which a conditional density was neither trained on nor stopped by, say of its
// samples: they are as they should be where truth is one more draw. Pairs with weights count by them.
type Calibration struct {
	// Pairs is the number of pairs, and Draws that of samples for each.
	Pairs int `json:"pairs"`
	Draws int `json:"draws"`
	// Variables are the ranks of true values among the samples, by variable (Talts et al. 2018, arXiv 1804.06788), and Density
	// those of their densities.
	Variables []Ranks `json:"variables"`
	Density   Ranks   `json:"density"`
	// Gain is the mean of ln q(y|x) − ln q(y), in nats, and Gain2SE twice its standard error: what the context tells of the
	// variables. A density that ignores its context passes all of the above, and has none. q(y) is the mean of q(y|x′) over
	// contexts x′ of other pairs.
	Gain    float64 `json:"gain"`
	Gain2SE float64 `json:"gain_2se"`
}

// Ranks are shares of samples below a true value, ties broken at random: uniform in [0, 1] where a density is calibrated.
type Ranks struct {
	// Name is that of the variable, x1 and so on where it has none, or "density".
	Name   string    `json:"name"`
	Shares []float64 `json:"-"`
	// KS is the largest distance of their distribution from the uniform one, and P the probability of one as large or larger.
	KS float64 `json:"ks"`
	P  float64 `json:"p"`
	// Coverage are the shares of true values in the central regions of [Levels]; for densities in those of highest density.
	Coverage []float64 `json:"coverage"`
}

// Levels are the probabilities of the regions whose coverage is counted.
var Levels = []float64{0.5, 0.8, 0.9, 0.95}

// IgnoresContext reports whether the gain is within its error of none.
func (c *Calibration) IgnoresContext() bool { return !(c.Gain > c.Gain2SE) }

// CalibrateOptions say how to calibrate.
type CalibrateOptions struct {
	// Draws is the number of samples for each pair; 0 means 100.
	Draws int
	// Contexts is the number of contexts of other pairs of which q(y) is the mean; 0 means 100.
	Contexts int
	// Seed is what samples and ties follow from.
	Seed uint64
	// Progress, if not nil, is called now and then with how many pairs are done.
	Progress func(pairs int)
}

// block is about how many rows are sampled, or scored, at once.
const block = 20_000

// Calibrate compares the rows of a table, with their context, with samples of a conditional density. It returns an error for
// densities without a context, for fewer than two pairs, and those of sampling and of likelihoods.
func Calibrate(ctx context.Context, e *maskflow.Ensemble, pairs *data.Table, o CalibrateOptions) (*Calibration, error) {
	switch {
	case e == nil || len(e.Members()) == 0 || pairs == nil:
		return nil, errors.New("calibration needs a density and pairs")
	case e.First().Definition().ContextDim() == 0:
		return nil, fmt.Errorf("calibration: %s has no context (it is for conditional densities)", e.Name(0))
	case pairs.Rows() < 2:
		return nil, fmt.Errorf("calibration: %s has fewer than two rows", pairs.Name)
	case o.Draws < 0 || o.Contexts < 0:
		return nil, errors.New("calibration: the numbers of draws and of contexts cannot be negative")
	}
	if o.Draws == 0 {
		o.Draws = 100
	}
	if o.Contexts == 0 {
		o.Contexts = 100
	}
	c := &calibration{Ensemble: e, pairs: pairs, contexts: contextsOf(e, pairs), o: o, rng: rand.New(rand.NewPCG(o.Seed, 1))}
	truth, err := e.First().Prepare(pairs)
	if err != nil {
		return nil, err
	}
	c.dim, c.truth, c.weights = truth.Dim, truth.Values(), make([]float64, truth.Rows)
	for i := range c.weights {
		c.weights[i] = truth.Weight(i)
	}
	if c.logp, err = e.LogProb(ctx, pairs); err != nil {
		return nil, err
	}
	for i, v := range c.logp {
		if !num.Finite(v) {
			return nil, fmt.Errorf("calibration: %s has no likelihood", truth.RowPlace(i))
		}
	}
	c.shares = make([][]float64, c.dim+1)
	per := max(1, block/o.Draws)
	for from := 0; from < pairs.Rows(); from += per {
		if err := c.rank(ctx, from, min(from+per, pairs.Rows())); err != nil {
			return nil, err
		}
		if o.Progress != nil {
			o.Progress(min(from+per, pairs.Rows()))
		}
	}
	r := &Calibration{Pairs: pairs.Rows(), Draws: o.Draws}
	names, _ := e.First().Preparation().Names()
	for d := range c.dim {
		name := fmt.Sprintf("x%d", d+1)
		if names != nil {
			name = names[d]
		}
		r.Variables = append(r.Variables, ranks(name, c.shares[d], c.weights, true))
	}
	r.Density = ranks("density", c.shares[c.dim], c.weights, false)
	r.Gain, r.Gain2SE, err = c.gain(ctx)
	return r, err
}

// calibration is one that runs.
type calibration struct {
	*maskflow.Ensemble
	pairs    *data.Table
	contexts *data.Table // of the pairs
	o        CalibrateOptions
	rng      *rand.Rand
	dim      int
	truth    []float32 // as the first member sees it
	weights  []float64 // of the pairs
	logp     []float64 // of the pairs
	shares   [][]float64
}

// contextsOf is the table that has the contexts of pairs: one beside them, their own, or that of their last columns.
func contextsOf(e *maskflow.Ensemble, pairs *data.Table) *data.Table {
	_, columns := pairs.Dims()
	switch prep := e.First().Preparation(); {
	case pairs.Context != nil:
		return pairs.Context
	case prep.Schema() != nil:
		return pairs
	default:
		last := make([]int, prep.ContextDim())
		for i := range last {
			last[i] = columns - len(last) + i
		}
		return pairs.Select(nil, last)
	}
}

// with are rows with contexts of pairs, unless they have these already.
func (c *calibration) with(rows *data.Table, of []int) *data.Table {
	if c.First().Preparation().Schema() == nil {
		rows.Context = data.Part{Table: c.contexts, Rows: of}.Select()
	}
	return rows
}

// rank draws for some pairs and takes their ranks.
func (c *calibration) rank(ctx context.Context, from, to int) error {
	draws := c.o.Draws
	of := make([]int, 0, (to-from)*draws)
	for i := from; i < to; i++ {
		for range draws {
			of = append(of, i)
		}
	}
	drawn, err := c.Sample(ctx, len(of), maskflow.SampleOptions{Seed: c.rng.Uint64(), Context: data.Part{Table: c.contexts, Rows: of}.Select()})
	if err != nil {
		return err
	}
	drawn = c.with(drawn, of)
	logp, err := c.LogProb(ctx, drawn)
	if err != nil {
		return err
	}
	s, err := c.First().Prepare(drawn)
	if err != nil {
		return err
	}
	x := s.Values()
	for i := range to - from {
		for d := range c.dim {
			c.add(d, float64(ordered(c.truth[(from+i)*c.dim+d])), draws, func(k int) float64 { return float64(ordered(x[(i*draws+k)*c.dim+d])) })
		}
		c.add(c.dim, c.logp[from+i], draws, func(k int) float64 { return logp[i*draws+k] })
	}
	return nil
}

// add takes the share of draws that are below a true value.
func (c *calibration) add(d int, truth float64, draws int, at func(k int) float64) {
	below, ties := 0, 0
	for k := range draws {
		switch v := at(k); {
		case v < truth || math.IsNaN(v): // without a likelihood
			below++
		case v == truth:
			ties++
		}
	}
	below += c.rng.IntN(ties + 1)
	c.shares[d] = append(c.shares[d], (float64(below)+c.rng.Float64())/float64(draws+1))
}

// ordered is a value, or for a state a number below all values, which is where distribution functions have it.
func ordered(v float32) float32 {
	if state := models.StateOf(v); state >= 0 {
		return -math.MaxFloat32 / float32(1+state)
	}
	return v
}

func ranks(name string, shares, weights []float64, central bool) Ranks {
	r := Ranks{Name: name, Shares: shares}
	r.KS, r.P = num.KS(shares, weights)
	for _, level := range Levels {
		var within num.Mean
		for i, u := range shares {
			inside := 0.0
			if central && math.Abs(2*u-1) <= level || !central && u >= 1-level {
				inside = 1
			}
			within.Add(inside, weights[i])
		}
		r.Coverage = append(r.Coverage, within.Value())
	}
	return r
}

// gain compares the density of each pair with its mean under contexts of others.
func (c *calibration) gain(ctx context.Context) (gain, twiceError float64, err error) {
	n := c.pairs.Rows()
	others := min(c.o.Contexts, n-1)
	var mean num.Mean
	per := max(1, block/others)
	for from := 0; from < n; from += per {
		to := min(from+per, n)
		var rows, of []int
		for i := from; i < to; i++ {
			for k := range others {
				rows, of = append(rows, i), append(of, (i+1+k*(n-1)/others)%n)
			}
		}
		mixed, err := c.mixed(rows, of)
		if err != nil {
			return 0, 0, err
		}
		logp, err := c.LogProb(ctx, mixed)
		if err != nil {
			return 0, 0, err
		}
		for i := range to - from {
			mean.Add(c.logp[from+i]-num.LogMeanExp(logp[i*others:(i+1)*others]), c.weights[from+i])
		}
	}
	return mean.Value(), 2 * mean.StandardError(), nil
}

// mixed are the variables of some pairs with the contexts of others.
func (c *calibration) mixed(rows, of []int) (*data.Table, error) {
	x := make([]float32, 0, len(rows)*c.dim)
	for _, row := range rows {
		x = append(x, c.truth[row*c.dim:(row+1)*c.dim]...)
	}
	return rowsOf(c.Ensemble, x, data.Part{Table: c.contexts, Rows: of}.Select())
}
