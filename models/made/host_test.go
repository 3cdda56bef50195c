package made

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
)

// The network on the host has the graph's outputs.
func checkHost(t *testing.T, s subject) {
	m := s.model
	dim, params, x := m.Dim(), len(m.Columns(0)), points(m)
	for k, set := range s.sets {
		want := s.run(t, s.weights, set, batch{x: x, context: s.context(1)}).outputs
		host, err := m.net.Host(s.weights.Named(m), set, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(want))
		var mu sync.Mutex
		_, err = host.Walk(context.Background(), make([]float32, len(x)), s.rows, s.context(1), models.Solver{},
			func(d, row int, outputs []float32, stride int, v []float32) {
				mu.Lock()
				defer mu.Unlock()
				for i := range v {
					for p := range params {
						got[((row+i)*params+p)*dim+d] = outputs[p*stride+i]
					}
					v[i] = x[(row+i)*dim+d]
				}
			})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if !modeltest.Near(float64(got[i]), float64(want[i]), 1e-5) {
				t.Fatalf("set %d: output %d of row %d is %v on the host and %v in the graph", k, i%(params*dim), i/(params*dim), got[i], want[i])
			}
		}
	}
}

// A sample is what its noise makes of the conditionals that the graph gives for
// the very sample: so the sampler follows the density, in its order. The methods
// agree on the bits.
func checkSampler(t *testing.T, s subject) {
	m := s.model
	dim, k := m.Dim(), parametersOf(m)
	for number, set := range s.sets {
		sampler, err := m.NewSampler(s.weights, set)
		if err != nil {
			t.Fatal(err)
		}
		noise := make([]float32, s.rows*sampler.NoiseDim())
		sampler.DrawNoise(rand.New(rand.NewPCG(4, 3)), noise)
		samples := map[models.Method][]float32{}
		for _, method := range []models.Method{models.Incremental, models.Sequential, models.Jacobi} {
			samples[method] = make([]float32, s.rows*dim)
			if _, err := sampler.Sample(context.Background(), samples[method], noise, s.context(1), method); err != nil {
				t.Fatal(err)
			}
			if !sameBits(samples[method], samples[models.Incremental]) {
				t.Errorf("set %d: method %d draws other samples", number, method)
			}
		}
		x := samples[models.Incremental]
		conditionals := s.run(t, s.weights, set, batch{x: x, context: s.context(1)}).conditionals
		for i := range x {
			row, d := i/dim, i%dim
			own := make([]float32, sampler.NoiseDim()/dim) // the variable's numbers
			for j := range own {
				own[j] = noise[(row*len(own)+j)*dim+d]
			}
			if c := conditionals[i*k : (i+1)*k]; !follows(m, c, own, x[i]) {
				t.Fatalf("set %d: variable %d of sample %d is %v, but its conditional is %v and its noise %v", number, d, row, x[i], c, own)
			}
		}
	}
}

// follows says whether x is what the noise makes of a conditional: 1 where a
// uniform number is below p(x = 1); and m + σ·n of a Gaussian, which a uniform
// number chooses from a mixture by its cumulated weights. Where rounding may
// decide, either way is right.
func follows(m *Model, c, noise []float32, x float32) bool {
	if m.Support(0).Discrete() {
		p, u := sigmoid(c[0]), float64(noise[0])
		return x == 0 && u > p-1e-5 || x == 1 && u < p+1e-5
	}
	all, below := components(m, c), 0.0
	for _, g := range all {
		chosen := true
		if len(all) > 1 {
			u := float64(noise[1])
			chosen = u > below-1e-5 && u < below+g.weight+1e-5
		}
		below += g.weight
		standardised := (float64(x) - g.Mu) / g.Sigma
		rounding := 1e-5 * (1 + math.Abs(standardised) + (math.Abs(float64(x))+math.Abs(g.Mu))/g.Sigma)
		if chosen && math.Abs(standardised-float64(noise[0])) <= rounding {
			return true
		}
	}
	return false
}
