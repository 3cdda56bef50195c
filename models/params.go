package models

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// Params hands out the parameter nodes of one graph or closure by name. The
// zero value has none.
type Params struct {
	prefix string
	lookup func(name string) *graph.Node
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
	return Params{lookup: func(name string) *graph.Node { return byName[name] }}
}

// WithDegrees adds the degree vectors of a masked density, as nodes of the same
// graph or closure.
func (p Params) WithDegrees(specs []DegreeSpec, nodes []*graph.Node) Params {
	if len(specs) != len(nodes) {
		panic(fmt.Errorf("binding degrees: %d specs but %d nodes", len(specs), len(nodes)))
	}
	byName := make(map[string]*graph.Node, len(specs))
	for i, s := range specs {
		byName[p.prefix+s.Name] = nodes[i]
	}
	outer := p.lookup
	return Params{prefix: p.prefix, lookup: func(name string) *graph.Node {
		if n := byName[name]; n != nil {
			return n
		}
		if outer == nil {
			return nil
		}
		return outer(name)
	}}
}

// In returns the parameters of a nested model: Get("w") of In("layer0") is
// Get("layer0.w").
func (p Params) In(name string) Params {
	return Params{prefix: p.prefix + name + ".", lookup: p.lookup}
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
	if p.lookup == nil {
		return nil
	}
	return p.lookup(p.prefix + name)
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
// out.
func (p Params) Map(f func(*graph.Node) *graph.Node) Params {
	return Params{prefix: p.prefix, lookup: func(name string) *graph.Node {
		if p.lookup == nil {
			return nil
		}
		n := p.lookup(name)
		if n == nil {
			return nil
		}
		return f(n)
	}}
}
