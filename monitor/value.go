package monitor

import (
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

func number(v float64) value {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	return value{raw: text, text: text, number: v, isNumber: true}
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

// figureKeys are what a query may ask of a run besides its configuration.
var figureKeys = []struct {
	name   string
	values func(subject) []value
}{
	{"best", func(s subject) []value {
		if b := s.run.best(); b != nil {
			return numbers(b.NLL)
		}
		return nil
	}},
	{"valid", func(s subject) []value {
		if v := s.run.lastValid(); v != nil {
			return numbers(v.NLL)
		}
		return nil
	}},
	{"loss", func(s subject) []value {
		if t := s.run.lastTrain(); t != nil {
			return numbers(t.Loss)
		}
		return nil
	}},
	{"step", func(s subject) []value { return []value{number(float64(s.run.lastStep()))} }},
	{"epoch", func(s subject) []value { return []value{number(float64(s.run.lastEpoch()))} }},
	{"status", func(s subject) []value { return texts(string(s.run.Status())) }},
	{"name", func(s subject) []value {
		if m := s.run.Manifest; m != nil && m.Name != s.run.Name {
			return texts(s.run.Name, m.Name)
		}
		return texts(s.run.Name)
	}},
	{"gain", func(s subject) []value {
		if o := s.run.lastOrders(); o != nil {
			return numbers(o.Gain)
		}
		return nil
	}},
	{"ess", func(s subject) []value {
		if o := s.run.lastOrders(); o != nil {
			return numbers(o.ESS)
		}
		return nil
	}},
	{"orders", func(s subject) []value {
		if o := s.run.lastOrders(); o != nil && len(o.PerOrder) > 0 {
			return []value{number(float64(len(o.PerOrder)))}
		}
		return nil
	}},
	{"test", func(s subject) []value {
		if end := s.run.History.End; end != nil && end.Test != nil {
			return numbers(end.Test.NLL)
		}
		return nil
	}},
	{"rate", func(s subject) []value {
		if rate := stepRate(&s.run.History.Train, s.run.alive()); !math.IsNaN(rate) {
			return []value{number(rate)}
		}
		return nil
	}},
	{"elapsed", func(s subject) []value { return []value{number(s.run.elapsed(s.now).Seconds())} }},
	{"host", func(s subject) []value {
		if m := s.run.Manifest; m != nil {
			return texts(m.Host)
		}
		return nil
	}},
	{"backend", func(s subject) []value {
		if m := s.run.Manifest; m != nil {
			return texts(m.Backend)
		}
		return nil
	}},
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

// values are what a key stands for in the run, none when it does not have it.
func (s subject) values(key string) []value {
	for i := range figureKeys {
		if figureKeys[i].name == key {
			return figureKeys[i].values(s)
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

func numbers(v runlog.Float) []value { return []value{number(float64(v))} }

func texts(all ...string) []value {
	values := make([]value, len(all))
	for i, text := range all {
		values[i] = newValue(text)
	}
	return values
}
