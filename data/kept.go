package data

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/internal/text"
)

// preparationVersion is the version of the form in which a [Preparation] is kept. Version 1 had
// no schema and no scale of a context.
const preparationVersion = 2

// kinds lists the steps by the names by which they are kept.
var kinds = []func() Step{
	func() Step { return new(Binarize) },
	func() Step { return new(Dequantise) },
	func() Step { return new(Logit) },
	func() Step { return new(Scale) },
}

// written is a preparation as it is kept, with the steps as values or as text.
type written[T any] struct {
	Version int `json:"version"`
	fields
	Steps []oneStep[T] `json:"steps,omitempty"`
	Table *tabular     `json:"table,omitempty"`
}

type fields Preparation

type oneStep[T any] struct {
	Kind string `json:"kind"`
	With T      `json:"with"`
}

// MarshalJSON writes the preparation with its version.
func (p *Preparation) MarshalJSON() ([]byte, error) {
	return json.Marshal(written[Step]{preparationVersion, fields(*p), withKinds(p.Steps), p.table})
}

// UnmarshalJSON reads what MarshalJSON wrote. It returns an error for another
// version, a step that is not known, and whatever does not fit together.
func (p *Preparation) UnmarshalJSON(kept []byte) error {
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(kept, &version); err != nil {
		return fmt.Errorf("preparation: %w", err)
	}
	if version.Version < 1 || version.Version > preparationVersion {
		return fmt.Errorf("preparation of version %d: this program reads versions up to %d", version.Version, preparationVersion)
	}
	var w written[json.RawMessage]
	if err := strictJSON(kept, &w); err != nil {
		return fmt.Errorf("preparation: %w", err)
	}
	read := Preparation(w.fields)
	read.table = w.Table
	var err error
	if read.Steps, err = ofKinds(w.Steps, kinds); err != nil {
		return fmt.Errorf("preparation: step %w", err)
	}
	if err := read.check(); err != nil {
		return fmt.Errorf("preparation: %w", err)
	}
	*p = read
	return nil
}

// withKinds are steps or maps as they are kept, by the names of their kinds.
func withKinds[T interface{ kind() string }](all []T) (kept []oneStep[T]) {
	for _, one := range all {
		kept = append(kept, oneStep[T]{one.kind(), one})
	}
	return kept
}

// ofKinds reads what withKinds kept. Errors begin with the number of the step or map.
func ofKinds[T interface{ kind() string }](kept []oneStep[json.RawMessage], kinds []func() T) (all []T, err error) {
	for i, one := range kept {
		k := slices.IndexFunc(kinds, func(newOne func() T) bool { return newOne().kind() == one.Kind })
		if k < 0 {
			return nil, fmt.Errorf("%d is of the unknown kind %q", i, text.Shorten(one.Kind, 41))
		}
		step := kinds[k]()
		if err := strictJSON(one.With, step); err != nil {
			return nil, fmt.Errorf("%d, %s: %w", i, one.Kind, err)
		}
		all = append(all, step)
	}
	return all, nil
}

func strictJSON(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(to)
}
