package data

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

// splitNames are the names of the three splits.
var splitNames = [3]string{"train", "valid", "test"}

// Cut is a plain source of the rows of one table, whose columns have no schema: those from
// row valid on are for validation, those from row test on for testing, the others for
// training. It has no rows without a table.
func Cut(t *Table, valid, test int, steps ...Step) (s Source) {
	if t == nil {
		return s
	}
	return Source{Train: Part{t, sequence(0, valid), "train"}, Valid: Part{t, sequence(valid, test), "valid"},
		Test: Part{t, sequence(test, t.rows), "test"}, Steps: steps, Plain: true}
}

// Source is what a source of rows gives: all rows as Train, or three parts.
type Source struct {
	Train, Valid, Test Part
	// Steps are those that the source prescribes, such as the scale of a published
	// data set.
	Steps []Step
	// White is the grey value of white where the source has one, else 0.
	White float64
	// Plain is true where the source says what its columns are, so that no schema is guessed.
	Plain bool
	// Folded is true when the fold that was asked for is the test set.
	Folded bool
	// Note says how the parts came about.
	Note string
	left int // rows of weight 0 that were left out
	// Target, if not "", is the energy that a model is to be fitted to by reverse
	// KL. Then there is no data, but TargetDim variables, and Points for each split.
	Target    string
	TargetDim int
	Points    [3]int
}

// Splits are the three sets of a source. They have the same columns, and each
// has at least one row.
//
// A target has no data: a model is fitted to its energy by reverse KL, on points
// of its own. Then Dim is that of the target, and the sets say by Rows how many
// points to take, but have Dim 0 and no X.
type Splits struct {
	Train, Valid, Test *Prepared
	Source             string // as it was asked for
	Target             string // name of the energy that is to be fitted, "" for data
	Dim, ContextDim    int
	Shape              []int  // shape of one row when it is an image, such as 28, 28, else nil
	Note               string // how the splits came about, when the source did not say
	// Prep is the preparation of the rows, nil for a target.
	Prep *Preparation
	// Guesses are what was guessed of the columns and acts, and hints, a line each with how to
	// overrule it.
	Guesses []string
	// Identity says which rows these are, nil for a target.
	Identity *Identity

	odd   warnings // of the rows
	noise *rowsOf  // which draws the noise of training rows anew, nil where they have none
}

// Noisy reports whether training rows have noise within the steps of their columns, which
// [Splits.Redraw] draws anew.
func (s *Splits) Noisy() bool { return s != nil && s.noise != nil }

// Redraw gives the training rows other noise, which follows from the seed of the data and the
// number of an epoch, in the memory that they have. That of epoch 0 is what they had first.
// Rows without noise stay as they are.
func (s *Splits) Redraw(epoch uint64) error {
	if !s.Noisy() {
		return nil
	}
	s.noise.seed(epoch)
	return s.noise.fill(s.Train, false)
}

// Sets returns train, valid and test with their names.
func (s *Splits) Sets() []NamedSet {
	return []NamedSet{{"train", s.Train}, {"valid", s.Valid}, {"test", s.Test}}
}

// NamedSet is a set with the name of its split.
type NamedSet struct {
	Split string
	Set   *Prepared
}

// Get returns the split of that name: train, valid or test.
func (s *Splits) Get(name string) (*Prepared, error) {
	i, err := splitNumber(name)
	if err != nil {
		return nil, err
	}
	return s.Sets()[i].Set, nil
}

func splitNumber(name string) (int, error) {
	i := slices.Index(splitNames[:], name)
	if i < 0 {
		return 0, fmt.Errorf("no split %q (there are train, valid and test)%s", name, text.DidYouMean(name, splitNames[:]))
	}
	return i, nil
}

// Rows divides the rows as the options say and returns those of the split of a name, in
// the units of the source: all its columns, and the context that it keeps apart.
func (s *Source) Rows(split string, o Options) (*Table, error) {
	i, err := splitNumber(split)
	if err == nil && s.Target != "" {
		err = fmt.Errorf("%s is a target: it has no rows", s.Target)
	}
	if err == nil {
		_, err = s.columns(o)
	}
	if err != nil {
		return nil, err
	}
	return s.parts()[i].Select(), nil
}

var errNoRows = errors.New("data: no rows are given")

// Split divides the rows of a table into train, valid and test as the options say,
// fits the preparation to train and applies it to all. Options about files and
// published data sets have no meaning here.
func Split(t *Table, o Options) (*Splits, error) {
	if t == nil || t.rows == 0 {
		return nil, errNoRows
	}
	if o.Source == "" {
		o.Source = cmp.Or(t.Name, "rows")
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s, err := Prepare(Source{Train: Part{Table: t}}, o)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return s, nil
}

// Prepare divides what is not divided, drops columns, takes the context out of the
// rest, checks that the splits fit together, and prepares the values: by the steps
// of the source and those that the options choose or, where o.Prep is set, by
// those of a trained model.
func Prepare(from Source, o Options) (*Splits, error) {
	s := &Splits{Source: o.Source, Target: from.Target}
	if from.Target != "" {
		s.Dim, s.Note = from.TargetDim, from.Note
		for i, set := range []**Prepared{&s.Train, &s.Valid, &s.Test} {
			*set = &Prepared{Name: o.Source + " (" + splitNames[i] + ")", Rows: from.Points[i]}
		}
		return s, nil
	}
	p, err := from.columns(o)
	if err != nil {
		return nil, err
	}
	parts := from.parts()
	if p.table == nil {
		err = p.fit(parts, from, o)
	} else if o.Prep == nil {
		s.Guesses, err = p.guess(parts, o)
	}
	if err != nil {
		return nil, cmp.Or(p.firstRefused(parts, o.Prep == nil), err)
	}
	identity := make(chan *Identity, 1)
	go func() { identity <- p.identify(parts) }() // while the rows are prepared
	for i, set := range []**Prepared{&s.Train, &s.Valid, &s.Test} {
		noise := ownNoise
		if p.NoiseByPlace || i == 0 && !o.Evaluate {
			noise = trainNoise + noiseOf(i)
		}
		if *set, err = p.apply(parts[i], noise); err != nil {
			return nil, cmp.Or(p.firstRefused(parts, o.Prep == nil), err)
		}
	}
	if p.noisy() && !o.Evaluate {
		if s.noise, err = p.openTable(parts[0].Table, trainNoise); err != nil {
			return nil, err
		}
	}
	s.odd = p.inspect(parts)
	s.Prep, s.Dim, s.ContextDim, s.Note, s.Identity = p, p.Dim(), p.ContextDim(), from.Note, <-identity
	if shape := parts[0].Table.Shape; p.Dim() == p.Width && slices.Equal(shape, parts[1].Table.Shape) && slices.Equal(shape, parts[2].Table.Shape) {
		s.Shape = shape
	}
	return s, nil
}

// Divide divides what is not divided, by the seed or into folds.
func (s *Source) Divide(o Options) error {
	switch {
	case s.Train.Table == nil:
		return errNoRows
	case s.Valid.Table != nil && o.Fold > 0 && !s.Folded:
		return errors.New("it has splits of its own: no fold can be chosen")
	case s.Valid.Table != nil && o.Split.column() != "" && !s.Folded:
		return fmt.Errorf("it has splits of its own: none can be made by %q (remove data.split)", text.Shorten(o.Split.column(), 41))
	case s.Valid.Table != nil:
		return nil
	case o.Fold > 0:
		return s.divideFolds(o)
	}
	return s.divide(o)
}

func (s *Source) parts() []Part { return []Part{s.Train, s.Valid, s.Test} }

// tablesOf are the tables of parts, each once.
func tablesOf(parts []Part) (tables []*Table) {
	for _, part := range parts {
		if part.Table != nil && !slices.Contains(tables, part.Table) {
			tables = append(tables, part.Table)
		}
	}
	return tables
}

// fit chooses the steps, and fits them to the training rows.
func (p *Preparation) fit(parts []Part, from Source, o Options) error {
	if trained := o.Prep; trained != nil {
		if is, then := p.Dim()+p.ContextDim(), trained.Dim()+trained.ContextDim(); is != then || p.Dim() != trained.Dim() {
			return &ChangedError{cmp.Or(o.Source, "the data"), []Difference{{"", widths(p.Dim(), is, trained.Dim(), then)}}}
		}
		p.Steps, p.NoiseByPlace, p.ContextScale = trained.Steps, trained.NoiseByPlace, trained.ContextScale
		if trained.Legacy {
			p.Steps, p.Legacy = slices.Concat(from.Steps, trained.Steps), true
		}
		p.countOwn(from)
		return p.check()
	}
	p.Steps, p.NoiseByPlace = slices.Clone(from.Steps), o.NoiseByPlace
	switch {
	case o.Binarize != "":
		b := &Binarize{o.Binarize, o.RandomSeed(), cmp.Or(o.White, from.White)}
		if p.NoiseByPlace {
			b.White = o.White
		} else if b.White == 0 {
			b.White = whiteOf(parts[0], p.Variables)
		}
		p.Steps = append(p.Steps, b)
	case o.Dequantize != 0:
		p.Steps = append(p.Steps, &Dequantise{Levels: o.Dequantize, Seed: o.RandomSeed()})
	}
	if o.Logit != 0 {
		p.Steps = append(p.Steps, &Logit{o.Logit})
	}
	if o.Standardise {
		scale, err := FitScale(p.Dim(), 0, func(f func([]float64)) error {
			t, rows := parts[0].Table, parts[0].Rows
			return p.each(t, rows, p.Variables, p.start(t, p.Variables, trainNoise), func(row []float64, _, _ float64) (int, string) {
				f(row)
				return 0, ""
			})
		})
		if err != nil {
			return err
		}
		for c, sd := range scale.SD {
			if sd == 0 {
				scale.SD[c] = 1 // a constant column is only shifted
			}
		}
		p.Steps = append(p.Steps, scale)
	}
	p.countOwn(from)
	if err := p.fitContext(parts[0]); err != nil {
		return err
	}
	return p.check()
}

// countOwn counts the steps that are the model's.
func (p *Preparation) countOwn(from Source) {
	for _, step := range p.Steps[len(from.Steps):] {
		switch step.(type) {
		case *Logit, *Scale:
			p.own++
		}
	}
}

// fitContext scales the columns of a context that are not bits.
func (p *Preparation) fitContext(train Part) error {
	_, context, err := p.columnsOf(train.Table)
	if err != nil || p.ContextDim() == 0 || p.NoiseByPlace {
		return err
	}
	t := train.Table
	if context == nil {
		t, context = t.Context, sequence(0, p.ContextDim())
	}
	bits := slices.Repeat([]bool{true}, len(context))
	scale, err := FitScale(len(context), 0, func(f func([]float64)) error {
		return t.walk(train.Rows, context, func(row []float64) (int, string) {
			for c, v := range row {
				bits[c] = bits[c] && (v == 0 || v == 1)
			}
			f(row)
			return 0, ""
		})
	})
	if err != nil || !slices.Contains(bits, false) {
		return err
	}
	for c, sd := range scale.SD {
		if bits[c] {
			scale.Mean[c] = 0
		}
		if bits[c] || sd == 0 {
			scale.SD[c] = 1
		}
	}
	p.ContextScale = scale
	return nil
}

// guess makes the schema of the rows, and fits it to those for training.
func (p *Preparation) guess(parts []Part, o Options) (lines []string, err error) {
	tables := tablesOf(parts)
	o.Marginal = o.marginal(parts[0].Len())
	schema, lines, err := GuessSchema(tables[0], o, tables[1:]...)
	if err == nil && o.Choose != nil {
		err = o.Choose(schema, parts[0].Len(), &o)
	}
	if err == nil {
		err = p.fitTable(parts[0], schema, o)
	}
	return lines, err
}

// hasSchema reports whether the columns of the source are to have a schema, or those of the
// trained preparation have one.
func (s *Source) hasSchema(o Options) (bool, error) {
	t := s.Train.Table
	switch {
	case t == nil: // of which Divide is the error
		return false, nil
	case o.Prep != nil:
		return o.Prep.table != nil, nil
	case o.NoiseByPlace || s.Plain || len(s.Steps) > 0 || o.Binarize != "" || o.Dequantize != 0 || o.Logit != 0:
		if len(o.Columns) > 0 {
			return false, errors.New("columns of rows that have steps of their own, or are binarised, dequantised or taken to logits as a whole, cannot be declared (remove data.columns)")
		}
		if o.Holes == UnknownHoles {
			return false, errors.New("rows that have steps of their own, or are binarised, dequantised or taken to logits as a whole, have no holes (remove data.holes)")
		}
		return false, nil
	}
	return o.Holes == UnknownHoles || len(o.Columns) > 0 || o.Typed || t.Columns != nil || t.Lines != nil || len(t.texts) > 0, nil
}

// columns divides the rows and chooses the variables and the context among their
// columns. A source that scales its columns has none for a context. Where there is a schema,
// it chooses; a trained one is taken as it is.
func (s *Source) columns(o Options) (*Preparation, error) {
	typed, err := s.hasSchema(o)
	if err == nil && typed {
		err = s.leaveOut(o)
	}
	if err == nil {
		err = s.Divide(o)
	}
	if err != nil {
		return nil, err
	}
	if s.left > 0 {
		s.Note = strings.TrimSuffix(text.Count(s.left, "row")+" of weight 0 left out; "+s.Note, "; ")
	}
	parts, t, scaled := s.parts(), s.Train.Table, len(s.Steps) > 0
	p := &Preparation{Width: t.dim, Columns: t.Columns, Apart: t.apart()}
	if t.Context != nil {
		p.ApartNames = t.Context.Columns
	}
	for i, name := range splitNames {
		other := parts[i].Table
		switch {
		case other == nil:
			return nil, fmt.Errorf("%s has no table", name)
		case other.dim != t.dim:
			return nil, fmt.Errorf("train has %s, but %s has %d", text.Count(t.dim, "column"), name, other.dim)
		case other.apart() != p.Apart:
			return nil, fmt.Errorf("train has %s, but %s has %d", text.Count(p.Apart, "context column"), name, other.apart())
		case slices.ContainsFunc(parts[i].Rows, func(row int) bool { return row < 0 || row >= other.rows }):
			return nil, fmt.Errorf("%s has rows that are not among the %d of its table", name, other.rows)
		}
		if err := other.checkContext(other.Context); err != nil {
			return nil, err
		}
	}
	switch {
	case typed && o.Prep != nil:
		return o.Prep, nil
	case typed:
		p.table = &tabular{}
		return p, nil
	}
	dropped := make(map[int]bool)
	for _, name := range o.DropColumns {
		c, err := t.Column(name)
		if err != nil {
			return nil, err
		}
		if dropped[c] {
			return nil, fmt.Errorf("column %q is dropped twice", text.Shorten(name, 41))
		}
		dropped[c] = true
	}
	p.Variables = slices.DeleteFunc(sequence(0, t.dim), func(c int) bool { return dropped[c] })
	dim, n := len(p.Variables), o.ContextColumns
	switch {
	case dim == 0:
		return nil, errors.New("every column is dropped: none is left to model")
	case n > 0 && p.Apart > 0:
		return nil, fmt.Errorf("%s has a context of %s already: its last %s cannot be one too", t.label(), text.Count(p.Apart, "column"), text.Count(n, "column"))
	case n > 0 && scaled:
		return nil, fmt.Errorf("%s is scaled already: its last %s cannot be a context, which has no density", t.label(), text.Count(n, "column"))
	case n >= dim:
		return nil, fmt.Errorf("%s has %s: a context of %d leaves none to model", t.label(), text.Count(dim, "column"), n)
	case n > 0:
		p.Variables, p.Context = p.Variables[:dim-n:dim-n], p.Variables[dim-n:]
	}
	return p, nil
}
