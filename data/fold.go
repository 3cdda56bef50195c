package data

import (
	"errors"
	"fmt"
)

// checkFold returns what is wrong with the options of a cross-validation, or "".
func (o *Options) checkFold() string {
	switch {
	case o.Fold < 0 || o.Folds < 0:
		return fmt.Sprintf("fold %d of %d: neither can be negative", o.Fold, o.Folds)
	case o.Folds > 0 && o.Fold == 0:
		return fmt.Sprintf("folds: which of the %d is for testing? set fold, from 1", o.Folds)
	case o.Folds == 1:
		return "folds: one fold leaves nothing to train on"
	case o.Folds > 0 && o.Fold > o.Folds:
		return fmt.Sprintf("fold: there is no fold %d of %d", o.Fold, o.Folds)
	}
	return ""
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
		return fmt.Errorf("%d rows cannot be divided into %d folds", n, o.Folds)
	}
	rows := shuffled(n, o.Seed, streamFold)
	lo, hi := (o.Fold-1)*n/o.Folds, o.Fold*n/o.Folds
	s.Test = Part{all.Table, rows[lo:hi:hi], "test"}
	var rest []int
	rest = append(append(rest, rows[:lo]...), rows[hi:]...)
	if err := s.HoldOut(all.Table, rest, o); err != nil {
		return err
	}
	s.Note = fmt.Sprintf("fold %d of %d by seed %d: %d rows for testing, %d of the other %d for validation",
		o.Fold, o.Folds, o.Seed, s.Test.Len(), s.Valid.Len(), len(rest))
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
	newRand(o.Seed, streamFold<<32|uint64(o.Fold)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	valid := Share(0.1, len(rows), len(rows)-1)
	s.Valid, s.Train = Part{t, rows[:valid:valid], "valid"}, Part{t, rows[valid:], "train"}
	return nil
}
