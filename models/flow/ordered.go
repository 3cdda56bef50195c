package flow

import (
	"fmt"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Ordered is a flow over a masked base density, whose orders and connectivity
// are inputs of the graph.
type Ordered struct {
	*Flow
	masked models.Masked
}

var _ models.Masked = (*Ordered)(nil)

// NewOrdered is New for a masked base.
func NewOrdered(base models.Masked, layers ...Layer) (*Ordered, error) {
	f, err := New(base, layers...)
	if err != nil {
		return nil, err
	}
	return &Ordered{f, base}, nil
}

// String describes the base density.
func (o *Ordered) String() string { return fmt.Sprint(o.masked) }

// Cycle is the base density's.
func (o *Ordered) Cycle() *masks.Cycle { return o.masked.Cycle() }

// DegreeSpecs are the base density's, called "base.…".
func (o *Ordered) DegreeSpecs() []models.DegreeSpec {
	specs := o.masked.DegreeSpecs()
	for i := range specs {
		specs[i].Name = o.BasePart().Name(specs[i].Name)
	}
	return specs
}

// Degrees are the base density's.
func (o *Ordered) Degrees(set *masks.Set) [][]int32 { return o.masked.Degrees(set) }
