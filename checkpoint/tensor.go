package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
)

// DType names the type of the elements of a tensor as safetensors does.
type DType string

// The types that a checkpoint holds. A BOOL is one byte, 0 or 1.
const (
	F32  DType = "F32"
	F64  DType = "F64"
	I32  DType = "I32"
	I64  DType = "I64"
	U8   DType = "U8"
	U64  DType = "U64"
	Bool DType = "BOOL"
)

// dtypes are the types by their kinds in Go.
var dtypes = map[reflect.Kind]DType{reflect.Float32: F32, reflect.Float64: F64, reflect.Int32: I32, reflect.Int64: I64,
	reflect.Uint8: U8, reflect.Uint64: U64, reflect.Bool: Bool}

// Size is the length of an element in bytes, or 0 for an unknown type.
func (d DType) Size() int {
	switch d {
	case F64, I64, U64:
		return 8
	case F32, I32:
		return 4
	case U8, Bool:
		return 1
	}
	return 0
}

// Tensor is a named array. Data holds the elements in row-major order, little
// endian: product of Shape × DType.Size() bytes. A scalar has an empty shape.
type Tensor struct {
	Name  string
	DType DType
	Shape []int
	Data  []byte
}

// State is what a checkpoint holds: the tensors of a training state, in order,
// and in Meta, as JSON, what is no tensor (cursors, host generators, counters).
// Meta may be empty.
type State struct {
	Step    int64
	Tensors []Tensor
	Meta    json.RawMessage
}

// Values is the number of elements of all tensors, by their shapes.
func (s *State) Values() (n int64) {
	for _, t := range s.Tensors {
		if bytes, err := byteLen(t.DType, t.Shape); err == nil {
			n += bytes / int64(t.DType.Size())
		}
	}
	return n
}

// Element is a Go type with a [DType].
type Element interface {
	float32 | float64 | int32 | int64 | uint8 | uint64 | bool
}

func dtypeOf[T Element]() DType { return dtypes[reflect.TypeFor[T]().Kind()] }

// NewTensor copies values into a tensor. The error tells when the shape asks
// for another number of them.
func NewTensor[T Element](name string, shape []int, values []T) (Tensor, error) {
	t := Tensor{Name: name, DType: dtypeOf[T](), Shape: shape}
	size := t.DType.Size()
	want, err := byteLen(t.DType, shape)
	if err != nil {
		return Tensor{}, fmt.Errorf("tensor %q: %w", name, err)
	}
	if want != int64(len(values))*int64(size) {
		return Tensor{}, fmt.Errorf("tensor %q: %d values for the shape %v", name, len(values), shape)
	}
	t.Data = make([]byte, want)
	if _, err := binary.Encode(t.Data, binary.LittleEndian, values); err != nil {
		return Tensor{}, fmt.Errorf("tensor %q: %w", name, err)
	}
	return t, nil
}

// Values copies the elements out of a tensor. The error tells when T is not
// the type of its elements.
func Values[T Element](t Tensor) ([]T, error) {
	if want := dtypeOf[T](); t.DType != want {
		return nil, fmt.Errorf("tensor %q holds %s, not %s", t.Name, t.DType, want)
	}
	if err := t.validate(); err != nil {
		return nil, err
	}
	values := make([]T, len(t.Data)/t.DType.Size())
	if _, err := binary.Decode(t.Data, binary.LittleEndian, values); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	return values, nil
}

// validate checks the name, and the length of the data against the shape.
func (t *Tensor) validate() error {
	if t.Name == "" || t.Name == metadataKey {
		return fmt.Errorf("a tensor cannot have the name %q", t.Name)
	}
	want, err := byteLen(t.DType, t.Shape)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if int64(len(t.Data)) != want {
		return fmt.Errorf("tensor %q: %d bytes of data, but %s %v takes %d", t.Name, len(t.Data), t.DType, t.Shape, want)
	}
	return nil
}

// byteLen is the length in bytes of an array of the given type and shape.
func byteLen(d DType, shape []int) (int64, error) {
	n := int64(d.Size())
	if n == 0 {
		return 0, fmt.Errorf("unknown type %.20q", string(d))
	}
	for _, dim := range shape {
		switch {
		case dim < 0:
			return 0, fmt.Errorf("negative dimension in the shape %v", shape)
		case dim > 0 && n > math.MaxInt64/int64(dim):
			return 0, fmt.Errorf("the shape %v is too large", shape)
		}
		n *= int64(dim)
	}
	return n, nil
}
