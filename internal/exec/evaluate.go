package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// Evaluation is what a data set tells about a model. All likelihoods are means
// over rows in nats, by the weights of rows that have some.
type Evaluation struct {
	// Rows and Dim are the size of the data, rows of weight 0 left out.
	Rows int `json:"rows"`
	Dim  int `json:"dim"`
	// NLL is the negative log-likelihood −1/N Σ ln p(x), p being the mixture of
	// the orders, and NLL2SE twice its standard error over rows, NaN for one row.
	NLL    float64 `json:"nll"`
	NLL2SE float64 `json:"nll_2se"`
	// NLLValues and NLLHoles are the parts of NLL that are due to the values, and to which cells are
	// missing: their sum is NLL. Nil where no variable may be missing. Of an ensemble each order has the
	// share in a row's parts that it has in its probability.
	NLLValues *float64 `json:"nll_values,omitempty"`
	NLLHoles  *float64 `json:"nll_holes,omitempty"`
	// BadRows is the number of rows without a likelihood: p(x) is zero, or not a number,
	// in float32, or ln p below −10³⁰. Where there are any NLL and NLLModel are +Inf, and all other figures
	// are of the other rows. FirstBad names the first of them by its place in the source.
	BadRows  int    `json:"bad_rows"`
	FirstBad string `json:"first_bad,omitempty"`
	// NLLOthers is the mean over the rows that have a likelihood: NLL where all have one,
	// NaN where none has.
	NLLOthers float64 `json:"nll_others"`
	// Orders is the number of mask sets.
	Orders int `json:"orders"`
	// OrderMean is the mean over single orders of their negative log-likelihoods.
	OrderMean float64 `json:"nll_order_mean"`
	// Gain is OrderMean − NLL, never negative, and Gain2SE twice its standard
	// error over rows.
	Gain    float64 `json:"gain"`
	Gain2SE float64 `json:"gain_2se"`
	// ESS is the mean over rows of the effective number of orders
	// (Σ p_k)² / Σ p_k².
	ESS float64 `json:"ess"`
	// PerOrder are the negative log-likelihoods of the single orders.
	PerOrder []float64 `json:"per_order,omitempty"`
	// NLLModel is the negative log-likelihood in the units that the model's core
	// sees, behind standardising, logits and what the data's recipe did: published
	// numbers are in it. NLL is in the units of the data as their source gave them.
	NLLModel    float64 `json:"nll_model"`
	NLLModel2SE float64 `json:"nll_model_2se"`
	// Samples is the number of draws of noise a row by which the likelihood of a
	// stochastic model was estimated; 0 when it is exact. NLL is then the
	// importance-weighted bound −1/N Σ ln 1/K Σ w, an upper bound on average.
	Samples int `json:"samples,omitempty"`
	// Draws is the number of draws a row by which the objective of a model was estimated: the figures are then
	// means over all orders, by passes that ask several variables at once, and not those of an ensemble.
	Draws int `json:"draws,omitempty"`
	// Targets are the names of the variables that all figures are of, given the others: −ln p(targets | others), by Draws.
	// They are nil where the figures are of whole rows.
	Targets []string `json:"targets,omitempty"`
	// NegELBO is the mean of the negative evidence lower bound of a stochastic
	// model, and NegELBO2SE twice its standard error.
	NegELBO    float64 `json:"neg_elbo,omitempty"`
	NegELBO2SE float64 `json:"neg_elbo_2se,omitempty"`
	// KL is the Kullback-Leibler divergence from a fitted flow to its target,
	// E_q[ln q − ln p̃] + ln Z, nil where ln Z is not known; its standard error is
	// that of NegELBO.
	KL *float64 `json:"kl,omitempty"`
	// Mixture is what the members of an ensemble of models have by themselves; nil of one model. Orders, OrderMean, Gain and
	// ESS are then of the orders of all members together.
	Mixture *Mixture `json:"ensemble,omitempty"`
}

// BitsPerDim is the negative log-likelihood in the units of the source in bits a
// variable: for images whose grey levels were dequantised, bits a pixel.
func (e Evaluation) BitsPerDim() float64 { return e.NLL / float64(e.Dim) / math.Ln2 }

// MarshalJSON writes numbers that are not finite as the strings "NaN", "Inf" and "-Inf".
func (e Evaluation) MarshalJSON() ([]byte, error) {
	type plain Evaluation // without this method
	type float = runlog.Float
	return json.Marshal(struct {
		plain
		NLL        float   `json:"nll"`
		NLL2SE     float   `json:"nll_2se"`
		NLLValues  *float  `json:"nll_values,omitempty"`
		NLLHoles   *float  `json:"nll_holes,omitempty"`
		NLLOthers  float   `json:"nll_others"`
		NLLModel   float   `json:"nll_model"`
		Model2SE   float   `json:"nll_model_2se"`
		OrderMean  float   `json:"nll_order_mean"`
		Gain       float   `json:"gain"`
		Gain2SE    float   `json:"gain_2se"`
		ESS        float   `json:"ess"`
		PerOrder   []float `json:"per_order,omitempty"`
		NegELBO    float   `json:"neg_elbo,omitempty"`
		NegELBO2SE float   `json:"neg_elbo_2se,omitempty"`
		KL         *float  `json:"kl,omitempty"`
	}{plain(e), float(e.NLL), float(e.NLL2SE), (*float)(e.NLLValues), (*float)(e.NLLHoles), float(e.NLLOthers), float(e.NLLModel), float(e.NLLModel2SE), float(e.OrderMean), float(e.Gain), float(e.Gain2SE),
		float(e.ESS), runlog.Floats(e.PerOrder), float(e.NegELBO), float(e.NegELBO2SE), (*float)(e.KL)})
}

// Evaluate computes the negative log-likelihood of a data set under an ensemble:
// the probabilities of its members are averaged, row by row, never their logits or
// log-likelihoods. Of a stochastic model it estimates it from importance weights.
func (e *Evaluator) Evaluate(ctx context.Context, params []*tensors.Tensor, s *data.Prepared, of Ensemble) (Evaluation, error) {
	return e.EvaluateBlocks(ctx, params, func(yield func(*data.Prepared, error) bool) { yield(s, nil) }, of)
}

// EvaluateBlocks is Evaluate for a data set that comes in blocks.
func (e *Evaluator) EvaluateBlocks(ctx context.Context, params []*tensors.Tensor, blocks iter.Seq2[*data.Prepared, error], of Ensemble) (Evaluation, error) {
	v, err := e.begin(params, of)
	if err != nil {
		return Evaluation{}, err
	}
	for s, err := range blocks {
		if err == nil {
			err = v.add(ctx, s)
		}
		if err != nil {
			return Evaluation{}, err
		}
	}
	return v.result()
}

// evaluation is one that runs.
type evaluation struct {
	*Evaluator
	params []*tensors.Tensor
	all    []member
	acc    accumulator
}

// begin starts an evaluation.
func (e *Evaluator) begin(params []*tensors.Tensor, of Ensemble) (*evaluation, error) {
	all, err := e.members(of)
	if err != nil {
		return nil, err
	}
	v := &evaluation{Evaluator: e, params: params, all: all, acc: accumulator{means: e.drawn != nil}}
	if of.Row != nil {
		v.acc.each = func(r score) { of.Row(r.joint) }
	}
	return v, nil
}

// add goes on with another block.
func (e *evaluation) add(ctx context.Context, s *data.Prepared) (err error) {
	if err := e.check(s); err != nil {
		return err
	}
	counted := s
	if t, ok := e.model.(models.Targeted); ok {
		if counted, err = s.Counting(t.Targets()); err != nil {
			return err
		}
	}
	e.acc.begin(counted)
	return Unknown(s, e.batches(ctx, e.params, s.Rows, s.X, s.Context, e.all, e.acc.add))
}

// result is the evaluation of all blocks; an error where no row counts.
func (e *evaluation) result() (Evaluation, error) {
	acc := &e.acc
	r, err := acc.result()
	if err != nil {
		return r, err
	}
	r.Dim = e.model.Dim()
	if e.drawn != nil {
		r.Draws, r.Orders, r.PerOrder, r.ESS, r.Targets = len(acc.perOrder), 0, nil, math.NaN(), models.TargetsOf(e.model)
	}
	if _, ok := e.model.(models.Stochastic); ok {
		r.Samples, r.Orders, r.PerOrder = len(acc.perOrder), 1, nil
		r.NegELBO, r.NegELBO2SE = r.OrderMean, 2*acc.single.StandardError()
		if o := models.ObjectiveOf(e.model); o.Kind == models.Divergence && !math.IsNaN(o.LogZ) {
			kl := r.NegELBO + o.LogZ
			r.KL = &kl
		}
	}
	return r, nil
}

// check says whether the rows are those of the model.
func (e *Evaluator) check(s *data.Prepared) error {
	if s.Rows == 0 {
		return fmt.Errorf("%s has no rows to evaluate", s.Name)
	}
	if models.ObjectiveOf(e.model).Kind == models.Divergence && len(s.X) == 0 && len(s.Context) == 0 {
		return nil // noise is all that it takes
	}
	rows, err := RowsOf(e.model, s.X, s.Context)
	if err == nil && rows != s.Rows {
		err = fmt.Errorf("%d rows of %d variables, but %d were announced", rows, e.model.Dim(), s.Rows)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

// Placed adds to an error about rows of a set which set it is, and to a
// *models.NonFiniteError the place of its row in the source.
func Placed(s *data.Prepared, err error) error {
	var lost *models.NonFiniteError
	if errors.As(err, &lost) && lost.Row < s.Rows {
		return fmt.Errorf("%s: %w", s.RowPlace(lost.Row), err)
	}
	return fmt.Errorf("%s: %w", s.Name, err)
}

// Unknown is an error about rows of a set, where it is a *NotKnownError by the place in the source.
func Unknown(s *data.Prepared, err error) error {
	if lost := (*NotKnownError)(nil); errors.As(err, &lost) && lost.Row < s.Rows {
		return fmt.Errorf("%s: %s", s.Name, lost.placed(s.Place(lost.Row, lost.Variable)))
	}
	return err
}

// accumulator sums log-likelihoods of rows under several orders, in the units of
// the data: ln p of a prepared row and ln |det| of its preparation.
type accumulator struct {
	means       bool // of the members' log-likelihoods, in place of that of their probabilities
	set         *data.Prepared
	rows        int // of the set
	counted     int // of all sets, those of weight 0 left out
	joint, gain num.Mean
	single      num.Mean  // of the mean of a row's log-likelihoods
	holes       *num.Mean // of what is due to holes; nil without
	bad         int
	firstBad    string
	model       num.Mean // of ln p in the units of the model
	ess         num.Mean
	perOrder    []num.Mean
	row         []float64
	each        func(score) // of each row; nil for none
}

// score is what a row has under several members: ln p of it, the mean of their log-likelihoods, the part of ln p that is
// due to holes, and their effective number.
type score struct{ joint, mean, holes, ess float64 }

// begin goes on with another block.
func (a *accumulator) begin(s *data.Prepared) {
	a.set, a.rows = s, 0
}

func (a *accumulator) add(perSet, holes [][]float64) {
	if a.perOrder == nil {
		a.perOrder = make([]num.Mean, len(perSet))
		a.row = make([]float64, len(perSet))
	}
	if holes != nil && a.holes == nil {
		a.holes = &num.Mean{}
	}
	for i := range perSet[0] {
		logDet := a.set.RowLogDet(a.rows)
		mean, can := 0.0, 0 // members that know the row
		for k := range perSet {
			a.row[k] = perSet[k][i] + logDet
			if !math.IsNaN(a.row[k]) {
				can++
				mean += a.row[k]
			}
		}
		mean /= float64(can)
		r := score{joint: mean, mean: mean, ess: effectiveNumber(a.row)}
		if !a.means {
			r.joint = Joint(a.row)
		}
		for k, v := range a.row {
			if share := math.Exp(v-r.joint) / float64(can); holes != nil && share > 0 {
				r.holes += share * holes[k][i]
			}
		}
		weight := a.set.Weight(a.rows)
		if a.take(r, logDet) {
			for k, v := range a.row {
				if !math.IsNaN(v) {
					a.perOrder[k].Add(v, weight)
				}
			}
		}
	}
}

// take adds the next row, and reports whether it counts and has a likelihood.
func (a *accumulator) take(r score, logDet float64) bool {
	weight := a.set.Weight(a.rows)
	a.rows++
	if a.each != nil {
		a.each(r)
	}
	if weight == 0 {
		return false
	}
	a.counted++
	if !num.Finite(r.joint) {
		if a.bad++; a.bad == 1 {
			a.firstBad = a.set.RowPlace(a.rows - 1)
		}
		return false
	}
	a.single.Add(r.mean, weight)
	a.joint.Add(r.joint, weight)
	a.model.Add(r.joint-logDet, weight)
	a.gain.Add(r.joint-r.mean, weight)
	a.ess.Add(r.ess, weight)
	if a.holes != nil {
		a.holes.Add(r.holes, weight)
	}
	return true
}

func (a *accumulator) result() (Evaluation, error) {
	if a.counted == 0 && a.rows > 0 {
		return Evaluation{}, fmt.Errorf("%s: every row has the weight 0", a.set.Name)
	}
	r := Evaluation{Rows: a.counted, NLL2SE: 2 * a.joint.StandardError(), NLLOthers: -a.joint.Value(), Orders: len(a.perOrder), BadRows: a.bad,
		Gain: a.gain.Value(), Gain2SE: 2 * a.gain.StandardError(), ESS: a.ess.Value()}
	for _, m := range a.perOrder {
		r.PerOrder = append(r.PerOrder, -m.Value())
		r.OrderMean += -m.Value() / float64(len(a.perOrder))
	}
	r.NLL, r.NLLModel, r.NLLModel2SE = r.NLLOthers, -a.model.Value(), 2*a.model.StandardError()
	if a.holes != nil {
		holes := -a.holes.Value()
		r.NLLHoles, r.NLLValues = &holes, new(r.NLLOthers-holes)
	}
	if a.bad > 0 {
		r.NLL, r.NLLModel, r.FirstBad = math.Inf(1), math.Inf(1), a.firstBad
	}
	return r, nil
}

// effectiveNumber is (Σ p)² / Σ p² of p = exp(v), those left out that are NaN; NaN where a v is infinite
// at the top.
func effectiveNumber(v []float64) float64 {
	top := math.Inf(-1)
	for _, x := range v {
		if x > top {
			top = x
		}
	}
	if math.IsInf(top, 0) {
		return math.NaN()
	}
	sum, squares := 0.0, 0.0
	for _, x := range v {
		if math.IsNaN(x) {
			continue
		}
		p := math.Exp(x - top)
		sum += p
		squares += p * p
	}
	return sum * sum / squares
}
