package runlog

import (
	"bytes"
	"math"
	"strconv"
)

var unknownTrain = Train{
	Time: Float(math.NaN()), Loss: Float(math.NaN()), EMA: Float(math.NaN()),
	LR: Float(math.NaN()), GradNorm: Float(math.NaN()), Rate: Float(math.NaN()),
}

// decodeTrain reads the one kind of line that a run has a million of,
// several times faster than encoding/json. It takes a flat object without spaces,
// as the Writer makes it, and leaves everything else, mistakes included, to
// encoding/json: when it succeeds, both give the same record.
func decodeTrain(line []byte) (Train, bool) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"t":"train"`))
	if !ok {
		return Train{}, false
	}
	r := unknownTrain
	for {
		if len(rest) == 1 && rest[0] == '}' {
			return r, true
		}
		if len(rest) == 0 || rest[0] != ',' {
			return Train{}, false
		}
		var key, value []byte
		if key, rest, ok = cutKey(rest[1:]); !ok {
			return Train{}, false
		}
		if value, rest, ok = cutScalar(rest); !ok {
			return Train{}, false
		}
		switch string(key) {
		case "step":
			r.Step, ok = parseInt(value)
		case "epoch":
			r.Epoch, ok = parseSmallInt(value)
		case "mask":
			r.Mask, ok = parseSmallInt(value)
		case "time":
			ok = r.Time.parse(value)
		case "loss":
			ok = r.Loss.parse(value)
		case "ema":
			ok = r.EMA.parse(value)
		case "lr":
			ok = r.LR.parse(value)
		case "grad_norm":
			ok = r.GradNorm.parse(value)
		case "rate":
			ok = r.Rate.parse(value)
		case "t":
			ok = false
		}
		if !ok {
			return Train{}, false
		}
	}
}

func (f *Float) parse(text []byte) bool {
	v, ok := parseFloat(text)
	*f = Float(v)
	return ok
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

// cutScalar cuts a number or a string of printable ASCII without escapes,
// quotes included.
func cutScalar(text []byte) (value, rest []byte, ok bool) {
	if len(text) == 0 {
		return nil, nil, false
	}
	if text[0] != '"' {
		n := numberLen(text)
		return text[:n], text[n:], n > 0
	}
	i := 1
	for i < len(text) && text[i] != '"' {
		if text[i] < ' ' || text[i] > '~' || text[i] == '\\' {
			return nil, nil, false
		}
		i++
	}
	if i == len(text) {
		return nil, nil, false
	}
	return text[:i+1], text[i+1:], true
}

func parseInt(text []byte) (int64, bool) {
	if text[0] == '"' {
		return 0, false
	}
	v, err := strconv.ParseInt(string(text), 10, 64)
	return v, err == nil
}

func parseSmallInt(text []byte) (int, bool) {
	v, ok := parseInt(text)
	return int(v), ok && int64(int(v)) == v
}
