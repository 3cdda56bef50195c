package data

import "iter"

// Blocks prepares the rows of a table as Apply does, so many at a time, for those who
// need not hold them all. All rows are looked at before the first block comes, by checks
// of the caller, too: the error of any of them is all that comes.
func (p *Preparation) Blocks(t *Table, rows int, checks ...func(*Prepared) error) iter.Seq2[*Prepared, error] {
	return func(yield func(*Prepared, error) bool) {
		for s, err := range p.blocks(t, rows) {
			for _, check := range checks {
				if err == nil {
					err = check(s)
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
		p.blocks(t, rows)(yield)
	}
}

func (p *Preparation) blocks(t *Table, rows int) iter.Seq2[*Prepared, error] {
	return func(yield func(*Prepared, error) bool) {
		if t == nil || rows < 1 {
			yield(nil, errNoRows)
			return
		}
		prepare, err := p.open(t, p.evaluationNoise())
		if err != nil {
			yield(nil, err)
			return
		}
		for first := 0; first < t.rows; first += rows {
			s, err := prepare(Part{Table: t, Rows: sequence(first, min(first+rows, t.rows))})
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}
