package format

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/maskflow/maskflow/data"
)

// idxKinds are the element types of the IDX format by their code
// (yann.lecun.com/exdb/mnist).
var idxKinds = map[byte]elementKind{0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}

// readIDX reads one array in the IDX format: two zero bytes, the type, the
// number of dimensions, the dimensions and the values, most significant byte
// first.
func readIDX(r io.Reader, avail int64, name string, limit *data.Limit, o ReadOptions) (*data.Table, error) {
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return nil, fmt.Errorf("in the IDX header: %w", damage(err))
	}
	kind, known := idxKinds[magic[2]]
	if magic[0] != 0 || magic[1] != 0 || !known {
		return nil, fmt.Errorf("it does not begin as an IDX array does: % x", magic)
	}
	dims := make([]byte, 4*int(magic[3]))
	if _, err := io.ReadFull(r, dims); err != nil {
		return nil, fmt.Errorf("in the IDX header: %w", damage(err))
	}
	shape := make([]uint64, magic[3])
	for i := range shape {
		shape[i] = uint64(binary.BigEndian.Uint32(dims[4*i:]))
	}
	b, err := newBlock(element{kind: kind, big: true}, shape, false)
	if err != nil {
		return nil, fmt.Errorf("in the IDX header: %w", err)
	}
	return b.table(r, avail-int64(len(magic)+len(dims)), name, limit, o)
}
