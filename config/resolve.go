package config

import (
	"reflect"
	"slices"
)

// Default returns the configuration of a file without keys. It lacks a data source, the only key that a file must have.
func Default() *Config {
	c := &Config{}
	c.resolve(func(string) bool { return false }, true)
	return c
}

// Resolve replaces every field that is zero by its default, for those keys that the run uses. A zero Train.LookAhead stays, since it
// has a meaning of its own. A second call changes nothing.
func (c *Config) Resolve() {
	c.resolve(func(string) bool { return false }, false)
}

// resolve fills in the zero fields whose paths were not given. It spares those whose zero has a meaning unless all is set: in a file
// a missing key is not a zero.
func (c *Config) resolve(given func(path string) bool, all bool) {
	for i := range table {
		k := &table[i]
		if given(k.path) || !k.used(c) || k.keepZero && !all {
			continue
		}
		if p := k.at(c); isZero(p) {
			assign(p, k.fallback(c))
		}
	}
}

// resolved returns a copy of c with its defaults filled in; the two share no memory.
func (c *Config) resolved() *Config {
	d := *c
	d.Data.DropColumns = slices.Clone(c.Data.DropColumns)
	d.Model.Hidden = slices.Clone(c.Model.Hidden)
	d.Model.Encoder, d.Model.Decoder = slices.Clone(c.Model.Encoder), slices.Clone(c.Model.Decoder)
	d.Model.Order.Degrees = slices.Clone(c.Model.Order.Degrees)
	if c.Data.Seed != nil {
		d.Data.Seed = new(*c.Data.Seed)
	}
	d.Resolve()
	return &d
}

// isZero says whether the field that p points at is the zero value of its type. An empty list is not: it was given.
func isZero(p any) bool { return reflect.ValueOf(p).Elem().IsZero() }

// assign sets the field that p points at to value, its zero value when value is nil.
func assign(p, value any) {
	switch field := p.(type) {
	case **uint64:
		*field = nil
		if seed, ok := value.(uint64); ok {
			*field = &seed
		}
		return
	case *[]int:
		list, _ := value.([]int)
		*field = slices.Clone(list)
		return
	case *[]string:
		list, _ := value.([]string)
		*field = slices.Clone(list)
		return
	}
	target := reflect.ValueOf(p).Elem()
	if value == nil {
		target.SetZero()
		return
	}
	target.Set(reflect.ValueOf(value))
}
