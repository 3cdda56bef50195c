// Package made is the masked autoencoder for distribution estimation of
// Germain, Gregor, Murray and Larochelle, "MADE: Masked Autoencoder for
// Distribution Estimation", arXiv 1502.03509.
//
// An autoencoder's weights are multiplied by masks so that output d depends only
// on the inputs before d in an order. Its D outputs are then the parameters of
// D one-dimensional conditionals, and their product
//
//	p(x | c) = Π_d p(x_d | x before d, c)
//
// is a density that one pass evaluates exactly. With h⁰ = x the layers are
//
//	hˡ = g(bˡ + (Wˡ ⊙ M)hˡ⁻¹ [+ (Uˡ ⊙ M)1] [+ Cˡc])            (eq. 12, 14)
//	o  = b + (V ⊙ M)h [+ (U ⊙ M)1] [+ Cc] [+ (A ⊙ M)x]         (eq. 13, 11)
//
// with the conditioning weights U, the context weights C and the direct
// connections A where the options ask for them. The masks M follow from the
// degrees of the units (package masks). The degrees are inputs of the graph: one
// compiled function serves every order and every connectivity.
//
// The context reaches every unit of every layer, so the first variable of the
// order depends on it too.
package made

import (
	"errors"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Options describe a MADE. The zero value of a field means the default that its
// comment names.
type Options struct {
	// Dim is the number of variables, at least 1.
	Dim int
	// Context is the width of the context, 0 for none.
	Context int
	// Hidden are the widths of the hidden layers; empty means that inputs feed
	// the outputs directly (a fully visible sigmoid belief network).
	Hidden []int
	// Activation of the hidden units: relu (default), softplus, tanh, sigmoid,
	// elu, leaky_relu, silu or gelu.
	Activation string
	// Direct adds input → output connections (eq. 11). Without hidden layers the
	// output layer is just these, and Direct changes nothing.
	Direct bool
	// Conditioning adds the conditioning weights (eq. 14).
	Conditioning bool
	// Init names how weights are drawn: orthogonal (default, as in the paper's
	// code), he, glorot or lecun, whose fan-in counts unmasked inputs. Biases,
	// conditioning weights and direct connections start at zero.
	Init string
	// Start is the first order: natural (default), reversed or random.
	Start masks.OrderKind
	// Order is an explicit first order (the degree of each input); it overrides
	// Start.
	Order masks.Order
	// Groups lets neighbouring inputs of an order share a degree, so many groups
	// in all; 0 for none. Inputs of a group are independent given the earlier
	// groups.
	Groups int
	// Degrees of the hidden units: sequential (default) or sampled.
	Degrees masks.Kind
	// Masks is the number of mask sets that training cycles through; 0 means 1.
	// Unlimited overrides it: a fresh set every update.
	Masks     int
	Unlimited bool
	// Resample says what the sets of the cycle differ in; the default is both
	// the order and the connectivity.
	Resample masks.Resample
	// Seed is what orders and degrees follow from.
	Seed uint64
}

func (o Options) clone() Options {
	o.Hidden, o.Order = slices.Clone(o.Hidden), slices.Clone(o.Order)
	return o
}

// Model is a MADE with Bernoulli outputs. It has no parameters of its own: see
// package models. It is safe for concurrent use.
type Model struct {
	opts       Options
	activation nn.Activation
	cycle      *masks.Cycle
	layers     []nn.Masked
	direct     *nn.Masked
	specs      []models.Spec
}

var (
	_ models.Masked       = (*Model)(nil)
	_ models.Conditionals = (*Model)(nil)
	_ models.HostSampler  = (*Model)(nil)
)

// New validates the options, every problem at once, and returns the model.
func New(o Options) (*Model, error) {
	var problems []error
	act, err := nn.ActivationByName(o.Activation)
	if err != nil {
		problems = append(problems, err)
	}
	initial, err := initByName(o.Init)
	if err != nil {
		problems = append(problems, err)
	}
	if o.Context < 0 {
		problems = append(problems, fmt.Errorf("context: the width is %d, need 0 or more", o.Context))
	}
	count := max(o.Masks, 1)
	if o.Masks < 0 {
		problems = append(problems, fmt.Errorf("masks: the number of mask sets is %d, need 1 or more", o.Masks))
	}
	if o.Unlimited {
		count = masks.Unlimited
	}
	if n := parameters(o); n > maxParameters {
		return nil, fmt.Errorf("made: the layers have %.3g parameters, more than the %d that are supported: make hidden layers narrower", n, maxParameters)
	}
	cycle, err := masks.NewCycle(masks.Recipe{
		Dim: o.Dim, Hidden: o.Hidden, Context: o.Context > 0, Direct: o.Direct,
		Base: o.Order, Start: o.Start, Groups: o.Groups, Degrees: o.Degrees,
		Count: count, Resample: o.Resample, Seed: o.Seed,
	})
	if err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("made: %w", errors.Join(problems...))
	}
	m := &Model{opts: o.clone(), activation: act, cycle: cycle}
	m.build(initial)
	return m, nil
}

func (m *Model) build(initial func(fanIn, fanOut float64) models.Init) {
	o, first := m.opts, m.cycle.At(0)
	from := o.Dim
	for l := range first.Layers() {
		to := len(first.Out(l))
		m.layers = append(m.layers, nn.Masked{
			Name: layerName(l, len(o.Hidden)), From: from, To: to, Context: o.Context,
			Strict: first.Strict(l), Bias: true, Conditioning: o.Conditioning,
			Init:        initial(liveFans(first.In(l), first.Out(l), first.Strict(l))),
			ContextInit: models.Normal(1 / math.Sqrt(float64(max(o.Context, 1)))),
		})
		from = to
	}
	if o.Direct && len(o.Hidden) > 0 {
		m.direct = &nn.Masked{Name: "direct", From: o.Dim, To: o.Dim, Strict: true}
	}
	for _, l := range m.layers {
		m.addSpecs(l)
	}
	if m.direct != nil {
		m.addSpecs(*m.direct)
	}
}

func (m *Model) addSpecs(l nn.Masked) {
	for _, p := range l.Params() {
		m.specs = append(m.specs, models.Spec{Name: p.Name, Shape: p.Shape, Init: p.Init})
	}
}

func layerName(l, hidden int) string {
	if l == hidden {
		return "output"
	}
	return fmt.Sprintf("hidden%d", l)
}

// liveFans returns the mean number of unmasked inputs of the units above that
// have any, and the mean number of unmasked outputs of the units below. It counts
// by degree: layers may have thousands of units.
func liveFans(from, to []int, strict bool) (in, out float64) {
	below, above := histogram(from), histogram(to)
	live, feeding, fed := 0, map[int]int{}, map[int]int{}
	for a, n := range below {
		for b, m := range above {
			if masks.Connects(a, b, strict) {
				live += n * m
				feeding[a], fed[b] = n, m
			}
		}
	}
	return mean(live, fed), mean(live, feeding)
}

func histogram(degrees []int) map[int]int {
	counts := map[int]int{}
	for _, d := range degrees {
		counts[d]++
	}
	return counts
}

// mean shares n among all that are counted, 0 when there are none.
func mean(n int, counts map[int]int) float64 {
	total := 0
	for _, c := range counts {
		total += c
	}
	return float64(n) / float64(max(total, 1))
}

// maxParameters bounds a model: three copies or more of it are held in training.
const maxParameters = 1 << 31

// parameters counts the weights of the layers, in floating point since the
// product of two widths may be anything.
func parameters(o Options) float64 {
	n, from := 0.0, float64(o.Dim)
	for _, width := range append(slices.Clone(o.Hidden), o.Dim) {
		n += from * float64(width)
		from = float64(width)
	}
	return n
}

func initByName(name string) (func(fanIn, fanOut float64) models.Init, error) {
	normal := func(variance func(in, out float64) float64) func(float64, float64) models.Init {
		return func(in, out float64) models.Init { return models.Normal(math.Sqrt(variance(max(in, 1), max(out, 1)))) }
	}
	switch name {
	case "", "orthogonal":
		return func(float64, float64) models.Init { return models.Orthogonal }, nil
	case "he":
		return normal(func(in, _ float64) float64 { return 2 / in }), nil
	case "glorot":
		return normal(func(in, out float64) float64 { return 2 / (in + out) }), nil
	case "lecun":
		return normal(func(in, _ float64) float64 { return 1 / in }), nil
	}
	return nil, fmt.Errorf("unknown init %q (known: orthogonal, he, glorot, lecun)", name)
}

// Dim is the number of variables.
func (m *Model) Dim() int { return m.opts.Dim }

// ContextDim is the width of the context, 0 for none.
func (m *Model) ContextDim() int { return m.opts.Context }

// Specs declares the parameters: of each layer its weights [from, to], bias
// [to], conditioning [from, to] and context [context, to], then direct.weights
// [dim, dim].
func (m *Model) Specs() []models.Spec { return m.specs }

// Cycle is the list of mask sets that training walks through.
func (m *Model) Cycle() *masks.Cycle { return m.cycle }

// Options returns what the model was made from.
func (m *Model) Options() Options { return m.opts.clone() }

func degreesName(l int) string { return fmt.Sprintf("degrees%d", l) }

// DegreeSpecs declares the degrees of the inputs, then of each hidden layer.
func (m *Model) DegreeSpecs() []models.DegreeSpec {
	specs := []models.DegreeSpec{{Name: degreesName(0), Length: m.opts.Dim}}
	for l, width := range m.opts.Hidden {
		specs = append(specs, models.DegreeSpec{Name: degreesName(l + 1), Length: width})
	}
	return specs
}

// Degrees returns the set's degrees in the order of DegreeSpecs.
func (m *Model) Degrees(set *masks.Set) [][]int32 {
	degrees := [][]int32{toInt32(set.Order)}
	for _, h := range set.Hidden {
		degrees = append(degrees, toInt32(h))
	}
	return degrees
}

func toInt32(v []int) []int32 {
	r := make([]int32, len(v))
	for i, d := range v {
		r[i] = int32(d)
	}
	return r
}

// degreeNodes looks the degrees up among the parameters and falls back to the
// cycle's first set.
func (m *Model) degreeNodes(p models.Params, g *Graph) []*Node {
	var fallback [][]int32
	nodes := make([]*Node, 0, len(m.opts.Hidden)+1)
	for l, s := range m.DegreeSpecs() {
		n := p.Lookup(s.Name)
		if n == nil {
			if fallback == nil {
				fallback = m.Degrees(m.cycle.At(0))
			}
			n = Const(g, fallback[l])
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// logits computes o, shape [batch, dim].
func (m *Model) logits(p models.Params, x, context *Node) *Node {
	if x.Rank() != 2 || x.Shape().Dimensions[1] != m.opts.Dim {
		panic(fmt.Errorf("made: x has shape %s, need [batch, %d]", x.Shape(), m.opts.Dim))
	}
	if x.Shape().Dimensions[0] == 0 {
		panic(errors.New("made: the batch has no rows")) // which GoMLX's Go backend dies of
	}
	if m.opts.Context > 0 && (context == nil || context.Rank() != 2 || context.Shape().Dimensions[1] != m.opts.Context) {
		panic(fmt.Errorf("made: the context must have shape [batch, %d]", m.opts.Context))
	}
	degrees := m.degreeNodes(p, x.Graph())
	h := x
	for l, layer := range m.layers {
		to := degrees[0]
		if l < len(m.opts.Hidden) {
			to = degrees[l+1]
		}
		h = layer.Apply(p, h, degrees[l], to, context)
		if l < len(m.opts.Hidden) {
			h = m.activation.Graph(h)
		}
	}
	if m.direct != nil {
		h = Add(h, m.direct.Apply(p, x, degrees[0], degrees[0], nil))
	}
	return h
}

// LogProb returns ln p(x | context) in nats, shape [batch], for binary x.
func (m *Model) LogProb(p models.Params, x, context *Node) *Node {
	return nn.BernoulliLogProb(x, m.logits(p, x, context))
}

// Conditionals returns the logits of x_d = 1 given the variables before d,
// shape [batch, dim, 1].
func (m *Model) Conditionals(p models.Params, x, context *Node) *Node {
	return ExpandAxes(m.logits(p, x, context), -1)
}
