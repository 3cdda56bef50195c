package runlog

import (
	"bytes"
	"reflect"
	"strconv"
)

// trainFields are the places of the fields of a train record by their keys.
var trainFields = func() map[string]int {
	fields := map[string]int{}
	for t, i := reflect.TypeFor[Train](), 0; i < t.NumField(); i++ {
		fields[t.Field(i).Tag.Get("json")] = i
	}
	return fields
}()

var unknownTrain = func() (r Train) { forget(reflect.ValueOf(&r).Elem()); return r }()

// decodeTrain reads the one kind of line that a run has a million of, several
// times faster than encoding/json. It takes a flat object without spaces, as the
// Writer makes it, and leaves everything else, mistakes included, to
// encoding/json: when it succeeds, both give the same record.
func decodeTrain(line []byte) (Train, bool) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"t":"train"`))
	if !ok {
		return Train{}, false
	}
	r := unknownTrain
	fields := reflect.ValueOf(&r).Elem()
	for string(rest) != "}" {
		var key []byte
		if rest, ok = bytes.CutPrefix(rest, []byte(`,"`)); !ok {
			return Train{}, false
		}
		key, rest, _ = bytes.Cut(rest, []byte(`":`))
		n := bytes.IndexByte(rest, ',')
		if n < 0 {
			n = max(0, len(rest)-1) // the last value is before the brace
		}
		i, known := trainFields[string(key)]
		if !known || !setNumber(fields.Field(i), rest[:n]) {
			return Train{}, false
		}
		rest = rest[n:]
	}
	return r, true
}

// setNumber sets a number, of a record of numbers, to what a JSON value is.
func setNumber(field reflect.Value, value []byte) bool {
	if field.CanFloat() {
		v, ok := parseFloat(value)
		field.SetFloat(v)
		return ok
	}
	whole, err := strconv.ParseInt(string(value), 10, 64)
	field.SetInt(whole)
	return err == nil && !field.OverflowInt(whole) && (value[0] > '0' && value[0] <= '9' || string(value) == "0")
}
