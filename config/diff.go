package config

// Difference is a key whose values differ in two configurations.
type Difference struct {
	// Path of the key.
	Path string
	// A and B are its values as a file has them, "" where nothing in the run uses the key.
	A, B string
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

// Diff returns the keys whose values differ in a and b once defaults are filled in, in the order of a file; none when a and b have the
// same hash.
func Diff(a, b *Config) []Difference {
	if a == nil || b == nil {
		return nil
	}
	a, b = a.resolved(), b.resolved()
	var differences []Difference
	for i := range table {
		k := &table[i]
		d := Difference{Path: k.path}
		if k.used(a) {
			d.A = valueText(k.at(a))
		}
		if k.used(b) {
			d.B = valueText(k.at(b))
		}
		if d.A != d.B {
			differences = append(differences, d)
		}
	}
	return differences
}
