package monitor

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// A Query chooses runs. The zero value chooses all. See [ParseQuery].
type Query struct {
	text  string
	words []word
}

// A word is one condition.
type word struct {
	not  bool
	key  string // "" for a bare word
	op   string // =, !=, <, <=, >, >= or ~
	want value
	like *regexp.Regexp // of ~
}

// ParseQuery reads a query such as
//
//	model.hidden=500 best<12 -status:crashed name~conn gain>=0.2 running
//
// Its words, apart by spaces, must all be true of a run:
//
//	key=value    also key:value; lists compare without spaces, and a list of one as its element
//	key!=value   known, and another
//	key<value    also <=, > and >=: both are numbers; an elapsed time may be 90m or 1h30m
//	key~regexp   a part of the value matches, in Go's syntax
//	/regexp/     a part of the name matches
//	word         a part of the name, the directory or the status, in any case
//	-word        not so
//
// A key is a path of the configuration, or the tail of one when no other path
// has it; or one of the [QueryKeys]. A run that does not have the key, as
// configurations differ, or does not know its value yet, is not chosen. A text
// with spaces stands in double quotes.
//
// The error says which word is at fault and what to write.
func ParseQuery(text string) (Query, error) {
	q := Query{text: text}
	if strings.Count(text, `"`)%2 == 1 {
		word := strings.LastIndexByte(text[:strings.LastIndexByte(text, '"')], ' ') + 1
		return Query{}, fmt.Errorf("%q: a quote is not closed (add a \" at its end)", text[word:])
	}
	for _, part := range wordPattern.FindAllString(text, -1) {
		w, err := parseWord(part)
		if err != nil {
			return Query{}, err
		}
		q.words = append(q.words, w)
	}
	return q, nil
}

// wordPattern is a word of a query, in which a quoted part may have spaces; wordParts are what stands before an operator
// outside of quotes, the operator, and what is behind it.
var (
	wordPattern = regexp.MustCompile(`(?:[^\s"]|"[^"]*")+`)
	wordParts   = regexp.MustCompile(`(?s)^((?:"[^"]*"|[^"])*?)(!=|<=|>=|[=:<>~])(.*)$`)
)

func parseWord(part string) (w word, err error) {
	body := part
	if rest, found := strings.CutPrefix(body, "-"); found {
		w.not, body = true, rest
	}
	if body == "" {
		return w, fmt.Errorf("%q: there is nothing after - (write -word for runs that do not have the word)", part)
	}
	if n := len(body); n > 2 && body[0] == '/' && body[n-1] == '/' {
		body = "name~" + body[1:n-1] // as a filter of lines is written
	}
	found := wordParts.FindStringSubmatch(body)
	if found == nil {
		w.want = newValue(unquote(body))
		return w, nil
	}
	op, operand := found[2], found[3]
	w.key, w.op, w.want = found[1], op, newValue(unquote(operand))
	if op == ":" {
		w.op = "="
	}
	switch {
	case w.key == "":
		return w, fmt.Errorf("%q: there is no key before %s (write one, as in best%s12)", part, op, op)
	case operand == "":
		return w, fmt.Errorf("%q: there is nothing after %s (write a value, or \"\" for an empty text)", part, op)
	case op[0] == '<' || op[0] == '>':
		if !w.want.isNumber {
			return w, fmt.Errorf("%q: %s compares numbers, and %s is none (write one, as in best%s12, or use = or ~)", part, op, text.Plain(w.want.text), op)
		}
	case op == "~":
		if w.like, err = regexp.Compile(w.want.raw); err != nil {
			reason := text.Plain(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			return w, fmt.Errorf("%q: %s is no regular expression: %s (write \\ before a character that stands for itself)", part, text.Plain(w.want.raw), reason)
		}
	}
	return w, nil
}

func unquote(s string) string { return strings.ReplaceAll(s, `"`, "") }

// String is the text that was parsed.
func (q Query) String() string { return q.text }

// Empty reports whether the query chooses all runs.
func (q Query) Empty() bool { return len(q.words) == 0 }

// Match reports whether a run is chosen at a moment.
func (q Query) Match(r *Run, now time.Time) bool {
	subject := subject{r, now}
	return !slices.ContainsFunc(q.words, func(w word) bool { return w.match(subject) == w.not })
}

func (w word) match(s subject) bool {
	if w.key == "" {
		return containsFold(s.run.Name, w.want.raw) || containsFold(s.run.Dir, w.want.raw) || containsFold(string(s.run.Status()), w.want.raw)
	}
	values := s.values(w.key)
	if w.op == "!=" {
		return len(values) > 0 && !slices.ContainsFunc(values, w.want.equals)
	}
	return slices.ContainsFunc(values, w.holds)
}

// holds reports whether a value is as the word wants it.
func (w word) holds(v value) bool {
	switch w.op {
	case "=":
		return v.equals(w.want)
	case "~":
		return w.like.MatchString(v.raw)
	}
	if !v.isNumber {
		return false
	}
	a, b := v.number, w.want.number
	switch w.op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// A value is one side of a comparison.
type value struct {
	raw      string // as it was given
	text     string // without spaces and quotes, and without the brackets of a list of one
	number   float64
	isNumber bool
}

func newValue(raw string) value {
	text := strings.NewReplacer(" ", "", `"`, "").Replace(raw)
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

// figureKeys are what a query may ask of a run besides its configuration: numbers or
// texts, none where they are not known.
var figureKeys = []struct {
	name   string
	values func(subject) []any
}{
	{"best", func(s subject) []any { return known(s.run.index.best, func(v *runlog.Valid) any { return v.NLL }) }},
	{"above", func(s subject) []any { return known(s.run.Above(), func(v *runlog.Float) any { return *v }) }},
	{"valid", func(s subject) []any { return known(s.run.lastValid(), func(v *runlog.Valid) any { return v.NLL }) }},
	{"loss", func(s subject) []any { return known(s.run.lastTrain(), func(t *runlog.Train) any { return t.Loss }) }},
	{"step", func(s subject) []any { return []any{s.run.lastStep()} }},
	{"epoch", func(s subject) []any { return []any{s.run.lastEpoch()} }},
	{"status", func(s subject) []any { return []any{s.run.Status()} }},
	{"name", func(s subject) []any {
		return append(known(s.run.Manifest, func(m *runlog.Manifest) any { return m.Name }), s.run.Name)
	}},
	{"gain", func(s subject) []any { return known(s.run.lastOrders(), func(o *runlog.Orders) any { return o.Gain }) }},
	{"ess", func(s subject) []any { return known(s.run.lastOrders(), func(o *runlog.Orders) any { return o.ESS }) }},
	{"orders", func(s subject) []any {
		return known(s.run.lastOrders(), func(o *runlog.Orders) any { return len(o.PerOrder) })
	}},
	{"test", func(s subject) []any {
		if end := s.run.History.End; end != nil {
			return known(end.Test, func(t *runlog.Result) any { return t.NLL })
		}
		return nil
	}},
	{"rate", func(s subject) []any {
		if rate := stepRate(&s.run.History.Train, s.run.alive()); !math.IsNaN(rate) {
			return []any{rate}
		}
		return nil
	}},
	{"elapsed", func(s subject) []any { return []any{s.run.elapsed(s.now).Seconds()} }},
	{"host", func(s subject) []any { return known(s.run.Manifest, func(m *runlog.Manifest) any { return m.Host }) }},
	{"backend", func(s subject) []any { return known(s.run.Manifest, func(m *runlog.Manifest) any { return m.Backend }) }},
}

// known is what is read from r, nothing without it.
func known[R any](r *R, read func(*R) any) []any {
	if r == nil {
		return nil
	}
	return []any{read(r)}
}

// QueryKeys are the keys that a query has besides those of configurations: best
// and valid (nats a row, on the validation rows), above (of best, nats above independent columns), loss, step, epoch, status,
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
func (s subject) values(key string) (values []value) {
	for _, k := range figureKeys {
		if k.name == key {
			for _, v := range k.values(s) {
				values = append(values, newValue(fmt.Sprint(v)))
			}
			return values
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
