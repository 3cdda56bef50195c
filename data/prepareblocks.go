package data

import (
	"iter"
	"slices"
)

// Pages gives the rows of a source in their order, as tables of so many rows at most, and each time anew where the
// source can be read again. Of 0 rows, and of a source that cannot be divided, the only page has all of them. An error
// ends them. Packages of formats read files so; [Table.Pages] has what is in memory.
type Pages func(rows int) iter.Seq2[*Table, error]

// Pages is the table as the only page.
func (t *Table) Pages(int) iter.Seq2[*Table, error] {
	return func(yield func(*Table, error) bool) { yield(t, nil) }
}

// Blocks prepares rows as Apply does, so many at a time, for those who need not hold them
// all. All rows of a page are looked at before its first block comes, by checks of the
// caller, too: the error of any of them is all that comes of it. A goroutine reads and
// prepares the block that follows while one is used.
func (p *Preparation) Blocks(pages Pages, rows int, checks ...func(*Prepared) error) iter.Seq2[*Prepared, error] {
	return func(yield func(*Prepared, error) bool) {
		for sets, err := range Blocks([]*Preparation{p}, pages, rows, func(_ int, s *Prepared, err error) error {
			for _, check := range checks {
				if err == nil {
					err = check(s)
				}
			}
			return err
		}) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(sets[0], nil) {
				return
			}
		}
	}
}

// Blocks is [Preparation.Blocks] of several preparations at once, for which pages are read once: each block has set k of the
// same rows by preparation k, which it shares with an earlier one that is the same. checked returns what becomes of the error
// of a set, nil for one that is good so far; nil leaves it as it is.
func Blocks(all []*Preparation, pages Pages, rows int, checked func(k int, s *Prepared, err error) error) iter.Seq2[[]*Prepared, error] {
	if pages == nil || rows < 1 || len(all) == 0 || slices.Contains(all, nil) {
		return func(yield func([]*Prepared, error) bool) { yield(nil, errNoRows) }
	}
	if checked == nil {
		checked = func(_ int, _ *Prepared, err error) error { return err }
	}
	most := rows
	if slices.ContainsFunc(all, func(p *Preparation) bool { return p.NoiseByPlace }) { // which goes on from row to row
		most = 0
	}
	return ahead(func(yield func([]*Prepared, error) bool) {
		for t, err := range pages(most) {
			if err == nil && t != nil && t.rows > rows {
				for _, problem := range blocksOf(all, t, rows, checked) {
					err = problem
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for sets, err := range blocksOf(all, t, rows, checked) {
				if !yield(sets, err) || err != nil {
					return
				}
			}
		}
	})
}

// blocksOf are those of a page; an error is the last that comes.
func blocksOf(all []*Preparation, t *Table, rows int, checked func(k int, s *Prepared, err error) error) iter.Seq2[[]*Prepared, error] {
	return func(yield func([]*Prepared, error) bool) {
		if t == nil {
			yield(nil, errNoRows)
			return
		}
		prepare := make([]func(Part) (*Prepared, error), len(all))
		for k, p := range all {
			var err error
			if prepare[k], err = p.open(t, p.evaluationNoise()); err != nil {
				yield(nil, checked(k, nil, err))
				return
			}
		}
		for first := 0; first < t.rows; first += rows {
			part := Part{Table: t}
			if t.rows > rows {
				part.Rows = sequence(first, min(first+rows, t.rows))
			}
			sets := make([]*Prepared, len(all))
			for k, p := range all {
				var err error
				if same := slices.Index(all, p); same < k {
					sets[k] = sets[same]
				} else {
					sets[k], err = prepare[k](part)
				}
				if err = checked(k, sets[k], err); err != nil {
					yield(nil, err)
					return
				}
			}
			if !yield(sets, nil) {
				return
			}
		}
	}
}

// ahead gives what a sequence does, of which a goroutine makes the next while one is used. Where the use ends before
// the sequence, so does the goroutine when it has made one: it may wait for a pipe, and nobody waits for it.
func ahead[T any](seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		type made struct {
			value  T
			err    error
			broken any // a panic
		}
		next, ended := make(chan made), make(chan struct{})
		defer close(ended)
		go func() {
			defer close(next)
			send := func(m made) bool {
				select {
				case next <- m:
					return true
				case <-ended:
					return false
				}
			}
			defer func() {
				if broken := recover(); broken != nil {
					send(made{broken: broken})
				}
			}()
			for value, err := range seq {
				if !send(made{value: value, err: err}) {
					return
				}
			}
		}()
		for m := range next {
			if m.broken != nil {
				panic(m.broken)
			}
			if !yield(m.value, m.err) {
				return
			}
		}
	}
}
