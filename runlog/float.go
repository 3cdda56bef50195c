package runlog

import (
	"fmt"
	"math"
	"strconv"
)

// Float is a float64 whose JSON form has room for the values that JSON lacks:
// the strings "NaN", "Inf" and "-Inf". encoding/json refuses them, and would
// lose exactly the record that shows a run diverging.
//
// In a record that is read, a number that the line does not carry is NaN.
type Float float64

// Floats converts a slice.
func Floats(v []float64) []Float {
	if v == nil {
		return nil
	}
	out := make([]Float, len(v))
	for i, x := range v {
		out[i] = Float(x)
	}
	return out
}

// MarshalJSON writes the shortest decimal that reads back as the same float64.
func (f Float) MarshalJSON() ([]byte, error) {
	v := float64(f)
	switch {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 1):
		return []byte(`"Inf"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Inf"`), nil
	}
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(make([]byte, 0, 24), v, format, -1, 64), nil
}

// UnmarshalJSON reads a number, one of the three strings, or null as NaN.
func (f *Float) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*f = Float(math.NaN())
		return nil
	}
	v, ok := parseFloat(text)
	if !ok {
		return fmt.Errorf("%.40s is not a number, %q, %q or %q", text, "NaN", "Inf", "-Inf")
	}
	*f = Float(v)
	return nil
}

// parseFloat reads a JSON value as MarshalJSON writes it. The caller has seen
// that it is JSON: strconv alone would take more. A number beyond the range of
// float64 is refused.
func parseFloat(text []byte) (float64, bool) {
	switch string(text) {
	case `"NaN"`:
		return math.NaN(), true
	case `"Inf"`:
		return math.Inf(1), true
	case `"-Inf"`:
		return math.Inf(-1), true
	}
	v, err := strconv.ParseFloat(string(text), 64)
	return v, err == nil
}

// numberLen is the length of the JSON number at the start of text, or 0.
func numberLen(text []byte) int {
	i := 0
	if i < len(text) && text[i] == '-' {
		i++
	}
	from := i
	i = skipDigits(text, i)
	if i == from || text[from] == '0' && i > from+1 {
		return 0
	}
	if i < len(text) && text[i] == '.' {
		from = i + 1
		if i = skipDigits(text, from); i == from {
			return 0
		}
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		from = i
		if i = skipDigits(text, from); i == from {
			return 0
		}
	}
	return i
}

func skipDigits(text []byte, i int) int {
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return i
}
