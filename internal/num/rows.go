package num

import (
	"encoding/binary"
	"hash/maphash"
	"math"
)

// RowHash returns a function that gives equal rows equal numbers, and others, but for one of some 10¹⁹ pairs, different ones. A row
// is in parts, one after the other; −0 is 0. It is for one goroutine, and its numbers are for one process.
func RowHash() func(parts ...[]float32) uint64 {
	seed, buffer := maphash.MakeSeed(), []byte(nil)
	return func(parts ...[]float32) uint64 {
		buffer = buffer[:0]
		for _, values := range parts {
			for _, v := range values {
				buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v+0)) // no −0
			}
		}
		return maphash.Bytes(seed, buffer)
	}
}
