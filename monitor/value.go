package monitor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// A value is one side of a comparison.
type value struct {
	raw      string // as it was given
	text     string // without spaces and quotes, and without the brackets of a list of one
	number   float64
	isNumber bool
}

func newValue(raw string) value {
	text := strings.Map(func(r rune) rune {
		if r == ' ' || r == '"' {
			return -1
		}
		return r
	}, raw)
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") && !strings.ContainsAny(inner, ",[") {
		text = inner[:len(inner)-1]
	}
	v := value{raw: raw, text: text}
	v.number, v.isNumber = parseNumber(text)
	return v
}

// parseNumber reads a number as YAML or Go write it, or a time as seconds.
func parseNumber(text string) (float64, bool) {
	if v, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64); err == nil {
		return v, true
	}
	if d, err := time.ParseDuration(text); err == nil {
		return d.Seconds(), true
	}
	return 0, false
}

// equals compares numbers by their value and anything else as text. NaN is
// equal to NaN, so that a run whose loss was lost can be asked for.
func (v value) equals(w value) bool {
	if v.isNumber && w.isNumber {
		return v.number == w.number || math.IsNaN(v.number) && math.IsNaN(w.number)
	}
	return v.text == w.text
}

// A subject is a run that is asked, and when.
type subject struct {
	run *Run
	now time.Time
}

// figureKeys are what a query may ask of a run besides its configuration: a number, a
// text or several, or nil where it is not known.
var figureKeys = []struct {
	name  string
	value func(subject) any
}{
	{"best", func(s subject) any { return known(s.run.best(), func(v *runlog.Valid) any { return v.NLL }) }},
	{"valid", func(s subject) any { return known(s.run.lastValid(), func(v *runlog.Valid) any { return v.NLL }) }},
	{"loss", func(s subject) any { return known(s.run.lastTrain(), func(t *runlog.Train) any { return t.Loss }) }},
	{"step", func(s subject) any { return s.run.lastStep() }},
	{"epoch", func(s subject) any { return s.run.lastEpoch() }},
	{"status", func(s subject) any { return string(s.run.Status()) }},
	{"name", func(s subject) any {
		if m := s.run.Manifest; m != nil && m.Name != s.run.Name {
			return []string{s.run.Name, m.Name}
		}
		return s.run.Name
	}},
	{"gain", func(s subject) any { return known(s.run.lastOrders(), func(o *runlog.Orders) any { return o.Gain }) }},
	{"ess", func(s subject) any { return known(s.run.lastOrders(), func(o *runlog.Orders) any { return o.ESS }) }},
	{"orders", func(s subject) any {
		if o := s.run.lastOrders(); o != nil && len(o.PerOrder) > 0 {
			return len(o.PerOrder)
		}
		return nil
	}},
	{"test", func(s subject) any {
		if end := s.run.History.End; end != nil && end.Test != nil {
			return end.Test.NLL
		}
		return nil
	}},
	{"rate", func(s subject) any {
		if rate := stepRate(&s.run.History.Train, s.run.alive()); !math.IsNaN(rate) {
			return rate
		}
		return nil
	}},
	{"elapsed", func(s subject) any { return s.run.elapsed(s.now).Seconds() }},
	{"host", func(s subject) any { return known(s.run.Manifest, func(m *runlog.Manifest) any { return m.Host }) }},
	{"backend", func(s subject) any { return known(s.run.Manifest, func(m *runlog.Manifest) any { return m.Backend }) }},
}

// known is what is read from r, nil without it.
func known[R any](r *R, read func(*R) any) any {
	if r == nil {
		return nil
	}
	return read(r)
}

// QueryKeys are the keys that a query has besides those of configurations: best
// and valid (nats a row, on the validation rows), loss, step, epoch, status,
// name, gain and ess (of the ensemble over orders), orders (how many), test,
// rate (steps a second), elapsed (seconds), host, backend.
func QueryKeys() []string {
	names := make([]string, len(figureKeys))
	for i, k := range figureKeys {
		names[i] = k.name
	}
	return names
}

// values are what a key is in the run, none when it does not have it.
func (s subject) values(key string) []value {
	for i := range figureKeys {
		if figureKeys[i].name != key {
			continue
		}
		switch v := figureKeys[i].value(s).(type) {
		case nil:
			return nil
		case []string:
			return []value{newValue(v[0]), newValue(v[1])}
		case string:
			return []value{newValue(v)}
		default:
			return []value{newValue(fmt.Sprint(v))}
		}
	}
	if text, ok := s.run.Setting(key); ok {
		return []value{newValue(yamlText(text))}
	}
	return nil
}

// yamlText is a quoted YAML text without its quotes, or text as it is.
func yamlText(text string) string {
	if strings.HasPrefix(text, `"`) {
		if plain, err := strconv.Unquote(text); err == nil {
			return plain
		}
	}
	return text
}
