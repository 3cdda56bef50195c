package runlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Float is a float64 whose JSON form has room for the values that JSON lacks:
// the strings "NaN", "Inf" and "-Inf". encoding/json refuses them, and would
// lose exactly the record that shows a run diverging.
//
// In a record that is read, a number that the line does not carry is NaN.
type Float float64

// Float32 is a Float that is kept in half the space, for numbers of which a log has
// a million.
type Float32 float32

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
func (f Float) MarshalJSON() ([]byte, error) { return marshalFloat(float64(f), 64) }

// MarshalJSON writes the shortest decimal that reads back as the same float32.
func (f Float32) MarshalJSON() ([]byte, error) { return marshalFloat(float64(f), 32) }

func marshalFloat(v float64, size int) ([]byte, error) {
	switch {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 0):
		return []byte(`"` + strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, 64), "+") + `"`), nil
	case size == 32:
		return json.Marshal(float32(v))
	}
	return json.Marshal(v)
}

// UnmarshalJSON reads a number, one of the three strings, or null as NaN.
func (f *Float) UnmarshalJSON(text []byte) error {
	v, ok := parseFloat(text)
	if !ok {
		return fmt.Errorf("%.40s is not a number, %q, %q or %q", text, "NaN", "Inf", "-Inf")
	}
	*f = Float(v)
	return nil
}

// UnmarshalJSON reads what a [Float] does.
func (f *Float32) UnmarshalJSON(text []byte) error {
	v := Float(*f)
	err := v.UnmarshalJSON(text)
	*f = Float32(v)
	return err
}

// parseFloat reads a JSON value as MarshalJSON writes it. A number beyond the range of
// float64 is refused, and so is what only Go takes for a number.
func parseFloat(text []byte) (float64, bool) {
	switch string(text) {
	case "null", `"NaN"`:
		return math.NaN(), true
	case `"Inf"`:
		return math.Inf(1), true
	case `"-Inf"`:
		return math.Inf(-1), true
	}
	number := bytes.TrimPrefix(text, []byte{'-'})
	digit := func(i int) bool { return i < len(number) && number[i]-'0' <= 9 }
	dot := bytes.IndexByte(number, '.')
	if !digit(0) || number[0] == '0' && digit(1) || dot >= 0 && !digit(dot+1) || bytes.IndexByte(number, '_') >= 0 || len(number) > 1 && number[1]|0x20 == 'x' {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(text), 64)
	return v, err == nil
}
