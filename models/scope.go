package models

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// InScope lets a model live in a graph that is built on a GoMLX Store: its
// parameters are variables of the scope, created with the model's initial
// values (drawn from seed) where they do not exist yet, and trained by GoMLX's
// optimisers like any other variable, unless they are fixed. The dots of a parameter's name become
// sub-scopes. It panics when a variable of that name has another shape.
func InScope(scope *model.Scope, g *graph.Graph, d Definition, seed uint64) Params {
	byName := make(map[string]*graph.Node)
	for _, s := range d.Specs() {
		parts := strings.Split(s.Name, ".")
		at := scope
		for _, part := range parts[:len(parts)-1] {
			at = at.At("%s", part)
		}
		name := parts[len(parts)-1]
		v := at.GetVariable(name) // not drawn again for every graph
		if v == nil {
			v = at.VariableWithValue(name, tensors.FromFlatDataAndDimensions(s.initial(seed), s.Shape...))
		} else if !slices.Equal(v.Shape().Dimensions, s.Shape) {
			panic(fmt.Errorf("the variable %s/%s has shape %v, but parameter %q needs %v",
				at.Scope(), name, v.Shape().Dimensions, s.Name, s.Shape))
		}
		if s.Fixed {
			v.SetTrainable(false)
		}
		byName[s.Name] = v.NodeValue(g)
	}
	return Params{nodes: byName}
}
