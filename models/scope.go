package models

import (
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// InScope lets a density live in a graph that is built on a GoMLX Store: its
// parameters are variables of the scope, created with the density's initial
// values (drawn from seed) where they do not exist yet, and trained by GoMLX's
// optimisers like any other variable. The dots of a parameter's name become
// sub-scopes.
func InScope(scope *model.Scope, g *graph.Graph, d Density, seed uint64) Params {
	byName := make(map[string]*graph.Node)
	for _, s := range d.Specs() {
		parts := strings.Split(s.Name, ".")
		at := scope
		for _, part := range parts[:len(parts)-1] {
			at = at.At("%s", part)
		}
		v := at.VariableWithValue(parts[len(parts)-1],
			tensors.FromFlatDataAndDimensions(s.initial(seed), s.Shape...))
		byName[s.Name] = v.NodeValue(g)
	}
	return Params{lookup: func(name string) *graph.Node { return byName[name] }}
}
