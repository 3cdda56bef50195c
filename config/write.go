package config

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Marshal returns c as a file with every default written out, which [Parse] reads back as an equal Config. Keys that the run does
// not use are left out. It returns what [Config.Validate] finds wrong instead of writing a file that cannot be read.
func (c *Config) Marshal() ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c.canonical(), nil
}

// Hash returns the SHA-256 of what [Config.Marshal] writes, in hexadecimal: equal for configurations that ask for the same run,
// however they were written.
func (c *Config) Hash() string {
	sum := sha256.Sum256(c.canonical())
	return hex.EncodeToString(sum[:])
}

// canonical writes the keys in the order of the table, one a line.
func (c *Config) canonical() []byte {
	c = c.resolved()
	var b strings.Builder
	open := map[string]bool{"": true}
	for i := range table {
		k := &table[i]
		if !k.used(c) {
			continue
		}
		indent := openSections(&b, open, k.section())
		b.WriteString(indent + last(k.path) + ": " + valueText(k.at(c)) + "\n")
	}
	return []byte(b.String())
}

// openSections writes the headings down to section that are not there yet, and returns the indent of its keys.
func openSections(b *strings.Builder, open map[string]bool, section string) string {
	if section == "" {
		return ""
	}
	indent := openSections(b, open, parent(section))
	if !open[section] {
		open[section] = true
		b.WriteString(indent + last(section) + ":\n")
	}
	return indent + "  "
}
