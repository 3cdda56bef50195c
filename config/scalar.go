package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
)

// The functions below read a scalar as one type and no other, and return what is wrong, "" when nothing is.

const quotedStyles = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// described returns what a node holds, in words.
func described(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a section"
	case n.Kind == yaml.SequenceNode && len(n.Content) == 1:
		return "a list of one"
	case n.Kind == yaml.SequenceNode:
		return fmt.Sprintf("a list of %d", len(n.Content))
	case n.Tag == "!!null":
		return "nothing"
	case n.Tag == "!!str":
		return "the text " + quoted(n.Value)
	}
	return oneLine(n.Value)
}

func textOf(n *yaml.Node) (string, string) {
	// A date is text to everyone but YAML.
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" && n.Tag != "!!timestamp" {
		hint := ""
		if n.Kind == yaml.ScalarNode {
			hint = " (quote it: " + quoted(n.Value) + ")"
		}
		return "", "want text, got " + described(n) + hint
	}
	return n.Value, ""
}

// columnOf reads the name of a column, or its number, as text.
func columnOf(n *yaml.Node) (string, string) {
	if n.Tag != "!!int" {
		return textOf(n)
	}
	value, wrong := wholeOf(n)
	return strconv.Itoa(value), wrong
}

func flagOf(n *yaml.Node) (bool, string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
		return strings.EqualFold(n.Value, "true"), ""
	}
	return false, "want true or false, got " + described(n)
}

// wholeText returns a scalar that YAML takes for an integer, as strconv reads it. YAML 1.1 and 1.2 disagree about 010.
func wholeText(n *yaml.Node) (string, string) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!float":
		if _, err := strconv.ParseInt(n.Value, 0, 64); errors.Is(err, strconv.ErrRange) {
			return n.Value, "" // YAML takes an integer of more than 64 bits for a real number
		}
		if x, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64); err == nil && x == math.Trunc(x) && math.Abs(x) <= option.MaxSteps {
			return "", fmt.Sprintf("want an integer, got %s (write %.0f)", oneLine(n.Value), x)
		}
	case n.Kind == yaml.ScalarNode && n.Tag == "!!int":
		digits := strings.TrimLeft(n.Value, "+-")
		if len(digits) > 1 && digits[0] == '0' && '0' <= digits[1] && digits[1] <= '9' {
			return "", fmt.Sprintf("%s may be octal or decimal (write it without the leading 0, or with 0o)", oneLine(n.Value))
		}
		return n.Value, ""
	case n.Kind == yaml.ScalarNode && n.Style&quotedStyles != 0:
		if _, err := strconv.Atoi(n.Value); err == nil {
			return "", fmt.Sprintf("want an integer, got %s (remove the quotes)", described(n))
		}
	}
	return "", "want an integer, got " + described(n)
}

func wholeOf(n *yaml.Node) (int, string) {
	text, wrong := wholeText(n)
	if wrong != "" {
		return 0, wrong
	}
	value, err := strconv.ParseInt(text, 0, strconv.IntSize)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, oneLine(text) + " is too large for an integer"
	case err != nil:
		return 0, "want an integer, got " + described(n)
	}
	return int(value), ""
}

func seedOf(n *yaml.Node) (uint64, string) {
	text, wrong := wholeText(n)
	if wrong != "" {
		return 0, wrong
	}
	value, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 0, 64)
	if err != nil {
		return 0, fmt.Sprintf("want an integer of 0 to %d, got %s", uint64(math.MaxUint64), oneLine(text))
	}
	return value, ""
}

// numberOf reads a number of a key, which may have a word for one.
func numberOf[T int | float64](k *option.Key, n *yaml.Node, read func(*yaml.Node) (T, string)) (value T, wrong string) {
	word, number := k.NamedNumber()
	if n.Kind == yaml.ScalarNode && n.Value == word && word != "" {
		return T(number), ""
	}
	value, wrong = read(n)
	switch {
	case word == "" || wrong == "" && value != T(number):
		return value, wrong
	case wrong == "":
		wrong = "must not be " + n.Value
	case n.Tag == "!!str" && text.Nearest(n.Value, []string{word}) != "":
		return 0, fmt.Sprintf("unknown value %s (did you mean %s? or write a number)", quoted(n.Value), quoted(word))
	}
	return 0, wrong + " (a number, or " + word + ")"
}

func realOf(n *yaml.Node) (float64, string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		text, wrong := wholeText(n)
		if wrong != "" {
			return 0, wrong
		}
		if value, err := strconv.ParseInt(text, 0, 64); err == nil {
			return float64(value), ""
		}
	}
	text := strings.ReplaceAll(n.Value, "_", "")
	value, err := strconv.ParseFloat(text, 64)
	switch {
	case n.Kind != yaml.ScalarNode:
	case errors.Is(err, strconv.ErrRange) && n.Style&quotedStyles == 0: // YAML readers take it for text
		return 0, oneLine(n.Value) + " is too large for a number"
	case n.Tag == "!!float" && strings.Trim(strings.ToLower(text), "+-") == ".nan":
		return math.NaN(), "" // refused with the limits, as in a Config made in Go
	case n.Tag == "!!float" && strings.HasSuffix(strings.ToLower(text), ".inf"):
		return math.Inf(1), ""
	case (n.Tag == "!!float" || n.Tag == "!!int") && err == nil:
		return value + 0, "" // -0 becomes 0, so that equal configurations have equal text
	case n.Tag == "!!str" && n.Style&quotedStyles != 0 && err == nil:
		return 0, fmt.Sprintf("want a number, got %s (remove the quotes)", described(n))
	}
	return 0, "want a number, got " + described(n)
}
