package cli

import (
	"fmt"
	"strconv"

	"github.com/maskflow/maskflow/config"
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
func modelLine(c *config.Config, d models.Model) string {
	m := c.Model
	kind, dim := m.Type, strconv.Itoa(d.Dim())
	widths := func(from string, hidden []int, to string) string {
		line := from
		for _, h := range hidden {
			line += "-" + strconv.Itoa(h)
		}
		return line + "-" + to
	}
	line := kind + " " + widths(dim, m.Hidden, dim)
	switch kind {
	case "maf", "iaf":
		line = fmt.Sprintf("%s %d × %s (%s)", m.Transform, m.Layers, widths(dim, m.Hidden, dim), kind)
		if m.Base == "made" || m.Base == "mog" {
			line += " over a " + m.Base + " base"
		}
	case "vae":
		latent := strconv.Itoa(m.Latent)
		line = fmt.Sprintf("vae %s, %s, posterior %s", widths(dim, m.Encoder, latent), widths(latent, m.Decoder, dim), m.Posterior)
		if m.Posterior == "iaf" {
			line += fmt.Sprintf(" of %s %s", text.Count(m.Layers, "layer"), m.Transform)
		}
	}
	if m.Direct {
		line += " with direct connections"
	}
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
