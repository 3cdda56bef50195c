package made

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/masks"
)

// The Jacobian of the conditionals' parameters is strictly triangular in the
// order: what is forbidden is exactly 0. What the masks allow is not 0, but where
// a relu is dead; and with direct connections or enough units they allow all
// that the order does.
func checkAutoregressive(t *testing.T, s subject) {
	m := s.model
	dim, k := m.Dim(), parametersOf(m)
	rng := rand.New(rand.NewPCG(1, 3))
	seeds, x := make([]float32, s.rows*dim*k), make([]float32, s.rows*dim)
	for row := range dim * k { // which asks for the gradient of one parameter
		seeds[row*dim*k+row] = 1
	}
	point := uniforms(rng, dim)
	for r := range s.rows {
		copy(x[r*dim:], point)
	}
	for number, set := range s.sets {
		jacobian := s.run(t, s.weights, set, batch{x: x, context: s.context(0), seeds: seeds}).dx
		reach := reaches(m, set)
		for i := range dim {
			for d := range dim {
				before := set.Order[i] < set.Order[d]
				if before && !reach[i][d] && wide(m) {
					t.Errorf("set %d: input %d does not reach output %d", number, i, d)
				}
				for p := range k {
					v := jacobian[(d*k+p)*dim+i]
					switch {
					case !before && v != 0:
						t.Errorf("set %d: ∂ parameter %d of variable %d / ∂x %d = %v, but %d does not come before %d", number, p, d, i, v, i, d)
					case reach[i][d] && v == 0 && !mayDie(m):
						t.Errorf("set %d: ∂ parameter %d of variable %d / ∂x %d is 0", number, p, d, i)
					}
				}
			}
		}
	}
}

// mayDie says that units of the model can have no gradient.
func mayDie(m *Model) bool { return m.opts.Activation == "" || m.opts.Activation == "relu" }

// blockEnds says whether hidden layer l is added to what comes two layers below.
func blockEnds(m *Model, l int) bool { return m.opts.Residual && l > 0 && l%2 == 0 }

// reaches multiplies the masks of a set out: which inputs reach which outputs.
func reaches(m *Model, set *masks.Set) [][]bool {
	reach, last := set.Mask(0), set.Layers()-1
	below := [][][]bool{reach} // of every hidden layer
	for l := 1; l <= last; l++ {
		reach = product(reach, set.Mask(l))
		if l < last && blockEnds(m, l) {
			join(reach, below[l-2])
		}
		below = append(below, reach)
	}
	if m.opts.Direct && last > 0 {
		join(reach, set.DirectMask())
	}
	return reach
}

func product(a, b [][]bool) [][]bool {
	c := make([][]bool, len(a))
	for i := range a {
		c[i] = make([]bool, len(b[0]))
		for k, joined := range a[i] {
			for j := range c[i] {
				c[i][j] = c[i][j] || joined && b[k][j]
			}
		}
	}
	return c
}

// join adds the connections of b to a.
func join(a, b [][]bool) {
	for i := range a {
		for j := range a[i] {
			a[i][j] = a[i][j] || b[i][j]
		}
	}
}

// wide says that a model can use every dependence that its order allows.
func wide(m *Model) bool {
	o := m.opts
	if o.Direct || len(o.Hidden) == 0 {
		return true
	}
	return o.Degrees == masks.SequentialDegrees && slices.Min(o.Hidden) >= o.Dim-1
}

// The context moves every conditional, that of the first variable too. Which
// other libraries forget: it must not have to come through hidden units that
// the first output cannot see.
func checkContext(t *testing.T, s subject) {
	m := s.model
	if m.ContextDim() == 0 {
		return
	}
	x, k := points(m), parametersOf(m)
	for number, set := range s.sets {
		a := s.run(t, s.weights, set, batch{x: x, context: s.context(1)}).conditionals
		b := s.run(t, s.weights, set, batch{x: x, context: s.context(2)}).conditionals
		for d := range m.Dim() {
			for p := d * k; p < (d+1)*k; p++ {
				if math.Abs(float64(a[p]-b[p])) < 1e-4 {
					t.Errorf("set %d: parameter %d of variable %d (degree %d) is %v for one context and %v for another", number, p-d*k, d, set.Order[d], a[p], b[p])
				}
			}
		}
	}
	// Not by the output's own context weights alone: hidden units see it too.
	w := clone(s.weights)
	for i, spec := range m.Specs() {
		if spec.Name == "output.context" {
			clear(w[i])
		}
	}
	for number, set := range s.sets {
		if len(set.Hidden) == 0 {
			continue
		}
		a := s.run(t, w, set, batch{x: x, context: s.context(1)}).outputs
		b := s.run(t, w, set, batch{x: x, context: s.context(2)}).outputs
		if slices.Equal(a, b) {
			t.Errorf("set %d: the context does not go through the hidden units", number)
		}
	}
}

// A gradient reaches every weight that lies on a path to an output, and is
// exactly 0 where a mask stands before it. A relu may be dead, but not all of
// a layer.
func checkGradients(t *testing.T, s subject) {
	m := s.model
	rowWeights := uniforms(rand.New(rand.NewPCG(2, 3)), s.rows)
	for number, set := range s.sets {
		gradients := s.run(t, s.weights, set, batch{x: points(m), context: s.context(1), rowWeights: rowWeights}).gradients
		live := liveEntries(m, set)
		for i, spec := range m.Specs() {
			some, moved := false, false
			if len(live[spec.Name]) != len(gradients[i]) {
				t.Fatalf("%s has %d gradients, want %d", spec.Name, len(gradients[i]), len(live[spec.Name]))
			}
			for j, g := range gradients[i] {
				on := live[spec.Name][j]
				some, moved = some || on, moved || g != 0
				switch {
				case g-g != 0:
					t.Errorf("set %d: the gradient of %s[%d] is %v", number, spec.Name, j, g)
				case !on && g != 0:
					t.Errorf("set %d: the gradient of %s[%d] is %v, but it feeds nothing", number, spec.Name, j, g)
				case on && g == 0 && !mayDie(m):
					t.Errorf("set %d: the gradient of %s[%d] is 0", number, spec.Name, j)
				}
			}
			if some && !moved {
				t.Errorf("set %d: no gradient reaches %s", number, spec.Name)
			}
		}
	}
}

// liveEntries says of every entry of every parameter whether an output depends
// on it.
func liveEntries(m *Model, set *masks.Set) map[string][]bool {
	live, copies := map[string][]bool{}, len(m.Columns(0))
	feeds := slices.Repeat([]bool{true}, m.Dim()*copies) // units above the layer that lead to an output
	above := make([][]bool, set.Layers())                // the same of hidden layers
	for l := set.Layers() - 1; l >= 0; l-- {
		name, mask := "output", outputMask(set.Mask(l), copies)
		if l < set.Layers()-1 {
			name, mask = fmt.Sprintf("hidden%d", l), set.Mask(l)
			if l+2 < set.Layers()-1 && blockEnds(m, l+2) {
				for k, on := range above[l+2] {
					feeds[k] = feeds[k] || on
				}
			}
		}
		above[l] = feeds
		below := make([]bool, len(mask))
		var weights []bool
		for i, row := range mask {
			for k, joined := range row {
				weights = append(weights, joined && feeds[k])
				below[i] = below[i] || joined && feeds[k]
			}
		}
		live[name+".weights"], live[name+".conditioning"] = weights, weights
		live[name+".bias"] = feeds
		live[name+".context"] = slices.Repeat(feeds, m.ContextDim())
		feeds = below
	}
	live["direct.weights"] = slices.Concat(outputMask(set.DirectMask(), copies)...)
	return live
}

// outputMask is a mask into each of the outputs of a variable.
func outputMask(mask [][]bool, copies int) [][]bool {
	all := make([][]bool, len(mask))
	for i, row := range mask {
		all[i] = slices.Repeat(row, copies)
	}
	return all
}
