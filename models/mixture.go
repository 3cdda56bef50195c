package models

import (
	"errors"
	"math"

	"github.com/maskflow/maskflow/internal/num"
)

// Mixture returns the distribution Σ w_m p_m of a variable, of which several models have distributions: its CDF is
// Σ w_m F_m. The weights are given by their logarithms, in nats, and need not sum to one: they are posterior ones,
// ln p_m of what is given, where the models have equal weights before. The error is of numbers that do not agree, or of
// weights that are all zero.
func Mixture(of Variable, logWeights []float64, members []Distribution) (Distribution, error) {
	if len(members) == 0 || len(logWeights) != len(members) {
		return nil, errors.New("a mixture of distributions needs a weight for each")
	}
	shares := Shares(logWeights)
	if math.IsNaN(shares[0]) {
		return nil, errors.New("no member of the mixture gives what is known a probability")
	}
	if len(members) == 1 {
		return members[0], nil
	}
	return &mixture{of, shares, members}, nil
}

// Shares are weights by their logarithms, scaled so that they sum to one: NaN where all are zero.
func Shares(logWeights []float64) []float64 {
	total := num.LogMeanExp(logWeights) + math.Log(float64(len(logWeights)))
	shares := make([]float64, len(logWeights))
	for m, w := range logWeights {
		shares[m] = math.Exp(w - total)
	}
	return shares
}

type mixture struct {
	of      Variable
	weights []float64
	members []Distribution
}

func (m *mixture) LogProb(x float64) float64 {
	all := make([]float64, len(m.members))
	for k, d := range m.members {
		all[k] = math.Log(m.weights[k]*float64(len(m.members))) + d.LogProb(x)
	}
	return num.LogMeanExp(all)
}

func (m *mixture) CDF(x float64) (p float64) {
	for k, d := range m.members {
		p += m.weights[k] * d.CDF(x)
	}
	return min(p, 1)
}

func (m *mixture) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	for k := range m.of.States {
		if code := float64(StateCode(k)); m.CDF(code) >= p {
			return code
		}
	}
	low, high := math.Inf(1), math.Inf(-1) // values between which it is
	for k, d := range m.members {
		if q := d.Quantile(p); m.weights[k] > 0 && StateOf(float32(q)) < 0 {
			low, high = min(low, q), max(high, q)
		}
	}
	switch {
	case high < low: // by rounding: all of them are states
		return float64(StateCode(m.of.States - 1))
	case p == 0 || math.IsInf(high, 0):
		return low
	case m.CDF(high) < p: // by rounding
		return high
	}
	for step := 1.0; m.CDF(low) >= p && !math.IsInf(low, -1); step *= 2 { // other members may have a state
		low -= step
	}
	for middle := low + (high-low)/2; low < middle && middle < high; middle = low + (high-low)/2 {
		if m.CDF(middle) >= p {
			high = middle
		} else {
			low = middle
		}
	}
	if m.of.Grid != nil {
		return m.of.Grid.Round(high)
	}
	return high
}
