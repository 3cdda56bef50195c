package data

import (
	"encoding/binary"
	"hash/maphash"
	"math"
)

// Twins reports of each row of a prepared set whether a training row has the same values in the source, with those of its
// context and to the precision of float32: of such a row a model may know more than of others. Noise within a step is
// undone first. A training row of weight 0 is nobody's twin. The error is that of [Preparation.UndoValues].
func (s *Splits) Twins(of *Prepared) (twins []bool, err error) {
	if s == nil || s.Train == nil || of == nil {
		return nil, nil
	}
	seed, seen := maphash.MakeSeed(), make(map[uint64]bool, s.Train.Rows)
	err = s.hashes(seed, s.Train, func(i int, hash uint64) { seen[hash] = seen[hash] || s.Train.Weight(i) > 0 })
	if err != nil {
		return nil, err
	}
	twins = make([]bool, of.Rows)
	return twins, s.hashes(seed, of, func(i int, hash uint64) { twins[i] = seen[hash] })
}

// hashes calls each with a hash of the values of every row.
func (s *Splits) hashes(seed maphash.Seed, of *Prepared, each func(i int, hash uint64)) error {
	x, width := of.X, of.Width()
	if s.Prep.noisy() || hasStep[*Dequantise](s.Prep) {
		var err error
		if x, err = s.Prep.UndoValues(of.Values()); err != nil {
			return err
		}
		width = of.Dim
	}
	var text []byte
	for i := range of.Rows {
		text = text[:0]
		for _, values := range [][]float32{x[i*width : (i+1)*width], of.ContextRow(i)} {
			for _, v := range values {
				text = binary.LittleEndian.AppendUint32(text, math.Float32bits(v+0)) // no −0
			}
		}
		each(i, maphash.Bytes(seed, text))
	}
	return nil
}
