// Package recipe makes the rows of published data sets from their owners' files,
// as the MAF paper (Papamakarios et al. 2017, arXiv 1705.07057) prepares them.
// [All] lists them; [Load] gives the rows of one with the steps that the paper
// takes, such as its scale.
package recipe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/files"
)

// Info describes a data set that [Load] prepares from its owner's files.
type Info struct {
	Name      string   `json:"name"` // the source
	About     string   `json:"about"`
	Files     []string `json:"files"`     // looked for in NAME/ and the owner's folders of the data folder; files of text also with .gz
	Publisher string   `json:"publisher"` // who publishes the files, and where
}

// recipe makes the rows of one data set.
type recipe struct {
	Info
	folders          []string // of the data folder, where the files may lie
	labels, binarize bool     // whether these options have a meaning
	load             func(context.Context, input) (data.Source, error)
}

// input is what a recipe reads from.
type input struct {
	recipe
	o     data.Options
	limit *data.Limit
}

var recipes = []recipe{powerRecipe, gasRecipe, hepmassRecipe, minibooneRecipe, bsds300Recipe, mnistRecipe, cifar10Recipe}

// All lists the data sets that have a recipe. The entries are the caller's own.
func All() []Info {
	var all []Info
	for _, r := range recipes {
		r.Files = slices.Clone(r.Files)
		all = append(all, r.Info)
	}
	return all
}

// Load runs the recipe of the source that the options name, and returns whether
// there is one. A recipe is one way to prepare the rows: options that would make
// them others are refused.
func Load(ctx context.Context, o data.Options, limit *data.Limit) (s data.Source, found bool, err error) {
	i := slices.IndexFunc(recipes, func(r recipe) bool { return r.Name == o.Source })
	if i < 0 {
		return data.Source{}, false, nil
	}
	s, err = recipes[i].prepare(ctx, o, limit)
	return s, true, err
}

func (r recipe) prepare(ctx context.Context, o data.Options, limit *data.Limit) (data.Source, error) {
	var none data.Source
	switch {
	case o.Array != "":
		return none, fmt.Errorf("a recipe has no array %q", o.Array)
	case o.Fold > 0:
		return none, errors.New("a recipe has splits of its own: it is not divided into folds")
	case len(o.DropColumns) > 0:
		return none, errors.New("a recipe chooses its columns itself: none can be dropped")
	case o.ContextColumns > 0:
		return none, errors.New("a recipe scales its columns: none of them can be a context")
	case o.Dequantize > 0:
		return none, errors.New("a recipe adds noise itself where it is needed: leave dequantise out")
	case o.Labels && !r.labels:
		return none, errors.New("the recipe has no labels")
	case o.Binarize != "" && !r.binarize:
		return none, errors.New("the rows of the recipe are real: they cannot be binarised")
	}
	return r.load(ctx, input{r, o, limit})
}

// locate returns the path of a file or folder of the recipe, under the first of
// the names, .gz or not, in the first of the folders that has it.
func (in input) locate(names ...string) (string, error) {
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
