package verify

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// maxEnumerated bounds the rows that are summed over.
const maxEnumerated = 1 << 16

// verifier looks at a masked density: a model, or the base of one.
type verifier struct {
	m       *maskflow.Model
	of      *exec.Loaded // the density
	density models.Masked
	sets    []*masks.Set
	o       Options
}

// paths multiplies the masks of each set.
func (v *verifier) paths(context.Context) (Check, error) {
	c := Check{Name: "no forbidden path in the product of the masks", Holds: true}
	total := 0
	for k, set := range v.sets {
		kept, bad := connections(set)
		if total += kept; bad != "" {
			c.Holds, c.Figures = false, fmt.Sprintf("order %d: %s", k+1, bad)
			return c, nil
		}
	}
	c.Figures = fmt.Sprintf("%s, %d connections", orders(len(v.sets)), total)
	return c, nil
}

// connections counts those of a mask set; bad names its forbidden paths.
func connections(set *masks.Set) (kept int, bad string) {
	if found := set.Violations(); len(found) > 0 {
		return 0, fmt.Sprintf("%v and %d more", found[0], len(found)-1)
	}
	layers, direct := set.Counts()
	for _, n := range append(layers, direct) {
		kept += n.Kept
	}
	return kept, ""
}

// jacobian differentiates every conditional by every variable.
func (v *verifier) jacobian(ctx context.Context) (Check, error) {
	c := Check{Name: "no forbidden entry in the Jacobian of the conditionals", Holds: true}
	conditionals, ok := v.density.(models.Conditionals)
	if !ok {
		c.Skipped, c.Figures = true, "the density does not show its conditionals"
		return c, nil
	}
	dim := v.density.Dim()
	// One backward pass over a batch of dim equal rows gives the whole Jacobian:
	// in row d only conditional d is differentiated.
	gradient, err := v.of.Compile("jacobian", dim, func(p models.Params, in exec.Args[*Node]) *Node {
		out := ReduceSum(conditionals.Conditionals(p, in.X, in.Context), -1)
		return Gradient(ReduceAllSum(Mul(out, DiagonalWithValue(ScalarOne(out.Graph(), out.DType()), dim))), in.X)[0]
	})
	if err != nil {
		return c, err
	}
	defer gradient.Close()
	rng := rand.New(rand.NewPCG(v.o.Seed, 0x6a61636f6269616e))
	entries, live := 0, 0
	for k, set := range v.sets {
		for range v.o.Rows {
			x, cond := v.randomRow(rng), randomNormal(rng, v.density.ContextDim())
			at, err := v.call(ctx, gradient, set, repeat(x, dim), repeat(cond, dim))
			if err != nil {
				return c, err
			}
			t := triangle(matrix(at, dim, dim), set.Order, true)
			if live, entries = live+t.live, entries+t.allowed; t.bad != "" {
				c.Holds, c.Figures = false, fmt.Sprintf("order %d: %s", k+1, t.bad)
				return c, nil
			}
		}
	}
	c.Figures = fmt.Sprintf("0 violations in %s × %d rows; %d of %d allowed entries are not zero", orders(len(v.sets)), v.o.Rows, live, entries)
	return c, nil
}

// randomRow is one that the density is over.
func (v *verifier) randomRow(rng *rand.Rand) []float32 {
	x := make([]float32, v.density.Dim())
	for d := range x {
		if s := v.density.Support(d); s.Size() > 0 {
			x[d] = float32(s.Low) + float32(rng.IntN(s.Size()))
		} else {
			x[d] = float32(rng.NormFloat64())
		}
	}
	return x
}

// normalised sums the probabilities of all rows under the ensemble where they can be
// counted, or integrates a density over real numbers.
func (v *verifier) normalised(ctx context.Context) (Check, error) {
	if !models.Discrete(v.density) {
		return integral(ctx, v.m, v.of, v.sets, v.o.Seed)
	}
	c := Check{Name: "probabilities sum to one", Holds: true}
	dim, first := v.density.Dim(), v.density.Support(0)
	count, name := 1.0, fmt.Sprintf("%d^%d", first.Size(), dim)
	for d := range dim {
		s := v.density.Support(d)
		if count *= float64(s.Size()); s != first {
			name = "all"
		}
	}
	if count == 0 || count > maxEnumerated {
		c.Skipped, c.Figures = true, fmt.Sprintf("%s rows are too many to count (up to %d are)", name, maxEnumerated)
		return c, nil
	}
	rows := int(count)
	x := make([]float32, 0, rows*dim)
	for r := range rows {
		for d := range dim {
			s := v.density.Support(d)
			x = append(x, float32(s.Low)+float32(r%s.Size()))
			r /= s.Size()
		}
	}
	rng := rand.New(rand.NewPCG(v.o.Seed, 0x73756d))
	cond := repeat(randomNormal(rng, v.density.ContextDim()), rows)
	logp, err := v.m.LogProbSets(ctx, x, cond, v.sets)
	if err != nil {
		return c, err
	}
	sum := 0.0
	for _, l := range logp {
		sum += math.Exp(l)
	}
	c.Holds = math.Abs(sum-1) < 1e-4
	c.Figures = fmt.Sprintf("sum over %s rows is %.7f", name, sum)
	return c, nil
}

// sampler draws rows in each order and asks the density for the conditional of each
// value: it must be what the noise and that conditional give, except where they are
// too close for float32 to tell.
func (v *verifier) sampler(ctx context.Context) (Check, error) {
	c := Check{Name: "the sampler draws from the density", Holds: true}
	d, ok := v.density.(models.HostSampler)
	shown, shows := v.density.(models.Conditionals)
	if !ok || !shows {
		c.Skipped, c.Figures = true, "the density has no sampler on the host"
		return c, nil
	}
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
		outputs := len(flat) / len(x)
		for i, value := range x {
			row, at := i/dim, i%dim
			of, err := shown.Conditional(at, flat[i*outputs:(i+1)*outputs])
			if err != nil {
				return c, err
			}
			own := make([]float32, width/dim)
			for n := range own {
				own[n] = noise[row*width+n*dim+at]
			}
			off, sure := of.Residual(float64(value), own)
			if values++; !sure {
				unsure++
				continue
			}
			worst = math.Max(worst, off)
			if !(off <= closeEnough) { // NaN too
				c.Holds = false
				c.Figures = fmt.Sprintf("order %d, row %d, variable %d: the sample is %v, but the density gives %.6g for its noise",
					k+1, row, at+1, value, of.Draw(own))
				return c, nil
			}
		}
	}
	c.Figures = fmt.Sprintf("%d of %d sampled values are what noise and density give (largest relative difference %.1e), %d too close to tell",
		values-unsure, values, worst, unsure)
	return c, nil
}

// conditionals prepares those of so many rows.
func (v *verifier) conditionals(shown models.Conditionals, rows int) (*exec.Compiled, error) {
	return v.of.Compile("conditionals", rows, func(p models.Params, in exec.Args[*Node]) *Node { return shown.Conditionals(p, in.X, in.Context) })
}

// call computes a function of the density at rows of data.
func (v *verifier) call(ctx context.Context, f *exec.Compiled, set *masks.Set, x, cond []float32) ([]float32, error) {
	return f.Call(ctx, v.of.Params, exec.Values{X: x, Context: cond, Degrees: exec.DegreesOf(v.density, set)})
}

func orders(n int) string { return text.Count(n, "order") }

func randomNormal(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func repeat(row []float32, n int) []float32 {
	out := make([]float32, 0, n*len(row))
	for range n {
		out = append(out, row...)
	}
	return out
}

// lower is what a matrix that should be triangular in an order is like.
type lower struct {
	bad           string // the first entry that must be zero and is not
	live, allowed int    // entries that need not be zero
	logDet        float64
}

// matrix is a square one from rows of so many values, the last of which may be
// something else.
func matrix(values []float32, dim, width int) *mat.Dense {
	m := mat.NewDense(dim, dim, nil)
	for d := range dim {
		for i := range dim {
			m.Set(d, i, float64(values[d*width+i]))
		}
	}
	return m
}

// triangle looks at a Jacobian in an order: of a layer, or a strict one, whose
// diagonal must be zero too.
func triangle(j *mat.Dense, order masks.Order, strict bool) lower {
	var t lower
	for d := range order {
		t.logDet += math.Log(math.Abs(j.At(d, d)))
		for i := range order {
			entry := j.At(d, i)
			switch {
			case i == d && !strict:
			case order[i] < order[d]:
				if t.allowed++; entry != 0 {
					t.live++
				}
			case entry != 0 && t.bad == "": // NaN too
				t.bad = fmt.Sprintf("variable %d (degree %d) depends on variable %d (degree %d): derivative %v", d+1, order[d], i+1, order[i], entry)
			}
		}
	}
	return t
}
