package data

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"runtime/debug"
	"slices"
)

// ColumnStats describe a column of a table with a schema, over all rows of the source.
type ColumnStats struct {
	Column
	// Holes is the part of the rows where it is missing.
	Holes float64 `json:"holes,omitzero"`
	// Shares are parts of the rows: those of the levels, the most frequent first, or of the atoms.
	Shares []Share `json:"shares,omitempty"`
	// Quantiles are those of [Quantiles] of the numbers that are no atoms, as cells have them: numbers, or the texts of
	// dates.
	Quantiles []any `json:"quantiles,omitempty"`
}

// Share is how frequent a value is.
type Share struct {
	Value string  `json:"value"`
	Share float64 `json:"share"`
}

// Quantiles are the parts of the numbers of a column that are below the quantiles that describe it.
var Quantiles = [...]float64{0, 0.05, 0.25, 0.5, 0.75, 0.95, 1}

// DescribeSource describes the rows of a source as [Describe] does those of its splits. Rows with a schema are described
// as they are in the source, by their columns, and are not prepared: what is held beside them is 8 bytes for each row.
// Errors are those of [Prepare].
func DescribeSource(from Source, o Options) (Stats, error) {
	typed := false
	if from.Target == "" {
		var err error
		if typed, err = from.hasSchema(o); err != nil {
			return Stats{}, err
		}
	}
	if typed {
		return from.page(o)
	}
	s, err := Prepare(from, o)
	return Describe(s), err
}

// page describes a table by its schema.
func (s *Source) page(o Options) (d Stats, err error) {
	if err := s.leaveOut(o); err != nil {
		return d, err
	}
	tables := tablesOf(s.parts())
	schema := o.Prep.Schema()
	if schema == nil { // guessed before the rows are divided, which takes memory too
		if schema, d.Guesses, err = GuessSchema(tables[0], o, tables[1:]...); err != nil {
			return d, err
		}
	}
	rows := 0
	for _, t := range tables {
		rows += t.rows
	}
	release(rows)
	p, err := s.columns(o)
	if err != nil {
		return d, err
	}
	d.Source, d.Note, d.Warnings = o.Source, s.Note, notes(s.parts())
	p = &Preparation{Columns: p.Columns, table: &tabular{Unknown: p.table.Unknown}, Variables: schema.Variables(), reading: p.reading}
	for _, c := range schema {
		p.table.Columns = append(p.table.Columns, p.table.fit(c))
	}
	d.Dim, d.ContextDim = len(p.Variables), len(schema.Context())
	if d.Splits, err = p.repetitions(s.parts()); err != nil {
		return d, err
	}
	release(rows)
	values := make([]float64, 0, rows) // of each column
	for c := range schema {
		of, err := p.describe(tables, c, values)
		if err != nil {
			return d, err
		}
		d.Columns = append(d.Columns, of)
	}
	return d, nil
}

// release returns memory that is not used any more to the system, where much was used for so many rows: the next
// look at them needs as much, and garbage would stay beside it.
func release(rows int) {
	const many = 1 << 21
	if rows > many {
		debug.FreeOSMemory()
	}
}

// repetitions counts the rows of parts that repeat others.
func (p *Preparation) repetitions(parts []Part) (all []SplitStats, err error) {
	seed, train := maphash.MakeSeed(), []uint64(nil)
	for k, part := range parts {
		hashes, err := p.hashes(part, seed)
		if err != nil {
			return nil, err
		}
		slices.Sort(hashes)
		s := SplitStats{Split: splitNames[k], Rows: part.Len()}
		s.Duplicates, s.InTrain = repeated(hashes, train)
		if all = append(all, s); k == 0 {
			train = hashes
		}
	}
	return all, nil
}

// hashes are those of the variables of rows: equal rows have equal ones.
func (p *Preparation) hashes(part Part, seed maphash.Seed) ([]uint64, error) {
	from, err := p.sources(part.Table, p.Variables)
	if err != nil {
		return nil, err
	}
	hashes, buffer := make([]uint64, part.Len()), []byte(nil)
	for i := range hashes {
		row := part.row(i)
		buffer = buffer[:0]
		for _, at := range from {
			buffer = at.t.appendCell(buffer, at.t.At(row, at.col))
		}
		hashes[i] = maphash.Bytes(seed, buffer)
	}
	return hashes, nil
}

// describe looks at all cells of a column. Its numbers are put into values, which has none.
func (p *Preparation) describe(tables []*Table, column int, values []float64) (d ColumnStats, err error) {
	d.Column = p.table.Columns[column].Column
	if d.Role == DropRole {
		return d, nil
	}
	rows, holes := cap(values), 0
	seen := d.Kind != "" && d.Role != LabelRole && d.Role != IDRole // by a model
	var counts []int
	if seen {
		counts = make([]int, len(d.Levels)+len(d.Atoms))
	}
	var c *cells
	for _, t := range tables {
		from, err := p.sources(t, []int{column})
		if err != nil {
			return d, err
		}
		c = p.cellsOf(from[0], column, ownNoise)
		if !seen {
			for row := range t.rows {
				if _, text := t.TextID(row, c.col); !text && math.IsNaN(from[0].t.At(row, c.col)) {
					holes++
				}
			}
			continue
		}
		for row := range t.rows {
			v, state, problem := c.read(row)
			switch {
			case problem != "":
				return d, fmt.Errorf("%s %s", from[0].t.Place(row, c.col), problem)
			case state == notKnown, state == 0 && c.hole():
				holes++
			case state >= 0:
				counts[len(d.Levels)+state-(c.states()-len(d.Atoms))]++
			case d.hasLevels():
				counts[int(v)]++
			default:
				values = append(values, v)
			}
		}
	}
	d.Holes = float64(holes) / float64(rows)
	for k, n := range counts {
		s := Share{Share: float64(n) / float64(rows)}
		if k < len(d.Levels) {
			s.Value = d.Levels[k]
		} else {
			s.Value = Number(d.Atoms[k-len(d.Levels)])
		}
		d.Shares = append(d.Shares, s)
	}
	slices.SortStableFunc(d.Shares, func(a, b Share) int { return cmp.Compare(b.Share, a.Share) })
	if len(values) == 0 {
		return d, nil
	}
	slices.Sort(values)
	for _, q := range Quantiles {
		v := values[int(math.Round(q*float64(len(values)-1)))]
		if d.Kind == Date {
			d.Quantiles = append(d.Quantiles, c.clock.write(v))
		} else {
			d.Quantiles = append(d.Quantiles, v)
		}
	}
	return d, nil
}
