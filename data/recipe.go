package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/files"
)

// RecipeInfo describes a data set that [Load] prepares from its owner's files,
// as the MAF paper (Papamakarios et al. 2017, arXiv 1705.07057) does.
type RecipeInfo struct {
	Name      string   `json:"name"` // the source
	About     string   `json:"about"`
	Files     []string `json:"files"`     // looked for in NAME/ and the owner's folders of the data folder; files of text also with .gz
	Publisher string   `json:"publisher"` // who publishes the files, and where
}

// recipe makes the splits of one data set.
type recipe struct {
	RecipeInfo
	folders          []string // of the data folder, where the files may lie
	labels, binarize bool     // whether these options have a meaning
	load             func(context.Context, recipeInput) (*Splits, error)
}

// recipeInput is what a recipe reads from.
type recipeInput struct {
	recipe
	o     Options
	limit *budget
}

var recipes = []recipe{powerRecipe, gasRecipe, hepmassRecipe, minibooneRecipe, bsds300Recipe, mnistRecipe, cifar10Recipe}

// Recipes lists the data sets that have a recipe. The entries are the caller's
// own.
func Recipes() []RecipeInfo {
	var all []RecipeInfo
	for _, r := range recipes {
		r.Files = slices.Clone(r.Files)
		all = append(all, r.RecipeInfo)
	}
	return all
}

func findRecipe(name string) (recipe, bool) {
	for _, r := range recipes {
		if r.Name == name {
			return r, true
		}
	}
	return recipe{}, false
}

// prepare runs a recipe. A recipe is one way to prepare the rows: options that
// would make them others are refused.
func (r recipe) prepare(ctx context.Context, o Options, limit *budget) (*Splits, error) {
	switch {
	case o.Array != "":
		return nil, fmt.Errorf("a recipe has no array %q", o.Array)
	case o.Fold > 0:
		return nil, errors.New("a recipe has splits of its own: it is not divided into folds")
	case len(o.DropColumns) > 0:
		return nil, errors.New("a recipe chooses its columns itself: none can be dropped")
	case o.ContextColumns > 0:
		return nil, errors.New("a recipe scales its columns: none of them can be a context")
	case o.Dequantize > 0:
		return nil, errors.New("a recipe adds noise itself where it is needed: leave dequantise out")
	case o.Labels && !r.labels:
		return nil, errors.New("the recipe has no labels")
	case o.Binarize != "" && !r.binarize:
		return nil, errors.New("the rows of the recipe are real: they cannot be binarised")
	}
	return r.load(ctx, recipeInput{r, o, limit})
}

// locate returns the path of a file or folder of the recipe, under the first of
// the names, .gz or not, in the first of the folders that has it.
func (in recipeInput) locate(names ...string) (string, error) {
	var looked []string
	for _, folder := range in.folders {
		dir := filepath.Join(in.o.Dir, folder)
		if abs, err := filepath.Abs(dir); err == nil {
			looked = append(looked, abs)
		}
		for _, name := range names {
			for _, path := range []string{filepath.Join(dir, name), filepath.Join(dir, name) + ".gz"} {
				_, err := os.Stat(path)
				if err == nil {
					return path, nil
				}
				if !errors.Is(err, os.ErrNotExist) {
					return "", fmt.Errorf("%s: %w", path, files.Cause(err))
				}
			}
		}
	}
	return "", fmt.Errorf("no %s: looked in %s (published by %s; put it there, or set the data folder with --data-dir or MASKFLOW_DATA)",
		strings.Join(names, " or "), strings.Join(looked, ", "), in.Publisher)
}

// lastTenths are where the paper cuts n rows: the last tenth is the test set,
// the last tenth of what is left the validation set, both rounded down.
func lastTenths(n int) (train, valid int, err error) {
	test := n / 10
	rest := n - test
	valid = rest / 10
	if test == 0 || valid == 0 {
		return 0, 0, fmt.Errorf("%d rows are too few: a tenth is for testing, a tenth of the rest for validation", n)
	}
	return rest - valid, rest, nil
}
