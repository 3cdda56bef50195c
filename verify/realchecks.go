package verify

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// mostIntegrated bounds the dimensions in which a density is integrated.
const mostIntegrated = 2

// integral adds up the density over a window on a fine grid and compares that with
// how many samples are in it.
func integral(ctx context.Context, m *maskflow.Model, of *exec.Loaded, sets []*masks.Set, seed uint64) (Check, error) {
	c := Check{Name: "the density integrates to one", Holds: true}
	const drawn = 10_000
	dim := of.Model.Dim()
	if dim > mostIntegrated {
		c.Skipped, c.Figures = true, fmt.Sprintf("%d variables are too many for a grid (up to %d are)", dim, mostIntegrated)
		return c, nil
	}
	cond := randomNormal(rand.New(rand.NewPCG(seed, 0x696e7467)), of.Model.ContextDim())
	x, _, err := of.Sample(ctx, sets, exec.Draw{N: drawn, Seed: seed, Context: repeat(cond, drawn)})
	if err != nil {
		return c, err
	}
	var w window
	w.lo, w.hi = exec.Window(x, dim)
	inside := w.share(x)
	// Sharp ridges need the finer grid; most densities do not.
	for _, cells := range []int{300, 1200} {
		mass, err := mass(ctx, m, w, cells, cond, sets)
		if err != nil {
			return c, err
		}
		c.Holds = math.Abs(mass-inside) < 0.01
		c.Figures = fmt.Sprintf("%.4f over a window that holds %.4f of %d samples, on %s", mass, inside, drawn, grid(cells, dim))
		if c.Holds {
			break
		}
	}
	return c, nil
}

func grid(cells, dim int) string {
	if dim == 1 {
		return fmt.Sprintf("%d cells", cells*cells)
	}
	return fmt.Sprintf("%d × %d cells", cells, cells)
}

// window is a box.
type window struct{ lo, hi []float64 }

// share is how many of the rows are in the box.
func (w window) share(x []float32) float64 {
	dim, in := len(w.lo), 0
	for row := range slices.Chunk(x, dim) {
		all := true
		for d, v := range row {
			all = all && w.lo[d] <= float64(v) && float64(v) <= w.hi[d]
		}
		if all {
			in++
		}
	}
	return float64(in) / float64(len(x)/dim)
}

// mass integrates the density over a window by the midpoints of its cells: so many
// along each of two axes, or their square along one.
func mass(ctx context.Context, m *maskflow.Model, w window, cells int, cond []float32, sets []*masks.Set) (float64, error) {
	dim := len(w.lo)
	volume := 1.0
	for d := range dim {
		volume *= (w.hi[d] - w.lo[d])
	}
	total := cells * cells
	along := cells
	if dim == 1 {
		along = total
	}
	const part = 50_000 // what is held at once
	sum := 0.0
	for first := 0; first < total; first += part {
		n := min(part, total-first)
		x := make([]float32, 0, n*dim)
		for i := first; i < first+n; i++ {
			for d, at := 0, i; d < dim; d, at = d+1, at/along {
				x = append(x, float32(w.lo[d]+(w.hi[d]-w.lo[d])*(float64(at%along)+0.5)/float64(along)))
			}
		}
		logp, err := m.LogProbSets(ctx, x, repeat(cond, n), sets)
		if err != nil {
			return 0, err
		}
		for _, l := range logp {
			sum += math.Exp(l)
		}
	}
	return sum * volume / float64(total), nil
}

// realSampler draws rows of real numbers in each order: the noise must be what
// the density's conditionals make of them.
func (v *verifier) realSampler(ctx context.Context, c Check, d models.HostSampler, shown models.Conditionals) (Check, error) {
	dim, rows := v.density.Dim(), max(v.o.Rows, 16)
	conditionals, err := v.conditionals(shown, rows)
	if err != nil {
		return c, err
	}
	defer conditionals.Close()
	rng := rand.New(rand.NewPCG(v.o.Seed, 0x7265616c))
	values, unsure, worst := 0, 0, 0.0
	for k, set := range v.sets {
		s, err := d.NewSampler(v.of.Weights, set)
		if err != nil {
			return c, err
		}
		width := s.NoiseDim()
		noise, x := make([]float32, rows*width), make([]float32, rows*dim)
		s.DrawNoise(rng, noise)
		cond := randomNormal(rng, rows*v.density.ContextDim())
		if _, err := s.Sample(ctx, x, noise, cond, models.Incremental); err != nil {
			return c, err
		}
		flat, err := v.call(ctx, conditionals, set, x, cond)
		if err != nil {
			return c, err
		}
		params := len(flat) / len(x)
		for i, value := range x {
			row, at := i/dim, i%dim
			mean, sigma, sure := component(flat[i*params:(i+1)*params], func() float64 { return float64(noise[row*width+dim+at]) })
			if values++; !sure {
				unsure++
				continue
			}
			want := float64(noise[row*width+at])
			off := math.Abs((float64(value)-mean)/sigma-want) / (1 + math.Abs(want))
			worst = math.Max(worst, off)
			if !(off <= closeEnough) { // NaN too
				c.Holds = false
				c.Figures = fmt.Sprintf("order %d, row %d, variable %d: the density gives noise %.6g, the noise is %.6g",
					k+1, row, at+1, (float64(value)-mean)/sigma, want)
				return c, nil
			}
		}
	}
	c.Figures = fmt.Sprintf("%d of %d sampled values are what noise and density give (largest relative difference %.1e), %d too close to tell",
		values-unsure, values, worst, unsure)
	return c, nil
}

// component is the Gaussian that a variable was drawn from, by the parameters of
// its conditional: of a mixture the one that the uniform noise chooses, unless the
// choice is too close for float32 to tell.
func component(params []float32, uniform func() float64) (mean, sigma float64, sure bool) {
	if len(params) == 2 {
		return float64(params[0]), math.Exp(float64(params[1])), true
	}
	n, u := len(params)/3, uniform()
	sum, chosen := 0.0, n-1
	sure = true
	for j := range n {
		sum += math.Exp(float64(params[j]))
		sure = sure && (math.Abs(sum-u) > 1e-4 || j == n-1)
		if u < sum {
			chosen = j
			break
		}
	}
	return float64(params[n+chosen]), math.Exp(float64(params[2*n+chosen])), sure
}
