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
	for {
		if len(rest) == 1 && rest[0] == '}' {
			return r, true
		}
		if len(rest) == 0 || rest[0] != ',' {
			return Train{}, false
		}
		var key, value []byte
		if key, rest, ok = cutKey(rest[1:]); !ok || string(key) == "t" {
			return Train{}, false
		}
		if value, rest, ok = cutScalar(rest); !ok {
			return Train{}, false
		}
		i, known := trainFields[string(key)]
		if !known || !setNumber(fields.Field(i), value) {
			return Train{}, false
		}
	}
}

// setNumber sets a number, of a record of numbers, to what a JSON value is.
func setNumber(field reflect.Value, value []byte) bool {
	if field.CanFloat() {
		v, ok := parseFloat(value)
		field.SetFloat(v)
		return ok
	}
	v, err := strconv.ParseInt(string(value), 10, 64) // which takes no quotes
	if err != nil || field.OverflowInt(v) {
		return false
	}
	field.SetInt(v)
	return true
}

// cutKey cuts `"key":`. Only lower-case ASCII keys are taken: encoding/json
// matches keys without regard to case, and an unknown key must be unknown to
// both.
func cutKey(text []byte) (key, rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '"' {
		return nil, nil, false
	}
	i := 1
	for i < len(text) && ('a' <= text[i] && text[i] <= 'z' || '0' <= text[i] && text[i] <= '9' || text[i] == '_') {
		i++
	}
	if i+1 >= len(text) || text[i] != '"' || text[i+1] != ':' {
		return nil, nil, false
	}
	return text[1:i], text[i+2:], true
}

// cutScalar cuts a number, or a string as far as its next quote: one that stands for
// a number has no other.
func cutScalar(text []byte) (value, rest []byte, ok bool) {
	n := numberLen(text)
	if quoted, found := bytes.CutPrefix(text, []byte{'"'}); found {
		n = 2 + bytes.IndexByte(quoted, '"')
		return text[:n], text[n:], n > 1
	}
	return text[:n], text[n:], n > 0
}
