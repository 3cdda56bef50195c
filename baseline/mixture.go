package baseline

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
)

// A mixture of products, fitted by the EM algorithm (Dempster, Laird and Rubin 1977): in each component the variables are
// independent.
type product struct {
	logWeight float64
	margins   []data.Margin
}

// sizes are the numbers of components that are tried. Two in a row that are no better on validation rows end it.
var sizes = []int{1, 2, 4, 8, 16, 32, 50}

const (
	mostSteps = 20
	enough    = 1e-3 // nats a row that a step has to gain
)

func mixture(ctx context.Context, train, valid *table) (*Density, error) {
	for d, m := range train.margins { // without a width there is no density
		if train.variables[d].Levels == 0 && m.SD == 0 {
			return nil, nil
		}
	}
	var best []product
	least, worse := math.Inf(1), 0
	for _, n := range sizes {
		if n > 1 && float64(2*n) > train.n || n > train.rows || worse == 2 {
			break
		}
		found, err := expectationMaximisation(ctx, train, n)
		if err != nil {
			return nil, err
		}
		if nll := -valid.mean(logSum(joint(found, valid))); nll < least {
			best, least, worse = found, nll, 0
		} else {
			worse++
		}
	}
	if best == nil {
		return nil, nil
	}
	name := fmt.Sprintf("a mixture of %d products", len(best))
	if len(best) == 1 {
		name = "a product of columns"
	}
	return &Density{Mixture, name, func(t *table) []float64 { return logSum(joint(best, t)) }}, nil
}

// expectationMaximisation begins with components around rows drawn from a seed, to which each row goes that is most like them.
func expectationMaximisation(ctx context.Context, t *table, n int) ([]product, error) {
	share := make([][]float64, n) // of each component in each row
	for c := range share {
		share[c] = make([]float64, t.rows)
	}
	seeds := rand.New(rand.NewPCG(3, uint64(n))).Perm(t.rows)[:n]
	num.Each(t.rows, func(i int) {
		nearest, least := 0, math.Inf(1)
		for c, seed := range seeds {
			if d := t.distance(i, seed); d < least {
				nearest, least = c, d
			}
		}
		share[nearest][i] = 1
	})
	var found []product
	before := math.Inf(-1)
	for range mostSteps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found = maximise(t, share)
		share = joint(found, t)
		sum := logSum(share)
		num.Each(n, func(c int) {
			for i, v := range share[c] {
				share[c][i] = math.Exp(v - sum[i])
			}
		})
		now := t.mean(sum)
		if !(now > before+enough) {
			break
		}
		before = now
	}
	return found, nil
}

// distance is how unlike two rows are: 1 for each level and state that differs, and half the squared difference of numbers in
// deviations, at most 2.
func (t *table) distance(i, j int) (sum float64) {
	for d := range t.codes {
		if t.codes[d][i] == t.codes[d][j] {
			continue
		}
		a, b := t.point(i, d), t.point(j, d)
		if a.Known != b.Known || a.State != b.State || t.variables[d].Levels > 0 {
			sum++
			continue
		}
		z := (a.Value - b.Value) / max(t.margins[d].SD, math.SmallestNonzeroFloat64)
		sum += min(z*z/2, 2)
	}
	return sum
}

// maximise are the components by their shares of the rows.
func maximise(t *table, share [][]float64) []product {
	found := make([]product, len(share))
	num.Each(len(share), func(c int) {
		weights := floats.MulTo(make([]float64, t.rows), share[c], t.weights)
		found[c] = product{math.Log((floats.Sum(weights) + 1) / (t.n + float64(len(share)))), make([]data.Margin, len(t.variables))}
		for d := range t.variables {
			found[c].margins[d] = t.margin(d, weights, &t.margins[d])
		}
	})
	return found
}

// joint is ln p of each component and each row.
func joint(of []product, t *table) [][]float64 {
	logp := make([][]float64, len(of))
	num.Each(len(of), func(c int) {
		logp[c] = make([]float64, t.rows)
		for i := range logp[c] {
			logp[c][i] = of[c].logWeight
		}
		for d := range of[c].margins {
			at := make([]float64, len(t.points[d]))
			for k, p := range t.points[d] {
				at[k] = of[c].margins[d].LogProb(p)
			}
			for i, k := range t.codes[d] {
				logp[c][i] += at[k]
			}
		}
	})
	return logp
}

// logSum is ln Σ exp over the components, for each row.
func logSum(logp [][]float64) []float64 {
	sum := make([]float64, len(logp[0]))
	row := make([]float64, len(logp))
	for i := range sum {
		for c := range logp {
			row[c] = logp[c][i]
		}
		sum[i] = floats.LogSumExp(row)
	}
	return sum
}
