package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// openBackend opens the backend that was asked for, until the call ends. What its
// native libraries log goes to logs.
func (a *app) openBackend(ctx context.Context, logs io.Writer) (*backend.Backend, error) {
	backend.QuietLogs(logs)
	b, err := backend.Open(ctx, a.backend, backend.Options{})
	if err == nil {
		a.opened = append(a.opened, func() { b.Close() })
	}
	return b, err
}

// openRun opens the trained model of a run directory or a model file, until the call
// ends, and checks sizes of ensembles against it.
func (a *app) openRun(ctx context.Context, dir string, orders ...int) (*maskflow.Model, error) {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no run directory or model file %s", dir)
	}
	if err != nil || info.IsDir() {
		if _, err := runlog.ReadManifest(dir); err != nil {
			return nil, err
		}
	}
	b, err := a.openBackend(ctx, io.Discard)
	if err != nil {
		return nil, err
	}
	r, err := maskflow.Open(b, dir)
	if err != nil {
		return nil, err
	}
	a.opened = append(a.opened, func() { r.Close() })
	return r, checkOrders(r, orders...)
}

// mostOrders bounds the fresh orders of an unlimited cycle: their degrees are
// held at once.
const mostOrders = 100_000

// checkOrders checks numbers of orders against a model: none may be larger than
// the number of orders it was trained with, unless it draws fresh ones.
func checkOrders(r *maskflow.Model, orders ...int) error {
	most := 1
	if masked, ok := r.Definition().(models.Masked); ok {
		if most = masked.Cycle().Len(); most == masks.Unlimited {
			most = mostOrders
		}
	}
	for _, k := range orders {
		if k > most {
			if most == mostOrders {
				return usage(fmt.Errorf("--orders %d: at most %d fresh ones", k, most))
			}
			return usage(fmt.Errorf("--orders %d: %s was trained with %s", k, r.Path, text.Count(most, "order")))
		}
	}
	return nil
}

// readTable reads a table from a file, or as CSV from standard input for "-".
func (a *app) readTable(ctx context.Context, path, array string) (*data.Table, error) {
	o := format.ReadOptions{Array: array}
	if path == "-" {
		return format.ReadCSV(a.stdin, "standard input", o)
	}
	return format.ReadFile(ctx, path, o)
}

// writeTable writes a table to a file, or as CSV to standard output for "-".
func (a *app) writeTable(path string, t *data.Table) error {
	if path != "-" {
		return format.WriteFile(path, t)
	}
	if err := format.WriteCSV(a.stdout, t); err != nil {
		return fmt.Errorf("writing standard output: %w", err)
	}
	return nil
}

// tables are the files of a command that makes a table of another, or of nothing.
type tables struct{ input, array, context, output string }

func (t *tables) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&t.output, "output", "o", "", "`file` to write, .npy, .npz or .csv by its suffix; - is CSV on standard output")
	f.StringVar(&t.context, "context", "", "`file` with the context, a row for each row or one for all")
	must(c.MarkFlagFilename("output", tableSuffixes...))
}

// inputFlags are the flags of a command that reads a table.
func (t *tables) inputFlags(c *cobra.Command) {
	t.flags(c)
	c.Flags().StringVar(&t.array, "array", "", "`name` of the array in a .npz file")
}

// check reports before the work what is wrong with the names of the files.
func (t *tables) check(c *cobra.Command) error {
	if t.input == "-" && t.context == "-" {
		return misused(c, "INPUT and --context cannot both be standard input")
	}
	return cmp.Or(needs(c, "output"), checkOutput(c, t.output, t.input, t.context))
}

// rows reads INPUT and its context.
func (a *app) rows(ctx context.Context, r *maskflow.Model, f tables) (*data.Table, error) {
	t, err := a.readTable(ctx, f.input, f.array)
	if err != nil || f.context == "" {
		return t, err
	}
	if t.Context != nil {
		return nil, usage(fmt.Errorf("--context %s: %s has a context already", f.context, t.Name))
	}
	t.Context, err = a.readContext(ctx, r, f.context, t.Rows())
	return t, err
}

// checkOutput finds out before the work whether its result can be written: the
// suffix must be known and no input may be overwritten.
func checkOutput(c *cobra.Command, path string, inputs ...string) error {
	if path == "-" {
		return nil
	}
	if err := format.CheckName(path); err != nil {
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
func (a *app) readContext(ctx context.Context, r *maskflow.Model, path string, n int) (*data.Table, error) {
	width := r.Definition().ContextDim()
	switch {
	case width == 0 && path == "":
		return nil, nil
	case width == 0:
		return nil, usage(fmt.Errorf("--context %s: the model of %s has no context", path, r.Path))
	case path == "":
		return nil, usage(fmt.Errorf("the model of %s needs a context of %s (give them with --context)", r.Path, text.Count(width, "column")))
	}
	t, err := a.readTable(ctx, path, "")
	if err != nil {
		return nil, err
	}
	rows, dim := t.Dims()
	if dim != width {
		return nil, fmt.Errorf("%s has %s, but the context of the model has %d", t.Name, text.Count(dim, "column"), width)
	}
	if rows != 1 && rows != n {
		return nil, fmt.Errorf("%s has %s, need %d, or 1 for all", t.Name, text.Count(rows, "row"), n)
	}
	for first := t.Row(nil, 0); rows < n; rows++ {
		t.Append(first)
	}
	return t, nil
}
