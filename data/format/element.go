package format

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/data"
)

// element is the type of a stored number.
type element struct {
	kind elementKind
	big  bool // most significant byte first
}

// elementKind is numpy's code of a type without its byte order: b for bool,
// i for signed, u for unsigned, f for floating point, then the size in bytes; U for
// texts of so many UTF-32 characters, S for those of so many bytes.
type elementKind string

var elementKinds = []elementKind{"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"}

func (e element) size() int {
	n, _ := strconv.Atoi(string(e.kind[1:]))
	if e.kind[0] == 'U' {
		n *= 4
	}
	return n
}

// isText reports whether the values are texts, not numbers.
func (e element) isText() bool { return e.kind[0] == 'U' || e.kind[0] == 'S' }

// text is a stored text, without the zeros behind it.
func (e element) text(src []byte) string {
	if e.kind[0] == 'S' {
		return strings.TrimRight(string(src), "\x00")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if e.big {
		order = binary.BigEndian
	}
	var b strings.Builder
	for ; len(src) >= 4; src = src[4:] {
		b.WriteRune(rune(order.Uint32(src)))
	}
	return strings.TrimRight(b.String(), "\x00")
}

// narrow tells whether float32 can hold every number of the type.
func (e element) narrow() bool { return e.size() <= 2 || e.kind == "f4" }

// decoder returns the function that converts stored numbers: src has len(dst) of
// them. Its memory is used again in the next call.
func decoder[T float32 | float64](e element) func(dst []T, src []byte) {
	convert := map[elementKind]func(element) func([]T, []byte){
		"b1": convert[uint8, T], "u1": convert[uint8, T], "u2": convert[uint16, T], "u4": convert[uint32, T], "u8": convert[uint64, T],
		"i1": convert[int8, T], "i2": convert[int16, T], "i4": convert[int32, T], "i8": convert[int64, T],
		"f2": convert[uint16, T], "f4": convert[float32, T], "f8": convert[float64, T],
	}[e.kind](e)
	if e.kind != "f2" {
		return convert
	}
	return func(dst []T, src []byte) {
		convert(dst, src)
		for i, bits := range dst {
			dst[i] = T(half(uint16(bits)))
		}
	}
}

// convert reads numbers of type S.
func convert[S int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64, T float32 | float64](
	e element) func(dst []T, src []byte) {
	var order binary.ByteOrder = binary.LittleEndian
	if e.big {
		order = binary.BigEndian
	}
	var values []S
	return func(dst []T, src []byte) {
		values = slices.Grow(values[:0], len(dst))[:len(dst)]
		_, _ = binary.Decode(src, order, values)
		for i, v := range values {
			dst[i] = T(v)
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
		case math.IsInf(float64(v), 0) && !infinite:
			return i, data.Refuse(float64(v))
		}
	}
	return -1, ""
}
