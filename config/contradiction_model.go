package config

import (
	"fmt"
	"slices"
)

func (m *Model) contradictions(report report) {
	several := m.Type == "made" && m.Orders.Count != 1
	connectivity := m.Orders.Resample != "order"
	if several && connectivity && m.Degrees == "sequential" {
		report("sequential degrees are the same in every mask set, so there is no connectivity to resample (use sampled degrees, or model.orders.resample: order)",
			"model.degrees", "model.orders.resample", "model.orders.count")
	}
	if several && m.Orders.Resample == "connectivity" && len(m.Hidden) == 0 {
		report("without hidden layers there is no connectivity to resample, so all mask sets would be the same (use order)",
			"model.orders.resample", "model.hidden", "model.orders.count")
	}
	if list := m.Order.Degrees; list != nil {
		if degrees := slices.Max(append(list[:len(list):len(list)], 0)); m.Groups > degrees {
			report(fmt.Sprintf("the order has only %d degrees to merge, fewer than %d", degrees, m.Groups), "model.groups", "model.order")
		}
	}
	if m.Residual {
		m.residualContradictions(report)
	}
	if m.Type == "maf" && m.Transform == "gated" {
		report("a gated layer is one of iaf and of the posterior of vae (use affine or spline)", "model.transform", "model.type")
	}
	if m.Type == "iaf" && m.Normalise == "batch" {
		report("batch normalisation needs rows to normalise, and iaf is fitted by its own samples (use act or none)", "model.normalise", "model.type")
	}
}

func (m *Model) residualContradictions(report report) {
	switch {
	case len(m.Hidden) == 0:
		report("without hidden layers there are no residual blocks (give model.hidden a width for each block)", "model.residual", "model.hidden")
	case slices.ContainsFunc(m.Hidden, func(n int) bool { return n != m.Hidden[0] }):
		report(fmt.Sprintf("the input of a residual block is added to its output, so that all have one width, got %s", listText(m.Hidden)),
			"model.hidden", "model.residual")
	}
	if m.Degrees == "sampled" {
		report("the units at both ends of a residual block need the same degrees (set model.degrees: sequential)", "model.residual", "model.degrees", "model.type")
	}
}
