package cli

import (
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
)

// maskedLayer is a part of a model that has masks: a masked density with the
// cycle of its mask sets, or a layer of a flow with its one.
type maskedLayer struct {
	cycle *masks.Cycle
	layer *flow.Autoregressive
}

func (l maskedLayer) len() int {
	if l.cycle == nil {
		return 1
	}
	return l.cycle.Len()
}

func (l maskedLayer) at(i int) *masks.Set {
	if l.cycle == nil {
		return l.layer.Set()
	}
	return l.cycle.At(i)
}

func (l maskedLayer) text(index int) string {
	if l.cycle == nil {
		return fmt.Sprintf("%s, 1 mask set", l.layer.Name())
	}
	return cycleText(l.cycle, index)
}

// layersOf are the parts of a model that have masks, in the direction in which
// one pass computes them.
func layersOf(d models.Model) []maskedLayer {
	density, _ := models.DensityOf(d)
	f, ok := density.(flow.Layered)
	if !ok {
		if m, ok := d.(models.Masked); ok {
			return []maskedLayer{{cycle: m.Cycle()}}
		}
		return nil
	}
	var found []maskedLayer
	turned := false
	for _, l := range f.Layers() {
		inner, inverted := flow.Unwrap(l)
		if a, ok := inner.(*flow.Autoregressive); ok {
			found, turned = append(found, maskedLayer{layer: a}), turned || inverted
		}
	}
	if turned {
		slices.Reverse(found)
	}
	if m, ok := f.Base().(models.Masked); ok {
		found = append(found, maskedLayer{cycle: m.Cycle()})
	}
	return found
}
