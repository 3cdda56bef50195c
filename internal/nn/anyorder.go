package nn

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// AnyOrderOptions describe an AnyOrder network.
type AnyOrderOptions struct {
	// Dim is the number of variables, and ContextDim the width of the context, 0 for none.
	Dim, ContextDim int
	// Groups say what inputs and outputs the variables have; see [NetworkOptions].
	Groups []Group
	// Hidden are the widths of the hidden layers, of a residual network those of the blocks.
	Hidden   []int
	Residual bool
	// Activation names that of the hidden units, and Init how the weights of a layer are drawn.
	Activation, Init string
	// Direct has connections from what is given straight to the outputs, which begin at zero.
	Direct bool
}

// AnyOrder is a network without masks that is told which variables are given, and says what
// each of the others is then: every hidden unit sees all that is given, and the context c,
//
//	a⁰ = (x⊙m)W⁰ + mS + b⁰ [+ cC⁰]
//	aˡ = hˡ⁻¹Wˡ + bˡ [+ cCˡ] [+ aˡ⁻²],   hˡ = g(aˡ)
//	o  = hV + b [+ cC] [+ (x⊙m)A + mB]
//
// where m is 1 at the variables that are given (Uria, Murray and Larochelle, arXiv 1310.1757).
// The units x of a variable have one m. It is safe for concurrent use.
type AnyOrder struct {
	o              AnyOrderOptions
	activation     Activation
	units, outputs []int   // the variables of the columns of the input and of the output
	columns        [][]int // of the outputs of each variable
	inputs         [][]int // of the units of each variable
	layers         []Masked
	specs          []models.Spec
}

// seen names the weights of m, and direct those of connections from the input to the output.
const (
	seen       = "hidden0.seen"
	direct     = "direct" + weightsSuffix
	directSeen = "direct.seen"
)

// NewAnyOrder returns the network, or every problem of its options.
func NewAnyOrder(o AnyOrderOptions) (*AnyOrder, error) {
	o.Hidden = slices.Clone(o.Hidden)
	var problems []error
	act, err := ActivationByName(o.Activation)
	problems = append(problems, err)
	initial, err := models.InitByName(o.Init)
	problems = append(problems, err)
	if o.ContextDim < 0 {
		problems = append(problems, fmt.Errorf("context: the width is %d, need 0 or more", o.ContextDim))
	}
	if len(o.Hidden) == 0 {
		problems = append(problems, errors.New("hidden: need one hidden layer at least"))
	}
	if field, text := ResidualProblem(o.Residual, o.Hidden, ""); text != "" {
		problems = append(problems, fmt.Errorf("%s: %s", field, text))
	} else if o.Residual {
		o.Hidden = slices.Repeat(o.Hidden[:1], 1+2*len(o.Hidden))
	}
	problems = append(problems, checkGroups(o.Groups, o.Dim))
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if err := checkSize(o.Groups, o.Dim, o.ContextDim, o.Hidden, o.Direct); err != nil {
		return nil, err
	}
	n := &AnyOrder{o: o, activation: act,
		units:   columns(o.Groups, func(g Group) int { return g.Units }),
		outputs: columns(o.Groups, func(g Group) int { return g.Outputs })}
	n.columns, n.inputs = byVariable(n.outputs, o.Dim), byVariable(n.units, o.Dim)
	below := len(n.units)
	for l, width := range append(slices.Clone(o.Hidden), len(n.outputs)) {
		layer := Masked{Name: fmt.Sprintf("hidden%d", l), From: below, To: width, ContextDim: o.ContextDim, Bias: true,
			Init: initial(float64(below), float64(width)), ContextInit: models.Normal(1 / math.Sqrt(float64(max(o.ContextDim, 1))))}
		if l == len(o.Hidden) {
			// An output begins as that of its variable alone: what is given comes to matter by training.
			layer.Name, layer.Init, layer.ContextInit = "output", models.Normal(0.01), models.Normal(0.01)
			layer.BiasInit = outputBias(o.Groups)
		}
		n.layers, below = append(n.layers, layer), width
		n.specs = append(n.specs, layer.Specs()...)
		if l == 0 {
			n.specs = append(n.specs, models.Spec{Name: seen, Shape: []int{o.Dim, width}, Init: initial(float64(len(n.units)), float64(width))})
		}
	}
	if o.Direct {
		n.specs = append(n.specs, models.Spec{Name: direct, Shape: []int{len(n.units), len(n.outputs)}},
			models.Spec{Name: directSeen, Shape: []int{o.Dim, len(n.outputs)}})
	}
	return n, nil
}

// byVariable lists the columns of each variable.
func byVariable(variables []int, dim int) [][]int {
	all := make([][]int, dim)
	for column, d := range variables {
		all[d] = append(all[d], column)
	}
	return all
}

// Specs declares the parameters: of each layer hidden0, hidden1, … and output its weights [from, to],
// bias [to] and context [context, to], and hidden0.seen [dim, to], what it adds that a variable is given; then,
// with direct connections, direct.weights [inputs, outputs] and direct.seen [dim, outputs].
func (n *AnyOrder) Specs() []models.Spec { return n.specs }

// Hidden are the widths of the hidden layers, those inside blocks too.
func (n *AnyOrder) Hidden() []int { return n.o.Hidden }

// Columns are those of the outputs of variable d.
func (n *AnyOrder) Columns(d int) []int { return n.columns[d] }

// Outputs is the number of outputs.
func (n *AnyOrder) Outputs() int { return len(n.outputs) }

// Apply computes the outputs o [batch, outputs] of all variables for the units x [batch, inputs], m [batch, dim],
// which is 1 where a variable is given and 0 elsewhere, and a context [batch, contextDim]. keep
// multiplies the units of the hidden layers, [batch, Σ Hidden]; nil leaves them.
func (n *AnyOrder) Apply(p models.Params, x, m, context, keep *Node) *Node {
	m = ConvertDType(m, x.DType())
	x = Mul(x, SpreadColumns(m, n.units))
	a := n.affine(p, 0, x, context)
	a = Add(a, Dot(m, p.Get(seen)).Product())
	h := n.upper(a, keep, func(l int, h *Node) *Node { return n.affine(p, l, h, context) })
	o := n.affine(p, len(n.o.Hidden), h, context)
	if n.o.Direct {
		o = Add(o, Add(Dot(x, p.Get(direct)).Product(), Dot(m, p.Get(directSeen)).Product()))
	}
	return o
}

// affine are the sums of layer l.
func (n *AnyOrder) affine(p models.Params, l int, h, context *Node) *Node {
	y := Dot(h, p.Get(n.layers[l].Name+weightsSuffix)).Product()
	y = Add(y, ExpandAxes(p.Get(n.layers[l].Name+biasSuffix), 0))
	if n.o.ContextDim > 0 {
		y = Add(y, Dot(context, p.Get(n.layers[l].Name+contextSuffix)).Product())
	}
	return y
}

// upper computes the units of the last hidden layer by the sums a of the first one.
func (n *AnyOrder) upper(a, keep *Node, affine func(l int, h *Node) *Node) *Node {
	from := 0
	act := func(a *Node) *Node {
		h := n.activation.Graph(a)
		if keep == nil {
			return h
		}
		width := a.Shape().Dimensions[1]
		from += width
		return Mul(h, Slice(keep, AxisRange(), AxisRange(from-width, from)))
	}
	h := act(a)
	var before *Node
	for l := 1; l < len(n.o.Hidden); l++ {
		sum := affine(l, h)
		if skips(n.o.Residual, l) {
			sum = Add(sum, before)
		}
		h, a, before = act(sum), sum, a
	}
	return h
}

// SpreadColumns are the columns of v [batch, dim] of these variables.
func SpreadColumns(v *Node, variables []int) *Node {
	dim := v.Shape().Dimensions[1]
	if alike := masks.Natural(dim).Sequence(); len(variables)%dim == 0 && slices.Equal(variables, slices.Repeat(alike, len(variables)/dim)) {
		return Concatenate(slices.Repeat([]*Node{v}, len(variables)/dim), 1)
	}
	return Transpose(gatherRows(Transpose(v, 0, 1), variables), 0, 1)
}

func gatherRows(v *Node, rows []int) *Node {
	return Gather(v, ExpandAxes(Const(v.Graph(), num.Convert[int32](rows)), -1))
}

// InOrder computes for each variable the outputs given those before it in a sequence of all variables,
// int32 [dim]: o [batch, outputs]. Where known [batch, dim] is 0 a variable is given at no time. The sums
// of the first layer are carried from step to step, so that it costs each weight once; the other layers
// are computed for each variable. No gradient goes through it.
func (n *AnyOrder) InOrder(p models.Params, x, known, context, sequence *Node) *Node {
	var (
		g, batch, dim = x.Graph(), x.Shape().Dimensions[0], n.o.Dim
		units         = padded(append(slices.Clone(n.inputs), nil), len(n.units)) // the row behind all is zero
		outs          = padded(n.columns, 0)
		most          = len(outs[0])
		last          = len(n.o.Hidden)
	)
	constant := func(v any) *Node { return Const(g, v) }
	x = Mul(x, SpreadColumns(known, n.units))
	straight := n.straight(p, x, known, sequence)
	first := ExpandAxes(p.Get(n.layers[0].Name+biasSuffix), 0)
	sums := Mul(first, OnesOf(Slice(x, AxisRange(), AxisRange(0, 1))))
	var added []*Node // to the sums of the layers above, [1 or batch, width]
	for l, layer := range n.layers {
		add := ExpandAxes(p.Get(layer.Name+biasSuffix), 0)
		if n.o.ContextDim > 0 {
			add = Add(add, Dot(context, p.Get(layer.Name+contextSuffix)).Product())
		}
		if added = append(added, add); l == 0 {
			sums = Add(Sub(sums, first), add)
		}
	}
	// Behind all variables is one that adds nothing, which the first step is given.
	below := func(w *Node) *Node { return Concatenate([]*Node{w, ZerosLike(Slice(w, AxisRange(0, 1)))}, 0) }
	sequence = Concatenate([]*Node{constant([]int32{int32(dim)}), sequence}, 0)
	state := []*Node{constant(int32(0)), sequence, sums, Zeros(g, shapes.Make(x.DType(), dim*most, batch)),
		constant(units), constant(outs), below(Transpose(x, 0, 1)), below(Transpose(known, 0, 1)),
		below(p.Get(n.layers[0].Name + weightsSuffix)), below(p.Get(seen)), Transpose(p.Get(n.layers[last].Name+weightsSuffix), 0, 1)}
	fixed := len(state)
	for l := 1; l < last; l++ {
		state = append(state, p.Get(n.layers[l].Name+weightsSuffix), added[l])
	}
	for i, s := range state {
		state[i] = StopGradient(s)
	}
	parameters := func(g *Graph, closure string) []*Node {
		nodes := make([]*Node, len(state))
		for i, s := range state {
			nodes[i] = Parameter(g, fmt.Sprintf("%s%d_%d", closure, state[1].Id(), i), s.Shape())
		}
		return nodes
	}
	more := NewClosure(g, func(g *Graph) []*Node {
		return []*Node{LessThan(parameters(g, "more")[0], Const(g, int32(dim)))}
	})
	step := NewClosure(g, func(g *Graph) []*Node {
		s := parameters(g, "ask")
		i, sums, asked := s[0], s[2], s[3]
		next := Add(i, Const(g, int32(1)))
		of := func(i *Node) *Node { return Reshape(Gather(s[1], Reshape(i, 1)), 1, 1) }
		given, d := of(i), of(next)
		at := ExpandAxes(Reshape(Gather(s[4], given), len(units[0])), -1)
		sums = Add(sums, Dot(Gather(s[6], at), Gather(s[8], at)).General([]int{0}, nil, []int{0}, nil))
		sums = Add(sums, Dot(Gather(s[7], given), Gather(s[9], given)).General([]int{0}, nil, []int{0}, nil))
		// The sums are written in place, as nothing else reads the former ones.
		sums = OptimizationBarrier(sums)
		h := n.upper(sums, nil, func(l int, h *Node) *Node {
			at := fixed + 2*(l-1)
			return Add(Dot(h, s[at]).Product(), s[at+1])
		})
		ends := Gather(s[10], ExpandAxes(Reshape(Gather(s[5], d), most), -1)) // [most, width]
		o := Dot(ends, h).General([]int{1}, nil, []int{1}, nil)               // [most, batch]
		asked = writeRows(asked, o, Reshape(d))
		return append([]*Node{next, s[1], sums, asked}, s[4:]...)
	})
	asked := StopGradient(While(more, step, state...)[3])
	rows := make([]int, len(n.outputs)) // of each output
	for d, own := range n.columns {
		for k, column := range own {
			rows[column] = d*most + k
		}
	}
	if !slices.Equal(rows, masks.Natural(dim*most).Sequence()) {
		asked = gatherRows(asked, rows)
	}
	o := Add(Transpose(asked, 0, 1), added[last])
	if straight != nil {
		o = Add(o, StopGradient(straight))
	}
	return o
}

// straight is what direct connections add to the outputs of each variable under an order, as in a masked layer: that
// of the variables before it. It is nil without such connections.
func (n *AnyOrder) straight(p models.Params, x, known, sequence *Node) *Node {
	if !n.o.Direct {
		return nil
	}
	steps := Const(x.Graph(), iota32(n.o.Dim))
	// The step of variable d is the one at which the sequence has it.
	here := Equal(ExpandAxes(sequence, 0), ExpandAxes(steps, 1))
	step := ReduceSum(Mul(ConvertDType(here, steps.DType()), ExpandAxes(steps, 0)), 1)
	before := ConvertDType(LessThan(ExpandAxes(step, 1), ExpandAxes(step, 0)), x.DType()) // [dim, dim]
	before = SpreadColumns(before, n.outputs)
	ofUnits := Transpose(SpreadColumns(Transpose(before, 0, 1), n.units), 0, 1)
	return Add(Dot(x, Mul(p.Get(direct), ofUnits)).Product(), Dot(known, Mul(p.Get(directSeen), before)).Product())
}

// writeRows replaces block d of the rows of v, which are blocks of as many as there are new ones. The Go backend has no
// slices that move, and its scattering makes nodes that a second loop of a graph cannot use.
func writeRows(v, rows, d *Node) *Node {
	g, n := v.Graph(), rows.Shape().Dimensions[0]
	if g.Backend().Capabilities().Operations[compute.OpTypeDynamicUpdateSlice] {
		return DynamicUpdateSlice(v, rows, []*Node{Mul(d, Const(g, int32(n))), Const(g, int32(0))})
	}
	blocks := v.Shape().Dimensions[0] / n
	shape := shapes.Make(v.DType(), blocks, n, v.Shape().Dimensions[1])
	here := Equal(Const(g, iota32(blocks)), d)
	here = BroadcastToDims(Reshape(here, blocks, 1, 1), shape.Dimensions...)
	written := Where(here, BroadcastToDims(ExpandAxes(rows, 0), shape.Dimensions...), Reshape(v, shape.Dimensions...))
	return Reshape(written, v.Shape().Dimensions...)
}

// padded makes the lists equally long by numbers that fill them up.
func padded(lists [][]int, fill int) [][]int32 {
	most := 0
	for _, l := range lists {
		most = max(most, len(l))
	}
	out := make([][]int32, len(lists))
	for i, l := range lists {
		out[i] = append(num.Convert[int32](l), slices.Repeat([]int32{int32(fill)}, most-len(l))...)
	}
	return out
}

func iota32(n int) []int32 { return num.Convert[int32](masks.Natural(n).Sequence()) }
