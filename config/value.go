package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Count is a number of mask sets: positive, or Unlimited. The zero value is the default, 1.
type Count int

// Unlimited is the count of a cycle that draws a fresh mask set in every step.
const Unlimited Count = -1

// String returns the count as a file has it.
func (n Count) String() string {
	if n == Unlimited {
		return unlimited
	}
	return strconv.Itoa(int(n))
}

const unlimited = "unlimited"

// Order gives the inputs their degrees 1..D, the places at which they are modelled: by name, or as a list. The zero value is the
// default: random for a MADE, natural for a flow.
type Order struct {
	// Name is natural, reversed or random; it is empty when Degrees is given.
	Name string
	// Degrees holds the degree of every input: all of 1..max occur, and inputs may share one.
	Degrees []int
}

// String returns the order as a file has it.
func (o Order) String() string {
	if o.Degrees != nil {
		return listText(o.Degrees)
	}
	return o.Name
}

// valueText returns the field that p points at as a file has it. The YAML it makes is plain enough to be written by hand here, so
// that the bytes, and with them the hash of a configuration, do not change with a YAML library.
func valueText(p any) string {
	switch v := p.(type) {
	case *string:
		return quoteText(*v)
	case *bool:
		return strconv.FormatBool(*v)
	case *int:
		return strconv.Itoa(*v)
	case *uint64:
		return strconv.FormatUint(*v, 10)
	case **uint64:
		if *v == nil {
			return ""
		}
		return strconv.FormatUint(**v, 10)
	case *float64:
		return realText(*v)
	case *[]int:
		return listText(*v)
	case *[]string:
		words := make([]string, len(*v))
		for i, text := range *v {
			words[i] = quoteText(text)
		}
		return "[" + strings.Join(words, ", ") + "]"
	case *[3]float64:
		return "[" + realText(v[0]) + ", " + realText(v[1]) + ", " + realText(v[2]) + "]"
	case *Count:
		return v.String()
	case *Order:
		return v.String()
	}
	panic(fmt.Sprintf("config: the table has a field of type %T, which has no text", p))
}

// realText returns the shortest decimal that reads back as x; the exponent has no padding (1e-7).
func realText(x float64) string {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if mantissa, exponent, found := strings.Cut(s, "e"); found {
		sign := exponent[:1]
		if sign == "+" {
			sign = ""
		}
		s = mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
	}
	return s
}

func listText(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// notText are the plain words that YAML 1.1 or 1.2 reads as something else than text.
var notText = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

// quoteText quotes s unless it is a word that every YAML reader takes for text.
func quoteText(s string) string {
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
