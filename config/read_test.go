package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// problemsOf reads text, with "data: {source: banana}" left for it to say, and returns the lines of the error.
func problemsOf(t *testing.T, text string, sets ...string) []string {
	t.Helper()
	c, err := Parse("f.yaml", []byte(text), sets)
	if err == nil {
		return nil
	}
	if c != nil {
		t.Errorf("a configuration came with the error %v", err)
	}
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error of type %T: %v", err, err)
	}
	return strings.Split(err.Error(), "\n")
}

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
		"key twice":     {source + "seed: 1\nseed: 1\n", []string{"f.yaml:3:1: seed: given twice, first at 2:1 (keep one)"}},
		"section twice": {source + "data: {seed: 1}\n", []string{"f.yaml:2:1: data: given twice, first at 1:1 (keep one)"}},
		"value of a section": {source + "train: 7\neval: [1]\nmodel:\n", []string{
			"f.yaml:2:8: train: want a section of keys and values, got 7 (known in it: batch, optimizer, schedule, anneal, clip_norm, ema, max_epochs, max_steps, look_ahead, checkpoint_every, log_every, drop_last)",
			"f.yaml:3:7: eval: want a section of keys and values, got a list of one (known in it: batch, valid_orders, test_orders, valid_samples, samples)",
			"f.yaml:4:7: model: want a section of keys and values, got nothing (known in it: " + strings.Join(children["model"], ", ") + ")",
		}},
		"key that is no name": {source + "? [seed]\n: 1\n", []string{"f.yaml:2:3: a key must be a name, got a list of one"}},
		"no integer": {source + "train: {batch: 3.5, max_steps: 1e6, log_every: '7', max_epochs: [1], look_ahead: x}\n", []string{
			"f.yaml:2:16: train.batch: want an integer, got 3.5",
			"f.yaml:2:32: train.max_steps: want an integer, got 1e6 (write 1000000)",
			`f.yaml:2:48: train.log_every: want an integer, got the text "7" (remove the quotes)`,
			"f.yaml:2:65: train.max_epochs: want an integer, got a list of one",
			`f.yaml:2:82: train.look_ahead: want an integer, got the text "x"`,
		}},
		"octal": {source + "train: {batch: 0100}\n", []string{
			"f.yaml:2:16: train.batch: 0100 may be octal or decimal (write it without the leading 0, or with 0o)",
		}},
		"integer out of range": {source + "seed: -1\ntrain: {batch: 0, max_steps: 99999999999999999999, max_epochs: 9223372036854775807, log_every: 18446744073709551615}\n", []string{
			"f.yaml:2:7: seed: want an integer of 0 to 18446744073709551615, got -1",
			"f.yaml:3:16: train.batch: must be at least 1, got 0",
			"f.yaml:3:30: train.max_steps: 99999999999999999999 is too large for an integer",
			"f.yaml:3:64: train.max_epochs: must be at most 1125899906842624, got 9223372036854775807",
			"f.yaml:3:96: train.log_every: 18446744073709551615 is too large for an integer",
		}},
		"no finite number": {source + "train: {clip_norm: .inf, ema: .nan, checkpoint_every: 1e400}\n", []string{
			"f.yaml:2:20: train.clip_norm: must be a finite number, got an infinite one",
			"f.yaml:2:31: train.ema: must be a finite number, got NaN",
			"f.yaml:2:55: train.checkpoint_every: 1e400 is too large for a number",
		}},
		"no float32": {source + "train: {clip_norm: 1e39, ema: 0.99999999999, optimizer: {epsilon: 1e-50}}\n", []string{
			"f.yaml:2:20: train.clip_norm: is too large for float32: 1e39",
			"f.yaml:2:31: train.ema: must be at least 0 and below 1, but 0.99999999999 is 1 in float32",
			"f.yaml:2:67: train.optimizer.epsilon: is too small for float32: 1e-50",
		}},
		"no boolean": {source + "model: {direct: yes, conditioning_weights: 1}\n", []string{
			`f.yaml:2:17: model.direct: want true or false, got the text "yes"`,
			"f.yaml:2:44: model.conditioning_weights: want true or false, got 1",
		}},
		"no text": {"data: {source: 7, array: [x], binarize: }\nname: true\n", []string{
			`f.yaml:1:16: data.source: want text, got 7 (quote it: "7")`,
			"f.yaml:1:26: data.array: want text, got a list of one",
			`f.yaml:1:41: data.binarize: has no value (remove the key to take the default, or write "" for an empty text)`,
			`f.yaml:2:7: name: want text, got true (quote it: "true")`,
		}},
		"no value":             {source + "train:\n  batch:\n", []string{"f.yaml:3:9: train.batch: has no value (remove the key to take the default)"}},
		"no list":              {source + "model: {hidden: 500}\n", []string{"f.yaml:2:17: model.hidden: want a list of integers, got 500 (write [500])"}},
		"elements":             {source + "model: {hidden: [500, 0, x]}\n", []string{`f.yaml:2:26: model.hidden.2: want an integer, got the text "x"`}},
		"element out of range": {source + "model: {hidden: [500, 0]}\n", []string{"f.yaml:2:23: model.hidden.1: must be at least 1, got 0"}},
		"no list of columns": {"data: {source: banana, drop_columns: quality}\n", []string{
			`f.yaml:1:38: data.drop_columns: want a list of texts, got the text "quality" (write [quality])`,
		}},
		"columns": {"data: {source: banana, drop_columns: [quality, 3, \"\", '3', 2.5, 011, [x], \"a\\tb\"]}\n", []string{
			"f.yaml:1:60: data.drop_columns.4: want text, got 2.5 (quote it: \"2.5\")",
			"f.yaml:1:65: data.drop_columns.5: 011 may be octal or decimal (write it without the leading 0, or with 0o)",
			"f.yaml:1:70: data.drop_columns.6: want text, got a list of one",
		}},
		"columns that are none": {"data: {source: banana, drop_columns: [quality, 3, \"\", '3', \"a\\tb\"]}\n", []string{
			"f.yaml:1:51: data.drop_columns.2: is empty (name a column, or give its number)",
			`f.yaml:1:55: data.drop_columns.3: "3" is listed twice (keep one)`,
			`f.yaml:1:60: data.drop_columns.4: "a\tb" has characters that do not print (remove them)`,
		}},
		"real keys out of range": {"data: {source: banana, logit: 0.5}\nmodel: {type: iaf, transform: spline, bins: 1, bound: 0}\ntrain: {anneal: {from: 0, steps: 7}}\n", []string{
			"f.yaml:1:31: data.logit: must be at least 0 and below 0.5, got 0.5",
			"f.yaml:2:45: model.bins: must be at least 2 and at most 100, got 1",
			"f.yaml:2:55: model.bound: must be above 0, got 0",
			"f.yaml:3:24: train.anneal.from: must be above 0 and at most 1, got 0",
		}},
		"fractions": {"data: {source: banana, fractions: [0.5, 0.5]}\n", []string{
			"f.yaml:1:35: data.fractions: want a list of three numbers such as [0.8, 0.1, 0.1], got a list of 2",
		}},
		"fraction out of range": {"data: {source: banana, fractions: [8, 0.1, 0.1]}\n", []string{
			"f.yaml:1:36: data.fractions.0: must be above 0 and below 1, got 8",
		}},
		"fractions too much": {"data: {source: banana, fractions: [0.8, 0.2, 0.1]}\n", []string{
			"f.yaml:1:35: data.fractions: must sum to 1, got 1.1 (train, valid and test)",
		}},
		"no training rows": {"data: {source: banana, fractions: [0, 0.5, 0.5]}\n", []string{
			"f.yaml:1:36: data.fractions.0: must be above 0 and below 1, got 0",
		}},
		"unknown word": {source + "model: {type: mad, output: gausian, activation: Relu, order: randon}\n", []string{
			`f.yaml:2:15: model.type: unknown value "mad" (did you mean "made"? known: made, maf, iaf, vae)`,
			`f.yaml:2:28: model.output: unknown value "gausian" (did you mean "gaussian"? known: bernoulli, gaussian, mog)`,
			`f.yaml:2:49: model.activation: unknown value "Relu" (did you mean "relu"? known: relu, softplus, tanh, elu, sigmoid, gelu, silu, leaky_relu)`,
			`f.yaml:2:62: model.order: unknown value "randon" (did you mean "random"? known: natural, reversed, random, a list)`,
		}},
		"count":       {source + "model: {orders: {count: 0}}\n", []string{"f.yaml:2:25: model.orders.count: must be at least 1, or unlimited, got 0"}},
		"count below": {source + "model: {orders: {count: -1}}\n", []string{"f.yaml:2:25: model.orders.count: must be at least 1, or unlimited, got -1"}},
		"count misspelt": {source + "model: {orders: {count: unlimted}}\n", []string{
			`f.yaml:2:25: model.orders.count: unknown value "unlimted" (did you mean "unlimited"? known: unlimited, a number)`,
		}},
		"count no number": {source + "model: {orders: {count: 2.5}}\n", []string{
			"f.yaml:2:25: model.orders.count: want an integer, got 2.5 (a number, or unlimited)",
		}},
		"order with a gap": {source + "model: {order: [1, 3, 3]}\n", []string{
			"f.yaml:2:16: model.order: no input has degree 2, but one has 3 (every degree from 1 to the largest must occur)",
		}},
		"order out of range": {source + "model: {order: [1, 4, 2]}\n", []string{"f.yaml:2:20: model.order.1: degrees of 3 inputs lie in 1 to 3, got 4"}},
		"empty order":        {source + "model: {order: []}\n", []string{"f.yaml:2:16: model.order: an order lists the degree of every input, and this one is empty"}},
		"name": {source + "name: a/b\n", []string{
			`f.yaml:2:7: name: "a/b" may have only letters, digits, '.', '_' and '-', since it names the run's directory`,
		}},
		"name up": {source + "name: ..\n", []string{
			`f.yaml:2:7: name: ".." must begin with a letter, a digit or '_', since it names the run's directory`,
		}},
		"no source": {"seed: 1\n", []string{"f.yaml:1:1: data.source: is missing (" + byPath["data.source"].doc + ")"}},
		"no source in a section": {"seed: 1\ndata:\n  seed: 3\n", []string{
			"f.yaml:2:1: data.source: is missing (" + byPath["data.source"].doc + ")",
		}},
		"source that does not print": {"data: {source: \"a\\nb\"}\n", []string{`f.yaml:1:16: data.source: "a\nb" has characters that do not print (remove them)`}},
		"adamw without decay": {source + "train: {optimizer: {name: adamw, weight_decay: 0}}\n", []string{
			"f.yaml:2:48: train.optimizer.weight_decay: must be above 0 for adamw, which is adam otherwise (name adam, or give a weight decay)",
		}},
		"characters before": {"name: é\ndata: {source: é, seed: x}\n", []string{
			`f.yaml:1:7: name: "é" may have only letters, digits, '.', '_' and '-', since it names the run's directory`,
			`f.yaml:2:25: data.seed: want an integer, got the text "x"`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := problemsOf(t, test.text); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestProblemsAreSortedByPlace(t *testing.T) {
	got := problemsOf(t, "train: {batch: x}\nseed: x\nmode1: {}\ndata: {source: ''}\n", "eval.batch=0", "seed=[")
	want := []string{
		`f.yaml:1:16: train.batch: want an integer, got the text "x"`,
		`f.yaml:2:7: seed: want an integer, got the text "x"`,
		`f.yaml:3:1: unknown key "mode1" (did you mean "model"?)`,
		"f.yaml:4:16: data.source: is missing (" + byPath["data.source"].doc + ")",
		"--set eval.batch=0: must be at least 1, got 0",
		"--set seed=[: not YAML: did not find expected node content while parsing a flow node",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOneMistakeIsReportedOnce(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		// beta1 would not be of use to the default method, but adam was meant
		{"optimizer: {nam: adam, beta1: 0.5}", `f.yaml:3:15: train.optimizer: unknown key "nam" (did you mean "name"?)`},
		{"optimizer: {name: adm, beta1: 0.5}", `f.yaml:3:21: train.optimizer.name: unknown value "adm" (did you mean "adam"? known: adadelta, adagrad, adam, adamw, sgd)`},
		// layers would not be of use to the default type, but maf was meant
		{"batch: 7\nmodel: {type: mfa, layers: 7}", `f.yaml:4:15: model.type: unknown value "mfa" (did you mean "maf"? known: made, maf, iaf, vae)`},
		{"batch: 7\nmodel: {typ: maf, layers: 7}", `f.yaml:4:9: model: unknown key "typ" (did you mean "type"?)`},
		{"batch: 7\nmodel: {type: maf, bas: mog, components: 7}", `f.yaml:4:20: model: unknown key "bas" (did you mean "base"?)`},
		{"batch: 7\nmodel: {type: maf, transform: splin, bins: 7}", `f.yaml:4:31: model.transform: unknown value "splin" (did you mean "spline"? known: affine, spline, gated)`},
		// neither is a step to end at missing
		{"max_stebs: 1000\n  schedule: {name: cosine}", `f.yaml:3:3: train: unknown key "max_stebs" (did you mean "max_steps"?)`},
		{"max_steps: -1\n  schedule: {name: cosine}", "f.yaml:3:14: train.max_steps: must be at least 0, got -1"},
	} {
		got := problemsOf(t, "data: {source: banana}\ntrain:\n  "+test.text+"\n")
		if !reflect.DeepEqual(got, []string{test.want}) {
			t.Errorf("%s:\ngot  %q\nwant %q", test.text, got, test.want)
		}
	}
}

func TestReadsEveryType(t *testing.T) {
	c, err := Parse("some/dir/abc.yaml", []byte(`
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
	want := Default()
	want.Name = "abc"
	want.Seed = 1<<64 - 1
	want.Data = Data{Source: "2024-01-01", Fractions: [3]float64{0.5, 0.25, 0.25}, Seed: new(uint64(0)), Binarize: "sample", Labels: true}
	want.Model.Hidden, want.Model.Direct, want.Model.Groups = []int{}, true, 2
	want.Model.Order = Order{Degrees: []int{2, 1, 2}}
	want.Model.Orders = Orders{Count: Unlimited, Resample: "order"}
	want.Train.Batch, want.Train.LookAhead, want.Train.MaxSteps, want.Train.ClipNorm = 1000, 0, 16, 3
	want.Train.Optimizer = Optimizer{Name: "sgd", LearningRate: 1e-3, Momentum: 0.5, Nesterov: true}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestNameComesFromTheFile(t *testing.T) {
	for file, want := range map[string]string{
		"configs/dna.yaml": "dna", "dna.v2.yml": "dna.v2", "": "run", "-": "run", "a b.yaml": "run", ".yaml": "run", "dna": "dna",
	} {
		c, err := Parse(file, []byte("data: {source: banana}"), nil)
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
