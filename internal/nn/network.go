package nn

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// NetworkOptions describe a Network.
type NetworkOptions struct {
	// Recipe makes the mask sets. Its Hidden are the widths of the layers, of a
	// residual network those of the blocks; its Context follows from the next field.
	Recipe masks.Recipe
	// ContextDim is the width of the context, 0 for none.
	ContextDim int
	// Params is the number P of outputs a variable.
	Params int
	// Residual makes each hidden width a block of two layers, whose end is added
	// to its beginning, above a first layer of the same width. All widths are then
	// equal, and degrees sequential: a block has the same degrees at both ends.
	Residual bool
	// Conditioning adds the conditioning weights of every layer.
	Conditioning bool
	// Activation names that of the hidden units.
	Activation string
	// Init names how the weights of a layer are drawn (see models.InitByName), given
	// the mean numbers of unmasked inputs and outputs of its units.
	Init string
	// OutputInit draws the weights of the output layer, those of its context too,
	// and OutputBias its biases [P·D]; nil means as the other layers, and zeros.
	OutputInit, OutputBias models.Init
}

// Network is a masked network from D variables to P outputs for each of them,
// which depend only on the variables before it in an order, and on a context:
//
//	aˡ = hˡ⁻¹(Wˡ ⊙ M) + bˡ [+ cCˡ] [+ aˡ⁻²],   hˡ = g(aˡ),   h⁰ = x
//	o  = h(V ⊙ M) + b [+ cC] [+ x(A ⊙ M)]
//
// where aˡ⁻² is added at the ends of residual blocks. It is the conditioner of
// every maskflow model. It is safe for concurrent use.
type Network struct {
	o          NetworkOptions
	activation Activation
	cycle      *masks.Cycle
	layers     []Masked
	direct     *Masked
	specs      []models.Spec
}

// NewNetwork returns the network, or every problem of its options.
func NewNetwork(o NetworkOptions) (*Network, error) {
	o.Recipe.Hidden, o.Recipe.Base = slices.Clone(o.Recipe.Hidden), slices.Clone(o.Recipe.Base)
	o.Recipe.Context = o.ContextDim > 0
	var problems []error
	act, err := ActivationByName(o.Activation)
	if err != nil {
		problems = append(problems, err)
	}
	initial, err := models.InitByName(o.Init)
	if err != nil {
		problems = append(problems, err)
	}
	if o.ContextDim < 0 {
		problems = append(problems, fmt.Errorf("context: the width is %d, need 0 or more", o.ContextDim))
	}
	if o.Params < 1 {
		problems = append(problems, fmt.Errorf("params: %d outputs a variable, need at least 1", o.Params))
	}
	if field, text := ResidualProblem(o.Residual, o.Recipe.Hidden, o.Recipe.Degrees); text != "" {
		problems = append(problems, fmt.Errorf("%s: %s", field, text))
	} else if o.Residual {
		o.Recipe.Hidden = slices.Repeat(o.Recipe.Hidden[:1], 1+2*len(o.Recipe.Hidden))
	}
	if n := o.weights(); n > maxWeights {
		return nil, fmt.Errorf("the layers have %.3g parameters, more than the %d that are supported: make hidden layers narrower", n, maxWeights)
	}
	cycle, err := masks.NewCycle(o.Recipe)
	if err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	n := &Network{o: o, activation: act, cycle: cycle}
	n.build(initial)
	return n, nil
}

// ResidualProblem returns what keeps hidden layers of these widths and degrees from being residual blocks, with the option at
// fault; no text when they can be.
func ResidualProblem(residual bool, hidden []int, degrees masks.Kind) (option, text string) {
	switch {
	case !residual:
	case len(hidden) == 0:
		return "residual", "without hidden layers there are no residual blocks (give hidden a width for each block)"
	case slices.ContainsFunc(hidden, func(w int) bool { return w != hidden[0] }):
		return "hidden", fmt.Sprintf("the input of a residual block is added to its output, so that all have one width, got %v", hidden)
	case degrees != "" && degrees != masks.SequentialDegrees:
		return "residual", "the units at both ends of a residual block need the same degrees (set degrees: sequential)"
	}
	return "", ""
}

// maxWeights bounds a model: three copies or more of it are held in training.
const maxWeights = 1 << 31

// weights counts those of the layers, in floating point since the product of
// two widths may be anything.
func (o NetworkOptions) weights() float64 {
	return Size(o.Recipe.Dim, o.ContextDim, o.Recipe.Hidden, o.Recipe.Dim*o.Params)
}

// Size counts the weights and biases of layers, and their weights of a context.
func Size(from, context int, hidden []int, to int) (n float64) {
	in := float64(from)
	for _, width := range append(slices.Clone(hidden), to) {
		n += (in + float64(context) + 1) * float64(width)
		in = float64(width)
	}
	return n
}

func (n *Network) build(initial func(fanIn, fanOut float64) models.Init) {
	o, first := n.o, n.cycle.At(0)
	from, last := o.Recipe.Dim, first.Layers()-1
	for l := range first.Layers() {
		to, name, copies := len(first.Out(l)), fmt.Sprintf("hidden%d", l), 1
		if l == last {
			name, copies = "output", o.Params
		}
		layer := Masked{
			Name: name, From: from, To: copies * to, ContextDim: o.ContextDim,
			Strict: first.Strict(l), Bias: true, Conditioning: o.Conditioning,
			Init:        initial(liveFans(first.In(l), first.Out(l), first.Strict(l))),
			ContextInit: models.Normal(1 / math.Sqrt(float64(max(o.ContextDim, 1)))),
		}
		if l == last {
			layer.BiasInit = o.OutputBias
			if o.OutputInit != nil {
				layer.Init, layer.ContextInit = o.OutputInit, o.OutputInit
			}
		}
		n.layers = append(n.layers, layer)
		from = to
	}
	if o.Recipe.Direct && last > 0 {
		n.direct = &Masked{Name: "direct", From: o.Recipe.Dim, To: o.Params * o.Recipe.Dim, Strict: true}
	}
	for _, l := range n.layers {
		n.specs = append(n.specs, l.Specs()...)
	}
	if n.direct != nil {
		n.specs = append(n.specs, n.direct.Specs()...)
	}
}

// liveFans returns the mean number of unmasked inputs of the units above that
// have any, and the mean number of unmasked outputs of the units below. It counts
// once a degree: layers may have thousands of units.
func liveFans(from, to []int, strict bool) (in, out float64) {
	live, fed, inputs := 0, 0, map[int]int{}
	for _, degree := range to {
		n, known := inputs[degree]
		if !known {
			n = count(from, degree, strict)
			inputs[degree] = n
		}
		if n > 0 {
			live += n
			fed++
		}
	}
	feeding := inputs[slices.Max(to)]
	return float64(live) / float64(max(fed, 1)), float64(live) / float64(max(feeding, 1))
}

// WidthsText describes layers by their numbers of units, such as 784-500-784.
func WidthsText(from int, hidden []int, to int) string {
	var b strings.Builder
	fmt.Fprint(&b, from)
	for _, h := range append(slices.Clone(hidden), to) {
		fmt.Fprintf(&b, "-%d", h)
	}
	return b.String()
}

// Cycle is the list of mask sets.
func (n *Network) Cycle() *masks.Cycle { return n.cycle }

// Specs declares the parameters: of each layer hidden0, hidden1, … and output
// its weights [from, to], bias [to], conditioning [from, to] and context
// [context, to], then direct.weights [D, P·D]. Output p of variable d is column
// p·D + d.
func (n *Network) Specs() []models.Spec { return n.specs }

// Hidden are the widths of the hidden layers, those inside blocks too.
func (n *Network) Hidden() []int { return n.o.Recipe.Hidden }

// skips says whether hidden layer l ends a residual block.
func skips(residual bool, l int) bool { return residual && l >= 2 && l%2 == 0 }

// Apply computes the outputs o [batch, P·D] for x [batch, D], degrees (int32, of
// the inputs and of each hidden layer; see Degrees) and a context [batch, Context], nil
// without one.
func (n *Network) Apply(p models.Params, x, context *Node, degrees []*Node) *Node {
	if x.Rank() != 2 || x.Shape().Dimensions[1] != n.o.Recipe.Dim {
		panic(fmt.Errorf("x has shape %s, need [batch, %d]", x.Shape(), n.o.Recipe.Dim))
	}
	if x.Shape().Dimensions[0] == 0 {
		panic(errors.New("the batch has no rows")) // which GoMLX's Go backend dies of
	}
	if n.o.ContextDim > 0 && (context == nil || context.Rank() != 2 || context.Shape().Dimensions[1] != n.o.ContextDim) {
		panic(fmt.Errorf("the context must have shape [batch, %d]", n.o.ContextDim))
	}
	outputs := degrees[0]
	if n.o.Params > 1 {
		outputs = Concatenate(slices.Repeat([]*Node{outputs}, n.o.Params), 0)
	}
	h, last := x, len(n.layers)-1
	var a, before *Node // the sums of the last two layers
	for l, layer := range n.layers[:last] {
		sum := layer.Apply(p, h, degrees[l], degrees[l+1], context)
		if skips(n.o.Residual, l) {
			sum = Add(sum, before)
		}
		h, a, before = n.activation.Graph(sum), sum, a
	}
	y := n.layers[last].Apply(p, h, degrees[last], outputs, context)
	if n.direct != nil {
		y = Add(y, n.direct.Apply(p, x, degrees[0], outputs, nil))
	}
	return y
}

// Degrees are those of a set as Apply takes them: of the inputs, then of each
// hidden layer.
func (n *Network) Degrees(set *masks.Set) [][]int32 {
	degrees := [][]int32{num.Convert[int32](set.Order)}
	for _, h := range set.Hidden {
		degrees = append(degrees, num.Convert[int32](h))
	}
	return degrees
}

// Constants are the degrees of a set as constants in the function scope of x.
func (n *Network) Constants(x *Node, set *masks.Set) []*Node {
	var nodes []*Node
	for _, d := range n.Degrees(set) {
		nodes = append(nodes, Const(x.Graph(), d))
	}
	return nodes
}

// checkSet says whether a mask set has the sizes of the network, and equal degrees at the
// ends of its blocks.
func (n *Network) checkSet(set *masks.Set) error {
	widths := make([]int, len(set.Hidden))
	for l, h := range set.Hidden {
		widths[l] = len(h)
	}
	if set.Dim() != n.o.Recipe.Dim || !slices.Equal(widths, n.o.Recipe.Hidden) {
		return fmt.Errorf("the mask set is of %d variables and hidden layers %v, the model of %d and %v",
			set.Dim(), widths, n.o.Recipe.Dim, n.o.Recipe.Hidden)
	}
	for l := range set.Hidden {
		if skips(n.o.Residual, l) && !slices.Equal(set.Hidden[l], set.Hidden[l-2]) {
			return fmt.Errorf("hidden layers %d and %d are the ends of a block, but their degrees differ", l-2, l)
		}
	}
	return nil
}

// Host returns the network on the host with the masks of a set. get returns a
// parameter's values by its name; they are copied.
func (n *Network) Host(get func(name string) []float32, set *masks.Set) (*Host, error) {
	if err := n.checkSet(set); err != nil {
		return nil, err
	}
	spec := hostSpec{Order: set.Order, Hidden: set.Hidden, Params: n.o.Params, Residual: n.o.Residual, Activation: n.activation}
	outputs := slices.Repeat(set.Order, n.o.Params)
	for l, layer := range n.layers {
		to := set.Out(l)
		if l == len(n.layers)-1 {
			to = outputs
		}
		spec.Layers = append(spec.Layers, layer.Dense(get, set.In(l), to))
	}
	if n.direct != nil {
		d := n.direct.Dense(get, set.Order, outputs)
		spec.Direct = &d
	}
	return newHost(spec), nil
}
