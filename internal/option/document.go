package option

import (
	"fmt"
	"slices"
	"strings"
)

// Doc describes one key of a file.
type Doc struct {
	// Path of the key, with its sections: train.optimizer.epsilon.
	Path string `json:"path"`
	// Type of the value, in words: text, integer, number, …
	Type string `json:"type"`
	// Default as a file would have it, or where it is taken from; empty when the key has to be given.
	Default string `json:"default"`
	// Bounds of a number in words: at least 1.
	Bounds string `json:"bounds,omitempty"`
	// Values are the words that a text may be; nil when any text is fine.
	Values []string `json:"values,omitempty"`
	// For names what uses this key, each a value of another: model.type maf or iaf; nil when every run does.
	For []string `json:"for,omitempty"`
	// Help says what the value means and its unit.
	Help string `json:"help"`
	// Mutable keys may change when a run is resumed.
	Mutable bool `json:"mutable,omitempty"`
	// Keys are those of each name of a mapping whose names are free; their paths begin below it.
	Keys []Doc `json:"keys,omitempty"`
}

// Document describes every key of a table, in its order.
func Document(t Table) []Doc {
	ks := Flatten(t)
	var docs []Doc
	for _, path := range ks.Paths {
		all := ks.byPath[path]
		first := all[0]
		kind, _ := first.form(first.value())
		d := Doc{Path: path, Type: kind, Default: defaults(all), Bounds: first.bounds.String(), Help: first.help, Mutable: first.mutable}
		for _, k := range all {
			for _, w := range k.words {
				d.Values = with(d.Values, w)
			}
		}
		var choices []string
		for _, k := range all {
			for _, a := range k.alternatives {
				if a.Help != "" {
					choices = with(choices, a.Name+", "+a.Help)
				}
			}
		}
		if choices != nil {
			d.Help += ": " + strings.Join(choices, "; ")
		}
		for _, c := range uses(all) {
			d.For = append(d.For, c.String())
		}
		if e, ok := first.at.(Entries); ok {
			d.Keys = Document(e.Blank())
		}
		docs = append(docs, d)
	}
	return docs
}

// defaults returns the default of the keys of one path; where it differs, every different one with what selects it.
func defaults(all []*Key) string {
	var texts []string
	names := map[string][]string{}
	for _, k := range all {
		text := k.defaultText()
		if names[text] == nil {
			texts = append(texts, text)
		}
		if len(k.conditions) == 0 {
			continue
		}
		nearest := k.conditions[len(k.conditions)-1]
		word := nearest.Path[strings.LastIndexByte(nearest.Path, '.')+1:]
		for _, value := range nearest.Values {
			if word != "name" && word != "type" {
				value = word + " " + value
			}
			names[text] = with(names[text], value)
		}
	}
	if len(texts) == 1 {
		return texts[0]
	}
	for i, text := range texts {
		texts[i] = fmt.Sprintf("%s (%s)", text, strings.Join(names[text], ", "))
	}
	return strings.Join(texts, ", ")
}

func (k *Key) defaultText() string {
	if k.says != "" || k.required {
		return k.says
	}
	_, text := k.form(k.initial())
	return text
}

// with appends a text to a list that does not have it.
func with(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
