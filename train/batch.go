package train

import (
	"math/rand/v2"

	"github.com/maskflow/maskflow/masks"
)

// next assembles a step: the rows of a batch of this epoch, the degrees of its
// mask set and the optimiser's numbers.
func (t *Trainer) next(number int64, batch int) step {
	t.shuffle()
	train, size := t.splits.Train, t.o.Batch
	rows := t.rows[batch*size : min((batch+1)*size, train.Rows)]
	s := step{x: make([]float32, size*train.Dim), weights: make([]float32, size),
		scalars: t.program.opt.Scalars(number, t.rate*t.p.Schedule.factor(number))}
	if train.ContextDim > 0 {
		s.context = make([]float32, size*train.ContextDim)
	}
	for i := range size {
		// Padding repeats a row: the density need not be defined elsewhere, and
		// a weight of zero does not undo NaN.
		row := rows[min(i, len(rows)-1)]
		copy(s.x[i*train.Dim:], train.Row(row))
		if train.ContextDim > 0 {
			copy(s.context[i*train.ContextDim:], train.ContextRow(row))
		}
		if i < len(rows) {
			s.weights[i] = 1 / float32(len(rows))
		}
	}
	if t.masked != nil {
		s.degrees = t.degrees(t.maskIndex(number))
	}
	return s
}

func (t *Trainer) degrees(index int) [][]int32 {
	if d := t.sets[index]; d != nil {
		return d
	}
	cycle := t.masked.Cycle()
	d := t.masked.Degrees(cycle.At(index))
	if cycle.Len() != masks.Unlimited {
		t.sets[index] = d
	}
	return d
}

// shuffle draws the epoch's order of rows, from the seed and the epoch alone.
func (t *Trainer) shuffle() {
	if t.rowsEpoch == t.p.Epoch {
		return
	}
	const rowStream = 0x726f7773
	rng := rand.New(rand.NewPCG(t.o.Seed, rowStream<<32|uint64(t.p.Epoch)))
	t.rows, t.rowsEpoch = rng.Perm(t.splits.Train.Rows), t.p.Epoch
}
