package format

import (
	"encoding/binary"
	"fmt"
	"io"
)

// idxKinds are the element types of the IDX format by their code
// (yann.lecun.com/exdb/mnist).
var idxKinds = map[byte]elementKind{0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}

// readIDXHeader returns what the header of an array in the IDX format says, and its
// length in bytes: two zero bytes, the type, the number of dimensions and the
// dimensions, most significant byte first, as in the values.
func readIDXHeader(r io.Reader) (block, int, error) {
	magic, err := readBytes(r, 4)
	if err != nil {
		return block{}, 0, err
	}
	kind, known := idxKinds[magic[2]]
	if magic[0] != 0 || magic[1] != 0 || !known {
		return block{}, 0, fmt.Errorf("it does not begin as an IDX array does: % x", magic)
	}
	dims, err := readBytes(r, 4*int(magic[3]))
	if err != nil {
		return block{}, 0, err
	}
	shape := make([]uint64, magic[3])
	for i := range shape {
		shape[i] = uint64(binary.BigEndian.Uint32(dims[4*i:]))
	}
	b, err := newBlock(element{kind: kind, big: true}, shape, false)
	return b, len(magic) + len(dims), err
}
