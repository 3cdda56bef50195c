package train

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// batchRows are the rows of a batch of this epoch.
func (t *Trainer) batchRows(batch int) []int {
	t.shuffle()
	size := t.o.Batch
	rows := t.rows[batch*size : min((batch+1)*size, len(t.rows))]
	if t.normalises && len(rows) < size {
		// A few rows have no statistics: those at the end, some of them once more.
		rows = t.rows[len(t.rows)-size:]
	}
	return rows
}

// next assembles a step: the rows of a batch of this epoch, the degrees of its
// mask set and the optimiser's numbers.
func (t *Trainer) next(number int64, batch int) exec.Values {
	train, size, rows := t.splits.Train, t.o.Batch, t.batchRows(batch)
	s := exec.Values{X: make([]float32, size*train.Width()), Context: make([]float32, size*train.ContextDim), Weights: make([]float32, size),
		Scalars: append(t.program.opt.Scalars(number-t.p.Fresh, t.o.Optimizer.Rate()*t.schedule.Factor(number)), t.o.Anneal.beta(number))}
	rng, noise := rand.New(rand.NewPCG(t.o.Seed, noiseStream<<32|uint64(number))), t.program.layout.Noise
	if noise > 0 && t.draw == nil {
		s.Noise = models.Normal(1)(rng, []int{size, noise})
	} else if noise > 0 {
		s.Noise = make([]float32, size*noise)
	}
	for i := range size {
		// Padding repeats a row: the density need not be defined elsewhere, and
		// a weight of zero does not undo NaN.
		row := rows[min(i, len(rows)-1)]
		copy(s.X[i*train.Width():], train.Row(row))
		copy(s.Context[i*train.ContextDim:], train.ContextRow(row))
		if i < len(rows) {
			s.Weights[i] = float32(t.share(row, len(rows)))
		}
		if t.draw != nil {
			t.draw(rng, rng.Float64(), train.Row(row), s.Noise[i*noise:][:noise])
		}
	}
	if t.walks() {
		s.Degrees = t.masked.Degrees(t.masked.Cycle().At(t.maskIndex(number)))
	}
	return s
}

// logDet is the mean ln |det| of the preparation of some rows, which takes their loss to
// the units of the data. A run of version 0.1.0
// goes on in its own units, which have the logit and the scale of all rows alone.
func (t *Trainer) logDet(rows []int) (mean float64) {
	if t.p.Units != runlog.DataUnits {
		return t.splits.Train.ModelLogDet
	}
	train := cmp.Or(t.counted, t.splits.Train)
	for _, i := range rows {
		mean += train.RowLogDet(i) * t.share(i, len(rows))
	}
	return mean
}

// share is what a row counts in the loss of a step of so many rows, which are drawn uniformly: its weight, by the mean weight of
// all training rows. So the loss and its gradient are on average those of all rows, which shares by the weights of a
// batch alone would not be: a heavy row would count less.
func (t *Trainer) share(row, of int) float64 {
	return t.splits.Train.Weight(row) / (t.meanWeight * float64(of))
}

// Streams of random numbers of a seed.
const (
	rowStream   = 0x726f7773 // an epoch's order of rows
	noiseStream = 0x6e6f6973 // a step's noise
)

// shuffle draws the epoch's order of rows, from the seed and the epoch alone.
func (t *Trainer) shuffle() {
	if t.rowsEpoch == t.p.Epoch {
		return
	}
	rng := rand.New(rand.NewPCG(t.o.Seed, rowStream<<32|uint64(t.p.Epoch)))
	t.rows, t.rowsEpoch = rng.Perm(t.splits.Train.Rows), t.p.Epoch
}

// redraw draws the epoch's noise within the steps of the columns, which follows from the seed of
// the data and the epoch alone. Rows that were trained on before have that of another epoch.
func (t *Trainer) redraw() error {
	if t.noiseEpoch == t.p.Epoch || !t.splits.Noisy() {
		return nil
	}
	t.noiseEpoch = t.p.Epoch
	if err := t.splits.Redraw(uint64(t.p.Epoch)); err != nil {
		return err
	}
	return t.count()
}

// count takes of the log-determinants of the training rows those of a model's targets, where it has some.
func (t *Trainer) count() (err error) {
	if m, ok := t.model.(models.Targeted); ok {
		t.counted, err = t.splits.Train.Counting(m.Targets())
	}
	return err
}

// checksum is that of the prepared rows of the sets and their contexts (CRC-32C), by which
// checkpoints of version 0.1.0 tell other data.
func checksum(sets ...*data.Prepared) string {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := uint32(0)
	buffer := make([]byte, 0, 1<<16)
	for _, s := range sets {
		for _, values := range [][]float32{s.X, s.Context} {
			for chunk := range slices.Chunk(values, cap(buffer)/4) {
				buffer = buffer[:0]
				for _, v := range chunk {
					buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
				}
				sum = crc32.Update(sum, table, buffer)
			}
		}
	}
	return fmt.Sprintf("%08x", sum)
}
