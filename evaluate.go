package maskflow

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/masks"
)

// EvalOptions say how to evaluate.
type EvalOptions struct {
	// Orders is the number of mask sets in the ensemble; 0 means all that were
	// trained, or the model's default number when the cycle is unlimited.
	Orders int
}

// Evaluation is what a data set tells about a model. All likelihoods are means
// over rows in nats.
type Evaluation struct {
	// Rows and Dim are the size of the data.
	Rows int `json:"rows"`
	Dim  int `json:"dim"`
	// NLL is the negative log-likelihood −1/N Σ ln p(x), p being the mixture of
	// the orders, and NLL2SE twice its standard error over rows.
	NLL    float64 `json:"nll"`
	NLL2SE float64 `json:"nll_2se"`
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
}

// Evaluate computes the negative log-likelihood of a data set under the
// ensemble of orders: the probabilities of the orders are averaged, row by row,
// never their logits or log-likelihoods.
func (m *Model) Evaluate(ctx context.Context, s *data.Set, o EvalOptions) (Evaluation, error) {
	return m.evaluator.Evaluate(ctx, m.params, s, m.Sets(o.Orders))
}

// Evaluate is Model.Evaluate for parameters on the backend and given mask sets
// (none for a density without masks).
func (e *Evaluator) Evaluate(ctx context.Context, params []*tensors.Tensor, s *data.Set, sets []*masks.Set) (Evaluation, error) {
	if s.Rows == 0 {
		return Evaluation{}, fmt.Errorf("%s has no rows to evaluate", s.Name)
	}
	var acc accumulator
	err := e.each(ctx, params, s.X, s.Context, sets, acc.add)
	if err != nil {
		return Evaluation{}, err
	}
	r := acc.result()
	r.Rows, r.Dim = s.Rows, s.Dim
	return r, nil
}

// accumulator sums log-likelihoods of rows under several orders.
type accumulator struct {
	joint, gain moments
	ess         float64
	perOrder    []float64
	row         []float64
}

func (a *accumulator) add(perSet [][]float64) {
	if a.perOrder == nil {
		a.perOrder = make([]float64, len(perSet))
		a.row = make([]float64, len(perSet))
	}
	for i := range perSet[0] {
		mean := 0.0
		for k := range perSet {
			a.row[k] = perSet[k][i]
			a.perOrder[k] += perSet[k][i]
			mean += perSet[k][i] / float64(len(perSet))
		}
		joint := LogMeanExp(a.row)
		a.joint.add(joint)
		a.gain.add(joint - mean)
		a.ess += effectiveNumber(a.row)
	}
}

func (a *accumulator) result() Evaluation {
	n := float64(a.joint.n)
	r := Evaluation{NLL: -a.joint.mean, NLL2SE: 2 * a.joint.standardError(), Orders: len(a.perOrder),
		Gain: a.gain.mean, Gain2SE: 2 * a.gain.standardError(), ESS: a.ess / n}
	for _, sum := range a.perOrder {
		r.PerOrder = append(r.PerOrder, -sum/n)
		r.OrderMean += -sum / n / float64(len(a.perOrder))
	}
	return r
}

// effectiveNumber is (Σ p)² / Σ p² of p = exp(v).
func effectiveNumber(v []float64) float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = math.Max(top, x)
	}
	if math.IsInf(top, 0) {
		return math.NaN()
	}
	sum, squares := 0.0, 0.0
	for _, x := range v {
		p := math.Exp(x - top)
		sum += p
		squares += p * p
	}
	return sum * sum / squares
}

// moments are a running mean and variance (Welford).
type moments struct {
	n           int
	mean, sumSq float64
}

func (m *moments) add(v float64) {
	m.n++
	d := v - m.mean
	m.mean += d / float64(m.n)
	m.sumSq += d * (v - m.mean)
}

// standardError is that of the mean, 0 for fewer than two values.
func (m *moments) standardError() float64 {
	if m.n < 2 {
		return 0
	}
	return math.Sqrt(m.sumSq / float64(m.n-1) / float64(m.n))
}
