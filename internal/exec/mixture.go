package exec

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/runlog"
)

// Mixture is what the members of an ensemble of models have by themselves, beside p(x) = 1/M Σ p_m(x).
type Mixture struct {
	// Members are the evaluations of the members, in their order.
	Members []Evaluation `json:"members"`
	// Mean and SD are the mean and the standard deviation of their negative log-likelihoods, infinite and NaN where
	// a member has rows without a likelihood.
	Mean float64 `json:"nll_member_mean"`
	SD   float64 `json:"nll_member_sd"`
	// Gain is Mean − NLL, never negative, over the rows that have a likelihood; Gain2SE is twice its standard error
	// over rows.
	Gain    float64 `json:"member_gain"`
	Gain2SE float64 `json:"member_gain_2se"`
	// ESS is the mean over rows of the effective number of members (Σ p_m)² / Σ p_m².
	ESS float64 `json:"member_ess"`
}

// MarshalJSON writes numbers that are not finite as the strings "NaN", "Inf" and "-Inf".
func (m Mixture) MarshalJSON() ([]byte, error) {
	type plain Mixture // without this method
	type float = runlog.Float
	return json.Marshal(struct {
		plain
		Mean    float `json:"nll_member_mean"`
		SD      float `json:"nll_member_sd"`
		Gain    float `json:"member_gain"`
		Gain2SE float `json:"member_gain_2se"`
		ESS     float `json:"member_ess"`
	}{plain(m), float(m.Mean), float(m.SD), float(m.Gain), float(m.Gain2SE), float(m.ESS)})
}

// Part is a model in a mixture, and what evaluates it.
type Part struct {
	Evaluator *Evaluator
	Params    []*tensors.Tensor
	Of        Ensemble
}

// EvaluateMixture computes the negative log-likelihood of rows under the mixture of models, each with the same weight, and
// under each of them: their probabilities are averaged, row by row. A block has the same rows for each part, as it prepares
// them. row, if not nil, is called with ln p of each.
func EvaluateMixture(ctx context.Context, parts []Part, blocks iter.Seq2[[]*data.Prepared, error], row func(logp float64)) (Evaluation, error) {
	if len(parts) == 0 {
		return Evaluation{}, errors.New("a mixture needs a model")
	}
	var all []*evaluation
	scores := make([][]score, len(parts)) // of the block
	for k, p := range parts {
		e, err := p.Evaluator.begin(p.Params, p.Of)
		if err != nil {
			return Evaluation{}, err
		}
		e.acc.each = func(r score) { scores[k] = append(scores[k], r) }
		all = append(all, e)
	}
	m := mixed{logp: make([]float64, len(parts))}
	if row != nil {
		m.acc.each = func(r score) { row(r.joint) }
	}
	for sets, err := range blocks {
		if err != nil {
			return Evaluation{}, err
		}
		for k, e := range all {
			scores[k] = scores[k][:0]
			if err := e.add(ctx, sets[k]); err != nil {
				return Evaluation{}, err
			}
		}
		m.add(sets, scores, all)
	}
	return m.result(all)
}

// mixed sums log-likelihoods of rows under a mixture.
type mixed struct {
	acc       accumulator // of the mixture
	gain, ess num.Mean    // over the members
	logp      []float64   // of a row under each
	apart     bool        // the preparations of the members differ in their determinants
}

func (m *mixed) add(sets []*data.Prepared, scores [][]score, all []*evaluation) {
	m.acc.begin(sets[0])
	if m.acc.holes == nil && holesOfAll(all) {
		m.acc.holes = &num.Mean{}
	}
	for i := range scores[0] {
		var r score
		own := 0.0 // the mean of the members' ln p
		for k := range scores {
			m.logp[k] = scores[k][i].joint
			own += m.logp[k] / float64(len(scores))
			r.mean += scores[k][i].mean / float64(len(scores))
		}
		r.joint = num.LogMeanExp(m.logp)
		squares := 0.0
		for k := range scores {
			if share := math.Exp(m.logp[k]-r.joint) / float64(len(scores)); share > 0 {
				r.holes += share * scores[k][i].holes
				squares += share * share / scores[k][i].ess
			}
		}
		r.ess = 1 / squares
		logDet, weight := sets[0].RowLogDet(i), sets[0].Weight(i)
		for _, s := range sets[1:] {
			m.apart = m.apart || math.Abs(s.RowLogDet(i)-logDet) > 1e-9*(1+math.Abs(logDet))
		}
		if m.acc.take(r, logDet) {
			m.gain.Add(r.joint-own, weight)
			m.ess.Add(effectiveNumber(m.logp), weight)
		}
	}
}

func holesOfAll(all []*evaluation) bool {
	for _, e := range all {
		if e.acc.holes == nil {
			return false
		}
	}
	return true
}

func (m *mixed) result(all []*evaluation) (Evaluation, error) {
	r, err := m.acc.result()
	if err != nil {
		return r, err
	}
	var own Mixture
	var nll []float64
	draws := 0
	for _, e := range all {
		of, err := e.result()
		if err != nil {
			return r, err
		}
		own.Members, nll = append(own.Members, of), append(nll, of.NLL)
		r.Orders += of.Orders
		draws = max(draws, of.Samples)
	}
	r.Dim = own.Members[0].Dim
	r.OrderMean = -m.acc.single.Value()
	if draws > 0 { // of some members, whose likelihood is estimated
		r.Samples, r.NegELBO, r.NegELBO2SE = draws, r.OrderMean, 2*m.acc.single.StandardError()
	}
	if m.apart { // there is no one space of the model
		r.NLLModel, r.NLLModel2SE = math.NaN(), math.NaN()
	}
	own.Mean, own.SD = stat.MeanStdDev(nll, nil)
	own.Gain, own.Gain2SE, own.ESS = m.gain.Value(), 2*m.gain.StandardError(), m.ess.Value()
	r.Mixture = &own
	return r, nil
}
