package format

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/maskflow/maskflow/data"
)

// element is the type of a stored number.
type element struct {
	kind elementKind
	big  bool // most significant byte first
}

// elementKind is numpy's code of a type without its byte order: b for bool,
// i for signed, u for unsigned, f for floating point, then the size in bytes.
type elementKind string

var elementKinds = []elementKind{"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}

func (e element) size() int { return int(e.kind[1] - '0') }

// narrow tells whether float32 can hold every number of the type.
func (e element) narrow() bool { return e.size() <= 2 || e.kind == "f4" }

// decode converts the numbers in src, which it may overwrite. src holds len(dst)
// elements.
func decode[T float32 | float64](e element, dst []T, src []byte) {
	size := e.size()
	if e.big && size > 1 {
		for i := 0; i < len(src); i += size {
			slices.Reverse(src[i : i+size])
		}
	}
	le := binary.LittleEndian
	switch e.kind {
	case "b1", "u1":
		src = src[:len(dst)]
		for i, b := range src {
			dst[i] = T(b)
		}
	case "i1":
		for i := range dst {
			dst[i] = T(int8(src[i]))
		}
	case "i2":
		for i := range dst {
			dst[i] = T(int16(le.Uint16(src[2*i:])))
		}
	case "i4":
		for i := range dst {
			dst[i] = T(int32(le.Uint32(src[4*i:])))
		}
	case "i8":
		for i := range dst {
			dst[i] = T(int64(le.Uint64(src[8*i:])))
		}
	case "u2":
		for i := range dst {
			dst[i] = T(le.Uint16(src[2*i:]))
		}
	case "u4":
		for i := range dst {
			dst[i] = T(le.Uint32(src[4*i:]))
		}
	case "u8":
		for i := range dst {
			dst[i] = T(le.Uint64(src[8*i:]))
		}
	case "f2":
		for i := range dst {
			dst[i] = T(half(le.Uint16(src[2*i:])))
		}
	case "f4":
		for i := range dst {
			dst[i] = T(math.Float32frombits(le.Uint32(src[4*i:])))
		}
	case "f8":
		for i := range dst {
			dst[i] = T(math.Float64frombits(le.Uint64(src[8*i:])))
		}
	}
}

// half is the value of an IEEE 754 binary16: (−1)^s·2^(e−15)·(1 + m/1024), and for
// e = 0 (−1)^s·2^−14·m/1024.
func half(h uint16) float64 {
	exp, frac := int(h>>10&31), float64(h&1023)
	v := math.Ldexp(1024+frac, exp-25)
	switch {
	case exp == 0:
		v = math.Ldexp(frac, -24)
	case exp == 31 && frac == 0:
		v = math.Inf(1)
	case exp == 31:
		v = math.NaN()
	}
	return math.Copysign(v, 1-2*float64(h>>15))
}

// refuse returns the index of the first decoded value that data cannot hold,
// and what is wrong with it, or −1. NaN is a missing value.
func refuse[T float32 | float64](e element, values []T, infinite bool) (int, string) {
	for i, v := range values {
		switch {
		case e.kind == "b1" && v > 1:
			return i, "is not a bool"
		case v-v != 0 && v == v && !infinite:
			return i, data.Refuse(float64(v))
		}
	}
	return -1, ""
}
