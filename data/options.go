package data

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

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
	// the folds and the rows of the toys. Recipes have seeds of their own.
	Seed uint64
	// Binarize is the mode that turns pixels into bits, see [Binarize]. "" leaves them as they are.
	Binarize string
	// Labels makes the labels a one-hot context: the label file of an IDX file,
	// the array NAME_labels of array NAME in a .npz file.
	Labels bool
	// ContextColumns is how many of the last columns are the context.
	ContextColumns int
	// DropColumns names columns that are left out, by name or, where no column
	// has that name, by number from 0.
	DropColumns []string
	// Dequantize is the number of levels L of discrete values 0 to L−1, to which
	// the seed adds noise, see [Dequantise]. 0 adds none.
	Dequantize int
	// Fold, from 1, is the part of a cross-validation that becomes test: the
	// array fold_K of a .npz file, or the K-th of Folds parts that the seed
	// divides a table into. A tenth of the rest, drawn by the seed, is valid. 0
	// is no cross-validation.
	Fold, Folds int
	// Logit is the λ of a logit of the values, see [Logit]; 0 for none.
	Logit float64
	// Standardise gives each variable of the training rows mean 0 and variance 1,
	// behind the logit.
	Standardise bool
	// Prep, if not nil, is the preparation of a trained model, whose steps are taken
	// as they are: Binarize, Dequantize, Logit and Standardise have no meaning then.
	Prep *Preparation
	// Patches are the numbers of patches of bsds300 in train, valid and test;
	// zero is the paper's 1,000,000, 50,000 and 250,000.
	Patches [3]int
	// MaxValues bounds the values read. 0 is [DefaultMaxValues].
	MaxValues int64
}

var defaultFractions = [3]float64{0.8, 0.1, 0.1}

// Validate sets the defaults and returns every problem at once.
func (o *Options) Validate() error {
	var problems []string
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if o.Source == "" {
		problem("source: name a file, a folder of IDX files, a generator, a recipe or a target")
	}
	if o.Fractions == [3]float64{} {
		o.Fractions = defaultFractions
	}
	f := o.Fractions
	if !(f[0] > 0 && f[1] > 0 && f[2] > 0 && math.Abs(f[0]+f[1]+f[2]-1) < 1e-6) {
		problem("fractions: %v must be positive and sum to 1", f)
	}
	if o.Binarize != "" {
		if err := checkBinarize(o.Binarize); err != nil {
			problem("%v", err)
		}
	}
	if o.ContextColumns < 0 {
		problem("context columns: %d is negative", o.ContextColumns)
	}
	if o.Dequantize != 0 {
		if err := checkLevels(o.Dequantize); err != nil {
			problem("%v", err)
		}
	}
	if o.Logit != 0 {
		if err := (&Logit{o.Logit}).check(0); err != nil {
			problem("%v", err)
		}
	}
	if o.Dequantize != 0 && o.Binarize != "" {
		problem("binarize and dequantise: the values become bits or real numbers")
	}
	if what := o.checkFold(); what != "" {
		problem("%s", what)
	}
	if n := o.Patches; n != [3]int{} && (n[0] < 1 || n[1] < 1 || n[2] < 1 || o.Source != "bsds300") {
		problem("patches: %v: only bsds300 has patches, and each split needs one at least", n)
	}
	if o.ContextColumns > 0 && o.Labels {
		problem("context columns and labels: the context is one or the other")
	}
	if problems != nil {
		return errors.New("data: " + strings.Join(problems, "; "))
	}
	return nil
}

var binarizeModes = []string{"threshold", "sample"}

func checkBinarize(mode string) error {
	if slices.Contains(binarizeModes, mode) {
		return nil
	}
	return fmt.Errorf("binarize: %q is not known (threshold and sample are)%s", mode, DidYouMean(mode, binarizeModes))
}
