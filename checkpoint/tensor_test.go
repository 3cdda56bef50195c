package checkpoint

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func tensor[T Element](t testing.TB, name string, shape []int, values ...T) Tensor {
	t.Helper()
	x, err := NewTensor(name, shape, values)
	ok(t, err)
	return x
}

func checkTensor[T Element](t *testing.T, dtype DType, data []byte, values ...T) {
	t.Helper()
	x := tensor(t, "x", []int{len(values)}, values...)
	if x.DType != dtype || !bytes.Equal(x.Data, data) {
		t.Errorf("%v is %s % x, not %s % x", values, x.DType, x.Data, dtype, data)
	}
	back, err := Values[T](x)
	if err != nil || !slices.Equal(back, values) {
		t.Errorf("%v reads back as %v (%v)", values, back, err)
	}
}

// The bytes are IEEE 754 and two's complement, little endian.
func TestTensorBytes(t *testing.T) {
	checkTensor[float32](t, F32, []byte{0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xff}, 1, float32(math.Inf(-1)))
	checkTensor[float64](t, F64, []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, 1)
	checkTensor[int32](t, I32, []byte{0xfe, 0xff, 0xff, 0xff, 1, 2, 0, 0}, -2, 513)
	checkTensor[int64](t, I64, []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, -2)
	checkTensor[uint8](t, U8, []byte{7, 255}, 7, 255)
	checkTensor[uint64](t, U64, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, math.MaxUint64)
	checkTensor(t, Bool, []byte{1, 0, 1}, true, false, true)
	checkTensor[float32](t, F32, []byte{})

	payload := math.Float32frombits(0x7fc12345) // a NaN keeps its payload
	back, err := Values[float32](tensor(t, "x", nil, payload))
	if err != nil || math.Float32bits(back[0]) != 0x7fc12345 {
		t.Errorf("a NaN reads back as %x (%v)", back, err)
	}
}

func TestTensorErrors(t *testing.T) {
	for _, shape := range [][]int{{3}, {2, -1}, {-2, -1}, {}, {math.MaxInt, 2}, {math.MaxInt, math.MaxInt, 0, 3}} {
		if x, err := NewTensor("x", shape, []float32{1, 2}); err == nil {
			t.Errorf("two values make %+v", x)
		}
	}
	if _, err := Values[float64](tensor[float32](t, "x", []int{2}, 1, 2)); err == nil {
		t.Error("F32 reads as float64")
	}
	if _, err := Values[float32](Tensor{Name: "x", DType: F32, Shape: []int{2}, Data: make([]byte, 7)}); err == nil {
		t.Error("7 bytes read as two float32")
	}
}
