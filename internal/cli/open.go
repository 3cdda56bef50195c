package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/data/source"
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
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		if _, err := runlog.ReadManifest(dir); err != nil {
			return nil, err
		}
	}
	b, err := a.openBackend(ctx, io.Discard)
	if err != nil {
		return nil, err
	}
	r, err := maskflow.Open(b, dir)
	if err != nil && !info.IsDir() && !isRun(dir) {
		return nil, fmt.Errorf("%s is no run directory or model file (.safetensors)", dir)
	}
	if err != nil {
		return nil, err
	}
	a.opened = append(a.opened, func() { r.Close() })
	if a.missing == "event" && r.Preparation().HolesUnknown() {
		return nil, usage(fmt.Errorf("--missing event: the training of %s read missing cells as unknown, so that it has no probability of the event (data.holes)", dir))
	}
	r = r.Reading(data.Reading{HolesUnknown: a.missing == data.UnknownHoles, LevelsUnknown: a.unseen, ByPosition: a.byPosition})
	most := 1
	if masked, ok := r.Definition().(models.Masked); ok {
		if most = masked.Cycle().Len(); most == masks.Unlimited {
			most = masked.Cycle().Recipe().Most()
		}
	}
	if k, targets := slices.Max(append(orders, 0)), models.TargetsOf(r.Definition()); k > 0 && targets != nil {
		return nil, usage(fmt.Errorf("--orders %d: the model of %s predicts %s given the other columns, and has no orders", k, dir, text.Listed(targets)))
	} else if k > most {
		return nil, usage(fmt.Errorf("--orders %d: the most for %s is %d", k, dir, most))
	}
	return r, nil
}

// readTable reads a table from a file, or as CSV from standard input for "-". It is
// written as written says where no flag does, and has columns of which some may be known.
func (a *app) readTable(ctx context.Context, path, array string, written data.Dialect, known ...data.Column) (t *data.Table, err error) {
	o, err := a.readOptions(array, written)
	if err != nil {
		return nil, err
	}
	o.Schema = known
	if path == "-" {
		t, err = format.ReadCSV(a.stdin, "standard input", o)
	} else {
		t, err = format.ReadFile(ctx, path, o)
	}
	if err != nil {
		return nil, err
	}
	const large = 1 << 23
	if rows, dim := t.Dims(); rows*dim > large {
		collectOften()
	}
	return t, nil
}

// readRows reads a table of rows for the model of a run. Labels that are its context are read
// with them, unless that is elsewhere.
func (a *app) readRows(ctx context.Context, r *maskflow.Model, path, array string, elsewhere bool) (*data.Table, error) {
	labels := r.Config != nil && r.Config.Data.Labels && !elsewhere
	t, err := a.readAs(ctx, r, path, array)
	if err != nil || t.Context != nil || !labels {
		return t, err
	}
	return t, source.ReadLabels(ctx, t, path, array, r.Definition().ContextDim(), r.Config.Data.MaxValues)
}

// readAs reads the source of a run as it was read for the training, of another text whether
// it has a header, since this guess would be wrong in silence.
func (a *app) readAs(ctx context.Context, r *maskflow.Model, path, array string) (*data.Table, error) {
	var written data.Dialect
	if r.Config != nil {
		o := r.Config.Data
		written.Header, written.Missing = o.Header, o.Missing
		if sameFile(path, source.Path(a.dataOf(r), o.Source)) {
			written = o.Dialect
		}
	}
	known := r.Preparation().Schema()
	written.Missing = slices.DeleteFunc(written.MissingSigns(), func(sign string) bool { // which may be a level
		return slices.ContainsFunc(known, func(c data.Column) bool { return slices.Contains(c.Levels, sign) })
	})
	if known == nil {
		for _, name := range r.Preparation().Columns {
			known = append(known, data.Column{Name: name})
		}
	}
	return a.readTable(ctx, path, array, written, known...)
}

// noteRows notes what is odd about the rows of a table for the model of a run. That values
// repeat in them says nothing of a density that was trained on others.
func (a *app) noteRows(r *maskflow.Model, t *data.Table) {
	a.notes = append(a.notes, r.Preparation().Warnings(t, false)...)
}

// writeTable is writeRows of a table that is held.
func (a *app) writeTable(path string, t *data.Table) error {
	return a.writeRows(path, t.Rows(), func(write func(*data.Table) error) error { return write(t) })
}

// writeRows writes a table of so many rows to a file, or as CSV to standard output for
// "-", as they come: see [format.WriteRows].
func (a *app) writeRows(path string, rows int, each func(write func(*data.Table) error) error) error {
	if path != "-" {
		return format.WriteRows(path, rows, each)
	}
	out, err := format.NewWriter(a.tableOut(), ".csv", rows)
	if err == nil {
		err = each(out.Write)
	}
	if err == nil {
		err = out.Close()
	}
	return err
}

// tables are the files of a command that makes a table of another, or of nothing.
type tables struct{ input, array, context, output string }

func (t *tables) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&t.output, "output", "o", "", "`file` to write, .csv, .npz, .parquet or .npy by its suffix; - is CSV on standard output")
	f.StringVar(&t.context, "context", "", "`file` with the context, a row for each row or one for all")
	must(c.MarkFlagFilename("output", tableSuffixes...))
}

// inputFlags are the flags of a command that reads a table.
func (t *tables) inputFlags(c *cobra.Command) {
	t.flags(c)
	c.Flags().StringVar(&t.array, "array", "", "`name` of the array in a .npz file")
}

// check reports before the work what is wrong with the names of the files: the suffix
// of the output must be known, and no input may be overwritten.
func (t *tables) check(c *cobra.Command) error {
	if t.input == "-" && t.context == "-" {
		return misused(c, "INPUT and --context cannot both be standard input")
	}
	if err := needs(c, "output"); err != nil || t.output == "-" {
		return err
	}
	return checkOutput(c, "output", t.output, format.CheckName, t.input, t.context)
}

// checkSource refuses to write the rows of a run over those that it was trained on.
func (a *app) checkSource(r *maskflow.Model, output string) error {
	if r.Config != nil && sameFile(output, source.Path(a.dataOf(r), r.Config.Data.Source)) {
		return usage(fmt.Errorf("-o %s is the source of %s, which would be overwritten", output, r.Path))
	}
	return nil
}

// openRows opens the run of a command that reads a table, and reads INPUT and its context.
func (a *app) openRows(c *cobra.Command, dir string, f tables, orders ...int) (*maskflow.Model, *data.Table, error) {
	if err := f.check(c); err != nil {
		return nil, nil, err
	}
	ctx := c.Context()
	r, err := a.openRun(ctx, dir, orders...)
	if err == nil {
		err = a.checkSource(r, f.output)
	}
	if err != nil {
		return nil, nil, err
	}
	t, err := a.readRows(ctx, r, f.input, f.array, f.context != "")
	switch {
	case err != nil || f.context == "":
		return r, t, err
	case t.Context != nil:
		return nil, nil, usage(fmt.Errorf("--context %s: %s has a context already", f.context, t.Name))
	}
	if t.Context, err = a.readContext(ctx, r, f.context, t.Rows()); err == nil && t.Context != nil && t.Context.Rows() < t.Rows() {
		t.Context = data.Part{Table: t.Context, Rows: make([]int, t.Rows())}.Select()
	}
	return r, t, err
}

// readContext reads the rows that condition a model of a run: n of them, or one for
// all.
func (a *app) readContext(ctx context.Context, r *maskflow.Model, path string, n int) (*data.Table, error) {
	width := r.Definition().ContextDim()
	switch {
	case width == 0 && path == "":
		return nil, nil
	case width == 0:
		return nil, usage(fmt.Errorf("--context %s: the model of %s has no context", path, r.Path))
	case path == "":
		return nil, usage(fmt.Errorf("the model of %s needs a context of %s (give it with --context)", r.Path, text.Count(width, "column")))
	}
	read := a.readAs
	if r.Preparation().Schema() == nil { // the file has other columns than the source
		read = func(ctx context.Context, _ *maskflow.Model, path, array string) (*data.Table, error) {
			return a.readTable(ctx, path, array, data.Dialect{})
		}
	}
	t, err := read(ctx, r, path, "")
	if err != nil {
		return nil, err
	}
	if _, err := r.Preparation().ContextOf(t); err != nil {
		return nil, err
	}
	if rows := t.Rows(); rows != 1 && rows != n {
		return nil, fmt.Errorf("%s has %s, need %d, or 1 for all", t.Name, text.Count(rows, "row"), n)
	}
	return t, nil
}
