package posterior

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
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
	// variables. A density that ignores its context passes all of the above, and has none. q(y) is the mean of q(y|x′) over the
	// context of the pair itself and those of others, without which it would have no finite variance: so it is a lower bound,
	// at most the logarithm of their number (Poole et al. 2019, arXiv 1905.06922).
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
	// Contexts is the number of contexts of other pairs that q(y) is a mean over; 0 means 100.
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
	truth, err := e.First().Prepare(pairs)
	if err != nil {
		return nil, err
	}
	c := &calibration{judged: &tables{Ensemble: e, truth: truth.Values(), contexts: contextsOf(e, pairs)}, o: o}
	if c.logp, err = e.LogProb(ctx, pairs); err != nil {
		return nil, err
	}
	names, _ := e.First().Preparation().Names()
	return c.run(ctx, truth, names)
}

// judged is a conditional density, and pairs that are compared with its samples.
type judged interface {
	// draw samples the variables, as the density has them, once for the context of each of these pairs, with their ln q.
	draw(ctx context.Context, of []int, seed uint64) (x []float32, logp []float64, err error)
	// mixed are ln q of the variables of pairs given the contexts of others.
	mixed(ctx context.Context, rows, of []int) ([]float64, error)
}

// calibration is one that runs.
type calibration struct {
	judged
	o       CalibrateOptions
	rng     *rand.Rand
	dim     int
	truth   []float32 // [pairs, dim]
	weights []float64 // of the pairs
	logp    []float64 // of the pairs
	shares  [][]float64
}

// run compares pairs as the density has them, of which logp is known.
func (c *calibration) run(ctx context.Context, pairs *data.Prepared, names []string) (*Calibration, error) {
	c.rng, c.dim, c.truth = rand.New(rand.NewPCG(c.o.Seed, 1)), pairs.Dim, pairs.Values()
	for i, v := range c.logp {
		if !num.Finite(v) {
			return nil, fmt.Errorf("calibration: %s has no likelihood", pairs.RowPlace(i))
		}
		c.weights = append(c.weights, pairs.Weight(i))
	}
	c.shares = make([][]float64, c.dim+1)
	per := max(1, block/c.o.Draws)
	for from := 0; from < pairs.Rows; from += per {
		if err := c.rank(ctx, from, min(from+per, pairs.Rows)); err != nil {
			return nil, err
		}
		if c.o.Progress != nil {
			c.o.Progress(min(from+per, pairs.Rows))
		}
	}
	r := &Calibration{Pairs: pairs.Rows, Draws: c.o.Draws}
	for d := range c.dim {
		name := fmt.Sprintf("x%d", d+1)
		if names != nil {
			name = names[d]
		}
		r.Variables = append(r.Variables, ranks(name, c.shares[d], c.weights, true))
	}
	r.Density = ranks("density", c.shares[c.dim], c.weights, false)
	var err error
	r.Gain, r.Gain2SE, err = c.gain(ctx)
	return r, err
}

// tables are pairs in a table, and an ensemble as the density.
type tables struct {
	*maskflow.Ensemble
	truth    []float32   // [pairs, dim], as the first member sees them
	contexts *data.Table // of the pairs
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

func (c *tables) draw(ctx context.Context, of []int, seed uint64) (x []float32, logp []float64, err error) {
	contexts := data.Part{Table: c.contexts, Rows: of}.Select()
	drawn, err := c.Sample(ctx, len(of), maskflow.SampleOptions{Seed: seed, Context: contexts})
	if err != nil {
		return nil, nil, err
	}
	drawn = with(c.Ensemble, drawn, contexts)
	if logp, err = c.LogProb(ctx, drawn); err != nil {
		return nil, nil, err
	}
	s, err := c.First().Prepare(drawn)
	if err != nil {
		return nil, nil, err
	}
	return s.Values(), logp, nil
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
	x, logp, err := c.draw(ctx, of, c.rng.Uint64())
	if err != nil {
		return err
	}
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
	n := len(c.logp)
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
		logp, err := c.mixed(ctx, rows, of)
		if err != nil {
			return 0, 0, err
		}
		for i := range to - from {
			own := c.logp[from+i]
			mean.Add(own-num.LogMeanExp(slices.Concat([]float64{own}, logp[i*others:(i+1)*others])), c.weights[from+i])
		}
	}
	return mean.Value(), 2 * mean.StandardError(), nil
}

func (c *tables) mixed(ctx context.Context, rows, of []int) ([]float64, error) {
	mixed, err := rowsOf(c.Ensemble, exec.TakeRows(c.truth, rows, c.First().Definition().Dim()), data.Part{Table: c.contexts, Rows: of}.Select())
	if err != nil {
		return nil, err
	}
	return c.LogProb(ctx, mixed)
}
