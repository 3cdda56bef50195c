package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/data/recipe"
	"github.com/maskflow/maskflow/data/toy"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/text"
)

// Info describes what [Load] takes as a source.
type Info struct {
	Name  string `json:"name"` // the generator, recipe or target, or the suffix of the files
	Kind  string `json:"kind"` // "generator", "recipe", "target", "file" or "folder"
	About string `json:"about"`
}

// named is a source that has a name.
type named struct {
	Info
	load func(context.Context, data.Options, *data.Limit) (data.Source, error)
}

// allNamed lists the generators, recipes and targets.
func allNamed() []named {
	all := []named{{Info{"connect4", "generator",
		"UCI Connect-4: the 67,557 open positions after 8 moves as 42 × 3 binary columns, found by search"}, generator(recipe.Connect4)}}
	for _, t := range toy.All() {
		all = append(all, named{Info{t.Name, "generator", t.About}, generator(t.Load)})
	}
	for _, r := range recipe.All() {
		load := func(ctx context.Context, o data.Options, limit *data.Limit) (data.Source, error) {
			s, _, err := recipe.Load(ctx, o, limit)
			return s, err
		}
		all = append(all, named{Info{r.Name, "recipe", r.About + "; needs " + strings.Join(r.Files, ", ")}, load})
	}
	for _, t := range toy.Targets() {
		load := func(_ context.Context, o data.Options, _ *data.Limit) (data.Source, error) { return t.Load(o) }
		all = append(all, named{Info{t.Name, "target", t.About}, load})
	}
	return all
}

// generator refuses the options that have no meaning for rows that the program computes.
func generator(load func(context.Context, data.Options) (data.Source, error)) func(context.Context, data.Options, *data.Limit) (data.Source, error) {
	return func(ctx context.Context, o data.Options, _ *data.Limit) (s data.Source, err error) {
		switch {
		case o.Array != "":
			return s, fmt.Errorf("a generator has no array %q", o.Array)
		case o.Labels:
			return s, errors.New("the generator has no labels")
		}
		return load(ctx, o)
	}
}

// List lists the generators, recipes and targets, and the kinds of files that can
// be loaded.
func List() []Info {
	var all []Info
	for _, s := range allNamed() {
		all = append(all, s.Info)
	}
	for _, k := range format.Suffixes() {
		all = append(all, Info{k.Suffix, "file", k.About})
	}
	return append(all, Info{"DIR", "folder",
		"MNIST's files train-images-idx3-ubyte, t10k-images-idx3-ubyte and, for labels, *-labels-idx1-ubyte; .gz or not"})
}

// Path is where a source that is a file or a folder is looked for, by the folder of the
// data.
func Path(dir, source string) string {
	if filepath.IsAbs(source) {
		return source
	}
	return filepath.Join(dir, source)
}

// resolve finds the file or folder of a source in dir, "" being the working
// directory. Nothing else is tried: a file of the same name elsewhere is other
// data.
func resolve(dir, source string) (string, error) {
	path, hint := Path(dir, source), ""
	if !filepath.IsAbs(source) {
		hint = " (set the data folder with --data-dir or MASKFLOW_DATA)"
	}
	_, err := os.Stat(path)
	if err == nil {
		return path, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("reading %s: %w", path, files.Cause(err))
	}
	shown := path
	if abs, err := filepath.Abs(path); err == nil {
		shown = abs
	}
	return "", fmt.Errorf("no data source %q: tried %s%s%s", source, shown, neighbour(path, source), hint)
}

// neighbour asks for the generator, recipe or target, or the file beside the
// missing one, whose name is nearest.
func neighbour(path, source string) string {
	var names []string
	for _, s := range allNamed() {
		names = append(names, s.Name)
	}
	if ask := text.DidYouMean(source, names); ask != "" {
		return ask
	}
	names = nil
	files, _ := os.ReadDir(filepath.Dir(path))
	for _, f := range files {
		names = append(names, f.Name())
	}
	return text.DidYouMean(filepath.Base(path), names)
}
