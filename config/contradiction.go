package config

import "fmt"

// report notes values that are wrong together, the first path being at fault if no place is known better.
type report func(text string, paths ...string)

// contradictions returns the values that are well by themselves but not together.
func (c *Config) contradictions() []fault {
	var faults []fault
	add := func(text string, paths ...string) { faults = append(faults, fault{text, paths}) }
	c.Data.contradictions(add)
	c.valueSpace(add)
	c.Model.contradictions(add)
	c.Train.contradictions(add)
	return faults
}

func (t *Train) contradictions(report report) {
	schedule, optimizer, anneal := t.Schedule, t.Optimizer, t.Anneal
	if t.MaxEpochs == 0 && t.MaxSteps == 0 && t.LookAhead == 0 {
		report("nothing ends the run (set look_ahead, max_epochs or max_steps)", "train.look_ahead", "train.max_epochs", "train.max_steps")
	}
	if optimizer.Nesterov && optimizer.Momentum == 0 {
		report("Nesterov's method needs momentum (set train.optimizer.momentum, for example to 0.9)", "train.optimizer.nesterov", "train.optimizer.momentum")
	}
	if t.MaxSteps > 0 && schedule.WarmUp > t.MaxSteps {
		report(fmt.Sprintf("the warm-up takes %d steps, longer than train.max_steps, %d", schedule.WarmUp, t.MaxSteps),
			"train.schedule.warm_up", "train.max_steps")
	}
	if schedule.Name == "linear" || schedule.Name == "cosine" {
		switch {
		case schedule.Steps == 0:
			report(fmt.Sprintf("the schedule %s needs a step to end at (set train.schedule.steps or train.max_steps)", schedule.Name),
				"train.schedule.steps", "train.schedule.name", "train.max_steps")
		case schedule.WarmUp >= schedule.Steps && (t.MaxSteps == 0 || schedule.WarmUp <= t.MaxSteps):
			report(fmt.Sprintf("the warm-up takes %d steps, and the schedule ends at step %d (it needs steps after the warm-up)", schedule.WarmUp, schedule.Steps),
				"train.schedule.warm_up", "train.schedule.steps", "train.max_steps")
		}
	}
	if schedule.Name == "plateau" && t.LookAhead > 0 && schedule.Patience >= t.LookAhead {
		report(fmt.Sprintf("a plateau takes %d epochs, but train.look_ahead ends the run after %d (use a smaller patience)", schedule.Patience, t.LookAhead),
			"train.schedule.patience", "train.look_ahead")
	}
	if t.MaxSteps > 0 && anneal.Steps > t.MaxSteps {
		report(fmt.Sprintf("β takes %d steps to reach 1, longer than train.max_steps, %d", anneal.Steps, t.MaxSteps),
			"train.anneal.steps", "train.max_steps")
	}
	switch {
	case anneal.Steps == 0 && anneal.From != 0 && anneal.From != 1:
		report("β needs steps to rise over (set train.anneal.steps)", "train.anneal.from", "train.anneal.steps")
	case anneal.Steps > 0 && anneal.From == 1:
		report("β starts at 1 and has nowhere to rise (set train.anneal.from, for example to 0.01)", "train.anneal.steps", "train.anneal.from")
	}
}
