package config

import "fmt"

// contradictions returns the values that are well by themselves but not together.
func (c *Config) contradictions() []fault {
	var faults []fault
	report := func(text string, paths ...string) { faults = append(faults, fault{text, paths}) }
	model, train, schedule, optimizer := c.Model, c.Train, c.Train.Schedule, c.Train.Optimizer

	if c.Data.Labels && c.Data.ContextColumns > 0 {
		report("the context is either the labels or columns of the rows (set one of labels and context_columns)",
			"data.context_columns", "data.labels")
	}

	several := model.Orders.Count != 1
	connectivity := model.Orders.Resample != "order"
	if several && connectivity && model.Degrees == "sequential" {
		report("sequential degrees are the same in every mask set, so there is no connectivity to resample (use sampled degrees, or model.orders.resample: order)",
			"model.degrees", "model.orders.resample", "model.orders.count")
	}
	if several && model.Orders.Resample == "connectivity" && len(model.Hidden) == 0 {
		report("without hidden layers there is no connectivity to resample, so all mask sets would be the same (use order)",
			"model.orders.resample", "model.hidden", "model.orders.count")
	}
	if list := model.Order.Degrees; list != nil {
		degrees := 0
		for _, d := range list {
			degrees = max(degrees, d)
		}
		if model.Groups > degrees {
			report(fmt.Sprintf("the order has only %d degrees to merge, fewer than %d", degrees, model.Groups), "model.groups", "model.order")
		}
	}

	if train.MaxEpochs == 0 && train.MaxSteps == 0 && train.LookAhead == 0 {
		report("nothing ends the run (set look_ahead, max_epochs or max_steps)", "train.look_ahead", "train.max_epochs", "train.max_steps")
	}
	if optimizer.Nesterov && optimizer.Momentum == 0 {
		report("Nesterov's method needs momentum (set train.optimizer.momentum, for example to 0.9)", "train.optimizer.nesterov", "train.optimizer.momentum")
	}
	if train.MaxSteps > 0 && schedule.WarmUp > train.MaxSteps {
		report(fmt.Sprintf("the warm-up takes %d steps, longer than train.max_steps, %d", schedule.WarmUp, train.MaxSteps),
			"train.schedule.warm_up", "train.max_steps")
	}
	if schedule.Name == "linear" || schedule.Name == "cosine" {
		switch {
		case schedule.Steps == 0:
			report(fmt.Sprintf("the schedule %s needs a step to end at (set train.schedule.steps or train.max_steps)", schedule.Name),
				"train.schedule.steps", "train.schedule.name", "train.max_steps")
		case schedule.WarmUp >= schedule.Steps && (train.MaxSteps == 0 || schedule.WarmUp <= train.MaxSteps):
			report(fmt.Sprintf("the warm-up takes %d steps, and the schedule ends at step %d (it needs steps after the warm-up)", schedule.WarmUp, schedule.Steps),
				"train.schedule.warm_up", "train.schedule.steps", "train.max_steps")
		}
	}
	if schedule.Name == "plateau" && train.LookAhead > 0 && schedule.Patience >= train.LookAhead {
		report(fmt.Sprintf("a plateau takes %d epochs, but train.look_ahead ends the run after %d (use a smaller patience)", schedule.Patience, train.LookAhead),
			"train.schedule.patience", "train.look_ahead")
	}
	return faults
}
