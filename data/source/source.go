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

// generator is a source that the program computes.
type generator struct {
	name, about string
	load        func(context.Context, data.Options) (data.Source, error)
}

var generators = withToys(generator{
	"connect4", "UCI Connect-4: the 67,557 open positions after 8 moves as 42 × 3 binary columns, found by search", recipe.Connect4,
})

func withToys(all ...generator) []generator {
	for _, t := range toy.All() {
		all = append(all, generator{t.Name, t.About, t.Load})
	}
	return all
}

// List lists the generators, recipes and targets, and the kinds of files that can
// be loaded.
func List() []Info {
	var all []Info
	for _, g := range generators {
		all = append(all, Info{g.name, "generator", g.about})
	}
	for _, r := range recipe.All() {
		all = append(all, Info{r.Name, "recipe", r.About + "; needs " + strings.Join(r.Files, ", ")})
	}
	for _, t := range toy.Targets() {
		all = append(all, Info{t.Name, "target", t.About})
	}
	for _, k := range format.Suffixes() {
		all = append(all, Info{k.Suffix, "file", k.About})
	}
	return append(all, Info{"DIR", "folder",
		"MNIST's files train-images-idx3-ubyte, t10k-images-idx3-ubyte and, for labels, *-labels-idx1-ubyte; .gz or not"})
}

// resolve finds the file or folder of a source in dir, "" being the working
// directory. Nothing else is tried: a file of the same name elsewhere is other
// data.
func resolve(dir, source string) (string, error) {
	path, hint := source, ""
	if !filepath.IsAbs(source) {
		path, hint = filepath.Join(dir, source), " (set the data folder with --data-dir or MASKFLOW_DATA)"
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
	for _, s := range List() {
		if s.Kind != "file" && s.Kind != "folder" {
			names = append(names, s.Name)
		}
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
