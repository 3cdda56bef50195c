package nn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
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
	// Groups say what inputs and outputs the variables have, each variable in one group or
	// more; nil is one group of all variables, with one input and Params outputs each.
	Groups []Group
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
	// OutputInit draws the weights of the output layer, those of its context too; nil
	// means as the other layers.
	OutputInit models.Init
}

// Group is n variables with alike inputs and outputs of a network: unit u of the j-th
// is input u·n + j of the group, and output p of it is output p·n + j. Those of the
// groups follow each other.
type Group struct {
	// Variables are counted from 0.
	Variables []int
	// Units and Outputs are the numbers of inputs and outputs of one variable.
	Units, Outputs int
	// Bias draws the Outputs·n biases of the outputs; nil means zeros.
	Bias models.Init
}

// columns are the variables of the columns of groups with so many of each.
func columns(groups []Group, copies func(g Group) int) (variables []int) {
	for _, g := range groups {
		for range copies(g) {
			variables = append(variables, g.Variables...)
		}
	}
	return variables
}

// checkGroups says whether groups have each of so many variables, with inputs and outputs.
func checkGroups(groups []Group, dim int) error {
	var problems []error
	all := masks.Natural(dim).Sequence()
	variables := columns(groups, func(Group) int { return 1 })
	slices.Sort(variables)
	if variables = slices.Compact(variables); !slices.Equal(variables, all) {
		problems = append(problems, fmt.Errorf("groups: they have the variables %v, need each of %d", variables, dim))
	}
	for _, g := range groups {
		if g.Units < 1 || g.Outputs < 1 {
			problems = append(problems, fmt.Errorf("params: %d outputs and %d inputs a variable, need at least 1 of both", g.Outputs, g.Units))
		}
	}
	return errors.Join(problems...)
}

// Network is a masked network from D variables to outputs for each of them,
// which depend only on the variables before it in an order, and on a context. A
// variable may be several units x of the input, which share its degree:
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
	// units and outputs are the variables of the columns of the input and of the output.
	units, outputs []int
	columns        [][]int // of the outputs of each variable
	layers         []Masked
	direct         *Masked
	specs          []models.Spec
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
	if o.Groups == nil {
		o.Groups = []Group{{Variables: masks.Natural(o.Recipe.Dim).Sequence(), Units: 1, Outputs: o.Params}}
	}
	if err := checkGroups(o.Groups, o.Recipe.Dim); err != nil {
		problems = append(problems, err)
	}
	if field, text := ResidualProblem(o.Residual, o.Recipe.Hidden, o.Recipe.Degrees); text != "" {
		problems = append(problems, fmt.Errorf("%s: %s", field, text))
	} else if o.Residual {
		o.Recipe.Hidden = slices.Repeat(o.Recipe.Hidden[:1], 1+2*len(o.Recipe.Hidden))
	}
	if err := checkSize(o.Groups, 0, o.ContextDim, o.Recipe.Hidden, o.Recipe.Direct); err != nil {
		return nil, err
	}
	cycle, err := masks.NewCycle(o.Recipe)
	if err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	n := &Network{o: o, activation: act, cycle: cycle,
		units:   columns(o.Groups, func(g Group) int { return g.Units }),
		outputs: columns(o.Groups, func(g Group) int { return g.Outputs })}
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

// checkSize refuses too many parameters of layers, and of direct connections where there are any. more are inputs
// beside the units of the groups.
func checkSize(groups []Group, more, context int, hidden []int, direct bool) error {
	units, outputs := more, 0
	for _, g := range groups {
		units, outputs = units+g.Units*len(g.Variables), outputs+g.Outputs*len(g.Variables)
	}
	n := Size(units, context, hidden, outputs)
	if direct {
		n += float64(units) * float64(outputs)
	}
	if n > maxWeights {
		return fmt.Errorf("the layers have %.3g parameters, more than the %d that are supported: make hidden layers narrower", n, maxWeights)
	}
	return nil
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
	n.columns = byVariable(n.outputs, o.Recipe.Dim)
	below, last := spread(first.Order, n.units), first.Layers()-1
	for l := range first.Layers() {
		to, name := first.Out(l), fmt.Sprintf("hidden%d", l)
		layer := Masked{
			From: len(below), To: len(to), ContextDim: o.ContextDim,
			Strict: first.Strict(l), Bias: true, Conditioning: o.Conditioning,
			Init:        initial(liveFans(below, to, first.Strict(l))),
			ContextInit: models.Normal(1 / math.Sqrt(float64(max(o.ContextDim, 1)))),
		}
		if l == last {
			name, layer.To, layer.BiasInit = "output", len(n.outputs), outputBias(o.Groups)
			if o.OutputInit != nil {
				layer.Init, layer.ContextInit = o.OutputInit, o.OutputInit
			}
		}
		layer.Name = name
		n.layers = append(n.layers, layer)
		below = to
	}
	if o.Recipe.Direct && last > 0 {
		n.direct = &Masked{Name: "direct", From: len(n.units), To: len(n.outputs), Strict: true}
	}
	for _, l := range n.layers {
		n.specs = append(n.specs, l.Specs()...)
	}
	if n.direct != nil {
		n.specs = append(n.specs, n.direct.Specs()...)
	}
}

// outputBias draws the biases of all groups.
func outputBias(groups []Group) models.Init {
	return func(rng *rand.Rand, _ []int) (all []float32) {
		for _, g := range groups {
			size := []int{g.Outputs * len(g.Variables)}
			if g.Bias == nil {
				all = append(all, make([]float32, size[0])...)
			} else {
				all = append(all, g.Bias(rng, size)...)
			}
		}
		return all
	}
}

// spread are the degrees of columns, by the variable of each.
func spread(order []int, variables []int) []int {
	degrees := make([]int, len(variables))
	for i, d := range variables {
		degrees[i] = order[d]
	}
	return degrees
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
// [context, to], then direct.weights [inputs, outputs]. The columns of inputs and
// outputs are those of [Group].
func (n *Network) Specs() []models.Spec { return n.specs }

// Hidden are the widths of the hidden layers, those inside blocks too.
func (n *Network) Hidden() []int { return n.o.Recipe.Hidden }

// Columns are those of the outputs of variable d.
func (n *Network) Columns(d int) []int { return n.columns[d] }

// Outputs is the number of outputs.
func (n *Network) Outputs() int { return len(n.outputs) }

// skips says whether hidden layer l ends a residual block.
func skips(residual bool, l int) bool { return residual && l >= 2 && l%2 == 0 }

// Apply computes the outputs o [batch, outputs] for inputs x [batch, inputs], degrees
// (int32, of the variables and of each hidden layer; see Degrees) and a context
// [batch, Context], nil without one.
func (n *Network) Apply(p models.Params, x, context *Node, degrees []*Node) *Node {
	if x.Rank() != 2 || x.Shape().Dimensions[1] != len(n.units) {
		panic(fmt.Errorf("x has shape %s, need [batch, %d]", x.Shape(), len(n.units)))
	}
	if x.Shape().Dimensions[0] == 0 {
		panic(errors.New("the batch has no rows")) // which GoMLX's Go backend dies of
	}
	if n.o.ContextDim > 0 && (context == nil || context.Rank() != 2 || context.Shape().Dimensions[1] != n.o.ContextDim) {
		panic(fmt.Errorf("the context must have shape [batch, %d]", n.o.ContextDim))
	}
	inputs, outputs := spreadNode(degrees[0], n.units), spreadNode(degrees[0], n.outputs)
	h, below, last := x, inputs, len(n.layers)-1
	var a, before *Node // the sums of the last two layers
	for l, layer := range n.layers[:last] {
		sum := layer.Apply(p, h, below, degrees[l+1], context)
		if skips(n.o.Residual, l) {
			sum = Add(sum, before)
		}
		h, below, a, before = n.activation.Graph(sum), degrees[l+1], sum, a
	}
	y := n.layers[last].Apply(p, h, below, outputs, context)
	if n.direct != nil {
		y = Add(y, n.direct.Apply(p, x, inputs, outputs, nil))
	}
	return y
}

// spreadNode is spread in a graph.
func spreadNode(order *Node, variables []int) *Node {
	copies := len(variables) / order.Shape().Size()
	if alike := masks.Natural(order.Shape().Size()).Sequence(); slices.Equal(variables, slices.Repeat(alike, copies)) {
		return Concatenate(slices.Repeat([]*Node{order}, copies), 0)
	}
	places := Const(order.Graph(), num.Convert[int32](variables))
	return Gather(order, ExpandAxes(places, -1))
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
// parameter's values by its name; they are copied. encode has a function for each
// variable that makes its units; nil where the units are the variables.
func (n *Network) Host(get func(name string) []float32, set *masks.Set, encode []Encoder) (*Host, error) {
	if err := n.checkSet(set); err != nil {
		return nil, err
	}
	spec := hostSpec{Order: set.Order, Hidden: set.Hidden, Units: n.units, Outputs: n.outputs, Encode: encode, Residual: n.o.Residual, Activation: n.activation}
	inputs, outputs := spread(set.Order, n.units), spread(set.Order, n.outputs)
	below := inputs
	for l, layer := range n.layers {
		to := set.Out(l)
		if l == len(n.layers)-1 {
			to = outputs
		}
		spec.Layers = append(spec.Layers, layer.Dense(get, below, to))
		below = to
	}
	if n.direct != nil {
		d := n.direct.Dense(get, inputs, outputs)
		spec.Direct = &d
	}
	return newHost(spec), nil
}
