package data

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/internal/text"
)

// Stream is what random numbers are for, which keeps draws by one seed apart. The
// numbers are those of version 0.1.0: with another one the same seed would give
// other rows, splits, bits or noise.
type Stream uint64

// All streams of rows, each with the parts that have a stream of their own.
const (
	StreamDivide   Stream = 1 // the division into train, valid and test
	streamBinarize Stream = 2 // bits of train, valid and test, parts 0 to 2, and of other rows, part 3
	StreamConnect4 Stream = 3 // the division of connect4's positions
	StreamToy      Stream = 4 // the rows of a toy density
	StreamBSDS300  Stream = 5 // the division of BSDS300's images; the patches of train, valid and test, parts 0 to 2
	streamNoise    Stream = 6 // of dequantised rows, the parts as for bits
	streamFold     Stream = 7 // the division into folds; fold k's rows for validation, part k
	streamStep     Stream = 8 // noise within the steps of a table's columns, the parts as for bits
)

// Part is the stream of one part of what a stream is for.
func (s Stream) Part(k int) Stream { return s<<32 | Stream(k) }

// Rand returns the stream's random numbers by a seed.
func (s Stream) Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(s))) }

// Rows are the numbers from 0 to n−1, shuffled by a seed.
func (s Stream) Rows(n int, seed uint64) []int {
	rows := sequence(0, n)
	s.Rand(seed).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}

// divide shuffles the rows of Train by the seed and cuts them in three, each of
// one row at least.
func (s *Source) divide(o Options) error {
	all := s.Train
	n := all.Len()
	if n < 3 {
		return fmt.Errorf("%s cannot be divided into train, valid and test: 3 are needed at least", text.Count(n, "row"))
	}
	rows := StreamDivide.Rows(n, o.RandomSeed())
	valid := share(o.Fractions[1], n, n-2)
	test := share(o.Fractions[2], n, n-1-valid)
	train := n - valid - test
	s.Train = Part{all.Table, rows[:train:train], "train"}
	s.Valid = Part{all.Table, rows[train : train+valid : train+valid], "valid"}
	s.Test = Part{all.Table, rows[train+valid:], "test"}
	s.Note = fmt.Sprintf("divided at random (seed %d) into %d, %d and %d rows", o.RandomSeed(), train, valid, test)
	return nil
}

// share is a fraction of n rounded to a whole number from 1 to most.
func share(fraction float64, n, most int) int {
	return max(1, min(most, int(math.Round(fraction*float64(n)))))
}

// divideFolds makes one of the folds of Train the test set. The seed alone says
// which row is in which fold, so that the folds are apart.
func (s *Source) divideFolds(o Options) error {
	all := s.Train
	n := all.Len()
	if o.Folds == 0 {
		return errors.New("fold is set: set folds too, the number of parts that the rows are divided into")
	}
	if n < o.Folds {
		return fmt.Errorf("%s cannot be divided into %d folds", text.Count(n, "row"), o.Folds)
	}
	rows := streamFold.Rows(n, o.RandomSeed())
	lo, hi := (o.Fold-1)*n/o.Folds, o.Fold*n/o.Folds
	s.Test = Part{all.Table, rows[lo:hi:hi], "test"}
	rest := slices.Concat(rows[:lo], rows[hi:])
	if err := s.HoldOut(all.Table, rest, o); err != nil {
		return err
	}
	s.Note = fmt.Sprintf("fold %d of %d by seed %d: %d rows for testing, %d of the other %d for validation",
		o.Fold, o.Folds, o.RandomSeed(), s.Test.Len(), s.Valid.Len(), len(rest))
	return nil
}

// HoldOut makes a tenth of some rows of a table, drawn by the seed and the fold,
// the validation set and the rest of them the training set; nil means all rows.
func (s *Source) HoldOut(t *Table, rows []int, o Options) error {
	if rows == nil {
		rows = sequence(0, t.rows)
	}
	if len(rows) < 2 {
		return fmt.Errorf("%s outside the fold: one is needed for training and one for validation at least", text.Count(len(rows), "row"))
	}
	streamFold.Part(o.Fold).Rand(o.RandomSeed()).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	valid := share(0.1, len(rows), len(rows)-1)
	s.Valid, s.Train = Part{t, rows[:valid:valid], "valid"}, Part{t, rows[valid:], "train"}
	return nil
}
