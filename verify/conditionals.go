package verify

import (
	"context"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/integrate/quad"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// compileConditionals prepares the outputs of so many rows.
func (v *verifier) compileConditionals(shown models.Conditionals, rows int) (*exec.Compiled, error) {
	return v.of.Compile("conditionals", rows, func(p models.Params, in exec.Args[*Node]) *Node {
		return shown.Conditionals(p, in.X, in.Context)
	})
}

// conditionalsAt are those of rows [n, dim] in an order, row-major.
func (v *verifier) conditionalsAt(ctx context.Context, f *exec.Compiled, set *masks.Set, x, cond []float32) ([]models.Conditional, error) {
	shown, dim := v.density.(models.Conditionals), v.density.Dim()
	flat, err := call(ctx, v.of, f, set, models.Widen(v.density, x), cond)
	if err != nil {
		return nil, err
	}
	outputs := len(flat) * dim / len(x)
	all := make([]models.Conditional, len(x))
	for i := range x {
		row := i / dim
		if all[i], err = shown.Conditional(i%dim, flat[row*outputs:(row+1)*outputs]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// rows is how many samples of an order are looked at.
func (v *verifier) rows() int { return max(v.o.Rows, 16) }

// eachOrder calls look with rows that are drawn in each order and their conditionals, until it
// finds something bad.
func (v *verifier) eachOrder(ctx context.Context,
	look func(set *masks.Set, x, cond []float32, of []models.Conditional) (bad Check, err error)) (bad Check, err error) {
	shown, ok := v.density.(models.Conditionals)
	_, samples := v.density.(models.HostSampler)
	if !ok || !samples {
		return skips("the density does not show its conditionals, or has no sampler on the host")
	}
	rows := v.rows()
	f, err := v.compileConditionals(shown, rows)
	if err != nil {
		return bad, err
	}
	defer f.Close()
	cond := randomNormal(rand.New(rand.NewPCG(v.o.Seed, 0x70726f64)), rows*v.density.ContextDim())
	for _, set := range v.sets {
		x, _, err := v.of.Sample(ctx, []*masks.Set{set}, exec.Draw{N: rows, Seed: v.o.Seed, Context: cond})
		if err != nil {
			return bad, err
		}
		of, err := v.conditionalsAt(ctx, f, set, x, cond)
		if err != nil {
			return bad, err
		}
		if bad, err = look(set, x, cond, of); bad != (Check{}) || err != nil {
			return bad, err
		}
	}
	return bad, nil
}

// product compares ln p of rows, which the graph computes, with the sum of those of their
// conditionals, which the host does.
func (v *verifier) product(ctx context.Context) (Check, error) {
	f, err := v.of.Compile("log probability", v.rows(), func(p models.Params, in exec.Args[*Node]) *Node {
		return v.density.LogProb(p, in.X, in.Context)
	})
	if err != nil {
		return Check{}, err
	}
	defer f.Close()
	dim, worst, n := v.density.Dim(), 0.0, 0
	bad, err := v.eachOrder(ctx, func(set *masks.Set, x, cond []float32, of []models.Conditional) (Check, error) {
		logp, err := call(ctx, v.of, f, set, models.Widen(v.density, x), cond)
		if err != nil {
			return Check{}, err
		}
		for row, got := range logp {
			want, size := 0.0, 1.0
			for d := range dim {
				one := of[row*dim+d].LogProb(float64(x[row*dim+d]))
				want, size = want+one, size+math.Abs(one)
			}
			off := math.Abs(float64(got)-want) / size
			worst = math.Max(worst, off)
			if n++; !(off <= 1e-3) { // NaN too
				return fails("a sample of degrees %v has ln p %.6g, but its conditionals give %.6g", set.Order, got, want)
			}
		}
		return Check{}, nil
	})
	if bad != (Check{}) || err != nil {
		return bad, err
	}
	return holds("%d samples in %s, largest relative difference %.1e", n, orders(len(v.sets)), worst)
}

// sumsOfConditionals adds up, or integrates, each conditional of rows that are drawn.
func (v *verifier) sumsOfConditionals(ctx context.Context) (Check, error) {
	dim, worst, n := v.density.Dim(), 0.0, 0
	bad, err := v.eachOrder(ctx, func(_ *masks.Set, x, _ []float32, of []models.Conditional) (Check, error) {
		for i := range x[:min(v.o.Rows, len(x)/dim)*dim] {
			got, want := mass(of[i], v.variables[i%dim])
			worst = math.Max(worst, math.Abs(got-want))
			if n++; !(math.Abs(got-want) <= 1e-3) { // NaN too
				return fails("the conditional of variable %d has %.6g over a part of its support where its distribution function has %.6g",
					i%dim+1, got, want)
			}
		}
		return Check{}, nil
	})
	if bad != (Check{}) || err != nil {
		return bad, err
	}
	return holds("%d conditionals, each of its states, values or a part of its cells, or by quadrature: largest difference %.1e", n, worst)
}

// mostCells is how many cells of a conditional are added up.
const mostCells = 1000

// mass adds up the probabilities of the states and values of a conditional, all of them where
// they can be counted, else those between two quantiles, and returns what its distribution
// function says that they sum to.
func mass(c models.Conditional, of models.Variable) (got, want float64) {
	p := func(x float64) float64 { return math.Exp(c.LogProb(x)) }
	states := 0.0
	for k := range of.States {
		states += p(float64(models.StateCode(k)))
	}
	switch s := of.Support; {
	case 1-states < 1e-6: // there are hardly any values
		return states, 1
	case s.Size() > 0:
		for x := s.Low; x <= s.High; x++ {
			got += p(x)
		}
		return states + got, 1
	case of.Grid != nil:
		next := func(x float64) float64 {
			_, high := of.Grid.Cell(x)
			return of.Grid.Round(high + 1e-3*of.Grid.Width(x))
		}
		first := c.Quantile(states + (1-states)*1e-4)
		last := first
		got = p(first)
		for range mostCells {
			x := next(last)
			if !(x > last) || math.IsInf(x, 0) || c.CDF(last) > 1-1e-9 {
				break
			}
			last = x
			got += p(x)
		}
		return got, c.CDF(last) - c.CDF(first) + p(first)
	}
	if of.Support.Kind == models.CircleValues {
		return states + integrate(p, 0, of.Support.Period), 1
	}
	const parts = 64 // between quantiles, so that narrow peaks are seen
	at := func(k int) float64 { return c.Quantile(states + (1-states)*(0.01+float64(k)*0.98/parts)) }
	for k := range parts {
		got += integrate(p, at(k), at(k+1))
	}
	return got, c.CDF(at(parts)) - c.CDF(at(0))
}

// integrate is ∫ f over an interval, which it halves where that makes a difference.
func integrate(f func(float64) float64, a, b float64) float64 {
	return halve(f, a, b, quad.Fixed(f, a, b, 8, nil, 0), 12)
}

func halve(f func(float64) float64, a, b, whole float64, depth int) float64 {
	m := a + (b-a)/2
	left, right := quad.Fixed(f, a, m, 8, nil, 0), quad.Fixed(f, m, b, 8, nil, 0)
	if depth == 0 || math.Abs(left+right-whole) < 1e-9 {
		return left + right
	}
	return halve(f, a, m, left, depth-1) + halve(f, m, b, right, depth-1)
}
