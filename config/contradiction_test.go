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
		"residual blocks of unequal widths": {
			"model: {type: maf, residual: true, hidden: [7, 7, 11]}",
			"f.yaml:2:44: model.hidden: the input of a residual block is added to its output, so that all have one width, got [7, 7, 11]",
		},
		"residual blocks of none": {
			"model: {type: iaf, hidden: [], residual: true}",
			"f.yaml:2:42: model.residual: without hidden layers there are no residual blocks (give model.hidden a width for each block)",
		},
		"residual blocks with sampled degrees": {
			"model: {output: gaussian, residual: true}",
			"f.yaml:2:37: model.residual: the units at both ends of a residual block need the same degrees (set model.degrees: sequential)",
		},
		"which a flow does not have": {"model: {type: vae, residual: true, hidden: [7, 7]}", ""},
		"a gated layer of a MAF": {
			"model: {type: maf, transform: gated}",
			"f.yaml:2:31: model.transform: a gated layer is one of iaf and of the posterior of vae (use affine or spline)",
		},
		"batch normalisation of samples": {
			"model: {type: iaf, normalise: batch}",
			"f.yaml:2:31: model.normalise: batch normalisation needs rows to normalise, and iaf is fitted by its own samples (use act or none)",
		},
		"which is for rows": {"model: {type: maf, normalise: batch}", ""},
		"a long rise of β": {
			"model: {type: iaf}\ntrain: {max_steps: 10, anneal: {from: 0.5, steps: 11}}",
			"f.yaml:3:51: train.anneal.steps: β takes 11 steps to reach 1, longer than train.max_steps, 10",
		},
		"a rise of β in no time": {
			"model: {type: vae}\ntrain: {anneal: {from: 0.5}}",
			"f.yaml:3:24: train.anneal.from: β needs steps to rise over (set train.anneal.steps)",
		},
		"a rise of β to where it is": {
			"model: {type: vae}\ntrain: {anneal: {steps: 11}}",
			"f.yaml:3:25: train.anneal.steps: β starts at 1 and has nowhere to rise (set train.anneal.from, for example to 0.01)",
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

func TestContradictionsOfTheData(t *testing.T) {
	for name, test := range map[string]struct{ data, model, want string }{
		"a fold of the source": {"fold: 3", "", ""},
		"the last fold":        {"fold: 10, folds: 10", "", ""},
		"no such fold":         {"fold: 11, folds: 10", "", "f.yaml:1:30: data.fold: there are only 10 folds, got 11"},
		"no fold to test on":   {"folds: 10", "", "f.yaml:1:31: data.folds: folds have no use without the one to test on (set data.fold)"},
		"one fold":             {"fold: 1, folds: 1", "", "f.yaml:1:40: data.folds: one fold leaves no rows to train on (use at least 2)"},
		"one level":            {"dequantise: 1", "type: maf", "f.yaml:1:36: data.dequantise: one grey level says nothing (use at least 2, or 0 for none)"},
		"real rows of bits":    {"standardise: true", "", "f.yaml:1:37: data.standardise: bernoulli takes rows of 0 and 1, which standardise would change (remove standardise, or use a density of real values)"},
		"logits of bits":       {"logit: 0.05", "type: vae", "f.yaml:1:31: data.logit: vae takes rows of 0 and 1, which logit would change (remove logit, or use a density of real values)"},
		"grey values as bits":  {"dequantise: 256", "", "f.yaml:1:36: data.dequantise: bernoulli takes rows of 0 and 1, which dequantise would change (remove dequantise, or use a density of real values)"},
		"a density of bits":    {"binarize: sample", "type: maf", "f.yaml:1:34: data.binarize: binary rows have no density, and maf needs one (remove binarize, or use model.output bernoulli)"},
		"Gaussians of bits":    {"binarize: sample", "output: gaussian", "f.yaml:1:34: data.binarize: binary rows have no density, and gaussian needs one (remove binarize, or use model.output bernoulli)"},
		"real rows":            {"dequantise: 256, logit: 1e-6, standardise: true", "output: mog", ""},
		"bits":                 {"binarize: sample", "type: vae", ""},
		"the order of a flow":  {"standardise: true", "type: maf, order: [1, 2, 2]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			if got := problemsOf(t, "data: {source: banana, "+test.data+"}\nmodel: {"+test.model+"}\n"); !reflect.DeepEqual(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
		})
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
