package data

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/maskflow/maskflow/internal/files"
)

// Splits are the three sets of a source. They have the same columns, and each
// has at least one row.
//
// A target has no data: a model is fitted to its energy by reverse KL, on points
// of its own. Then Dim is that of the target, and the sets say by Rows how many
// points to take, but have Dim 0 and no X.
type Splits struct {
	Train, Valid, Test *Set
	Source             string // as it was asked for
	Target             string // name of the energy that is to be fitted, "" for data
	Dim, ContextDim    int
	Shape              []int  // shape of one row when it is an image, such as 28, 28, else nil
	Note               string // how the splits came about, when the source did not say

	folded bool // by the fold that was asked for
}

// Sets returns train, valid and test with their names.
func (s *Splits) Sets() []NamedSet {
	return []NamedSet{{"train", s.Train}, {"valid", s.Valid}, {"test", s.Test}}
}

// NamedSet is a set with the name of its split.
type NamedSet struct {
	Split string
	Set   *Set
}

// Get returns the split of that name: train, valid or test.
func (s *Splits) Get(name string) (*Set, error) {
	for _, n := range s.Sets() {
		if n.Split == name {
			return n.Set, nil
		}
	}
	return nil, fmt.Errorf("no split %q (there are train, valid and test)%s", name, didYouMean(name, []string{"train", "valid", "test"}))
}

// Load reads the splits of a source. What has no splits of its own is shuffled
// by the seed and divided by the fractions. The context is that of the source
// (arrays NAME_context), the labels or the last columns; two of these are an
// error.
//
// Errors are as for [ReadFile]; further when the source is not found, when
// train, valid and test differ in width, and when there are fewer than three
// rows to divide.
func Load(ctx context.Context, o Options) (*Splits, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	limit, err := newBudget(o.MaxValues)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	path := o.Source
	var s *Splits
	if g, ok := findGenerator(o.Source); ok {
		s, err = generate(ctx, g, o)
	} else if r, ok := findRecipe(o.Source); ok {
		s, err = r.prepare(ctx, o, limit)
	} else if isTarget(o.Source) {
		s, err = loadTarget(o)
	} else {
		if path, err = resolve(o.Dir, o.Source); err != nil {
			return nil, err
		}
		s, err = loadPath(ctx, path, o, limit)
	}
	if err == nil {
		err = s.finish(o)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return s, nil
}

func generate(ctx context.Context, g generator, o Options) (*Splits, error) {
	switch {
	case o.Array != "":
		return nil, fmt.Errorf("a generator has no array %q", o.Array)
	case o.Labels:
		return nil, errors.New("the generator has no labels")
	}
	return g.load(ctx, o)
}

// loadPath reads a file or folder. What has no splits comes back as Train alone.
func loadPath(ctx context.Context, path string, o Options, limit *budget) (*Splits, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, files.Cause(err)
	}
	kind := kindOf(path)
	if o.Array != "" && (info.IsDir() || kind != npzKind) {
		return nil, fmt.Errorf("array %q is asked for, but only .npz files hold several arrays", o.Array)
	}
	switch {
	case info.IsDir():
		return loadIDXFolder(ctx, path, o.Labels, limit)
	case kind == npzKind:
		z, err := openNPZ(ctx, path, limit, false)
		if err != nil {
			return nil, err
		}
		defer z.close()
		if o.Fold > 0 && o.Array == "" && (o.Folds == 0 || len(z.names()) > 1) {
			return z.loadFold(o)
		}
		return z.load(o.Array, o.Labels)
	case kind == idxKind:
		return loadIDX(ctx, path, o.Labels, limit)
	case o.Labels:
		return nil, errors.New("labels are read from IDX and .npz files; in other tables make them the last columns (context columns)")
	}
	s, err := readFile(ctx, path, ReadOptions{}, limit)
	return &Splits{Train: s}, err
}

// finish divides what is not divided, drops columns, takes the context out of
// the rest, checks that the splits fit together and turns the values into bits
// or real numbers.
func (s *Splits) finish(o Options) error {
	s.Source = o.Source
	if s.Target != "" {
		return nil // there are no values to prepare
	}
	divide := func() error { return s.divide(o.Fractions, o.Seed) }
	if o.Fold > 0 {
		divide = func() error { return s.divideFolds(o) }
	}
	if s.Valid == nil {
		if err := divide(); err != nil {
			return err
		}
	} else if o.Fold > 0 && !s.folded {
		return errors.New("it has splits of its own: no fold can be chosen")
	}
	for _, n := range s.Sets() {
		if err := n.Set.dropColumns(o.DropColumns); err != nil {
			return err
		}
		if err := n.Set.TakeContext(o.ContextColumns); err != nil {
			return err
		}
		t := s.Train
		if n.Set.Dim != t.Dim {
			return fmt.Errorf("train has %d columns, but %s has %d", t.Dim, n.Split, n.Set.Dim)
		}
		if n.Set.ContextDim != t.ContextDim {
			return fmt.Errorf("train has %d context columns, but %s has %d", t.ContextDim, n.Split, n.Set.ContextDim)
		}
	}
	s.Dim, s.ContextDim = s.Train.Dim, s.Train.ContextDim
	if slices.Equal(s.Train.shape, s.Valid.shape) && slices.Equal(s.Train.shape, s.Test.shape) {
		s.Shape = s.Train.shape
	}
	switch {
	case o.Binarize != "":
		return Binarize(o.Binarize, o.Seed, s.Train, s.Valid, s.Test)
	case o.Dequantize != 0:
		return Dequantize(o.Dequantize, o.Seed, s.Train, s.Valid, s.Test)
	}
	return nil
}

// divide shuffles the rows of Train by the seed, in place, and cuts them in
// three, each of one row at least.
func (s *Splits) divide(fractions [3]float64, seed uint64) error {
	all := s.Train
	if all.Rows < 3 {
		return fmt.Errorf("%d rows cannot be divided into train, valid and test: 3 are needed at least", all.Rows)
	}
	if all.places == nil {
		all.places = sequence(0, all.Rows)
	}
	newRand(seed, streamDivide).Shuffle(all.Rows, all.swap)
	valid := share(fractions[1], all.Rows, all.Rows-2)
	test := share(fractions[2], all.Rows, all.Rows-1-valid)
	train := all.Rows - valid - test
	s.Train = all.part(0, train, "train")
	s.Valid = all.part(train, train+valid, "valid")
	s.Test = all.part(train+valid, all.Rows, "test")
	s.Note = fmt.Sprintf("divided at random (seed %d) into %d, %d and %d rows", seed, train, valid, test)
	return nil
}

// share is a fraction of n rounded to a whole number from 1 to most.
func share(fraction float64, n, most int) int {
	return max(1, min(most, int(math.Round(fraction*float64(n)))))
}

// Streams of random numbers: what they are used for keeps them apart.
const (
	streamDivide uint64 = iota + 1
	streamBinarize
	streamConnect4
	streamToy
	streamBSDS300
	streamDequantize
	streamFold
)

func newRand(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream))
}
