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
	w := written[Step]{Version: preparationVersion, fields: fields(*p), Table: p.table}
	for _, step := range p.Steps {
		w.Steps = append(w.Steps, oneStep[Step]{step.kind(), step})
	}
	return json.Marshal(w)
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
	for i, one := range w.Steps {
		k := slices.IndexFunc(kinds, func(newStep func() Step) bool { return newStep().kind() == one.Kind })
		if k < 0 {
			return fmt.Errorf("preparation: step %d is of the unknown kind %q", i, text.Shorten(one.Kind, 41))
		}
		step := kinds[k]()
		if err := strictJSON(one.With, step); err != nil {
			return fmt.Errorf("preparation: step %d, %s: %w", i, one.Kind, err)
		}
		read.Steps = append(read.Steps, step)
	}
	if err := read.check(); err != nil {
		return fmt.Errorf("preparation: %w", err)
	}
	*p = read
	return nil
}

func strictJSON(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(to)
}
