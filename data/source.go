package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/maskflow/maskflow/internal/files"
)

// SourceInfo describes what [Load] takes as a source.
type SourceInfo struct {
	Name  string `json:"name"` // the generator, recipe or target, or the suffix of the files
	Kind  string `json:"kind"` // "generator", "recipe", "target", "file" or "folder"
	About string `json:"about"`
}

// generator is a source that the program computes.
type generator struct {
	name, about string
	load        func(context.Context, Options) (*Splits, error)
}

var generators = withToys(generator{
	"connect4", "UCI Connect-4: the 67,557 open positions after 8 moves as 42 × 3 binary columns, found by search", loadConnect4,
})

func withToys(all ...generator) []generator {
	for _, t := range toys {
		all = append(all, generator{t.Name, t.About, t.load})
	}
	return all
}

func findGenerator(name string) (generator, bool) {
	for _, g := range generators {
		if g.name == name {
			return g, true
		}
	}
	return generator{}, false
}

// Sources lists the generators, recipes and targets, and the kinds of files that
// can be loaded.
func Sources() []SourceInfo {
	var all []SourceInfo
	for _, g := range generators {
		all = append(all, SourceInfo{g.name, "generator", g.about})
	}
	for _, r := range recipes {
		all = append(all, SourceInfo{r.Name, "recipe", r.About + "; needs " + strings.Join(r.Files, ", ")})
	}
	for _, t := range targets {
		all = append(all, SourceInfo{t.name, "target", t.about})
	}
	for _, k := range kinds {
		all = append(all, SourceInfo{k.suffix, "file", k.about})
	}
	return append(all, SourceInfo{"DIR", "folder",
		"MNIST's files train-images-idx3-ubyte, t10k-images-idx3-ubyte and, for labels, *-labels-idx1-ubyte; .gz or not"})
}

// resolve finds the file or folder of a source in dir, "" being the working
// directory. Nothing else is tried: a file of the same name elsewhere is other
// data.
func resolve(dir, source string) (string, error) {
	tried := []string{filepath.Join(dir, source)}
	if filepath.IsAbs(source) {
		tried = []string{source}
	}
	for _, path := range tried {
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("reading %s: %w", path, files.Cause(err))
		}
	}
	shown := make([]string, len(tried))
	for i, path := range tried {
		shown[i] = path
		if abs, err := filepath.Abs(path); err == nil {
			shown[i] = abs
		}
	}
	hint := ""
	if !filepath.IsAbs(source) {
		hint = " (set the data folder with --data-dir or MASKFLOW_DATA)"
	}
	return "", fmt.Errorf("no data source %q: tried %s%s%s", source, strings.Join(shown, ", "), neighbour(tried[0], source), hint)
}

// neighbour asks for the generator, recipe or target, or the file beside the
// missing one, whose name is nearest.
func neighbour(path, source string) string {
	var names []string
	for _, s := range Sources() {
		if s.Kind != "file" && s.Kind != "folder" {
			names = append(names, s.Name)
		}
	}
	if ask := didYouMean(source, names); ask != "" {
		return ask
	}
	names = nil
	files, _ := os.ReadDir(filepath.Dir(path))
	for _, f := range files {
		names = append(names, f.Name())
	}
	return didYouMean(filepath.Base(path), names)
}

// didYouMean returns the nearest of the known names as a question, or "" when
// none is near.
func didYouMean(name string, known []string) string {
	best, least := "", len(name)/3+1
	for _, k := range known {
		if d := editDistance(name, k); d < least {
			best, least = k, d
		}
	}
	if best == "" || best == name {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// editDistance counts the insertions, deletions, replacements and exchanges of
// neighbours that turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	const most = 256 // names longer than this are not mistyped ones
	if len(a) > most || len(b) > most {
		return most
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
