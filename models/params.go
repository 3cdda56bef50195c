package models

import (
	"fmt"
	"maps"

	"github.com/gomlx/gomlx/core/graph"
)

// Params hands out the parameter nodes of one graph or closure by name. The
// zero value has none.
type Params struct {
	prefix string
	nodes  map[string]*graph.Node
	change func(*graph.Node) *graph.Node // applied to each node that is handed out; nil for none
}

// Bind gives the nodes the names of the specs. It panics when their numbers
// differ.
func Bind(specs []Spec, nodes []*graph.Node) Params {
	if len(specs) != len(nodes) {
		panic(fmt.Errorf("binding parameters: %d specs but %d nodes", len(specs), len(nodes)))
	}
	byName := make(map[string]*graph.Node, len(specs))
	for i, s := range specs {
		byName[s.Name] = nodes[i]
	}
	return Params{nodes: byName}
}

// WithDegrees adds the degree vectors of a masked density, as nodes of the same
// graph or closure.
func (p Params) WithDegrees(specs []DegreeSpec, nodes []*graph.Node) Params {
	if len(specs) != len(nodes) {
		panic(fmt.Errorf("binding degrees: %d specs but %d nodes", len(specs), len(nodes)))
	}
	byName := make(map[string]*graph.Node, len(p.nodes)+len(specs))
	maps.Copy(byName, p.nodes)
	for i, s := range specs {
		byName[p.prefix+s.Name] = nodes[i]
	}
	p.nodes = byName
	return p
}

// In returns the parameters of a nested model: Get("w") of In("layer0") is
// Get("layer0.w").
func (p Params) In(name string) Params {
	p.prefix += name + "."
	return p
}

// Part is a model inside another, whose specs are among those of the outer one
// with the part's name and a dot before their names.
type Part struct {
	name         string
	first, count int
}

// Nest appends to the specs of a model those of one inside it. An empty name leaves
// the names of the parameters as they are.
func Nest(outer []Spec, name string, inner []Spec) ([]Spec, Part) {
	part := Part{name, len(outer), len(inner)}
	for _, s := range inner {
		s.Name = part.Name(s.Name)
		outer = append(outer, s)
	}
	return outer, part
}

// Name is the name in the whole of the part's parameter of that name.
func (t Part) Name(parameter string) string {
	if t.name == "" {
		return parameter
	}
	return t.name + "." + parameter
}

// Params are the part's parameters among those of the whole.
func (t Part) Params(whole Params) Params {
	if t.name == "" {
		return whole
	}
	return whole.In(t.name)
}

// Weights are the part's weights among those of the whole, which must fit it.
func (t Part) Weights(whole Weights) Weights { return Of(t, whole) }

// Of are the values that belong to a part, among one for each parameter of the whole.
func Of[T any](t Part, whole []T) []T { return whole[t.first : t.first+t.count] }

// Lookup returns the node of a parameter, or nil when there is none.
func (p Params) Lookup(name string) *graph.Node {
	n := p.nodes[p.prefix+name]
	if n != nil && p.change != nil {
		n = p.change(n)
	}
	return n
}

// Get returns the node of a parameter and panics when there is none.
func (p Params) Get(name string) *graph.Node {
	n := p.Lookup(name)
	if n == nil {
		panic(fmt.Errorf("the model has no parameter %q", p.prefix+name))
	}
	return n
}

// Map returns the parameters with a function applied to each node that is handed
// out, after those of earlier calls.
func (p Params) Map(f func(*graph.Node) *graph.Node) Params {
	before := p.change
	p.change = func(n *graph.Node) *graph.Node {
		if before != nil {
			n = before(n)
		}
		return f(n)
	}
	return p
}
