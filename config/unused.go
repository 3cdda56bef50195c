package config

import (
	"fmt"
	"strings"
)

// unused returns the values that were set although nothing in the run uses them.
func (c *Config) unused() []fault {
	var faults []fault
	for i := range table {
		k := &table[i]
		if k.used(c) || isZero(k.at(c)) {
			continue
		}
		selector := k.against(c)
		value, name := *selector.at(c).(*string), last(k.path)
		remedy := fmt.Sprintf("remove %s; it belongs to %s", name, joined(k.only))
		if selector.path == join(k.section(), "name") {
			remedy = fmt.Sprintf("remove %s, or replace the section: --set '%s={name: %s}'", name, k.section(), value)
		}
		faults = append(faults, fault{
			fmt.Sprintf("%s does not use %s (%s)", value, name, remedy),
			append([]string{k.path, selector.path}, selector.selectors()...),
		})
	}
	return faults
}

func joined(uses []use) string {
	texts := make([]string, len(uses))
	for i, u := range uses {
		texts[i] = u.String()
	}
	return strings.Join(texts, ", or ")
}
