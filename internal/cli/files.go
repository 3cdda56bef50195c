package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/words"
)

// readTable reads a table from a file, or as CSV from standard input for "-".
func (a *app) readTable(ctx context.Context, path, array string) (*data.Set, error) {
	o := data.ReadOptions{Array: array}
	if path == "-" {
		return data.ReadCSV(a.stdin, "standard input", o)
	}
	return data.ReadFile(ctx, path, o)
}

// writeTable writes a table to a file, or as CSV to standard output for "-".
func (a *app) writeTable(path string, t data.Array) error {
	if path != "-" {
		return data.WriteFile(path, t)
	}
	if err := data.WriteCSV(a.stdout, t); err != nil {
		return fmt.Errorf("writing standard output: %w", err)
	}
	return nil
}

// outputFlag adds -o to a command that writes a table.
func outputFlag(c *cobra.Command, path *string) {
	c.Flags().StringVarP(path, "output", "o", "", "`file` to write, .npy, .npz or .csv by its suffix; - is CSV on standard output")
	must(c.MarkFlagFilename("output", "npy", "npz", "csv", "tsv"))
}

// checkOutput finds out before the work whether its result can be written: the
// suffix must be known and no input may be overwritten.
func checkOutput(c *cobra.Command, path string, inputs ...string) error {
	if path == "-" {
		return nil
	}
	if err := data.CheckName(path); err != nil {
		return misused(c, "-o %s: %v", path, err)
	}
	for _, in := range inputs {
		if in != "" && in != "-" && sameFile(path, in) {
			return misused(c, "-o %s is the input, which would be overwritten", path)
		}
	}
	return nil
}

// readContext reads the rows that condition a model of a run: n of them, or one
// for all.
func (a *app) readContext(ctx context.Context, r *maskflow.Run, path string, n int) ([]float32, error) {
	width := r.Meta.ContextDim
	switch {
	case width == 0 && path == "":
		return nil, nil
	case width == 0:
		return nil, usage(fmt.Errorf("--context %s: the model of %s has no context", path, r.Dir))
	case path == "":
		return nil, usage(fmt.Errorf("the model of %s needs a context of %s (give them with --context)", r.Dir, words.Count(width, "column")))
	}
	set, err := a.readTable(ctx, path, "")
	if err != nil {
		return nil, err
	}
	if set.Dim != width {
		return nil, fmt.Errorf("%s has %s, but the context of the model has %d", set.Name, words.Count(set.Dim, "column"), width)
	}
	switch set.Rows {
	case n:
		return set.X, nil
	case 1:
		all := make([]float32, 0, n*width)
		for range n {
			all = append(all, set.X...)
		}
		return all, nil
	}
	return nil, fmt.Errorf("%s has %s, need %d, or 1 for all", set.Name, words.Count(set.Rows, "row"), n)
}

// takeContext gives the rows of a table the context from a file; "" leaves them
// with what they have.
func (a *app) takeContext(ctx context.Context, r *maskflow.Run, set *data.Set, path string) error {
	if path == "" {
		return nil
	}
	cond, err := a.readContext(ctx, r, path, set.Rows)
	if err != nil {
		return err
	}
	if set.ContextDim > 0 {
		return usage(fmt.Errorf("--context %s: %s has a context already", path, set.Name))
	}
	set.Context, set.ContextDim = cond, r.Meta.ContextDim
	return nil
}

// isCSV says whether a table is written as text.
func isCSV(path string) bool {
	name := strings.TrimSuffix(strings.ToLower(path), ".gz")
	ext := filepath.Ext(name)
	return path == "-" || ext == ".csv" || ext == ".tsv"
}
