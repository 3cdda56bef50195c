package data

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes/float16"
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

func (e element) float() bool { return e.kind[0] == 'f' }

// decode converts the numbers in src, which it may overwrite, to float32,
// rounding to nearest. src holds len(dst) elements.
func (e element) decode(dst []float32, src []byte) {
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
			dst[i] = float32(b)
		}
	case "i1":
		for i := range dst {
			dst[i] = float32(int8(src[i]))
		}
	case "i2":
		for i := range dst {
			dst[i] = float32(int16(le.Uint16(src[2*i:])))
		}
	case "i4":
		for i := range dst {
			dst[i] = float32(int32(le.Uint32(src[4*i:])))
		}
	case "i8":
		for i := range dst {
			dst[i] = float32(int64(le.Uint64(src[8*i:])))
		}
	case "u2":
		for i := range dst {
			dst[i] = float32(le.Uint16(src[2*i:]))
		}
	case "u4":
		for i := range dst {
			dst[i] = float32(le.Uint32(src[4*i:]))
		}
	case "u8":
		for i := range dst {
			dst[i] = float32(le.Uint64(src[8*i:]))
		}
	case "f2":
		for i := range dst {
			dst[i] = float16.FromBits(le.Uint16(src[2*i:])).Float32()
		}
	case "f4":
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(src[4*i:]))
		}
	case "f8":
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(src[8*i:])))
		}
	}
}

// refuse returns the index of the first decoded value that data cannot hold,
// and what is wrong with it, or −1. src is as decode left it.
func (e element) refuse(dst []float32, src []byte, allowMissing bool) (int, string) {
	switch {
	case e.kind == "b1":
		for i, v := range dst {
			if v > 1 {
				return i, "is not a bool"
			}
		}
	case e.float():
		for i, v := range dst {
			if v-v == 0 { // false for NaN and the infinities alone
				continue
			}
			exact := float64(v)
			if e.kind == "f8" {
				exact = math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:]))
			}
			if what := refuse(exact, allowMissing); what != "" {
				return i, what
			}
		}
	}
	return -1, ""
}
