package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/maskflow/maskflow/internal/option"
)

// InMemory is the source of rows that a program gave.
const InMemory = "(memory)"

// Options say what rows are read and how they are prepared.
type Options struct {
	// Dir is the data folder, where a relative source is looked for; "" is the
	// working directory.
	Dir string
	// Source is a generator, a recipe, a target, a file or a folder of IDX files;
	// see data/source.
	Source string
	// Array names the one array of a .npz file to divide. "" takes train, valid
	// and test, or the only array.
	Array string
	// Fractions of the rows that become train, valid and test when the source
	// does not say; zero is 0.8, 0.1, 0.1. Each must be positive; they sum to 1.
	Fractions [3]float64
	// Seed makes that division, the draws of Binarize "sample" and of Dequantize,
	// the folds and the rows of the toys; nil is 1. Recipes have seeds of their own.
	Seed *uint64
	// Binarize is the mode that turns pixels into bits, see [Binarize]. "" leaves them as they are.
	Binarize string
	// White is the value of white pixels for Binarize. 0 is 255 where the training rows are
	// whole numbers of which one is above 127, otherwise 1.
	White float64
	// Labels makes the labels a one-hot context: the label file of an IDX file,
	// the array NAME_labels of array NAME in a .npz file.
	Labels bool
	// ContextColumns is how many of the last columns are the context.
	ContextColumns int
	// DropColumns names columns that are left out, by name or, where no column
	// has that name, by number from 0.
	DropColumns []string
	// Columns declare what columns of a table are; what they leave out is guessed, see
	// [GuessSchema].
	Columns Schema
	// Guess says what is guessed of columns: "" or "all", or "reals", which takes numbers
	// that are not declared for real numbers without steps and atoms.
	Guess string
	// Marginal is the transform of real, integer and date columns that declare none:
	// "" or "standardise", "none" or "spline", or "auto", which is spline from [FewRows] training rows on, and of fewer for numbers with a step
	// that come again more often than those beside them, and for skewed ones and heavy tails, else standardise.
	Marginal string
	// Holes is how cells of variables that are missing are read in training and ever after: "" or
	// "event", a hole is an event of its own, or [UnknownHoles].
	Holes string
	// Typed has a schema guessed of arrays too, whose columns have no names.
	Typed bool
	// Noise gives the values of integers, dates and steps uniform noise within their cells,
	// for densities that have no probabilities of cells: flows.
	Noise bool
	// Choose, if not nil, is called with the whole schema and the number of training rows before rows are prepared, and may
	// change Noise.
	Choose func(s Schema, rows int, o *Options) error
	// Dequantize is the number of levels L of discrete values 0 to L−1, to which
	// the seed adds noise, see [Dequantise]. 0 adds none.
	Dequantize int
	// Fold, from 1, is the part of a cross-validation that becomes test: the
	// array fold_K of a .npz file, or the K-th of Folds parts that the seed
	// divides a table into. A tenth of the rest, drawn by the seed, is valid. 0
	// is no cross-validation.
	Fold, Folds int
	// Split says which rows stay together, or come after others, when rows are divided.
	Split SplitBy
	// Logit is the λ of a logit of the values, see [Logit]; 0 for none.
	Logit float64
	// Standardise gives each variable of the training rows mean 0 and variance 1,
	// behind the logit.
	Standardise bool
	// Prep, if not nil, is the preparation of a trained model, whose steps are taken
	// as they are: Binarize, White, Dequantize, Logit and Standardise have no meaning then.
	Prep *Preparation
	// Dialect is how a table of text is written.
	Dialect
	// Evaluate is for training rows that are to be evaluated: their noise follows from
	// their values, as that of other rows does, and not from their places.
	Evaluate bool
	// NoiseByPlace continues a training of version 0.1.0, see [Preparation].
	NoiseByPlace bool
	// MaxValues bounds the values read. 0 is [DefaultMaxValues].
	MaxValues int
}

// FewRows is the number of training rows below which defaults are those of small data.
const FewRows = 2000

const autoMarginal = string(AutoScale)

// marginal is the transform that Marginal comes to with so many training rows.
func (o Options) marginal(rows int) string {
	switch {
	case o.Marginal != autoMarginal:
		return o.Marginal
	case rows < FewRows:
		return autoMarginal
	}
	return string(SplineScale)
}

// UnknownHoles is the value of [Options.Holes] by which a hole is a value that is not known.
const UnknownHoles = "unknown"

// maxLevels is the largest number of grey levels: float32 has 24 bits for level and noise.
const maxLevels = 1 << 16

// Table declares the options that a configuration has.
func (o *Options) Table() option.Table {
	count := func(name string, at *int, help string) *option.Row {
		return option.Of(name, at, 0, help).Within(0, option.MaxSize)
	}
	return slices.Concat(option.Table{
		option.Of("source", &o.Source, "",
			"where the rows come from: a file or a folder of IDX files, relative to the data folder, or the name of a generator such as connect4").Required(),
		option.Of("array", &o.Array, "", "name of the one array of a .npz file that is read and split").Default(`"", the arrays train, valid and test, or the only one`),
		option.Of("fractions", &o.Fractions, [3]float64{0.8, 0.1, 0.1},
			"parts of the rows that go to train, valid and test when the source has no split of its own; they sum to 1").Inside(0, 1).
			Check(func(note option.Note) {
				if sum := o.Fractions[0] + o.Fractions[1] + o.Fractions[2]; math.Abs(sum-1) > 1e-6 {
					note(-1, fmt.Sprintf("must sum to 1, got %.6g (train, valid and test)", sum))
				}
			}),
		option.Of("seed", &o.Seed, new(uint64(1)),
			"seed of the split, of generated rows and of the draws that binarize and dequantise make, apart from the model's, so that a run with another seed sees the same test rows"),
		option.Words("binarize", &o.Binarize, "how grey values become binary: threshold, 1 above the half, or sample, one Bernoulli draw for each value",
			append([]string{""}, binarizeModes...)...).Default(`"", the rows are used as they are`),
		option.Of("white", &o.White, 0, "the grey value of white, which binarize takes for 1").Within(0, math.MaxFloat32).
			Default("0, which is 255 where the training rows are whole numbers and one is above 127, else 1"),
		option.Of("labels", &o.Labels, false, "whether the rows' labels, one-hot, are the context of the density"),
		count("context_columns", &o.ContextColumns, "number of columns, the last ones of a row, that are context and not variables"),
		option.Of("drop_columns", &o.DropColumns, nil, "columns of a table that are left out, by name, or by number counted from 0").Default("[], none").
			Check(o.checkColumns),
		option.Each("columns", (*[]Column)(&o.Columns), func(c *Column) *string { return &c.Name }, (*Column).Table,
			"what columns of a table are, by name or by number from 0: a kind or a role alone, or some of the keys below; the rest is guessed"),
		option.Words("guess", &o.Guess, "what is guessed of columns: all, kinds, steps and atoms; reals, numbers that are not declared are real, without steps and atoms",
			"all", "reals"),
		option.Words("marginal", &o.Marginal, "what is done first to the numbers of a table's columns, variables and context: standardise, to mean 0 and variance 1; none; spline, a monotone spline to about a normal density; auto, spline from "+strconv.Itoa(FewRows)+" training rows on, and of fewer for numbers that come again more often than those beside them, are skewed or have heavy tails, else standardise; with its log-determinant",
			string(Standardise), string(AsIs), string(SplineScale), autoMarginal),
		option.Words("holes", &o.Holes, "what a missing cell of a table is: event, which has a probability; unknown, a value that is not known, which is summed out (model.type: nade)",
			"event", UnknownHoles).Later(),
		count("fold", &o.Fold, "which fold of a cross-validation, counted from 1, is the test rows").Default("0, no folds"),
		count("folds", &o.Folds, "number of folds that the rows are divided into by the seed").Default("0, the source has folds of its own"),
		option.Section("split", o.Split.table()),
		option.Of("dequantise", &o.Dequantize, 0, "number of grey levels of rows of whole numbers x, which become (x+u)/levels with u uniform in [0, 1)").
			Within(0, maxLevels).Default("0, the rows are used as they are").Check(func(note option.Note) {
			if o.Dequantize == 1 {
				note(-1, "1 leaves one grey level, that is no information (use at least 2, or 0 for none)")
			}
		}),
		option.Of("logit", &o.Logit, 0, "the λ of a first layer y = logit(λ + (1-2λ)x) of the density, for values x in [0, 1]; its log-determinant is part of the likelihood").
			Below(0, 0.5).Default("0, none"),
		option.Of("standardise", &o.Standardise, false,
			"whether a first layer of the density, after logit if there is one, maps each column to mean 0 and variance 1 of the training rows; its log-determinant is part of the likelihood"),
	}, o.Dialect.Table(), option.Table{
		option.Of("max_values", &o.MaxValues, DefaultMaxValues, "most values that are read from files and held, against files that claim or unpack to more than memory holds").
			Within(1, option.MaxSteps),
		option.Rule(o.check),
	})
}

func (o *Options) checkColumns(note option.Note) {
	for i, name := range o.DropColumns {
		switch {
		case name == "":
			note(i, "is empty (name a column, or give its number)")
		case slices.Contains(o.DropColumns[:i], name):
			note(i, fmt.Sprintf("%q is listed twice (keep one)", name))
		}
	}
}

func (o *Options) check(report option.Report) {
	if o.Labels && o.ContextColumns > 0 {
		report("the context is either the labels or columns of the rows (set one of labels and context_columns)", "context_columns", "labels")
	}
	if o.Dequantize > 0 && o.Binarize != "" {
		report("the values become either bits or real numbers (set one of binarize and dequantise)", "dequantise", "binarize")
	}
	if comma, _ := o.Comma(); comma == ',' && o.Decimal == "comma" {
		report("the comma is either the decimal sign or between cells", "separator", "decimal")
	}
	o.checkShortForms(report)
	if o.Thousands == "comma" && o.Decimal == "comma" || o.Thousands == "point" && o.Decimal != "comma" {
		report(fmt.Sprintf("the %s is either the decimal sign or between thousands", o.Thousands), "thousands", "decimal")
	}
	if o.White > 0 && o.Binarize == "" {
		report("white has no use without binarize (set data.binarize)", "white", "binarize")
	}
	switch {
	case o.Folds > 0 && o.Fold == 0:
		report("folds have no use without the one to test on (set data.fold)", "folds", "fold")
	case o.Folds == 1:
		report("one fold leaves no rows to train on (use at least 2)", "folds", "fold")
	case o.Fold > 0 && o.Split.After != "":
		report("folds are drawn at random, but rows that come after others are not (set one of fold and split.after)", "split.after", "fold")
	case o.Folds > 0 && o.Fold > o.Folds:
		report(fmt.Sprintf("there are only %d folds, got %d", o.Folds, o.Fold), "fold", "folds")
	}
}

// Validate sets the defaults and returns every problem at once.
func (o *Options) Validate() error {
	if err := option.Resolve(o.Table()); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}

// RandomSeed is the seed, 1 unless given.
func (o *Options) RandomSeed() uint64 {
	if o.Seed == nil {
		return 1
	}
	return *o.Seed
}

var binarizeModes = []string{"threshold", "sample"}

// checkShortForms reports what is said of columns twice, once by a short form.
func (o *Options) checkShortForms(report option.Report) {
	for _, name := range o.DropColumns {
		if slices.Contains(o.Columns.Names(), name) {
			report(fmt.Sprintf("%q is in drop_columns too (keep one)", name), "columns."+name, "drop_columns")
		}
	}
	for i, c := range o.Columns {
		if slices.Contains(o.Columns.Names()[:i], c.Name) {
			report(fmt.Sprintf("%q is declared twice (keep one)", c.Name), "columns."+c.Name)
		}
		if w := o.Columns.of(WeightRole); c.Role == WeightRole && w[0] != i {
			report(twoWeights(o.Columns[w[0]].Name), "columns."+c.Name+".role")
		}
		switch {
		case o.Standardise && c.Transform != "":
			report("standardise is for all columns (set one of it and transform)", "columns."+c.Name+".transform", "standardise")
		case o.Labels && c.Role == LabelRole:
			report("labels makes labels the context (set one of labels and the role label)", "columns."+c.Name+".role", "labels")
		case o.ContextColumns > 0 && c.Role == ContextRole:
			report("the context is either the last columns or named ones (set one of context_columns and the role context)", "columns."+c.Name+".role", "context_columns")
		}
	}
	if o.Standardise && o.Marginal != "" && o.Marginal != autoMarginal && o.Marginal != string(Standardise) {
		report("columns are either standardised or "+o.Marginal+" (set one of standardise and marginal)", "marginal", "standardise")
	}
}
