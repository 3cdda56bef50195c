package cli

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/reproduce"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

type reproduceOptions struct {
	list, quick, quiet, changed bool
	dir                         string
}

const reproduceLong = `reproduce trains what a paper reports, a few presets one after the other, and prints a
table: the published number and its source, ours with twice its standard error over test
rows (or its deviation over folds), whether the target is reached, and the time of the
trainings. It exits with 0 when the table is complete, reached or not.

Every training has a run directory in the folder --run, which is resumed when it exists
and read when it is finished: after an interruption, run the same command again.`

func (a *app) reproduceCommand() *cobra.Command {
	var o reproduceOptions
	c := &cobra.Command{
		Use:   "reproduce NAME | --list",
		Short: "Train what a paper reports and compare",
		Long:  reproduceLong,
		Example: `  maskflow reproduce --list
  maskflow reproduce maf-toy
  maskflow reproduce maf-bsds300 --data-dir ~/data --backend cuda
  maskflow reproduce made-dna --quick`,
		ValidArgsFunction: cobra.FixedCompletions(reproduce.Names(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(c *cobra.Command, args []string) error {
			if o.list {
				return a.listExperiments()
			}
			return a.reproduce(c, args[0], o)
		},
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if o.list {
			return takes()(c, args)
		}
		return takes("NAME")(c, args)
	}
	f := c.Flags()
	f.BoolVar(&o.list, "list", false, "list the experiments, the data they need and its publishers")
	f.StringVar(&o.dir, "run", "", "`directory` of the runs (default runs/NAME)")
	f.BoolVar(&o.quick, "quick", false, "a smoke test: a few steps of every training, which reproduce nothing")
	changedFlag(c, &o.changed)
	backendFlag(c, &a.backend)
	dataDirFlag(c, &a.dataDir)
	f.BoolVar(&o.quiet, "quiet", false, "no progress, only the table")
	jsonFlag(c, &a.json)
	must(c.MarkFlagDirname("run"))
	return c
}

func (a *app) reproduce(c *cobra.Command, name string, o reproduceOptions) error {
	e, err := reproduce.ByName(name)
	if err != nil {
		return usage(err)
	}
	ctx := c.Context()
	b, err := a.openBackend(ctx, io.Discard)
	if err != nil {
		return err
	}
	if o.dir == "" {
		o.dir = filepath.Join(runsDir, name)
	}
	if !o.quiet {
		a.console.line("backend  %s", b)
	}
	watch := func(t reproduce.Training, dir string, c *train.Config) func(runlog.Record) {
		p := newProgress(a.console, c, o.quiet)
		p.intro.add("training", "%s", t.Command())
		p.intro.add("run", "%s", dir)
		return func(r runlog.Record) {
			a.signals.training(r)
			p.observe(r)
		}
	}
	t, err := e.Run(ctx, b, reproduce.Options{Dir: o.dir, DataDir: a.data(), Quick: o.quick, ChangedData: o.changed, Args: append([]string{"maskflow"}, a.args...), Watch: watch})
	a.signals.saved()
	if a.json && err == nil || len(t.Rows) > 0 {
		if err := a.show(t, comparison(t)); err != nil {
			return err
		}
	}
	if cancelled(ctx, err) {
		return &exitError{codeInterrupted, fmt.Errorf("reproducing %s: interrupted (continue with the same command)", name)}
	}
	return err
}

// comparison is the table of a reproduction, with the sources of the published
// numbers below it.
func comparison(t *reproduce.Table) string {
	out := newTable("what", ">published", ">ours", "target", "verdict", ">time")
	var sources, units []string
	for _, r := range t.Rows {
		published := "-"
		if r.Published != "" {
			if !slices.Contains(sources, r.Source) {
				sources = append(sources, r.Source)
			}
			published = fmt.Sprintf("%s [%d]", r.Published, slices.Index(sources, r.Source)+1)
		}
		if !slices.Contains(units, r.Unit) {
			units = append(units, r.Unit)
		}
		out.add(r.What, published, text.WithError(float64(r.Ours), float64(r.Error)), cmp.Or(r.Target, "-"), r.Verdict, text.Duration(r.Seconds))
	}
	text := out.String() + strings.Join(units, "; ") + "\n"
	for i, s := range sources {
		text += fmt.Sprintf("[%d] %s\n", i+1, s)
	}
	if t.Quick {
		text = "quick: not a reproduction\n" + text
	}
	return text
}

func (a *app) listExperiments() error {
	var b strings.Builder
	all := reproduce.Experiments()
	for _, e := range all {
		fmt.Fprintf(&b, "%s: %s\n", e.Name, e.About)
		for _, s := range e.Data {
			fmt.Fprintf(&b, "    needs %s (%s)\n", s.Name, s.From)
		}
	}
	return a.show(map[string]any{"experiments": all}, b.String())
}
