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

	variables []models.Variable
}

func newVerifier(m *maskflow.Model, of *exec.Loaded, d models.Masked, o Options) *verifier {
	sets := exec.EvaluationSets(d, of.Weights, o.Orders, 8)
	if most := max(1, mostRows(d)/o.Rows); o.Orders <= 0 && len(sets) > most {
		sets = sets[:most]
	}
	return &verifier{m: m, of: of, density: d, sets: sets, o: o, variables: models.VariablesOf(d)}
}

func (v *verifier) checks() []check {
	all := []check{{noPath, v.paths}, {noEntry, v.dependence}, {sumsToOne, v.sum}, {product, v.product}, {drawn, v.sampler}}
	if of, ok := v.density.(models.OfKind); ok {
		if kind, _ := of.Kind(); kind.Traits().Mixed {
			all = append(all, check{seen, v.visible})
		}
	}
	return append(all, v.anyOrder()...)
}

// anyOrder are the checks of a density of any order alone.
func (v *verifier) anyOrder() []check {
	if any, ok := v.density.(models.AnyOrder); ok {
		return []check{{onePass, anyOrderVerifier{v, any}.onePass}}
	}
	return nil
}

// paths multiplies the masks of each set.
func (v *verifier) paths(context.Context) (Check, error) {
	if _, any := v.density.(models.AnyOrder); any {
		return skips("a network of any order has no masks: it is not given what does not come before")
	}
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

// dependence changes one variable after the other, to another level, number or state, and
// looks which conditionals are moved.
func (v *verifier) dependence(ctx context.Context) (Check, error) {
	rng := rand.New(rand.NewPCG(v.o.Seed, 0x6a61636f6269616e))
	entries, live := 0, 0
	bad, err := v.change(ctx, rng, func(of models.Variable, from float32) (_, to float32) {
		for range 100 { // of two values one is another
			if to = randomValue(of, rng); to != from {
				break
			}
		}
		return from, to
	}, func(k int, order masks.Order, from int, x [2]float32, moves func(to int) bool) (Check, error) {
		for to := range order {
			switch {
			case order[from] < order[to]:
				if entries++; moves(to) {
					live++
				}
			case moves(to):
				return fails("order %d: variable %d (degree %d) depends on variable %d (degree %d), which was changed from %v to %v",
					k, to+1, order[to], from+1, order[from], x[0], x[1])
			}
		}
		return Check{}, nil
	})
	if bad != (Check{}) || err != nil {
		return bad, err
	}
	return holds("0 violations in %s × %d rows; %d of %d allowed dependences were seen", orders(len(v.sets)), v.o.Rows, live, entries)
}

// visible compares a variable that is zero, or its first level, with one that is not known: a
// network that is not shown which of its inputs it sees takes one for the other.
func (v *verifier) visible(ctx context.Context) (Check, error) {
	rng := rand.New(rand.NewPCG(v.o.Seed, 0x76697369626c65))
	told, all := 0, 0
	bad, err := v.change(ctx, rng, func(of models.Variable, _ float32) (from, to float32) {
		if of.Grid != nil {
			from = float32(of.Grid.Round(0))
		}
		return from, models.NotKnown
	}, func(k int, order masks.Order, from int, _ [2]float32, moves func(to int) bool) (Check, error) {
		for to := range order {
			if order[from] < order[to] {
				if all++; moves(to) {
					told++
				}
			}
		}
		return Check{}, nil
	})
	if bad != (Check{}) || err != nil {
		return bad, err
	}
	if all == 0 {
		return skips("there is one variable")
	}
	return holdsIf(told > 0, "%d of %d conditionals after it tell a variable that is zero from one that is not known", told, all)
}

// change changes each variable of random rows in each order, from one number to another that
// chosen gives, and calls look with the number of the order from 1, the variable, both numbers and
// which conditionals are moved, until it finds something bad.
func (v *verifier) change(ctx context.Context, rng *rand.Rand, chosen func(of models.Variable, x float32) (from, to float32),
	look func(k int, order masks.Order, d int, x [2]float32, moves func(to int) bool) (Check, error)) (bad Check, err error) {
	shown, ok := v.density.(models.Conditionals)
	if !ok {
		return skips("the density does not show its conditionals")
	}
	dim := v.density.Dim()
	f, err := v.compileConditionals(shown, dim)
	if err != nil {
		return bad, err
	}
	defer f.Close()
	for k, set := range v.sets {
		for range v.o.Rows {
			rows := [2][]float32{slices.Repeat(v.randomRow(rng), dim)} // one for each variable that is changed
			rows[1] = slices.Clone(rows[0])
			for d, of := range v.variables {
				at := d*dim + d
				rows[0][at], rows[1][at] = chosen(of, rows[0][at])
			}
			cond := slices.Repeat(randomNormal(rng, v.density.ContextDim()), dim)
			var outputs [2][]float32
			for n, x := range rows {
				if outputs[n], err = call(ctx, v.of, f, set, models.Widen(v.density, x), cond); err != nil {
					return bad, err
				}
			}
			width := len(outputs[0]) / dim
			for d := range dim {
				if bad, err = look(k+1, set.Order, d, [2]float32{rows[0][d*dim+d], rows[1][d*dim+d]}, func(to int) bool {
					return slices.ContainsFunc(shown.Columns(to), func(c int) bool { return outputs[0][d*width+c] != outputs[1][d*width+c] })
				}); bad != (Check{}) || err != nil {
					return bad, err
				}
			}
		}
	}
	return bad, nil
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

// randomRow is one that the density is over, without the widths of its cells.
func (v *verifier) randomRow(rng *rand.Rand) []float32 {
	x := make([]float32, v.density.Dim())
	for d := range x {
		x[d] = randomValue(v.variables[d], rng)
	}
	return x
}

// randomValue is a number that a row may have: a value or a state.
func randomValue(of models.Variable, rng *rand.Rand) float32 {
	switch s := of.Support; {
	case of.States > 0 && rng.IntN(3) == 0:
		return models.StateCode(rng.IntN(of.States))
	case s.Size() > 0:
		return float32(s.Low) + float32(rng.IntN(s.Size()))
	case of.Grid != nil:
		return float32(of.Grid.Round(rng.NormFloat64()))
	case s.Kind == models.CircleValues:
		return float32(s.Period) * rng.Float32()
	}
	return float32(rng.NormFloat64())
}

// outcomes is the number of values and states of a variable, +Inf where they cannot be counted.
func outcomes(of models.Variable) float64 {
	if n := of.Support.Size(); n > 0 {
		return float64(n + of.States)
	}
	return math.Inf(1)
}

// sum adds up the probabilities of all rows under the ensemble where they can be counted,
// integrates the density of one or two real numbers, and else each conditional by itself.
func (v *verifier) sum(ctx context.Context) (Check, error) {
	dim, first := v.density.Dim(), outcomes(v.variables[0])
	count, name, real := 1.0, fmt.Sprintf("%v^%d", first, dim), true
	for _, of := range v.variables {
		if count *= outcomes(of); outcomes(of) != first {
			name = "all"
		}
		real = real && of.Smooth()
	}
	switch {
	case real && dim <= mostIntegrated:
		return integral{v.m, v.of, v.sets, v.o.Seed}.look(ctx)
	case count > maxEnumerated:
		return v.sumsOfConditionals(ctx)
	}
	rows := int(count)
	x := make([]float32, 0, rows*dim)
	for r := range rows {
		for _, of := range v.variables {
			n := of.States + of.Support.Size()
			if k := r % n; k < of.States {
				x = append(x, models.StateCode(k))
			} else {
				x = append(x, float32(of.Support.Low)+float32(k-of.States))
			}
			r /= n
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
	dim, rows := v.density.Dim(), v.rows()
	f, err := v.compileConditionals(shown, rows)
	if err != nil {
		return Check{}, err
	}
	defer f.Close()
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
		all, err := v.conditionalsAt(ctx, f, set, x, cond)
		if err != nil {
			return Check{}, err
		}
		for i, value := range x {
			row, at, of := i/dim, i%dim, all[i]
			own := make([]float32, width/dim)
			for n := range own {
				own[n] = noise[row*width+n*dim+at]
			}
			if err := v.variables[at].Check(value); err != nil {
				return fails("order %d, row %d, variable %d: the sample %v", k+1, row, at+1, err)
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

// triangle looks at the Jacobian of a layer in its order.
func triangle(j mat.Matrix, order masks.Order) lower {
	var t lower
	for d := range order {
		t.logDet += math.Log(math.Abs(j.At(d, d)))
		for i := range order {
			entry := j.At(d, i)
			switch {
			case i == d:
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
