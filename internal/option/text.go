package option

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// value returns the value of the field: a [Type], or a [WordOrList].
func (r *Row) value() any {
	switch at := r.at.(type) {
	case chooser:
		return at.word()
	case Entries:
		return at
	}
	return reflect.ValueOf(r.at).Elem().Interface()
}

// form returns the type of a value in words, and the value as a file has it. The YAML it makes is plain enough to be written by
// hand here, so that the bytes, and with them the hash of a configuration, do not change with a YAML library.
func (r *Row) form(value any) (kind, text string) {
	const whole64 = "integer of 0 to 2^64-1"
	switch v := value.(type) {
	case string:
		return "text", QuoteText(v)
	case bool:
		return "true or false", strconv.FormatBool(v)
	case int:
		return r.orWord("integer"), r.numberText(float64(v), strconv.Itoa(v))
	case uint64:
		return whole64, strconv.FormatUint(v, 10)
	case *uint64:
		if v != nil {
			text = strconv.FormatUint(*v, 10)
		}
		return whole64, text
	case float64:
		return r.orWord("number"), r.numberText(v, realText(v))
	case *float64:
		if v != nil {
			text = realText(*v)
		}
		return "number", text
	case []int:
		return "list of integers", listText(v, strconv.Itoa)
	case []float64:
		return "list of numbers", listText(v, realText)
	case []string:
		return "list of texts", listText(v, QuoteText)
	case [3]float64:
		return "list of three numbers", listText(v[:], realText)
	case Entries:
		return "names, each with a word or keys and values", entriesText(v)
	case WordOrList:
		if text = QuoteText(*v.Word); *v.List != nil {
			text = listText(*v.List, strconv.Itoa)
		}
		return "text, or list of integers", text
	}
	panic(fmt.Sprintf("option: %s is a field of type %T, which has no text", r.name, r.at))
}

// orWord returns the type of a number, and the word that may stand for one.
func (r *Row) orWord(kind string) string {
	if r.named != "" {
		kind += ", or " + r.named
	}
	return kind
}

// isWord reports whether a word stands for a number.
func (r *Row) isWord(v float64) bool { return r.named != "" && v == float64(r.number) }

// numberText returns the text of a number, or the word that stands for it.
func (r *Row) numberText(v float64, text string) string {
	if r.isWord(v) {
		return r.named
	}
	return text
}

// realText returns the shortest decimal that reads back as x; the exponent has no padding (1e-7).
func realText(x float64) string {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if mantissa, exponent, found := strings.Cut(s, "e"); found {
		sign := strings.TrimPrefix(exponent[:1], "+")
		s = mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
	}
	return s
}

func listText[T any](list []T, text func(T) string) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = text(v)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// notText are the plain words that YAML 1.1 or 1.2 reads as something else than text.
var notText = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

// QuoteText quotes s unless it is a word that every YAML reader takes for text.
func QuoteText(s string) string {
	plain := s != "" && !slices.Contains(notText, strings.ToLower(s))
	for i, r := range s {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789._/-", r)) {
			plain = false
		}
	}
	if plain {
		return s
	}
	return strconv.Quote(s)
}
