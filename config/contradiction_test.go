package config

import (
	"reflect"
	"testing"
)

func TestContradictions(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"sequential degrees cannot be resampled": {
			"model:\n  orders: {count: 8}\n  degrees: sequential",
			"f.yaml:4:12: model.degrees: sequential degrees are the same in every mask set, so there is no connectivity to resample (use sampled degrees, or model.orders.resample: order)",
		},
		"nor when unlimited": {
			"model:\n  orders: {count: unlimited, resample: connectivity}\n  degrees: sequential",
			"f.yaml:4:12: model.degrees: sequential degrees are the same in every mask set, so there is no connectivity to resample (use sampled degrees, or model.orders.resample: order)",
		},
		"but orders can":       {"model: {degrees: sequential, orders: {count: 8, resample: order}}", ""},
		"and one is no sample": {"model: {degrees: sequential, orders: {count: 1, resample: both}}", ""},
		"connectivity of no hidden units": {
			"model: {hidden: [], orders: {count: 8, resample: connectivity}}",
			"f.yaml:2:50: model.orders.resample: without hidden layers there is no connectivity to resample, so all mask sets would be the same (use order)",
		},
		"more groups than degrees": {
			"model: {order: [1, 2, 2], groups: 3}",
			"f.yaml:2:35: model.groups: the order has only 2 degrees to merge, fewer than 3",
		},
		"as many groups as degrees": {"model: {order: [1, 2, 2], groups: 2}", ""},
		"no end":                    {"train: {look_ahead: 0}", "f.yaml:2:21: train.look_ahead: nothing ends the run (set look_ahead, max_epochs or max_steps)"},
		"an end":                    {"train: {look_ahead: 0, max_steps: 1}", ""},
		"Nesterov without momentum": {
			"train:\n  optimizer: {name: sgd, nesterov: true}",
			"f.yaml:3:36: train.optimizer.nesterov: Nesterov's method needs momentum (set train.optimizer.momentum, for example to 0.9)",
		},
		"long warm-up": {
			"train:\n  max_steps: 100\n  schedule: {warm_up: 101}",
			"f.yaml:4:23: train.schedule.warm_up: the warm-up takes 101 steps, longer than train.max_steps, 100",
		},
		"warm-up as long as the run":     {"train: {max_steps: 100, schedule: {warm_up: 100}}", ""},
		"warm-up of a run with no limit": {"train: {schedule: {warm_up: 101}}", ""},
		"no steps after the warm-up": {
			"train: {schedule: {name: cosine, warm_up: 11, steps: 11}}",
			"f.yaml:2:43: train.schedule.warm_up: the warm-up takes 11 steps, and the schedule ends at step 11 (it needs steps after the warm-up)",
		},
		"a schedule without an end": {
			"train: {schedule: {name: linear}}",
			"f.yaml:2:26: train.schedule.name: the schedule linear needs a step to end at (set train.schedule.steps or train.max_steps)",
		},
		"which max_steps gives": {"train: {max_steps: 13, schedule: {name: linear}}", ""},
		"patience that never ends": {
			"train: {schedule: {name: plateau, patience: 30}}",
			"f.yaml:2:45: train.schedule.patience: a plateau takes 30 epochs, but train.look_ahead ends the run after 30 (use a smaller patience)",
		},
		"look-ahead shorter than the default patience": {
			"train: {look_ahead: 7, schedule: {name: plateau}}",
			"f.yaml:2:21: train.look_ahead: a plateau takes 10 epochs, but train.look_ahead ends the run after 7 (use a smaller patience)",
		},
		"constant of another method": {
			"train: {optimizer: {name: adam, decay: 0.9}}",
			"f.yaml:2:40: train.optimizer.decay: adam does not use decay (remove decay, or replace the section: --set 'train.optimizer={name: adam}')",
		},
		"constant of another schedule": {
			"train: {schedule: {patience: 3}}",
			"f.yaml:2:30: train.schedule.patience: constant does not use patience (remove patience, or replace the section: --set 'train.schedule={name: constant}')",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			if got := problemsOf(t, "data: {source: banana}\n"+test.text+"\n"); !reflect.DeepEqual(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
		})
	}
}

func TestTwoContexts(t *testing.T) {
	got := problemsOf(t, "data: {source: banana, labels: true, context_columns: 3}\n")
	want := []string{"f.yaml:1:55: data.context_columns: the context is either the labels or columns of the rows (set one of labels and context_columns)"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestValidateNamesPaths(t *testing.T) {
	c := Config{
		Name:  "a b",
		Data:  Data{Source: "banana"},
		Model: Model{Hidden: []int{7, -1}, Order: Order{Name: "natural", Degrees: []int{1}}},
		Train: Train{LookAhead: 3, Optimizer: Optimizer{Name: "sgd", Nesterov: true, Decay: 0.5}},
	}
	want := Problems{
		{Path: "name", Text: `"a b" may have only letters, digits, '.', '_' and '-', since it names the run's directory`},
		{Path: "model.hidden.1", Text: "must be at least 1, got -1"},
		{Path: "model.order", Text: "has both a name and a list of degrees (keep one)"},
		{Path: "train.optimizer.decay", Text: "sgd does not use decay (remove decay, or replace the section: --set 'train.optimizer={name: sgd}')"},
		{Path: "train.optimizer.nesterov", Text: "Nesterov's method needs momentum (set train.optimizer.momentum, for example to 0.9)"},
	}
	if got := c.Validate(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
