package main

import (
	"maps"
	"slices"
	"strings"
)

// settings are values of options by their paths.
type settings map[string]string

// with are settings changed by others; "" removes one.
func (s settings) with(changes settings) settings {
	all := maps.Clone(s)
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_, v string) bool { return v == "" })
	return all
}

// sets are settings as --set takes them.
func (s settings) sets() (all []string) {
	for _, path := range slices.Sorted(maps.Keys(s)) {
		all = append(all, path+"="+s[path])
	}
	return all
}

// candidate is a way to train a table: a beginning, and what is changed of it.
type candidate struct {
	name, from string
	change     settings
	settings
}

// Where the search begins: networks of some orders, of one and of any, and flows; small ones for few rows.
var (
	common = settings{"train.optimizer.name": "adamw", "train.optimizer.learning_rate": "0.01", "train.optimizer.weight_decay": "0.1", "train.optimizer.decays": "weights",
		"train.schedule.name": "cosine", "train.batch": "100", "train.look_ahead": "0", "data.marginal": "spline", "model.activation": "silu", "train.ema": "0.99"}
	network = common.with(settings{"model.output": "mixed", "model.direct": "true"})
	masked  = network.with(settings{"model.type": "made", "model.degrees": "sequential", "model.reals": "mol", "model.orders.count": "1"})
	flows   = common.with(settings{"model.type": "maf", "model.transform": "spline", "train.optimizer.learning_rate": "0.003"})

	fewOrders = candidate{name: "some orders", settings: masked.with(settings{"model.hidden": "[256]", "model.reals": "spline", "model.orders.count": "4", "data.marginal": "auto", "train.batch": "50"}).tidy()}
	fewMany   = fewOrders.changed(settings{"model.hidden": "[64]", "train.batch": "100"})
	fewNormal = fewOrders.changed(settings{"model.reals": "mol", "model.components": "1"})
	fewBefore = fewNormal.changed(settings{"model.hidden": "[64]", "train.batch": "100"})
	fewAny    = candidate{name: "any order", settings: network.with(settings{"model.type": "nade", "model.hidden": "[64,64]", "model.components": "10", "train.batch": "50"})}
	fewFlow   = candidate{name: "flow", settings: flows.with(settings{"model.hidden": "[64,64]", "model.layers": "3"})}
	fewMixing = candidate{name: "flow that begins uncorrelated", settings: fewFlow.with(settings{"model.permute": "lu"})}
	many      = settings{"train.batch": "200", "model.activation": "relu"}
	manyOne   = candidate{name: "one order", settings: masked.with(many).with(settings{"model.hidden": "[256,256]", "model.components": "20"})}
	manyAny   = candidate{name: "any order", settings: network.with(many).with(settings{"model.type": "nade", "model.hidden": "[256,256]", "model.components": "20"})}
	manyBent  = manyOne.changed(settings{"model.reals": "spline", "train.batch": "100"})
	manyFlow  = candidate{name: "flow", settings: common.with(many).with(settings{"model.type": "maf", "model.transform": "spline", "model.hidden": "[128,128]", "model.layers": "5"})}
)

// changes are what is tried around a beginning, one at a time, by option; the empty text is the option's own default.
var changes = map[string][]string{
	"model.hidden":                  {"[64]", "[128]", "[256]", "[512]", "[64,64]", "[128,128]", "[256,256]", "[512,512]"},
	"model.activation":              {"relu", "silu"},
	"model.components":              {"1", "3", "10", "40"},
	"model.reals":                   {"mol", "spline"},
	"model.direct":                  {"false"},
	"model.dropout":                 {"0.1"},
	"data.marginal":                 {"standardise", "spline"},
	"train.batch":                   {"25", "50", "100", "200", "400"},
	"train.ema":                     {"0", "0.998"},
	"train.optimizer.name":          {"adam"},
	"train.optimizer.decays":        {"all"},
	"train.optimizer.learning_rate": {"0.003", "0.01", "0.03"},
	"train.optimizer.weight_decay":  {"0.01", "0.03", "0.3", "1"},
	"train.schedule.name":           {"constant"},
	"train.look_ahead":              {"20"},
	"model.orders.count":            {"1", "2", "4", "8", "16"},
	"model.transform":               {"affine"},
	"model.base":                    {"nade"},
	"model.permute":                 {"lu"},
}

// Options that some kinds of model alone have.
var optionsOf = map[string][]string{
	"model.components": {"nade", "made"}, "model.reals": {"nade", "made"}, "model.direct": {"nade", "made"}, "model.dropout": {"nade"},
	"model.orders.count": {"made"}, "model.transform": {"maf"}, "model.base": {"maf"}, "model.permute": {"maf"},
}

// tidy are settings without those that others leave no place for.
func (s settings) tidy() settings {
	s = maps.Clone(s)
	if r := s["model.reals"]; r == "gaussian" || r == "spline" { // of one component
		delete(s, "model.components")
	}
	if n := s["model.orders.count"]; n != "" && n != "1" { // of sequential degrees
		s["model.orders.resample"] = "order"
	} else {
		delete(s, "model.orders.resample")
	}
	if s["train.optimizer.name"] == "adam" { // whose decay is another penalty
		s["train.optimizer.weight_decay"] = "0"
		delete(s, "train.optimizer.decays")
	}
	return s
}

// changed is a beginning with changes.
func (c candidate) changed(change settings) candidate {
	var words []string
	for _, path := range slices.Sorted(maps.Keys(change)) {
		words = append(words, path[strings.LastIndexByte(path, '.')+1:]+" "+change[path])
	}
	return candidate{c.name + ", " + strings.Join(words, ", "), c.name, change, c.with(change).tidy()}
}

// around are all that is one change away from a beginning.
func (c candidate) around() (all []candidate) {
	for _, path := range slices.Sorted(maps.Keys(changes)) {
		if of := optionsOf[path]; of != nil && !slices.Contains(of, c.settings["model.type"]) {
			continue
		}
		for _, value := range changes[path] {
			if of := c.changed(settings{path: value}); !maps.Equal(of.settings, c.settings) { // what tidy removes is no change
				all = append(all, of)
			}
		}
	}
	return all
}

// candidates are a beginning, what is around it, and others.
func (of choice) candidates() []candidate {
	return slices.Concat([]candidate{of.beginning}, of.beginning.around(), of.others)
}

// joined are a beginning with the best two changes, the best three and so on, of those that were better than it: of each option
// the best. The figures are in order, the best first.
func joined(figures []figure, from candidate) (all []candidate) {
	change := settings{}
	for _, f := range figures {
		if f.name == from.name { // all after it are worse
			break
		}
		if f.from != from.name || len(f.change) != 1 || len(change) == most {
			continue
		}
		path := slices.Collect(maps.Keys(f.change))[0]
		if change[path] != "" {
			continue
		}
		change = change.with(f.change)
		if len(change) > 1 {
			all = append(all, from.changed(change))
		}
	}
	return all
}

// most changes are joined.
const most = 3
