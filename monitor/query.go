package monitor

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/maskflow/maskflow/internal/text"
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

// operators, those that begin like others after them first.
var operators = []string{"!=", "<=", ">=", "=", ":", "<", ">", "~"}

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
	parts, err := splitQuery(text)
	if err != nil {
		return Query{}, err
	}
	for _, part := range parts {
		w, err := parseWord(part)
		if err != nil {
			return Query{}, err
		}
		q.words = append(q.words, w)
	}
	return q, nil
}

// splitQuery cuts a query at the spaces that are not in quotes.
func splitQuery(text string) (parts []string, err error) {
	from, quoted := -1, false
	for i, r := range text {
		switch {
		case unicode.IsSpace(r) && !quoted:
			if from >= 0 {
				parts = append(parts, text[from:i])
			}
			from = -1
			continue
		case r == '"':
			quoted = !quoted
		}
		if from < 0 {
			from = i
		}
	}
	if quoted {
		return nil, fmt.Errorf("%q: a quote is not closed (add a \" at its end)", text[from:])
	}
	if from >= 0 {
		parts = append(parts, text[from:])
	}
	return parts, nil
}

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
	at, op := findOperator(body)
	if at < 0 {
		w.want = newValue(unquote(body))
		return w, nil
	}
	operand := body[at+len(op):]
	w.key, w.op, w.want = body[:at], op, newValue(unquote(operand))
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
			return w, fmt.Errorf("%q: %s is no regular expression: %s (write \\ before a character that stands for itself)", part, text.Plain(w.want.raw), text.Plain(reason(err)))
		}
	}
	return w, nil
}

// findOperator returns the first operator outside of quotes, or −1.
func findOperator(body string) (at int, op string) {
	quoted := false
	for i := range len(body) {
		if body[i] == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		for _, op := range operators {
			if strings.HasPrefix(body[i:], op) {
				return i, op
			}
		}
	}
	return -1, ""
}

func unquote(s string) string { return strings.ReplaceAll(s, `"`, "") }

// reason is what is wrong with a regular expression.
func reason(err error) string {
	return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}

// String is the text that was parsed.
func (q Query) String() string { return q.text }

// Empty reports whether the query chooses all runs.
func (q Query) Empty() bool { return len(q.words) == 0 }

// Match reports whether a run is chosen at a moment.
func (q Query) Match(r *Run, now time.Time) bool {
	if len(q.words) == 0 {
		return true
	}
	subject := subject{r, now}
	for i := range q.words {
		if q.words[i].match(subject) == q.words[i].not {
			return false
		}
	}
	return true
}

func (w *word) match(s subject) bool {
	if w.key == "" {
		return containsFold(s.run.Name, w.want.raw) || containsFold(s.run.Dir, w.want.raw) || containsFold(string(s.run.Status()), w.want.raw)
	}
	values := s.values(w.key)
	if w.op == "!=" {
		for _, v := range values {
			if v.equals(w.want) {
				return false
			}
		}
		return len(values) > 0
	}
	for _, v := range values {
		if w.holds(v) {
			return true
		}
	}
	return false
}

// holds reports whether a value is as the word wants it.
func (w *word) holds(v value) bool {
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
