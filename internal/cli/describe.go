package cli

import (
	"fmt"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// splitsLine describes the data of a training.
func splitsLine(s *data.Splits) string {
	line := fmt.Sprintf("%s: %s", s.Source, text.Count(s.Dim, "variable"))
	if s.ContextDim > 0 {
		line += fmt.Sprintf(" and %d of context", s.ContextDim)
	}
	for _, n := range s.Sets() {
		line += fmt.Sprintf(", %d %s", n.Set.Rows, n.Split)
	}
	line += " rows"
	if s.Note != "" {
		line += " (" + s.Note + ")"
	}
	return line
}

// modelLine describes the model of a training.
func modelLine(d models.Model) string {
	line := fmt.Sprint(d)
	size := 0
	for _, s := range d.Specs() {
		size += s.Size()
	}
	line += fmt.Sprintf(", %s parameters", text.Grouped(size))
	if masked, ok := d.(models.Masked); ok {
		orders := "unlimited orders"
		if n := masked.Cycle().Len(); n != masks.Unlimited {
			orders = text.Count(n, "order")
		}
		line += ", " + orders
	}
	return line
}
