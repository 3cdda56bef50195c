package verify

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/num"
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

func newVerifier(m *maskflow.Model, of *exec.Loaded, d models.Masked, o Options) *verifier {
	return &verifier{m: m, of: of, density: d, sets: exec.EvaluationSets(d, o.Orders, 8), o: o}
}

func (v *verifier) checks() []check {
	normalised := integral{v.m, v.of, v.sets, v.o.Seed}.check()
	if models.Discrete(v.density) {
		normalised = check{sumsToOne, v.sum}
	}
	return []check{{noPath, v.paths}, {noEntry, v.jacobian}, normalised, {drawn, v.sampler}}
}

// paths multiplies the masks of each set.
func (v *verifier) paths(context.Context) (Check, error) {
	total := 0
	for k, set := range v.sets {
		kept, bad := connections(set)
		if total += kept; bad != "" {
			return fails("order %d: %s", k+1, bad)
		}
	}
	return holds("%s, %d connections", orders(len(v.sets)), total)
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
	conditionals, ok := v.density.(models.Conditionals)
	if !ok {
		return skips("the density does not show its conditionals")
	}
	f, err := compileJacobian(v.of, v.density.Dim(), func(p models.Params, in exec.Args[*Node]) (y, logDet *Node) {
		return byVariable(conditionals, conditionals.Conditionals(p, in.X, in.Context)), nil
	})
	if err != nil {
		return Check{}, err
	}
	defer f.Close()
	rng := rand.New(rand.NewPCG(v.o.Seed, 0x6a61636f6269616e))
	entries, live := 0, 0
	for k, set := range v.sets {
		for range v.o.Rows {
			j, err := jacobianAt(ctx, v.of, f, set, v.randomRow(rng), randomNormal(rng, v.density.ContextDim()))
			if err != nil {
				return Check{}, err
			}
			t := triangle(j, set.Order, true)
			if live, entries = live+t.live, entries+t.allowed; t.bad != "" {
				return fails("order %d: %s", k+1, t.bad)
			}
		}
	}
	return holds("0 violations in %s × %d rows; %d of %d allowed entries are not zero", orders(len(v.sets)), v.o.Rows, live, entries)
}

// byVariable sums the outputs [batch, W] of each variable, [batch, dim].
func byVariable(m models.Conditionals, outputs *Node) *Node {
	variables := make([]int32, outputs.Shape().Dimensions[1])
	every := make([]int32, m.Dim())
	for d := range every {
		every[d] = int32(d)
		for _, column := range m.Columns(d) {
			variables[column] = int32(d)
		}
	}
	g := outputs.Graph()
	own := Equal(ExpandAxes(Const(g, variables), 1), ExpandAxes(Const(g, every), 0))
	return Dot(outputs, ConvertDType(own, outputs.DType())).Product()
}

// compileJacobian differentiates a function of so many variables, of a density or a
// layer. A batch of equal rows gives its whole Jacobian in one backward pass, since
// in row d only output d is differentiated. The last column is the function's logDet.
func compileJacobian(of *exec.Loaded, dim int, function func(models.Params, exec.Args[*Node]) (y, logDet *Node)) (*exec.Compiled, error) {
	return of.Compile("jacobian", dim, func(p models.Params, in exec.Args[*Node]) *Node {
		y, logDet := function(p, in)
		if logDet == nil {
			logDet = Const(y.Graph(), make([]float32, dim))
		}
		gradient := Gradient(ReduceAllSum(Mul(y, DiagonalWithValue(ScalarOne(y.Graph(), y.DType()), dim))), in.X)[0]
		return Concatenate([]*Node{gradient, Reshape(logDet, dim, 1)}, 1)
	})
}

// jacobianAt is the Jacobian [dim, dim+1] of compileJacobian at a row.
func jacobianAt(ctx context.Context, of *exec.Loaded, f *exec.Compiled, set *masks.Set, x, cond []float32) (*mat.Dense, error) {
	dim := len(x)
	values, err := call(ctx, of, f, set, slices.Repeat(x, dim), slices.Repeat(cond, dim))
	if err != nil {
		return nil, err
	}
	return mat.NewDense(dim, dim+1, num.Convert[float64](values)), nil
}

// call computes a function of a density at rows of data.
func call(ctx context.Context, of *exec.Loaded, f *exec.Compiled, set *masks.Set, x, cond []float32) ([]float32, error) {
	return f.Call(ctx, of.Params, exec.Values{X: x, Context: cond, Degrees: exec.DegreesOf(of.Model, set)})
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

// sum adds up the probabilities of all rows under the ensemble where they can be counted.
func (v *verifier) sum(ctx context.Context) (Check, error) {
	dim, first := v.density.Dim(), v.density.Support(0)
	count, name := 1.0, fmt.Sprintf("%d^%d", first.Size(), dim)
	for d := range dim {
		s := v.density.Support(d)
		if count *= float64(s.Size()); s != first {
			name = "all"
		}
	}
	if count == 0 || count > maxEnumerated {
		return skips("%s rows are too many to count (up to %d are)", name, maxEnumerated)
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
	cond := slices.Repeat(randomNormal(rng, v.density.ContextDim()), rows)
	logp, err := v.m.Core.LogProbSets(ctx, x, cond, v.sets)
	if err != nil {
		return Check{}, err
	}
	sum := sumExp(logp)
	return holdsIf(math.Abs(sum-1) < 1e-4, "sum over %s rows is %.7f", name, sum)
}

// sumExp adds up probabilities that are given by their logarithms.
func sumExp(logp []float64) (sum float64) {
	for _, l := range logp {
		sum += math.Exp(l)
	}
	return sum
}

// sampler draws rows in each order and asks the density for the conditional of each
// value: it must be what the noise and that conditional give, except where they are
// too close for float32 to tell.
func (v *verifier) sampler(ctx context.Context) (Check, error) {
	d, ok := v.density.(models.HostSampler)
	shown, shows := v.density.(models.Conditionals)
	if !ok || !shows {
		return skips("the density has no sampler on the host")
	}
	dim, rows := v.density.Dim(), max(v.o.Rows, 16)
	conditionals, err := v.of.Compile("conditionals", rows, func(p models.Params, in exec.Args[*Node]) *Node {
		return shown.Conditionals(p, in.X, in.Context)
	})
	if err != nil {
		return Check{}, err
	}
	defer conditionals.Close()
	rng := rand.New(rand.NewPCG(v.o.Seed, 0x7265616c))
	values, unsure, worst := 0, 0, 0.0
	for k, set := range v.sets {
		s, err := d.NewSampler(v.of.Weights, set)
		if err != nil {
			return Check{}, err
		}
		width := s.NoiseDim()
		noise, x := make([]float32, rows*width), make([]float32, rows*dim)
		s.DrawNoise(rng, noise)
		cond := randomNormal(rng, rows*v.density.ContextDim())
		if _, err := s.Sample(ctx, x, noise, cond, models.Incremental); err != nil {
			return Check{}, err
		}
		flat, err := call(ctx, v.of, conditionals, set, x, cond)
		if err != nil {
			return Check{}, err
		}
		outputs := len(flat) / rows
		for i, value := range x {
			row, at := i/dim, i%dim
			of, err := shown.Conditional(at, flat[row*outputs:(row+1)*outputs])
			if err != nil {
				return Check{}, err
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
				return fails("order %d, row %d, variable %d: the sample is %v, but the density gives %.6g for its noise",
					k+1, row, at+1, value, of.Draw(own))
			}
		}
	}
	return holds("%d of %d sampled values are what noise and density give (largest relative difference %.1e), %d too close to tell",
		values-unsure, values, worst, unsure)
}

func orders(n int) string { return text.Count(n, "order") }

func randomNormal(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// lower is what a matrix that should be triangular in an order is like.
type lower struct {
	bad           string // the first entry that must be zero and is not
	live, allowed int    // entries that need not be zero
	logDet        float64
}

// triangle looks at a Jacobian in an order: of a layer, or a strict one, whose
// diagonal must be zero too.
func triangle(j mat.Matrix, order masks.Order, strict bool) lower {
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
