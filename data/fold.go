package data

import (
	"errors"
	"fmt"
	"slices"
)

// divideFolds makes one of the folds of Train the test set. The seed alone says
// which row is in which fold, so that the folds are apart.
func (s *Source) divideFolds(o Options) error {
	all := s.Train
	n := all.Len()
	if o.Folds == 0 {
		return errors.New("fold is set: set folds too, the number of parts that the rows are divided into")
	}
	if n < o.Folds {
		return fmt.Errorf("%d rows cannot be divided into %d folds", n, o.Folds)
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
		return fmt.Errorf("%d rows outside the fold: one is needed for training and one for validation at least", len(rows))
	}
	streamFold.Part(o.Fold).Rand(o.RandomSeed()).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	valid := share(0.1, len(rows), len(rows)-1)
	s.Valid, s.Train = Part{t, rows[:valid:valid], "valid"}, Part{t, rows[valid:], "train"}
	return nil
}
