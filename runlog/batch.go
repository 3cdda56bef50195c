package runlog

import (
	"bytes"
	"iter"
)

// A Batch is what one call of [Reader.Read] found. Train records, of which a
// log may hold a million, are apart from the others, which makes a record of
// theirs cost 48 bytes; [Batch.All] has all records in the order of the file.
type Batch struct {
	Reset   bool // the file was replaced or cut: what was read before is void
	Train   TrainSeries
	Records []Record // those of every other kind
	Bad     int      // lines that are no records, passed over
	More    bool     // the call stopped at its bound, not at the end of the file

	before []int // how many of Train came before each of Records
}

// All are the records of the batch in the order of the file.
func (b *Batch) All() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		next := 0
		for i, r := range b.Records {
			for ; next < b.trainBefore(i); next++ {
				if !yield(b.Train.At(next)) {
					return
				}
			}
			if !yield(r) {
				return
			}
		}
		for ; next < b.Train.Len(); next++ {
			if !yield(b.Train.At(next)) {
				return
			}
		}
	}
}

// trainBefore is how many train records came before record i of the others. A
// batch that was put together by hand has them all behind.
func (b *Batch) trainBefore(i int) int {
	if i < len(b.before) {
		return b.before[i]
	}
	return 0
}

// add decodes a line. Empty lines and unknown kinds are nothing.
func (b *Batch) add(line []byte) {
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if len(line) == 0 {
		return
	}
	if r, ok := decodeTrain(line); ok { // into an interface it would be garbage at once
		b.Train.add(r)
		return
	}
	switch record, err := decode(line); r := record.(type) {
	case nil:
		if err != nil {
			b.Bad++
		}
	case Train:
		b.Train.add(r)
	default:
		b.before = append(b.before, b.Train.Len())
		b.Records = append(b.Records, record)
	}
}
