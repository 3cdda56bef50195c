package masks

import (
	"errors"
	"fmt"
	"slices"
)

// Set is one mask set: an order and the degrees of every hidden layer, from which every mask of a network follows by
// [Connects]. Its fields are to be read only; sets of one [Cycle] share their slices.
type Set struct {
	// Order holds the degrees of the inputs, which are those of the outputs too.
	Order Order
	// Hidden holds the degrees of the units of each hidden layer. It may be empty: then inputs feed outputs.
	Hidden [][]int
	// Context is true when the network is conditional. The context is an input of degree 0: it feeds every unit of the
	// first layer and, with Direct or without hidden layers, every output. A network may feed it to the other layers
	// too, which the rule allows; nothing here counts on that.
	Context bool
	// Direct is true when inputs (and the context) feed outputs directly as well.
	Direct bool
}

// NewSet returns the set of the given degrees, which it copies. By the rule of [Connects] no degrees of hidden units can
// make an output depend on what it must not see. What is refused is an order that is not valid, a layer without units,
// a hidden degree outside 1..D-1 (0..D-1 with a context or when D is 1; D is the largest degree of the order), whose unit
// could do nothing, and a first variable that is blind to the context: that of a conditional set with neither direct
// connections nor a unit of degree 0 in every hidden layer.
func NewSet(order Order, hidden [][]int, context, direct bool) (*Set, error) {
	s := &Set{Order: slices.Clone(order), Hidden: make([][]int, len(hidden)), Context: context, Direct: direct}
	for l, degrees := range hidden {
		s.Hidden[l] = slices.Clone(degrees)
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// validate returns what [NewSet] refuses.
func (s *Set) validate() error {
	if err := s.Order.Validate(); err != nil {
		return err
	}
	lo, hi := degreeRange(s.Order.Max(), s.Context)
	for l, degrees := range s.Hidden {
		if len(degrees) == 0 {
			return fmt.Errorf("hidden layer %d has no units", l)
		}
		for k, degree := range degrees {
			if degree < lo || degree > hi {
				return fmt.Errorf("hidden[%d][%d] is %d: degrees of hidden units lie in %d..%d", l, k, degree, lo, hi)
			}
		}
	}
	if s.Context && slices.Contains(s.ContextReaches(), false) {
		return errors.New("the context does not reach the first variable: give every hidden layer a unit of degree 0, or use direct connections")
	}
	return nil
}

// Dim returns the number of inputs.
func (s *Set) Dim() int { return len(s.Order) }

// Layers returns the number of masked layers: one into each hidden layer and one into the output.
func (s *Set) Layers() int { return len(s.Hidden) + 1 }

// In returns the degrees of the units that feed a layer; In(0) is the order.
func (s *Set) In(layer int) []int {
	if layer == 0 {
		return s.Order
	}
	return s.Hidden[layer-1]
}

// Out returns the degrees of the units that a layer feeds; for the last layer that is the order.
func (s *Set) Out(layer int) []int {
	if layer == len(s.Hidden) {
		return s.Order
	}
	return s.Hidden[layer]
}

// Strict says whether a layer connects by the strict rule, which the last one does.
func (s *Set) Strict(layer int) bool { return layer == len(s.Hidden) }

// Mask returns the mask of a layer: Mask(l)[i][j] says whether unit i of its input feeds unit j of its output. Numbered
// this way it multiplies weights of shape [in, out]; the paper's matrices are its transposes.
func (s *Set) Mask(layer int) [][]bool {
	return connections(s.In(layer), s.Out(layer), s.Strict(layer))
}

// DirectMask returns which inputs feed which outputs directly, rows for inputs, or nil without direct connections.
func (s *Set) DirectMask() [][]bool {
	if !s.Direct {
		return nil
	}
	return connections(s.Order, s.Order, true)
}

// connections tabulates the rule.
func connections(from, to []int, strict bool) [][]bool {
	cells := make([]bool, len(from)*len(to))
	rows := make([][]bool, len(from))
	for i := range rows {
		rows[i], cells = cells[:len(to):len(to)], cells[len(to):]
		for j := range rows[i] {
			rows[i][j] = Connects(from[i], to[j], strict)
		}
	}
	return rows
}
