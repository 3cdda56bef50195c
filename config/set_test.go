package config_test

import (
	"strings"
	"testing"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/train"
)

func TestSetTakesThePlaceOfTheValue(t *testing.T) {
	const text = "name: a\ndata: {source: banana}\nmodel: {hidden: [500, 300]}\ntrain:\n  batch: x\n  optimizer: {name: adadelta, decay: 0.9, epsilon: 1e-9}\n"
	c, err := train.ParseConfig("f.yaml", []byte(text), []string{
		"train.batch=7", "train.batch=11", "model.hidden.1=13", "seed=17", "model.orders.count=unlimited",
		"eval={batch: 19}", "eval.test_orders=23", "train.optimizer={name: adam}", "train.optimizer.beta1=0.5",
		"name=\"2024\"", "data.source=a=b", "train.schedule.name=cosine", "train.max_steps=29",
	})
	if err != nil {
		t.Fatal(err)
	}
	hasValues(t, c, map[string]string{"name": `"2024"`, "seed": "17", "data.source": `"a=b"`, "model.hidden": "[500, 13]", "model.orders.count": "unlimited",
		"train.batch": "11", "train.max_steps": "29", "train.optimizer.name": "adam", "train.optimizer.beta1": "0.5", "train.optimizer.epsilon": "1e-8",
		"train.optimizer.decay": "", "train.schedule.name": "cosine", "train.schedule.steps": "29", "eval.batch": "19", "eval.test_orders": "23"})
}

func TestSetInAnEmptySection(t *testing.T) {
	for _, text := range []string{"{}", "data:", "data: {}", "data:\n  source:\n"} {
		c, err := train.ParseConfig("f.yaml", []byte(text), []string{"data.source=banana"})
		if err != nil || c.Data.Source != "banana" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSetProblemsNameTheFlag(t *testing.T) {
	const text = "data: {source: banana}\nseed: 3\nmodel: {hidden: [500]}\ntrain: {optimizer: {name: adadelta, decay: 0.9}}\n"
	for set, want := range map[string]string{
		"train.batch=0":             "must be at least 1, got 0",
		"train.batch=x":             `want an integer, got the text "x"`,
		"train.batch=":              "has no value (remove the key to take the default)",
		"train.batch=#7":            "has no value (remove the key to take the default)",
		"train.batch=[1, 2]":        "want an integer, got a list of 2",
		"train.bach=7":              `train: unknown key "bach" (did you mean "batch"?)`,
		"trian.batch=7":             `unknown key "trian" (did you mean "train"?)`,
		"train={bach: 7}":           `unknown key "bach" (did you mean "batch"?)`,
		"train={batch: 0}":          "train.batch: must be at least 1, got 0",
		"train=7":                   "want a section of keys and values, got 7 (known in it: " + strings.Join(children("train"), ", ") + ")",
		"batch":                     "want path=value, such as train.batch=50",
		"=7":                        "want path=value, such as train.batch=50",
		"train..batch=7":            "want path=value, such as train.batch=50",
		"":                          "want path=value, such as train.batch=50",
		"seed.x=7":                  "seed is 3 in the file, not a section",
		"model.hidden.1=7":          `model.hidden is a list of one, which has no element "1" (the first is 0; set all of it to change its length)`,
		"model.hidden.-1=7":         `model.hidden is a list of one, which has no element "-1" (the first is 0; set all of it to change its length)`,
		"model.hidden.0=0":          "must be at least 1, got 0",
		"model.order.0=1":           "model.order has no parts in the file that could be set (set all of it)",
		"model.order=[1, 3]":        "model.order.1: degrees of 2 inputs lie in 1 to 2, got 3",
		"seed=[1":                   "not YAML: did not find expected ',' or ']' while parsing a flow sequence that starts at 1:1",
		"seed=&a 7":                 "the anchor &a has no use here (remove it, and write values out where they are used)",
		"seed=7\n---\n8":            "a second document starts here (a configuration is one document: remove it and the line ---)",
		"seed=\xff":                 "byte 0xff is not UTF-8 text (save the file as UTF-8)",
		"model.degrees=sequential":  "",
		"train.optimizer.name=adam": "adam does not use decay (remove decay, or replace the section: --set 'train.optimizer={name: adam}')",
	} {
		got := problemsOf(t, text, set)
		if want == "" {
			if got != nil {
				t.Errorf("--set %s: %q", set, got)
			}
			continue
		}
		if full := "--set " + config.OneLine(set) + ": " + want; !begin(got, []string{full}) {
			t.Errorf("got  %q\nwant %q", got, full)
		}
	}
}

func TestSetThatContradictsTheFileIsAtFault(t *testing.T) {
	got := problemsOf(t, "data: {source: banana}\nmodel: {degrees: sequential}\n", "model.orders.count=8")
	want := []string{"--set model.orders.count=8: sequential degrees are the same in every mask set, so there is no connectivity to resample (use sampled degrees, or model.orders.resample: order)"}
	if !begin(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
