package data

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// columnIndex returns the number of the column that is meant by a name, or by
// the number itself where no column has that name.
func (s *Set) columnIndex(name string) (int, error) {
	if i := slices.Index(s.Columns, name); i >= 0 {
		return i, nil
	}
	i, err := strconv.Atoi(name)
	switch {
	case err == nil && i >= 0 && i < s.Dim:
		return i, nil
	case err == nil:
		return 0, fmt.Errorf("%s has no column %d: its %d columns count from 0", s.Name, i, s.Dim)
	case s.Columns == nil:
		return 0, fmt.Errorf("%s has no column %q: its columns have no names (give a number from 0 to %d)", s.Name, shorten(name), s.Dim-1)
	}
	return 0, fmt.Errorf("%s has no column %q (it has %s)%s", s.Name, shorten(name), listed(s.Columns), didYouMean(name, s.Columns))
}

// dropColumns leaves columns out, in place. It changes nothing when it fails.
func (s *Set) dropColumns(names []string) error {
	dropped := make(map[int]bool, len(names))
	for _, name := range names {
		i, err := s.columnIndex(name)
		if err != nil {
			return err
		}
		if dropped[i] {
			return fmt.Errorf("column %q is dropped twice", shorten(name))
		}
		dropped[i] = true
	}
	if len(dropped) == s.Dim {
		return errors.New("every column is dropped: none is left to model")
	}
	if len(dropped) == 0 {
		return nil
	}
	var kept []int
	for i := range s.Dim {
		if !dropped[i] {
			kept = append(kept, i)
		}
	}
	s.keepColumns(kept)
	return nil
}

// keepColumns leaves all but those columns out; kept is in ascending order.
func (s *Set) keepColumns(kept []int) {
	k := 0
	for i := range s.Rows {
		for _, c := range kept {
			s.X[k] = s.X[i*s.Dim+c] // k never passes the value that is read
			k++
		}
	}
	s.X = s.X[:k:k]
	if s.Columns != nil {
		var names []string
		for _, c := range kept {
			names = append(names, s.Columns[c])
		}
		s.Columns = names
	}
	s.Dim, s.shape = len(kept), nil
}
