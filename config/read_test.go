package config_test

import (
	"strings"
	"testing"

	"github.com/maskflow/maskflow/train"
)

func TestProblemsHaveTheirPlaces(t *testing.T) {
	const source = "data: {source: banana}\n"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"unknown key": {source + "sead: 3\n", []string{`f.yaml:2:1: unknown key "sead" (did you mean "seed"?)`}},
		"unknown key in a section": {source + "train:\n  max_epoch: 3\n", []string{
			`f.yaml:3:3: train: unknown key "max_epoch" (did you mean "max_epochs"?)`,
		}},
		"key of another section": {source + "train: {learning_rate: 3}\n", []string{
			`f.yaml:2:9: train: unknown key "learning_rate" (did you mean train.optimizer.learning_rate?)`,
		}},
		"key of two sections": {source + "resample: 3\nname: x\nmodel: {decay: 3, name: x}\n", []string{
			`f.yaml:2:1: unknown key "resample" (did you mean model.orders.resample?)`,
			`f.yaml:4:9: model: unknown key "decay" (did you mean train.optimizer.decay?)`,
			`f.yaml:4:19: model: unknown key "name" (did you mean name or train.optimizer.name or train.schedule.name?)`,
		}},
		"key with dots": {source + "train.batch: 7\n", []string{
			`f.yaml:2:1: unknown key "train.batch" (write the path as nested sections, train: {batch: …})`,
		}},
		"key like no other": {source + "eval: {zzzz: 7}\n", []string{
			`f.yaml:2:8: eval: unknown key "zzzz" (known here: batch, valid_orders, test_orders, valid_samples, samples)`,
		}},
		"key that there is not for a reason": {source + "model: {type: maf, conditioner: nade, transform: nade}\n", []string{
			`f.yaml:2:20: model: unknown key "conditioner" (a layer has a masked network`,
			`f.yaml:2:50: model.transform: "nade" is not taken: a layer has a masked network`,
		}},
		"key twice":     {source + "seed: 1\nseed: 1\n", []string{"f.yaml:3:1: seed: given twice, first at 2:1 (keep one)"}},
		"section twice": {source + "data: {seed: 1}\n", []string{"f.yaml:2:1: data: given twice, first at 1:1 (keep one)"}},
		"value of a section": {source + "train: 7\neval: [1]\nmodel:\n", []string{
			"f.yaml:2:8: train: ",
			"f.yaml:3:7: eval: ",
			"f.yaml:4:7: model: ",
		}},
		"key that is no name": {source + "? [seed]\n: 1\n", []string{"f.yaml:2:3: a key must be a name, got a list of one"}},
		"no integer": {source + "train: {batch: 3.5, max_steps: 1e6, log_every: '7', max_epochs: [1], look_ahead: x}\n", []string{
			"f.yaml:2:16: train.batch: ",
			"f.yaml:2:32: train.max_steps: ",
			`f.yaml:2:48: train.log_every: `,
			"f.yaml:2:65: train.max_epochs: ",
			`f.yaml:2:82: train.look_ahead: `,
		}},
		"octal": {source + "train: {batch: 0100}\n", []string{
			"f.yaml:2:16: train.batch: ",
		}},
		"integer out of range": {source + "seed: -1\ntrain: {batch: 0, max_steps: 99999999999999999999, max_epochs: 9223372036854775807, log_every: 18446744073709551615}\n", []string{
			"f.yaml:2:7: seed: ",
			"f.yaml:3:16: train.batch: ",
			"f.yaml:3:30: train.max_steps: ",
			"f.yaml:3:64: train.max_epochs: ",
			"f.yaml:3:96: train.log_every: ",
		}},
		"no finite number": {source + "train: {clip_norm: .inf, ema: .nan, checkpoint_every: 1e400}\n", []string{
			"f.yaml:2:20: train.clip_norm: ",
			"f.yaml:2:31: train.ema: ",
			"f.yaml:2:55: train.checkpoint_every: ",
		}},
		"no float32": {source + "train: {clip_norm: 1e39, ema: 0.99999999999, optimizer: {epsilon: 1e-50}}\n", []string{
			"f.yaml:2:20: train.clip_norm: ",
			"f.yaml:2:31: train.ema: ",
			"f.yaml:2:67: train.optimizer.epsilon: ",
		}},
		"no boolean": {source + "model: {direct: yes, conditioning_weights: 1}\n", []string{
			`f.yaml:2:17: model.direct: `,
			"f.yaml:2:44: model.conditioning_weights: ",
		}},
		"no text": {"data: {source: 7, array: [x], binarize: }\nname: true\n", []string{
			`f.yaml:1:16: data.source: `,
			"f.yaml:1:26: data.array: ",
			`f.yaml:1:41: data.binarize: `,
			`f.yaml:2:7: name: `,
		}},
		"no value":             {source + "train:\n  batch:\n", []string{"f.yaml:3:9: train.batch: "}},
		"no list":              {source + "model: {hidden: 500}\n", []string{"f.yaml:2:17: model.hidden: "}},
		"elements":             {source + "model: {hidden: [500, 0, x]}\n", []string{`f.yaml:2:26: model.hidden.2: `}},
		"element out of range": {source + "model: {hidden: [500, 0]}\n", []string{"f.yaml:2:23: model.hidden.1: "}},
		"no list of columns": {"data: {source: banana, drop_columns: quality}\n", []string{
			`f.yaml:1:38: data.drop_columns: `,
		}},
		"columns": {"data: {source: banana, drop_columns: [quality, 3, \"\", '3', 2.5, 011, [x], \"a\\tb\"]}\n", []string{
			"f.yaml:1:60: data.drop_columns.4: ",
			"f.yaml:1:65: data.drop_columns.5: ",
			"f.yaml:1:70: data.drop_columns.6: ",
		}},
		"columns that are none": {"data: {source: banana, drop_columns: [quality, 3, \"\", '3', \"a\\tb\"]}\n", []string{
			"f.yaml:1:51: data.drop_columns.2: ",
			`f.yaml:1:55: data.drop_columns.3: `,
			`f.yaml:1:60: data.drop_columns.4: `,
		}},
		"real keys out of range": {"data: {source: banana, logit: 0.5}\nmodel: {type: iaf, transform: spline, bins: 1, bound: 0}\ntrain: {anneal: {from: 0, steps: 7}}\n", []string{
			"f.yaml:1:31: data.logit: ",
			"f.yaml:2:45: model.bins: ",
			"f.yaml:2:55: model.bound: ",
			"f.yaml:3:24: train.anneal.from: ",
		}},
		"fractions": {"data: {source: banana, fractions: [0.5, 0.5]}\n", []string{
			"f.yaml:1:35: data.fractions: ",
		}},
		"fraction out of range": {"data: {source: banana, fractions: [8, 0.1, 0.1]}\n", []string{
			"f.yaml:1:36: data.fractions.0: ",
		}},
		"fractions too much": {"data: {source: banana, fractions: [0.8, 0.2, 0.1]}\n", []string{
			"f.yaml:1:35: data.fractions: ",
		}},
		"no training rows": {"data: {source: banana, fractions: [0, 0.5, 0.5]}\n", []string{
			"f.yaml:1:36: data.fractions.0: ",
		}},
		"unknown word": {source + "model: {type: mad, output: gausian, activation: Relu, order: randon}\n", []string{
			`f.yaml:2:15: model.type: `,
			`f.yaml:2:28: model.output: `,
			`f.yaml:2:49: model.activation: `,
			`f.yaml:2:62: model.order: `,
		}},
		"count":       {source + "model: {orders: {count: 0}}\n", []string{"f.yaml:2:25: model.orders.count: "}},
		"count below": {source + "model: {orders: {count: -1}}\n", []string{"f.yaml:2:25: model.orders.count: "}},
		"count misspelt": {source + "model: {orders: {count: unlimted}}\n", []string{
			`f.yaml:2:25: model.orders.count: `,
		}},
		"count no number": {source + "model: {orders: {count: 2.5}}\n", []string{
			"f.yaml:2:25: model.orders.count: ",
		}},
		"order with a gap": {source + "model: {order: [1, 3, 3]}\n", []string{
			"f.yaml:2:16: model.order: ",
		}},
		"order out of range": {source + "model: {order: [1, 4, 2]}\n", []string{"f.yaml:2:20: model.order.1: "}},
		"empty order":        {source + "model: {order: []}\n", []string{"f.yaml:2:16: model.order: "}},
		"name": {source + "name: a/b\n", []string{
			`f.yaml:2:7: name: `,
		}},
		"name up": {source + "name: ..\n", []string{
			`f.yaml:2:7: name: `,
		}},
		"no source": {"seed: 1\n", []string{"f.yaml:1:1: data.source: "}},
		"no source in a section": {"seed: 1\ndata:\n  seed: 3\n", []string{
			"f.yaml:2:1: data.source: ",
		}},
		"source that does not print": {"data: {source: \"a\\nb\"}\n", []string{`f.yaml:1:16: data.source: `}},
		"adamw without decay": {source + "train: {optimizer: {name: adamw, weight_decay: 0}}\n", []string{
			"f.yaml:2:48: train.optimizer.weight_decay: ",
		}},
		"characters before": {"name: é\ndata: {source: é, seed: x}\n", []string{
			`f.yaml:1:7: name: `,
			`f.yaml:2:25: data.seed: `,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := problemsOf(t, test.text); !begin(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestProblemsAreSortedByPlace(t *testing.T) {
	got := problemsOf(t, "train: {batch: x}\nseed: x\nmode1: {}\ndata: {source: ''}\n", "eval.batch=0", "seed=[")
	want := []string{
		`f.yaml:1:16: train.batch: `,
		`f.yaml:2:7: seed: `,
		`f.yaml:3:1: unknown key "mode1" (did you mean "model"?)`,
		"f.yaml:4:16: data.source: ",
		"--set eval.batch=0: must be at least 1, got 0",
		"--set seed=[: not YAML: did not find expected node content while parsing a flow node",
	}
	if !begin(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOneMistakeIsReportedOnce(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		// beta1 would not be of use to the default method, but adam was meant
		{"optimizer: {nam: adam, beta1: 0.5}", `f.yaml:3:15: train.optimizer: unknown key "nam" (did you mean "name"?)`},
		{"optimizer: {name: adm, beta1: 0.5}", `f.yaml:3:21: train.optimizer.name: `},
		// layers would not be of use to the default type, but maf was meant
		{"batch: 7\nmodel: {type: mfa, layers: 7}", `f.yaml:4:15: model.type: `},
		{"batch: 7\nmodel: {typ: maf, layers: 7}", `f.yaml:4:9: model: unknown key "typ" (did you mean "type"?)`},
		{"batch: 7\nmodel: {type: maf, bas: mog, components: 7}", `f.yaml:4:20: model: unknown key "bas" (did you mean "base"?)`},
		{"batch: 7\nmodel: {type: maf, transform: splin, bins: 7}", `f.yaml:4:31: model.transform: `},
		// neither is a step to end at missing
		{"max_stebs: 1000\n  schedule: {name: cosine}", `f.yaml:3:3: train: unknown key "max_stebs" (did you mean "max_steps"?)`},
		{"max_steps: -1\n  schedule: {name: cosine}", "f.yaml:3:14: train.max_steps: "},
	} {
		got := problemsOf(t, "data: {source: banana}\ntrain:\n  "+test.text+"\n")
		if !begin(got, []string{test.want}) {
			t.Errorf("%s:\ngot  %q\nwant %q", test.text, got, test.want)
		}
	}
}

func TestReadsEveryType(t *testing.T) {
	c, err := train.ParseConfig("some/dir/abc.yaml", []byte(`
seed: 18446744073709551615
data: {source: 2024-01-01, array: "", fractions: [0.5, 25e-2, .25], seed: 0, binarize: sample, labels: True}
model: {hidden: [], direct: true, order: [2, 1, 2], groups: 2, orders: {count: unlimited, resample: order}}
train:
  batch: 1_000
  optimizer: {name: sgd, learning_rate: 1e-3, momentum: .5, nesterov: true}
  look_ahead: 0
  max_steps: 0x10
  clip_norm: 3
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	hasValues(t, c, map[string]string{"name": "abc", "seed": "18446744073709551615", "data.source": `"2024-01-01"`, "data.fractions": "[0.5, 0.25, 0.25]",
		"data.seed": "0", "data.binarize": "sample", "data.labels": "true", "model.hidden": "[]", "model.direct": "true", "model.groups": "2",
		"model.order": "[2, 1, 2]", "model.orders.count": "unlimited", "model.orders.resample": "order", "train.batch": "1000", "train.look_ahead": "0",
		"train.max_steps": "16", "train.clip_norm": "3", "train.optimizer.name": "sgd", "train.optimizer.learning_rate": "0.001",
		"train.optimizer.momentum": "0.5", "train.optimizer.nesterov": "true"})
	if c.Train.LookAhead != train.Never || c.Data.RandomSeed() != 0 {
		t.Errorf("in Go the look-ahead is %d and the seed of the data %d", c.Train.LookAhead, c.Data.RandomSeed())
	}
}

func TestNameComesFromTheFile(t *testing.T) {
	for file, want := range map[string]string{
		"configs/dna.yaml": "dna", "dna.v2.yml": "dna.v2", "": "run", "-": "run", "a b.yaml": "run", ".yaml": "run", "dna": "dna",
	} {
		c, err := train.ParseConfig(file, []byte("data: {source: banana}"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != want {
			t.Errorf("%q: name %q, want %q", file, c.Name, want)
		}
	}
}

func TestOnlyTheFirstHundredProblemsAreWritten(t *testing.T) {
	text := "data: {source: banana}\n"
	for range 103 {
		text += "[a]: 1\n"
	}
	got := problemsOf(t, text)
	if len(got) != 101 || got[100] != "and 3 more problems" {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
}
