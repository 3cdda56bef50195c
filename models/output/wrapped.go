package output

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// wrapped is the family of mixtures of normal distributions that are wound around the circle
// [0, 2π): Σ_k π_k·Σ_j N(x + 2πj; m_k, σ_k²). Its outputs are those of a mixture, the means in
// half turns. A network sees the cosine and the sine of an angle. Of rounded angles it has the
// probabilities of cells.
type wrapped struct{ mixture }

// windings is how many turns on each side of the nearest one count. widest bounds standard
// deviations to where all turns beyond have less than 1e-7, and the density is flat to 1e-3.
const (
	windings = 3
	widest   = 4
	turn     = 2 * math.Pi
)

func newWrapped(_ models.Variable, f Fields, scale *nn.Scale) (Family, error) {
	inner, err := newMixture(models.Variable{}, f, scale)
	if err != nil {
		return nil, err
	}
	return wrapped{inner.(mixture)}, nil
}

func (wrapped) Support() models.Support { return models.Circle(turn) }
func (wrapped) Units() int              { return 2 }

func (wrapped) Encode(_ models.Params, x *Node) *Node {
	return Concatenate([]*Node{Cos(x), Sin(x)}, 1)
}

func (wrapped) Encoder(func(string) []float32, int, int) func(units []float32, x float32) {
	return func(units []float32, x float32) {
		sin, cos := math.Sincos(float64(x))
		units[0], units[1] = float32(cos), float32(sin)
	}
}

func (w wrapped) LogProb(v Values, o *Node) *Node {
	of := func(i int) *Node { return part(o, 3*w.k, i*w.k, (i+1)*w.k) } // [batch, K, n]
	logits := of(0)
	s := w.width.log(of(2))
	// The inverse standard deviation is at least that of the widest.
	least := nn.Number(s, -math.Log(widest))
	s = Add(least, nn.SoftPlus(Sub(s, least)))
	off := Sub(ExpandAxes(v.X, 1), Mul(of(1), nn.Number(s, math.Pi)))
	off = Sub(off, StopGradient(Mul(Round(Mul(off, nn.Number(off, 1/turn))), nn.Number(off, turn))))
	turns := make([][][][]float32, 2*windings+1)
	for j := range turns {
		turns[j] = [][][]float32{{{float32(turn * float64(j-windings))}}}
	}
	s = ExpandAxes(s, 0)
	u := Mul(Add(ExpandAxes(off, 0), ConvertDType(Const(off.Graph(), turns), off.DType())), Exp(s))
	var each *Node // [windings, batch, K, n]
	if v.Width == nil {
		each = normal{}.density(u, s)
	} else {
		v.Width = ExpandAxes(ExpandAxes(v.Width, 1), 0)
		each = normal{}.cell(v.cell(u, Mul(s, nn.OnesOf(u))))
	}
	return Sub(nn.LogSumExp(Add(nn.LogSumExp(each, 0), logits), 1), nn.LogSumExp(logits, 1))
}

func (w wrapped) Conditional(v models.Variable, o []float32) models.Conditional {
	at := wrappedAt{mixtureAt: mixtureAt{w.mixture, o}}
	if v.Grid != nil {
		width := v.Grid.Width(0)
		at.start, at.margin = -width/2, width/1000
	}
	return rounded(v, at)
}

// wrappedAt is the mixture of given outputs. Its distribution function counts from start; quantiles
// are at least margin within the turn from there, so that rounding takes none into another cell.
type wrappedAt struct {
	mixtureAt
	start, margin float64
}

// component has a mean in [0, 2π).
func (w wrappedAt) component(k int) located {
	c := w.mixtureAt.component(k)
	return located{normal{}, onCircle(c.mean * math.Pi), c.inverse + 1/float64(widest)}
}

// onCircle is the angle in [0, 2π).
func onCircle(x float64) float64 {
	x = math.Mod(x, turn)
	if x < 0 {
		x += turn
	}
	if float64(float32(x)) >= turn { // 2π as a float32 is above 2π
		return 0
	}
	return x
}

func (w wrappedAt) Draw(noise []float32) float64 {
	k, _ := w.choose(noise)
	if k < 0 {
		return math.NaN()
	}
	c := w.component(k)
	return onCircle(c.mean + float64(noise[0])/c.inverse)
}

func (w wrappedAt) Residual(x float64, noise []float32) (off float64, sure bool) {
	k, margin := w.choose(noise)
	if k < 0 {
		return math.NaN(), true
	}
	c, z := w.component(k), float64(noise[0])
	off = math.Abs(math.Remainder(x-c.mean-z/c.inverse, turn)) * c.inverse
	return off / (1 + math.Abs(z)), margin > uncertain
}

// wound is Σ_j f(2πj) over the turns that count, on the host more than in graphs.
func wound(f func(shift float64) float64) (sum float64) {
	for j := -2 * windings; j <= 2*windings; j++ {
		sum += f(turn * float64(j))
	}
	return sum
}

func (w wrappedAt) LogProb(x float64) float64 {
	if models.Circle(turn).Check(x) != nil {
		return math.Inf(-1)
	}
	return w.sum(w.component, func(c located) float64 {
		nearest := math.Remainder(x-c.mean, turn) * c.inverse
		rest := wound(func(shift float64) float64 {
			u := nearest + shift*c.inverse
			return math.Exp((nearest*nearest - u*u) / 2)
		})
		return c.hostDensity(nearest) + math.Log(c.inverse) + math.Log(rest)
	})
}

func (w wrappedAt) LogCell(low, high float64) float64 {
	return w.sum(w.component, func(c located) float64 {
		turns := make([]float64, 4*windings+1)
		for j := range turns {
			shift := turn * float64(j-2*windings)
			turns[j] = c.hostCell(c.scaled(low+shift), c.scaled(high+shift))
		}
		return floats.LogSumExp(turns)
	})
}

func (w wrappedAt) CDF(x float64) float64 {
	if x <= w.start || x >= w.start+turn {
		return math.Min(math.Max(x-w.start, 0), 1)
	}
	sum := 0.0
	for k, l := range w.weights() {
		c := w.component(k)
		sum += math.Exp(l) * wound(func(shift float64) float64 {
			return c.hostCDF(c.scaled(x+shift)) - c.hostCDF(c.scaled(w.start+shift))
		})
	}
	return math.Min(sum, 1)
}

func (w wrappedAt) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	x := math.Max(bisect(w.CDF, p, w.start, w.start+turn), w.start+w.margin)
	return math.Min(x, math.Nextafter(w.start+turn, 0)-w.margin)
}

func (w wrappedAt) Parameters() []models.Parameter { return w.parameters(w.component) }
