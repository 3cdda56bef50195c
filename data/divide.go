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
	valid := share(o.Fractions[1], n, n-2)
	test := share(o.Fractions[2], n, n-1-valid)
	groups, err := o.grouped(all.Table, nil)
	if err != nil {
		return err
	}
	var order []int
	how := ""
	if o.Split.After == "" {
		order = StreamDivide.Rows(groups.len(), o.RandomSeed())
		how = fmt.Sprintf("at random (seed %d)", o.RandomSeed())
	}
	parts, enough := groups.cut(order, n-valid-test, valid)
	if !enough {
		return o.Split.tooFew(all.Table, groups.len(), 3)
	}
	s.Train, s.Valid, s.Test = Part{all.Table, parts[0], "train"}, Part{all.Table, parts[1], "valid"}, Part{all.Table, parts[2], "test"}
	s.Note = fmt.Sprintf("divided %sinto %d, %d and %d rows", o.Split.said(how, groups.len()), len(parts[0]), len(parts[1]), len(parts[2]))
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
	groups, err := o.grouped(all.Table, nil)
	if err != nil {
		return err
	}
	sizes := make([]int, o.Folds-1)
	for k := range sizes {
		sizes[k] = (k+1)*n/o.Folds - k*n/o.Folds
	}
	folds, enough := groups.cut(streamFold.Rows(groups.len(), o.RandomSeed()), sizes...)
	if !enough {
		return o.Split.tooFew(all.Table, groups.len(), o.Folds)
	}
	s.Test = Part{all.Table, folds[o.Fold-1], "test"}
	rest := slices.Concat(slices.Delete(folds, o.Fold-1, o.Fold)...)
	if err := s.HoldOut(all.Table, rest, o); err != nil {
		return err
	}
	s.Note = fmt.Sprintf("fold %d of %d %sby seed %d: %d rows for testing, %d of the other %d for validation",
		o.Fold, o.Folds, o.Split.said("", groups.len()), o.RandomSeed(), s.Test.Len(), s.Valid.Len(), len(rest))
	return nil
}

// HoldOut makes a tenth of some rows of a table, drawn by the seed and the fold,
// the validation set and the rest of them the training set; nil means all rows. Rows that
// belong together stay so.
func (s *Source) HoldOut(t *Table, rows []int, o Options) error {
	if rows == nil {
		rows = sequence(0, t.rows)
	}
	if len(rows) < 2 {
		return fmt.Errorf("%s outside the fold: one is needed for training and one for validation at least", text.Count(len(rows), "row"))
	}
	groups, err := o.grouped(t, rows)
	if err != nil {
		return err
	}
	parts, enough := groups.cut(streamFold.Part(o.Fold).Rows(groups.len(), o.RandomSeed()), share(0.1, len(rows), len(rows)-1))
	if !enough {
		return o.Split.tooFew(t, groups.len(), 2)
	}
	s.Valid, s.Train = Part{t, parts[0], "valid"}, Part{t, parts[1], "train"}
	return nil
}
