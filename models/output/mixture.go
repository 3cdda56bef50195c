package output

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
)

// maxComponents bounds a mixture: each component has three outputs a variable.
const maxComponents = 1000

// bell is a standard distribution that is shifted and scaled.
type bell interface {
	// spread is its standard deviation.
	spread() float64
	// density is ln f(u) + s, element by element.
	density(u, s *Node) *Node
	// cell is the logarithm of the probability of cells.
	cell(c nn.Cell) *Node
	hostDensity(u float64) float64
	hostCell(low, high float64) float64
	hostCDF(u float64) float64
	hostQuantile(p float64) float64
	// hostFromNormal makes a number of this distribution from a standard normal one.
	hostFromNormal(noise float64) float64
}

// mixture is the family of Σ_k π_k·f((x − m_k)/σ_k)/σ_k. Its 3K outputs are K logits of the
// weights, K means and K numbers that the scale makes into logarithms of inverse
// standard deviations. One component that is not weighted has no logit.
type mixture struct {
	inputs
	bell     bell
	k        int
	weighted bool
	width    width
}

func newMixture(_ models.Variable, f Fields, scale *nn.Scale) (Family, error) {
	return newMixtureOf(normal{}, f, scale)
}

func newMixtureOf(b bell, f Fields, scale *nn.Scale) (Family, error) {
	k, err := f.components()
	return mixture{inputs{f.Visible}, b, k, true, f.width(scale)}, err
}

// components is the number of components.
func (f Fields) components() (int, error) {
	k := value(f.Components)
	if k == 0 {
		k = 10
	}
	if k < 1 || k > maxComponents {
		return k, fmt.Errorf("components: a mixture of %d, need 1 to %d", k, maxComponents)
	}
	return k, nil
}

func mixtureTable(f Fields) option.Table {
	return append(option.Table{
		option.Of("components", f.Components, 10, "number of components of a mixture").Within(1, maxComponents),
	}, f.widthTable()...)
}

// width makes standard deviations from outputs.
type width struct {
	scale *nn.Scale
	least float64
}

func (f Fields) width(scale *nn.Scale) width { return width{scale, value(f.Narrowest)} }

func (f Fields) widthTable() option.Table {
	table := option.Table{nn.ScaleRow(f.Scale)}
	if f.Narrowest == nil {
		return table
	}
	return append(table, option.Of("narrowest", f.Narrowest, 0, "least standard deviation of a Gaussian or another component, in units of the rows that the model sees").Within(0, 1))
}

// log is the logarithm of the inverse standard deviation that an output gives: σ + least for
// the σ of the scale, so that narrow components keep a gradient.
func (w width) log(a *Node) *Node {
	s := w.scale.Log(a)
	if w.least == 0 {
		return s
	}
	least := nn.Number(s, math.Log(w.least))
	return Neg(Add(least, nn.SoftPlus(Neg(Add(s, least)))))
}

func (w width) hostLog(a float64) float64 {
	s := w.scale.HostLog(a)
	if w.least == 0 {
		return s
	}
	least := math.Log(w.least)
	return -least - nn.HostSoftPlus(-s-least)
}

func (m mixture) Outputs() int {
	if m.weighted {
		return 3 * m.k
	}
	return 2
}

func (mixture) Support() models.Support { return models.Reals() }

// Bias is N(0, 1) of several, as in the MAF paper's code: components that start alike stay
// alike.
func (m mixture) Bias() models.Init {
	if m.weighted {
		return models.Normal(1)
	}
	return nil
}

// Noise is a normal number, and a uniform one that chooses the component.
func (m mixture) Noise() []Noise {
	if m.weighted {
		return []Noise{Normal, Uniform}
	}
	return []Noise{Normal}
}

func (m mixture) Hint() string { return m.width.scale.Hint() }

func (m mixture) LogProb(v Values, o *Node) *Node {
	if !m.weighted {
		n := v.X.Shape().Dimensions[1]
		return m.each(v, Slice(o, AxisRange(), AxisRange(0, n)), Slice(o, AxisRange(), AxisRange(n)))
	}
	n := v.X.Shape().Dimensions[1]
	of := func(i int) *Node { return Slice(o, AxisRange(), AxisRange(i*m.k*n, (i+1)*m.k*n)) } // [batch, K·n]
	byComponent := func(x *Node) *Node { return Reshape(x, -1, m.k, n) }
	all := nn.LogSumExp(byComponent(Add(of(0), m.each(v.repeat(m.k), of(1), of(2)))), 1)
	return Sub(all, nn.LogSumExp(byComponent(of(0)), 1))
}

// each is ln p of every component by its outputs.
func (m mixture) each(v Values, mean, scale *Node) *Node {
	s := m.width.log(scale)
	if spread := m.bell.spread(); spread != 1 {
		s = Add(s, nn.Number(s, math.Log(spread)))
	}
	u := Mul(Sub(v.X, mean), Exp(s))
	if v.Width == nil {
		return m.bell.density(u, s)
	}
	return m.bell.cell(v.cell(u, s))
}

// repeat are k copies of the variables beside each other: loops over equal shapes are several
// times faster than those that look up a variable.
func (v Values) repeat(k int) Values {
	v.X = Concatenate(slices.Repeat([]*Node{v.X}, k), 1)
	if v.Width != nil {
		v.Width = Concatenate(slices.Repeat([]*Node{v.Width}, k), 1)
	}
	v.Variables = slices.Repeat(v.Variables, k)
	return v
}

// cell are the cells of values in units of a scale whose logarithm is −s, u of their middles.
func (v Values) cell(u, s *Node) nn.Cell {
	c := nn.Cell{Middle: u, Half: Mul(Mul(v.Width, nn.Number(s, 0.5)), Exp(s)), Log: Add(Log(v.Width), s)}
	first, last := make([]float32, len(v.Variables)), make([]float32, len(v.Variables))
	any := false
	for j, of := range v.Variables {
		low, high := of.Grid.Ends()
		first[j], last[j] = float32(low), float32(high)
		any = any || !math.IsInf(low, 0) || !math.IsInf(high, 0)
	}
	if any {
		c.First = ConvertDType(LessOrEqual(v.X, row(v.X, first)), u.DType())
		c.Last = ConvertDType(GreaterOrEqual(v.X, row(v.X, last)), u.DType())
	}
	return c
}

// row are finite numbers of n variables in the last axis of a node like x.
func row(x *Node, numbers []float32) *Node {
	for j, v := range numbers {
		numbers[j] = min(max(v, -math.MaxFloat32), math.MaxFloat32)
	}
	shape := slices.Repeat([]int{1}, x.Rank())
	shape[x.Rank()-1] = len(numbers)
	return Reshape(ConvertDType(Const(x.Graph(), numbers), x.DType()), shape...)
}

func (m mixture) Conditional(v models.Variable, o []float32) models.Conditional {
	return rounded(v, mixtureAt{m, o})
}

// mixtureAt is the mixture of given outputs.
type mixtureAt struct {
	mixture
	o []float32
}

// located is a bell with a mean and an inverse scale.
type located struct {
	bell
	mean, inverse float64
}

func (l located) scaled(x float64) float64   { return (x - l.mean) * l.inverse }
func (l located) sd() float64                { return l.spread() / l.inverse }
func (l located) quantile(p float64) float64 { return l.mean + l.hostQuantile(p)/l.inverse }

func (m mixtureAt) component(k int) located {
	at := k
	if m.weighted {
		at += m.k
	}
	return located{m.bell, float64(m.o[at]), m.bell.spread() * math.Exp(m.width.hostLog(float64(m.o[at+m.k])))}
}

// choose is the component that the noise chooses.
func (m mixtureAt) choose(noise []float32) (k int, margin float64) {
	if !m.weighted {
		return 0, math.Inf(1)
	}
	return choose(m.o[:m.k], float64(noise[1]))
}

func (m mixtureAt) Draw(noise []float32) float64 {
	k, _ := m.choose(noise)
	if k < 0 {
		return math.NaN()
	}
	c := m.component(k)
	return c.mean + c.hostFromNormal(float64(noise[0]))/c.inverse
}

func (m mixtureAt) Residual(x float64, noise []float32) (off float64, sure bool) {
	k, margin := m.choose(noise)
	if k < 0 {
		return math.NaN(), true
	}
	c := m.component(k)
	u := c.hostFromNormal(float64(noise[0]))
	return math.Abs(c.scaled(x)-u) / (1 + math.Abs(u)), margin > uncertain
}

// weights are ln π_k.
func (m mixtureAt) weights() []float64 {
	if !m.weighted {
		return []float64{0}
	}
	return logSoftmax(m.o[:m.k])
}

// sum is ln Σ π_k·exp f of the components.
func (m mixtureAt) sum(component func(k int) located, f func(c located) float64) float64 {
	w := m.weights()
	for k := range w {
		w[k] += f(component(k))
	}
	return floats.LogSumExp(w)
}

func (m mixtureAt) LogProb(x float64) float64 {
	return m.sum(m.component, func(c located) float64 { return c.hostDensity(c.scaled(x)) + math.Log(c.inverse) })
}

func (m mixtureAt) LogCell(low, high float64) float64 {
	return m.sum(m.component, func(c located) float64 { return c.hostCell(c.scaled(low), c.scaled(high)) })
}

func (m mixtureAt) CDF(x float64) float64 {
	sum := 0.0
	for k, w := range m.weights() {
		c := m.component(k)
		sum += math.Exp(w) * c.hostCDF(c.scaled(x))
	}
	return math.Min(sum, 1)
}

func (m mixtureAt) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	low, high := math.Inf(1), math.Inf(-1)
	for k := range m.k {
		q := m.component(k).quantile(p)
		low, high = math.Min(low, q), math.Max(high, q)
	}
	if math.IsInf(low, 0) || math.IsInf(high, 0) || low == high {
		return low // at the ends
	}
	return bisect(m.CDF, p, low, high)
}

func (m mixtureAt) Parameters() []models.Parameter { return m.parameters(m.component) }

func (m mixtureAt) parameters(component func(k int) located) (all []models.Parameter) {
	for k, w := range m.weights() {
		c, of := component(k), ""
		if m.weighted {
			of = fmt.Sprint(k + 1)
			all = append(all, models.Parameter{Name: "weight" + of, Value: math.Exp(w)})
		}
		all = append(all, models.Parameter{Name: "mean" + of, Value: c.mean}, models.Parameter{Name: "sd" + of, Value: c.sd()})
	}
	return all
}
