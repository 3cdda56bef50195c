package config

import (
	"slices"
	"strings"
)

// use is some values of another key, the selector, with which a key means something; the selector has to mean something itself.
type use struct {
	selector string // its path
	values   []string
}

func (u use) holds(c *Config) bool {
	s := byPath[u.selector]
	return s.used(c) && slices.Contains(u.values, *s.at(c).(*string))
}

// String returns the use as an error names it: model.type maf or iaf.
func (u use) String() string { return u.selector + " " + strings.Join(u.values, " or ") }

// used says whether the value of k means something in c: whether one of its uses, if it has any, holds.
func (k *key) used(c *Config) bool {
	return k.only == nil || slices.ContainsFunc(k.only, func(u use) bool { return u.holds(c) })
}

// selectors returns the paths of the keys whose values decide whether k is used and what its default is, with those that decide
// about these.
func (k *key) selectors() []string {
	var paths []string
	add := func(path string) {
		if path != "" {
			paths = append(append(paths, path), byPath[path].selectors()...)
		}
	}
	add(k.by)
	for _, u := range k.only {
		add(u.selector)
	}
	return paths
}

// against returns the selector whose value is why k, which has uses, is not used in c: the one nearest to k that is used itself.
func (k *key) against(c *Config) *key {
	for _, u := range slices.Backward(k.only) { // a use by a value of a value stands after one by the value
		if s := byPath[u.selector]; s.used(c) {
			return s
		}
	}
	return byPath[k.only[0].selector].against(c)
}

// selection is a configuration with as few values set as k needs to be used, and a name for them.
type selection struct {
	name   string
	config *Config
}

// selections returns every value that decides about k, each in a configuration of its own.
func (k *key) selections() []selection {
	uses := k.only
	if uses == nil && k.by != "" {
		uses = []use{{k.by, byPath[k.by].values}}
	}
	var all []selection
	for _, u := range uses {
		for _, value := range u.values {
			s := selection{name: value, config: &Config{}}
			if word := last(u.selector); word != "name" && word != "type" {
				s.name = word + " " + value
			}
			u.set(s.config, value)
			all = append(all, s)
		}
	}
	return all
}

// set gives the selector one of the values in c, and what the selector needs to be used its first.
func (u use) set(c *Config, value string) {
	s := byPath[u.selector]
	*s.at(c).(*string) = value
	if s.only != nil {
		s.only[0].set(c, s.only[0].values[0])
	}
}
