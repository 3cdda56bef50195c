package data

import "iter"

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
	if pages == nil || rows < 1 {
		return func(yield func(*Prepared, error) bool) { yield(nil, errNoRows) }
	}
	most := rows
	if p.NoiseByPlace { // which goes on from row to row
		most = 0
	}
	return ahead(func(yield func(*Prepared, error) bool) {
		checked := func(s *Prepared, err error) error {
			for _, check := range checks {
				if err == nil {
					err = check(s)
				}
			}
			return err
		}
		for t, err := range pages(most) {
			if err == nil && t != nil && t.rows > rows {
				for s, problem := range p.blocks(t, rows) {
					if err = checked(s, problem); err != nil {
						break
					}
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for s, err := range p.blocks(t, rows) {
				if err = checked(s, err); !yield(s, err) || err != nil {
					return
				}
			}
		}
	})
}

func (p *Preparation) blocks(t *Table, rows int) iter.Seq2[*Prepared, error] {
	return func(yield func(*Prepared, error) bool) {
		if t == nil {
			yield(nil, errNoRows)
			return
		}
		prepare, err := p.open(t, p.evaluationNoise())
		if err != nil {
			yield(nil, err)
			return
		}
		for first := 0; first < t.rows; first += rows {
			part := Part{Table: t}
			if t.rows > rows {
				part.Rows = sequence(first, min(first+rows, t.rows))
			}
			s, err := prepare(part)
			if !yield(s, err) || err != nil {
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
