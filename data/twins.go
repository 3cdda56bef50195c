package data

import "github.com/maskflow/maskflow/internal/num"

// Twins reports of each row of a prepared set whether a training row has the same values in the source, with those of its
// context and to the precision of float32: of such a row a model may know more than of others. Noise within a step is
// undone first. A training row of weight 0 is nobody's twin. The error is that of [Preparation.UndoValues].
func (s *Splits) Twins(of *Prepared) (twins []bool, err error) {
	if s == nil || s.Train == nil || of == nil {
		return nil, nil
	}
	hash, seen := num.RowHash(), make(map[uint64]bool, s.Train.Rows)
	err = s.eachInSource(s.Train, func(i int, x, context []float32) {
		if s.Train.Weight(i) > 0 {
			seen[hash(x, context)] = true
		}
	})
	if err != nil {
		return nil, err
	}
	twins = make([]bool, of.Rows)
	return twins, s.eachInSource(of, func(i int, x, context []float32) { twins[i] = seen[hash(x, context)] })
}

// eachInSource calls f with each row without the noise that it has within steps.
func (s *Splits) eachInSource(of *Prepared, f func(i int, x, context []float32)) error {
	x, width := of.X, of.Width()
	if s.Prep.noisy() || hasStep[*Dequantise](s.Prep) {
		var err error
		if x, err = s.Prep.UndoValues(of.Values()); err != nil {
			return err
		}
		width = of.Dim
	}
	for i := range of.Rows {
		f(i, x[i*width:(i+1)*width], of.ContextRow(i))
	}
	return nil
}
