package masks

import (
	"fmt"
	"slices"
	"strings"
)

// The words by which configurations name the choices of a recipe.
var (
	kindNames      = []string{SequentialDegrees: "sequential", SampledDegrees: "sampled"}
	orderKindNames = []string{NaturalOrder: "natural", ReversedOrder: "reversed", RandomOrder: "random"}
	resampleNames  = []string{ResampleBoth: "both", ResampleOrder: "order", ResampleConnectivity: "connectivity"}
)

func (k Kind) known() bool { return known(k, kindNames) }

// String returns "sequential" or "sampled".
func (k Kind) String() string { return name(k, kindNames) }

// MarshalText writes the kind by its name.
func (k Kind) MarshalText() ([]byte, error) { return marshal(k, kindNames) }

// UnmarshalText reads a kind by its name.
func (k *Kind) UnmarshalText(text []byte) error { return unmarshal(k, text, kindNames) }

func (k OrderKind) known() bool { return known(k, orderKindNames) }

// String returns "natural", "reversed" or "random".
func (k OrderKind) String() string { return name(k, orderKindNames) }

// MarshalText writes the kind by its name.
func (k OrderKind) MarshalText() ([]byte, error) { return marshal(k, orderKindNames) }

// UnmarshalText reads a kind by its name.
func (k *OrderKind) UnmarshalText(text []byte) error { return unmarshal(k, text, orderKindNames) }

func (r Resample) known() bool { return known(r, resampleNames) }

// String returns "both", "order" or "connectivity".
func (r Resample) String() string { return name(r, resampleNames) }

// MarshalText writes what is resampled by its name.
func (r Resample) MarshalText() ([]byte, error) { return marshal(r, resampleNames) }

// UnmarshalText reads what is resampled by its name.
func (r *Resample) UnmarshalText(text []byte) error { return unmarshal(r, text, resampleNames) }

func known[T ~int](value T, names []string) bool { return value >= 0 && int(value) < len(names) }

func name[T ~int](value T, names []string) string {
	if !known(value, names) {
		return fmt.Sprintf("unknown(%d)", int(value))
	}
	return names[value]
}

func marshal[T ~int](value T, names []string) ([]byte, error) {
	if !known(value, names) {
		return nil, fmt.Errorf("no name for %d: it is none of %s", int(value), strings.Join(names, ", "))
	}
	return []byte(names[value]), nil
}

func unmarshal[T ~int](value *T, text []byte, names []string) error {
	i := slices.Index(names, string(text))
	if i < 0 {
		return fmt.Errorf("%q is none of %s", text, strings.Join(names, ", "))
	}
	*value = T(i)
	return nil
}
