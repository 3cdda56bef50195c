package source

import (
	"errors"
	"fmt"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/text"
)

// loadNPZ reads the splits, or the one array that is to be divided, as Train
// alone. want names it; "" is train, valid and test, or the only array.
func loadNPZ(z *format.NPZ, want string, labels bool, limit *data.Limit) (s data.Source, err error) {
	var names []string
	if want == "" && (z.Has("train") || z.Has("valid") || z.Has("test")) {
		names = []string{"train", "valid", "test"}
		for _, name := range names {
			if !z.Has(name) {
				return s, fmt.Errorf("it has no array %q (it has %s): give all of train, valid and test, or name the one array to divide",
					name, text.Listed(z.Names()))
			}
		}
	} else {
		name, err := z.Choose(want)
		if err != nil {
			return s, err
		}
		names = []string{name}
	}
	var sets, classes []*data.Table
	for _, name := range names {
		t, err := z.WithContext(name)
		if err != nil {
			return s, err
		}
		if sets = append(sets, t); !labels {
			continue
		}
		if t, err = z.Array(name + format.LabelsSuffix); err != nil {
			return s, fmt.Errorf("labels are asked for: %w", err)
		}
		classes = append(classes, t)
	}
	s.Train.Table = sets[0]
	if len(sets) == 3 {
		s.Valid.Table, s.Test.Table = sets[1], sets[2]
	}
	return s, data.AttachLabels(sets, classes, 0, limit)
}

// loadFold makes the array fold_K the test set and divides the others.
func loadFold(z *format.NPZ, path string, o data.Options) (s data.Source, err error) {
	n := z.Folds()
	switch {
	case o.Labels:
		return s, errors.New("labels of folds are not read: leave labels out")
	case n < 2:
		return s, fmt.Errorf("it has no arrays fold_1, fold_2, … (it has %s): name one of them, and set folds, to divide it", text.Listed(z.Names()))
	case o.Fold > n:
		return s, fmt.Errorf("it has folds 1 to %d, not %d", n, o.Fold)
	case o.Folds > 0 && o.Folds != n:
		return s, fmt.Errorf("it has %d folds of its own, not %d: leave folds out", n, o.Folds)
	}
	s.Folded = true
	var others *data.Table
	for k := 1; k <= n; k++ {
		fold, err := z.WithContext(format.FoldName(k))
		switch {
		case err != nil:
			return s, err
		case k == o.Fold:
			s.Test.Table = fold
		case others == nil:
			others = fold
			others.Name = fmt.Sprintf("%s (all but fold_%d)", path, o.Fold)
		default:
			if err := others.Extend(fold); err != nil {
				return s, fmt.Errorf("array %s: %w", format.FoldName(k), err)
			}
		}
	}
	if err := s.HoldOut(others, nil, o); err != nil {
		return s, err
	}
	s.Note = fmt.Sprintf("fold_%d of %d for testing; %d of the other %d rows for validation, by seed %d",
		o.Fold, n, s.Valid.Len(), others.Rows(), o.RandomSeed())
	return s, nil
}
