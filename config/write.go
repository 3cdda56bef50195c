package config

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/maskflow/maskflow/internal/option"
)

// Marshal returns the values of a table as a file with every default written out, which [Parse] reads back as equal values. Keys
// that nothing uses are left out. It returns what is wrong with the values as [option.Problems] instead of writing a file that
// cannot be read.
func Marshal(t option.Table) ([]byte, error) {
	if err := option.Resolve(t); err != nil {
		return nil, err
	}
	return canonical(option.Flatten(t)), nil
}

// Hash returns the SHA-256 of what [Marshal] writes, in hexadecimal: equal for configurations that ask for the same run, however they
// were written.
func Hash(t option.Table) string {
	keys := option.Flatten(t)
	keys.Fill(nil)
	sum := sha256.Sum256(canonical(keys))
	return hex.EncodeToString(sum[:])
}

// canonical writes the keys in the order of the table, one a line.
func canonical(keys *option.Keys) []byte {
	var b strings.Builder
	open := map[string]bool{"": true}
	for _, k := range keys.List {
		if k.Written() {
			indent := openSections(&b, open, parent(k.Path))
			b.WriteString(indent + k.Last() + ": " + k.Text() + "\n")
		}
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
		b.WriteString(indent + section[strings.LastIndexByte(section, '.')+1:] + ":\n")
	}
	return indent + "  "
}

// Difference is a key whose values differ in two configurations.
type Difference struct {
	// Path of the key.
	Path string
	// A and B are its values as a file has them, "" where nothing in the run uses the key.
	A, B string
	// Mutable keys may change when a run is resumed.
	Mutable bool
}

// String returns the difference as "path: A → B".
func (d Difference) String() string {
	a, b := d.A, d.B
	if a == "" {
		a = "not used"
	}
	if b == "" {
		b = "not used"
	}
	return d.Path + ": " + a + " → " + b
}

// Diff returns the keys whose values differ in two resolved configurations of one kind, in the order of a file; none when they have
// the same hash.
func Diff(a, b option.Table) []Difference {
	keysA, keysB := option.Flatten(a), option.Flatten(b)
	text := func(k *option.Key) string {
		if k == nil || !k.Used() {
			return ""
		}
		return k.Text()
	}
	var differences []Difference
	for _, path := range keysA.Paths {
		a, b := keysA.At(path), keysB.At(path)
		if d := (Difference{path, text(a), text(b), a.IsMutable()}); d.A != d.B {
			differences = append(differences, d)
		}
	}
	return differences
}
