package models_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/models"
)

// normal is a normal distribution behind some states.
type normal struct {
	states []float64
	distuv.Normal
}

func (n normal) left() float64 {
	left := 1.0
	for _, p := range n.states {
		left -= p
	}
	return left
}

func (n normal) LogProb(x float64) float64 {
	if k := models.StateOf(float32(x)); k >= 0 {
		return math.Log(n.states[k])
	}
	return math.Log(n.left()) + n.Normal.LogProb(x)
}

func (n normal) CDF(x float64) (sum float64) {
	k := models.StateOf(float32(x))
	for i, p := range n.states {
		if k < 0 || i <= k {
			sum += p
		}
	}
	if k >= 0 {
		return sum
	}
	return sum + n.left()*n.Normal.CDF(x)
}

func (n normal) Quantile(p float64) float64 {
	sum := 0.0
	for k, q := range n.states {
		if sum += q; p <= sum {
			return float64(models.StateCode(k))
		}
	}
	return n.Normal.Quantile(min((p-sum)/n.left(), 1))
}

// levels are probabilities of 0, 1, 2, ….
type levels []float64

func (l levels) LogProb(x float64) float64 { return math.Log(l[int(x)]) }

func (l levels) CDF(x float64) (sum float64) {
	for k, p := range l {
		if float64(k) <= x {
			sum += p
		}
	}
	return sum
}

func (l levels) Quantile(p float64) float64 {
	for k := range l {
		if l.CDF(float64(k)) >= p {
			return float64(k)
		}
	}
	return float64(len(l) - 1)
}

// A quantile is the smallest outcome whose CDF, the weighted mean of those of the members, reaches the probability.
func TestMixtureOfDistributions(t *testing.T) {
	w := []float64{0.2, 0.5, 0.3}
	var logs []float64
	for _, v := range w {
		logs = append(logs, math.Log(v)-1000) // they need not sum to one
	}
	rng := rand.New(rand.NewPCG(1, 1))
	plain := []models.Distribution{normal{nil, distuv.Normal{Mu: -3, Sigma: 0.5}}, normal{nil, distuv.Normal{Mu: 2, Sigma: 1}}, normal{nil, distuv.Normal{Mu: 40, Sigma: 0.1}}}
	holes := []models.Distribution{normal{[]float64{0.1, 0.2}, distuv.Normal{Mu: -3, Sigma: 0.5}}, normal{[]float64{0.6, 0.3}, distuv.Normal{Mu: 2, Sigma: 1}}, normal{[]float64{0, 0.1}, distuv.Normal{Mu: 5, Sigma: 2}}}
	counted := []models.Distribution{levels{0.1, 0.2, 0, 0.7}, levels{0, 0, 0.9, 0.1}, levels{0.3, 0.3, 0.3, 0.1}}
	for name, of := range map[string]struct {
		variable models.Variable
		members  []models.Distribution
		draw     func() float64
	}{
		"reals":  {models.Variable{}, plain, func() float64 { return 50*rng.Float64() - 5 }},
		"holes":  {models.Variable{States: 2, Hole: true}, holes, func() float64 { return 10*rng.Float64() - 5 }},
		"levels": {models.Variable{Support: models.Categories(4)}, counted, func() float64 { return float64(rng.IntN(4)) }},
	} {
		m, err := models.Mixture(of.variable, logs, of.members)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			x := of.draw()
			p, cdf := 0.0, 0.0
			for k, d := range of.members {
				p, cdf = p+w[k]*math.Exp(d.LogProb(x)), cdf+w[k]*d.CDF(x)
			}
			if math.Abs(math.Exp(m.LogProb(x))-p) > 1e-12 || math.Abs(m.CDF(x)-cdf) > 1e-12 {
				t.Fatalf("%s: p(%v) = %v and CDF %v, want %v and %v", name, x, math.Exp(m.LogProb(x)), m.CDF(x), p, cdf)
			}
			u := rng.Float64()
			q := m.Quantile(u)
			below := math.Nextafter(q, math.Inf(-1))
			if k := models.StateOf(float32(q)); k == 0 {
				continue // the first outcome
			} else if k > 0 {
				below = float64(models.StateCode(k - 1))
			}
			if !(m.CDF(q) >= u-1e-12 && m.CDF(below) <= u+1e-12) {
				t.Fatalf("%s: the quantile of %v is %v, with CDF %v, and %v below", name, u, q, m.CDF(q), m.CDF(below))
			}
			if name == "levels" && q != math.Trunc(q) {
				t.Fatalf("the quantile of %v is no level: %v", u, q)
			}
		}
		if !math.IsNaN(m.Quantile(-0.1)) || !math.IsNaN(m.Quantile(math.NaN())) {
			t.Errorf("%s: a quantile of no probability", name)
		}
	}
	if _, err := models.Mixture(models.Variable{}, []float64{math.Inf(-1), math.Inf(-1), math.Inf(-1)}, plain); err == nil {
		t.Error("weights of zero pass")
	}
	if _, err := models.Mixture(models.Variable{}, nil, nil); err == nil {
		t.Error("a mixture of nothing passes")
	}
}
