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

// candidate is a way to train a table.
type candidate struct {
	name string
	settings
}

// Where the search begins: networks of any order, and those of one.
var (
	common = settings{"train.optimizer.name": "adamw", "train.optimizer.learning_rate": "0.01", "train.optimizer.weight_decay": "0.1", "train.schedule.name": "cosine",
		"train.look_ahead": "0", "data.marginal": "spline", "model.output": "mixed", "model.components": "3", "model.direct": "true", "model.activation": "silu", "train.ema": "0.99"}
	anyOrder = common.with(settings{"model.type": "nade", "model.hidden": "[128]"})
	oneOrder = common.with(settings{"model.type": "made", "model.hidden": "[64]", "model.degrees": "sequential"})
)

// changes are what is tried around a beginning, one at a time, by option.
var changes = map[string][]string{
	"model.hidden":                  {"[32]", "[64]", "[128]", "[256]", "[64,64]", "[128,128]", "[256,256]"},
	"model.activation":              {"relu", "tanh"},
	"model.components":              {"1", "5", "10"},
	"model.reals":                   {"gaussian", "mog", "spline"},
	"model.direct":                  {"false"},
	"model.dropout":                 {"0.1"},
	"data.marginal":                 {"standardise"},
	"train.batch":                   {"50", "200"},
	"train.ema":                     {"0", "0.998"},
	"train.optimizer.name":          {"adam"},
	"train.optimizer.learning_rate": {"0.001", "0.003", "0.03"},
	"train.optimizer.weight_decay":  {"0.001", "0.03", "0.3", "1"},
	"train.schedule.name":           {"constant", "linear"},
	"model.orders.count":            {"4", "16"},
}

// possible reports whether a kind of model has the options.
func (s settings) possible() bool {
	made := s["model.type"] == "made"
	return !(made && s["model.dropout"] != "") && !(!made && s["model.orders.count"] != "")
}

// candidates are today's default, the beginnings, and all that is one change away from one of them.
func candidates() []candidate {
	all := []candidate{{"as it is", settings{}}, {"any order", anyOrder}, {"one order", oneOrder}, {"one order, linear", oneOrder.with(settings{"model.hidden": "[]"})}}
	for _, from := range all[1:3] {
		for _, path := range slices.Sorted(maps.Keys(changes)) {
			for _, value := range changes[path] {
				change := settings{path: value}
				if value == "gaussian" || path == "model.reals" && value == "spline" { // of one component
					change["model.components"] = ""
				}
				if path == "model.orders.count" { // of sequential degrees
					change["model.orders.resample"] = "order"
				}
				if value == "adam" { // whose decay is another penalty
					change["train.optimizer.weight_decay"] = ""
				}
				c := candidate{from.name + ", " + path[strings.LastIndex(path, ".")+1:] + " " + value, from.with(change)}
				if from.settings[path] != value && c.possible() {
					all = append(all, c)
				}
			}
		}
	}
	return all
}
