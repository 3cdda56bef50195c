package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/checkpoint"
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
// ends, and checks sizes of ensembles of orders against it.
func (a *app) openRun(ctx context.Context, dir string, orders ...int) (*maskflow.Model, error) {
	if err := runlog.NoMembers(dir); err != nil {
		return nil, usage(err)
	}
	e, err := a.openEnsemble(ctx, dir, nil, orders...)
	if err != nil {
		return nil, err
	}
	return e.First(), nil
}

// openEnsemble opens the model of a run directory or a model file or, of a folder of an ensemble, its runs, with those of further
// paths, until the call ends.
func (a *app) openEnsemble(ctx context.Context, dir string, with []string, orders ...int) (*maskflow.Ensemble, error) {
	given := append([]string{dir}, with...)
	for _, path := range given {
		if err := checkRun(path); err != nil {
			return nil, err
		}
	}
	paths, err := maskflow.MemberPaths(given...)
	if err != nil {
		return nil, err
	}
	b, err := a.openBackend(ctx, io.Discard)
	if err != nil {
		return nil, err
	}
	e, err := maskflow.OpenEnsemble(b, paths...)
	if err != nil {
		if len(paths) == 1 && !isRun(dir) {
			if info, _ := os.Stat(dir); info != nil && !info.IsDir() {
				err = fmt.Errorf("%s is no run directory or model file (.safetensors)", dir)
			}
		}
		return nil, err
	}
	a.opened = append(a.opened, e.Close)
	for k, r := range e.Members() {
		if err := a.checkReading(r, e.Name(k), orders); err != nil {
			return nil, usage(err)
		}
	}
	return e.Reading(data.Reading{HolesUnknown: a.missing == data.UnknownHoles, LevelsUnknown: a.unseen, ByPosition: a.byPosition}), nil
}

// checkRun returns an error unless a path may be that of a model, of an ensemble whose runs have all begun, or of a run.
func checkRun(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no run directory or model file %s", path)
	case err != nil:
		return err
	case !info.IsDir():
		return nil
	}
	members, err := runlog.ReadMembers(path)
	if err != nil {
		return err
	}
	if members == nil {
		_, err := runlog.ReadManifest(path)
		return err
	}
	for _, run := range members.Paths(path) {
		if _, err := os.Stat(filepath.Join(run, runlog.CheckpointsDir, checkpoint.Best)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s of the ensemble %s has no validated weights yet (continue: maskflow train --resume --run %s; or name those that have with --ensemble)", filepath.Base(run), path, text.Shell(path))
		}
	}
	return nil
}

// checkReading checks how rows are read, and sizes of ensembles of orders, against a model.
func (a *app) checkReading(r *maskflow.Model, name string, orders []int) error {
	if a.missing == "event" && r.Preparation().HolesUnknown() {
		return fmt.Errorf("--missing event: the training of %s read missing cells as unknown, so that it has no probability of the event (data.holes)", name)
	}
	most := 1
	if masked, ok := r.Definition().(models.Masked); ok {
		if most = masked.Cycle().Len(); most == masks.Unlimited {
			most = masked.Cycle().Recipe().Most()
		}
	}
	if k, targets := slices.Max(append(orders, 0)), models.TargetsOf(r.Definition()); k > 0 && targets != nil {
		return fmt.Errorf("--orders %d: the model of %s predicts %s given the other columns, and has no orders", k, name, text.Listed(targets))
	} else if k > most {
		return fmt.Errorf("--orders %d: the most for %s is %d", k, name, most)
	}
	return nil
}

// ensembleFlag adds --ensemble to a command that takes a RUN.
func ensembleFlag(c *cobra.Command, with *[]string) {
	c.Flags().StringSliceVar(with, "ensemble", nil, "further runs `RUN[,RUN...]`, with which RUN is an ensemble")
}

// pages reads the rows of a file one page after the other, or as CSV those of standard input for "-".
func (a *app) pages(ctx context.Context, path string, o format.ReadOptions) data.Pages {
	if path == "-" {
		return format.PagesOfCSV(a.stdin, standardInput, o)
	}
	return format.Pages(ctx, path, o)
}

// standardInput is the name of a table that is read there.
const standardInput = "standard input"

// readTable reads all rows at once.
func (a *app) readTable(ctx context.Context, path string, o format.ReadOptions) (t *data.Table, err error) {
	for t, err = range a.pages(ctx, path, o)(0) {
		break
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

// readRows reads rows for the model of a run, page by page. Labels that are its context are
// read with them, then all at once, unless that is elsewhere.
func (a *app) readRows(ctx context.Context, r *maskflow.Model, path string, o format.ReadOptions, elsewhere bool) (data.Pages, error) {
	if r.Config == nil || !r.Config.Data.Labels || elsewhere {
		return a.pages(ctx, path, o), nil
	}
	t, err := a.readWhole(ctx, r, path, o)
	return t.Pages, err
}

// readWhole reads all rows for the model of a run, with labels that are its context.
func (a *app) readWhole(ctx context.Context, r *maskflow.Model, path string, o format.ReadOptions) (*data.Table, error) {
	t, err := a.readTable(ctx, path, o)
	if err == nil && r.Config != nil && r.Config.Data.Labels && t.Context == nil {
		err = source.ReadLabels(ctx, t, path, o.Array, r.Definition().ContextDim(), r.Config.Data.MaxValues)
	}
	return t, err
}

// optionsAs read the source of a run as it was read for the training, of another text whether
// it has a header, since this guess would be wrong in silence.
func (a *app) optionsAs(r *maskflow.Model, path, array string) (format.ReadOptions, error) {
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
	o, err := a.readOptions(array, written)
	o.Schema = known
	return o, err
}

// noteRows notes what is odd about rows for the model of a run, by the first page of them, when they are read for the
// first time. That values repeat in them says nothing of a density that was trained on others. name, if not nil, becomes
// that of the table.
func (a *app) noteRows(r *maskflow.Model, pages data.Pages, name *string) data.Pages {
	begun := false
	return func(rows int) iter.Seq2[*data.Table, error] {
		return func(yield func(*data.Table, error) bool) {
			again, first := begun, 0
			for t, err := range pages(rows) {
				switch {
				case err != nil || again:
				case first == 0:
					if name != nil {
						*name = t.Name
					}
					before := len(a.notes)
					a.notes, begun = append(a.notes, r.Preparation().Warnings(t, false)...), true
					if first = t.Rows(); len(a.notes) == before {
						first = -1
					}
				default:
					if first > 0 {
						a.notes, first = append(a.notes, fmt.Sprintf("%s: notes on values are of its first %s", t.Name, text.Count(first, "row"))), -1
					}
					for _, note := range t.Notes {
						a.notes = append(a.notes, t.Name+": "+note)
					}
				}
				if !yield(t, err) {
					return
				}
			}
		}
	}
}

// writeTable is writeRows of a table that is held.
func (a *app) writeTable(path string, t *data.Table) error {
	return a.writeRows(path, t.Rows(), func(write func(*data.Table) error) error { return write(t) })
}

// writeRows writes a table of so many rows, or of anyRows, to a file, or as CSV to standard output for
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
type tables struct {
	input, array, context, output string
	ensemble                      []string
}

func (t *tables) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&t.output, "output", "o", "", "`file` to write, .csv, .npz, .parquet or .npy by its suffix; - is CSV on standard output")
	f.StringVar(&t.context, "context", "", "`file` with the context, a row for each row or one for all")
	must(c.MarkFlagFilename("output", tableSuffixes...))
	ensembleFlag(c, &t.ensemble)
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

// checkSources refuses to write the rows of runs over those that one was trained on.
func (a *app) checkSources(e *maskflow.Ensemble, output string) error {
	for _, r := range e.Members() {
		if r.Config != nil && sameFile(output, source.Path(a.dataOf(r), r.Config.Data.Source)) {
			return usage(fmt.Errorf("-o %s is the source of %s, which would be overwritten", output, r.Path))
		}
	}
	return nil
}

// openRows opens the runs of a command that reads a table, the pages of INPUT, and its context.
func (a *app) openRows(c *cobra.Command, dir string, f tables, orders ...int) (*maskflow.Ensemble, data.Pages, error) {
	if err := f.check(c); err != nil {
		return nil, nil, err
	}
	ctx := c.Context()
	e, err := a.openEnsemble(ctx, dir, f.ensemble, orders...)
	if err == nil {
		err = a.checkSources(e, f.output)
	}
	if err != nil {
		return nil, nil, err
	}
	r := e.First() // all have its columns
	o, err := a.optionsAs(r, f.input, f.array)
	if err != nil {
		return nil, nil, err
	}
	rows, err := a.readRows(ctx, r, f.input, o, f.context != "")
	if err != nil || f.context == "" {
		return e, rows, err
	}
	given, err := a.readContext(ctx, r, f.context, anyRows)
	if err != nil {
		return nil, nil, err
	}
	return e, withContext(rows, given), nil
}

// withContext gives each row its own of a context that is held, or all the only one.
func withContext(pages data.Pages, given *data.Table) data.Pages {
	return func(rows int) iter.Seq2[*data.Table, error] {
		return func(yield func(*data.Table, error) bool) {
			end := 0
			for t, err := range pages(rows) {
				if err == nil && t.Context != nil {
					err = usage(fmt.Errorf("--context %s: %s has a context already", given.Name, t.Name))
				}
				if err == nil {
					of := make([]int, t.Rows())
					for i := range of {
						of[i] = min(end+i, given.Rows()-1)
					}
					end += len(of)
					if given.Rows() > 1 && end > given.Rows() {
						err = fmt.Errorf("%s has %s, but %s has more: need one for each, or 1 for all", given.Name, text.Count(given.Rows(), "row"), t.Name)
					}
					t.Context = data.Part{Table: given, Rows: of}.Select()
				}
				if !yield(t, err) || err != nil {
					return
				}
			}
			if err := contextRows(given, end); err != nil {
				yield(nil, err)
			}
		}
	}
}

// anyRows is a number of rows that is not known.
const anyRows = format.AnyRows

// contextRows returns an error unless a context has a row for each of n, or one for all.
func contextRows(t *data.Table, n int) error {
	if rows := t.Rows(); rows != 1 && rows != n && n != anyRows {
		return fmt.Errorf("%s has %s, need %d, or 1 for all", t.Name, text.Count(rows, "row"), n)
	}
	return nil
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
	t, err := a.readAside(ctx, r, path)
	if err != nil {
		return nil, err
	}
	if _, err := r.Preparation().ContextOf(t); err != nil {
		return nil, err
	}
	return t, contextRows(t, n)
}

// readAside reads all of a table that has some columns of the source of a run.
func (a *app) readAside(ctx context.Context, r *maskflow.Model, path string) (*data.Table, error) {
	o, err := a.optionsAs(r, path, "")
	if r.Preparation().Schema() == nil { // by their places it has others
		o, err = a.readOptions("", data.Dialect{})
	}
	if err != nil {
		return nil, err
	}
	return a.readTable(ctx, path, o)
}
