// Package source loads the rows of a source, prepared and in three splits.
//
// A source is a .npz file with the arrays train, valid and test, a folder of
// MNIST's IDX files, a generator such as connect4 or one of package toy, one of the
// published data sets of package recipe, a target without rows, or one table (.npy,
// .npz, .csv, .parquet, IDX) that a seed divides. [List] lists them.
//
//	splits, err := source.Load(ctx, data.Options{Source: "people.csv", Standardise: true})
//	fmt.Println(splits.Train.Rows, splits.Train.Columns)
//
// Rows in memory need no source: see [data.Split].
package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/data/recipe"
	"github.com/maskflow/maskflow/internal/files"
)

// Load reads the splits of a source. What has no splits of its own is shuffled
// by the seed and divided by the fractions. The context is that of the source
// (arrays NAME_context), the labels or the last columns; two of these are an
// error.
//
// Errors are as for [format.ReadFile]; further when the source is not found, when
// train, valid and test differ in width, and when there are fewer than three
// rows to divide.
func Load(ctx context.Context, o data.Options) (s *data.Splits, err error) {
	err = read(ctx, o, func(from data.Source, o data.Options) error {
		s, err = data.Prepare(from, o)
		return err
	})
	return s, err
}

// Describe describes the rows of a source: see [data.DescribeSource]. Errors are those of Load.
func Describe(ctx context.Context, o data.Options) (d data.Stats, err error) {
	err = read(ctx, o, func(from data.Source, o data.Options) error {
		d, err = data.DescribeSource(from, o)
		return err
	})
	return d, err
}

// Rows reads the rows of one split (train, valid or test) in the units of the source, with
// all its columns and, as their context, what it keeps apart from them. Errors are those of
// Load, and one for a target, which has no rows.
func Rows(ctx context.Context, o data.Options, split string) (t *data.Table, err error) {
	err = read(ctx, o, func(from data.Source, o data.Options) error {
		t, err = from.Rows(split, o)
		return err
	})
	return t, err
}

// read reads a source for a function, which is given the resolved options. An error names
// the source.
func read(ctx context.Context, o data.Options, use func(data.Source, data.Options) error) error {
	if err := o.Validate(); err != nil {
		return err
	}
	var from data.Source
	var err error
	limit := data.NewLimit(o.MaxValues)
	path, all := o.Source, allNamed()
	if i := slices.IndexFunc(all, func(s named) bool { return s.Name == path }); i >= 0 {
		from, err = all[i].load(ctx, o, limit)
	} else if path, err = resolve(o.Dir, path); err != nil {
		return err
	} else {
		from, err = loadPath(ctx, path, o, limit)
	}
	if err == nil {
		err = use(from, o)
	}
	if err != nil && !strings.HasPrefix(err.Error(), path) { // which the place of a value begins with
		err = fmt.Errorf("reading %s: %w", path, err)
	}
	return err
}

// loadPath reads a file or folder. What has no splits comes back as Train alone.
func loadPath(ctx context.Context, path string, o data.Options, limit *data.Limit) (s data.Source, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return s, files.Cause(err)
	}
	kind := format.KindOf(path)
	if o.Array != "" && (info.IsDir() || kind != format.NPZFile) {
		return s, fmt.Errorf("array %q is asked for, but only .npz files hold several arrays", o.Array)
	}
	switch {
	case info.IsDir():
		return recipe.Folder(ctx, path, o.Labels, limit)
	case kind == format.NPZFile:
		z, err := format.OpenNPZ(ctx, path, limit)
		if err != nil {
			return s, err
		}
		defer z.Close()
		if o.Array == "" && !o.Labels && z.IsTable() {
			s.Train.Table, err = z.Table()
			return s, err
		}
		if o.Fold > 0 && o.Array == "" && (o.Folds == 0 || len(z.Names()) > 1) {
			return loadFold(z, path, o)
		}
		return loadNPZ(z, o.Array, o.Labels, limit)
	case o.Labels && kind != format.IDXFile:
		return s, errors.New("labels are read from IDX and .npz files; in other tables make them the last columns (context columns)")
	}
	known := slices.Clone(o.Columns)
	if o.Prep != nil {
		known = o.Prep.Schema()
	}
	for _, name := range o.DropColumns {
		known = append(known, data.Column{Name: name, Role: data.DropRole})
	}
	if s.Train.Table, err = format.Read(ctx, path, format.ReadOptions{Dialect: o.Dialect, Schema: known}, limit); err != nil || !o.Labels {
		return s, err
	}
	labels, err := recipe.Labels(ctx, path, limit)
	if err != nil {
		return s, err
	}
	return s, data.AttachLabels([]*data.Table{s.Train.Table}, []*data.Table{labels}, 0, limit)
}

// ReadLabels gives a table that was read of a file the labels that lie with it, as Load
// does: the array NAME_labels of array NAME, or the label file of an IDX file, one-hot, of
// so many classes. Where there are none the table stays as it is.
func ReadLabels(ctx context.Context, t *data.Table, path, array string, classes, maxValues int) error {
	if t == nil {
		return errors.New("no rows are given that labels belong to")
	}
	limit := data.NewLimit(maxValues)
	var labels *data.Table
	var err error
	switch format.KindOf(path) {
	case format.IDXFile:
		labels, err = recipe.Labels(ctx, path, limit)
		if err != nil {
			return nil // there are none, or its name says not where
		}
	case format.NPZFile:
		z, err := format.OpenNPZ(ctx, path, limit)
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		defer z.Close()
		name, err := z.Choose(array)
		if err != nil || !z.Has(name+format.LabelsSuffix) {
			return nil
		}
		if labels, err = z.Array(name + format.LabelsSuffix); err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
	default:
		return nil
	}
	if err := data.AttachLabels([]*data.Table{t}, []*data.Table{labels}, classes, limit); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}
