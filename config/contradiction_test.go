package config_test

import (
	"testing"
)

func TestContradictions(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"sequential degrees cannot be resampled": {
			"model:\n  orders: {count: 8}\n  degrees: sequential",
			"f.yaml:4:12: model.degrees: ",
		},
		"nor when unlimited": {
			"model:\n  orders: {count: unlimited, resample: connectivity}\n  degrees: sequential",
			"f.yaml:4:12: model.degrees: ",
		},
		"but orders can":       {"model: {degrees: sequential, orders: {count: 8, resample: order}}", ""},
		"and one is no sample": {"model: {degrees: sequential, orders: {count: 1, resample: both}}", ""},
		"connectivity of no hidden units": {
			"model: {hidden: [], orders: {count: 8, resample: connectivity}}",
			"f.yaml:2:50: model.orders.resample: ",
		},
		"more groups than degrees": {
			"model: {order: [1, 2, 2], groups: 3}",
			"f.yaml:2:35: model.groups: ",
		},
		"as many groups as degrees": {"model: {order: [1, 2, 2], groups: 2}", ""},
		"no end":                    {"train: {look_ahead: 0}", "f.yaml:2:21: train.look_ahead: "},
		"an end":                    {"train: {look_ahead: 0, max_steps: 1}", ""},
		"Nesterov without momentum": {
			"train:\n  optimizer: {name: sgd, nesterov: true}",
			"f.yaml:3:36: train.optimizer.nesterov: ",
		},
		"long warm-up": {
			"train:\n  max_steps: 100\n  schedule: {warm_up: 101}",
			"f.yaml:4:23: train.schedule.warm_up: ",
		},
		"warm-up as long as the run":     {"train: {max_steps: 100, schedule: {warm_up: 100}}", ""},
		"warm-up of a run with no limit": {"train: {schedule: {warm_up: 101}}", ""},
		"no steps after the warm-up": {
			"train: {schedule: {name: cosine, warm_up: 11, steps: 11}}",
			"f.yaml:2:43: train.schedule.warm_up: ",
		},
		"a schedule without an end": {
			"train: {schedule: {name: linear}}",
			"f.yaml:2:26: train.schedule.name: ",
		},
		"which max_steps gives": {"train: {max_steps: 13, schedule: {name: linear}}", ""},
		"patience that never ends": {
			"train: {schedule: {name: plateau, patience: 30}}",
			"f.yaml:2:45: train.schedule.patience: ",
		},
		"look-ahead shorter than the default patience": {
			"train: {look_ahead: 7, schedule: {name: plateau}}",
			"f.yaml:2:21: train.look_ahead: ",
		},
		"residual blocks of unequal widths": {
			"model: {type: maf, residual: true, hidden: [7, 7, 11]}",
			"f.yaml:2:44: model.hidden: ",
		},
		"residual blocks of none": {
			"model: {type: iaf, hidden: [], residual: true}",
			"f.yaml:2:42: model.residual: ",
		},
		"residual blocks with sampled degrees": {
			"model: {output: gaussian, residual: true}",
			"f.yaml:2:37: model.residual: ",
		},
		"which a flow does not have": {"model: {type: vae, residual: true, hidden: [7, 7]}", ""},
		"batch normalisation of samples": {
			"model: {type: iaf, normalise: batch}",
			"f.yaml:2:31: model.normalise: ",
		},
		"which is for rows": {"model: {type: maf, normalise: batch}", ""},
		"a long rise of β": {
			"model: {type: iaf}\ntrain: {max_steps: 10, anneal: {from: 0.5, steps: 11}}",
			"f.yaml:3:51: train.anneal.steps: ",
		},
		"a rise of β in no time": {
			"model: {type: vae}\ntrain: {anneal: {from: 0.5}}",
			"f.yaml:3:24: train.anneal.from: ",
		},
		"a rise of β to where it is": {
			"model: {type: vae}\ntrain: {anneal: {steps: 11}}",
			"f.yaml:3:25: train.anneal.steps: ",
		},
		"constant of another method": {
			"train: {optimizer: {name: adam, decay: 0.9}}",
			"f.yaml:2:40: train.optimizer.decay: ",
		},
		"constant of another schedule": {
			"train: {schedule: {patience: 3}}",
			"f.yaml:2:30: train.schedule.patience: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			if got := problemsOf(t, "data: {source: banana}\n"+test.text+"\n"); !begin(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
		})
	}
}

func TestTwoContexts(t *testing.T) {
	got := problemsOf(t, "data: {source: banana, labels: true, context_columns: 3}\n")
	want := []string{"f.yaml:1:55: data.context_columns: "}
	if !begin(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestContradictionsOfTheData(t *testing.T) {
	for name, test := range map[string]struct{ data, model, want string }{
		"a fold of the source": {"fold: 3", "", ""},
		"the last fold":        {"fold: 10, folds: 10", "", ""},
		"no such fold":         {"fold: 11, folds: 10", "", "f.yaml:1:30: data.fold: "},
		"no fold to test on":   {"folds: 10", "", "f.yaml:1:31: data.folds: "},
		"one fold":             {"fold: 1, folds: 1", "", "f.yaml:1:40: data.folds: "},
		"one level":            {"dequantise: 1", "type: maf", "f.yaml:1:36: data.dequantise: "},
		"real rows of bits":    {"standardise: true", "", "f.yaml:1:37: data.standardise: "},
		"logits of bits":       {"logit: 0.05", "type: vae", "f.yaml:1:31: data.logit: "},
		"grey values as bits":  {"dequantise: 256", "", "f.yaml:1:36: data.dequantise: "},
		"a density of bits":    {"binarize: sample", "type: maf", "f.yaml:1:34: data.binarize: "},
		"Gaussians of bits":    {"binarize: sample", "output: gaussian", "f.yaml:1:34: data.binarize: "},
		"real rows":            {"dequantise: 256, logit: 1e-6, standardise: true", "output: mog", ""},
		"bits":                 {"binarize: sample", "type: vae", ""},
		"the order of a flow":  {"standardise: true", "type: maf, order: [1, 2, 2]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			if got := problemsOf(t, "data: {source: banana, "+test.data+"}\nmodel: {"+test.model+"}\n"); !begin(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
		})
	}
}
