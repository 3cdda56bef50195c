package data

import (
	"errors"
	"fmt"
	"strconv"
)

// foldArray is the name that the arrays of a file of folds have before their
// number.
const foldArray = "fold_"

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
func (s *Splits) divideFolds(o Options) error {
	all := s.Train
	if o.Folds == 0 {
		return errors.New("fold is set: set folds too, the number of parts that the rows are divided into")
	}
	if all.Rows < o.Folds {
		return fmt.Errorf("%d rows cannot be divided into %d folds", all.Rows, o.Folds)
	}
	rows := sequence(0, all.Rows)
	newRand(o.Seed, streamFold).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	lo, hi := (o.Fold-1)*all.Rows/o.Folds, o.Fold*all.Rows/o.Folds
	s.Test = all.pick(rows[lo:hi], "test")
	var rest []int
	rest = append(append(rest, rows[:lo]...), rows[hi:]...)
	if err := s.holdOut(all, rest, o); err != nil {
		return err
	}
	s.Note = fmt.Sprintf("fold %d of %d by seed %d: %d rows for testing, %d of the other %d for validation",
		o.Fold, o.Folds, o.Seed, s.Test.Rows, s.Valid.Rows, len(rest))
	return nil
}

// holdOut makes a tenth of those rows, drawn by the seed, the validation set
// and the rest the training set.
func (s *Splits) holdOut(all *Set, rows []int, o Options) error {
	if len(rows) < 2 {
		return fmt.Errorf("%d rows outside the fold: one is needed for training and one for validation at least", len(rows))
	}
	newRand(o.Seed, streamFold<<32|uint64(o.Fold)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	valid := share(0.1, len(rows), len(rows)-1)
	s.Valid, s.Train = all.pick(rows[:valid], "valid"), all.pick(rows[valid:], "train")
	return nil
}

// folds returns how many arrays fold_1, fold_2, … the file has.
func (z *npz) folds() int {
	n := 0
	for z.has(foldArray + strconv.Itoa(n+1)) {
		n++
	}
	return n
}

// loadFold makes the array fold_K the test set and divides the others.
func (z *npz) loadFold(o Options) (*Splits, error) {
	n := z.folds()
	switch {
	case o.Labels:
		return nil, errors.New("labels of folds are not read: leave labels out")
	case n < 2:
		return nil, fmt.Errorf("it has no arrays fold_1, fold_2, … (it has %s): name one of them, and set folds, to divide it", listed(z.names()))
	case o.Fold > n:
		return nil, fmt.Errorf("it has folds 1 to %d, not %d", n, o.Fold)
	case o.Folds > 0 && o.Folds != n:
		return nil, fmt.Errorf("it has %d folds of its own, not %d: leave folds out", n, o.Folds)
	}
	s, others := &Splits{folded: true}, &Set{}
	for k := 1; k <= n; k++ {
		fold, err := z.withContext(foldArray + strconv.Itoa(k))
		if err != nil {
			return nil, err
		}
		if k == o.Fold {
			s.Test = fold
			continue
		}
		if others.Rows == 0 {
			*others = *fold
			others.Name = fmt.Sprintf("%s (all but fold_%d)", z.path, o.Fold)
			continue
		}
		if fold.Dim != others.Dim || fold.ContextDim != others.ContextDim {
			return nil, fmt.Errorf("array %s%d has %d columns and %d of context, the arrays before it %d and %d",
				foldArray, k, fold.Dim, fold.ContextDim, others.Dim, others.ContextDim)
		}
		others.X, others.Context = append(others.X, fold.X...), append(others.Context, fold.Context...)
		others.Rows += fold.Rows
	}
	if err := s.holdOut(others, sequence(0, others.Rows), o); err != nil {
		return nil, err
	}
	s.Note = fmt.Sprintf("fold_%d of %d for testing; %d of the other %d rows for validation, by seed %d",
		o.Fold, n, s.Valid.Rows, others.Rows, o.Seed)
	return s, nil
}
