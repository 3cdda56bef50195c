package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
	"github.com/maskflow/maskflow/tui"
)

type plotOptions struct {
	kind, output, split string
	half                string    // of an image, which is given
	rows                []int     // of the split, nil for the first ones
	bounds              []float32 // of the window, nil for that of the data
	n                   int
	shape               []int
	seed                uint64
	file, array         string      // rows in the place of the split
	table               *data.Table // of the file, once it is read
	context, truth      string
	columns             []string // of pairs, nil for the first ones
	ascii               bool
	changed             bool
	ensemble            []string
}

const plotLong = `plot draws a run as a picture in a file, .png or .svg by the suffix of -o, or without
-o as text.

  density      ln p(x) of a model of two variables over the range of its data, with rows
               of the split (of a target: samples of the flow)
  samples      images beside each other, or pairs of numbers as points
  pairs        samples of two to eight variables that are numbers, each and in pairs, with the
               regions of highest density that hold 50, 80 and 95 % of them: given the one
               row of --context, with the true values of --truth, or without both beside
               rows of the split
  completions  images of the split of which a half is given: the image, what is given of it,
               and the rest drawn by the model several times (of a model.type: nade)
  columns      each column of the rows of the split beside samples: shares of levels, holes
               and atoms, histograms of numbers
  calibration  probability integral transforms of the rows of the split, randomised where
               values have probabilities, which are uniform on [0, 1] if the model is
               right: a chart for each variable, and a table of Kolmogorov–Smirnov
               statistics with their p-values; of a model with a context the ranks of the
               rows (-n, 500 by default) among 100 samples each, by variable and by density,
               the coverage of regions, and what the context gains
  curve        likelihoods of training and validation by steps

Of an ensemble the density, the samples, the pairs and the columns are those of the mixture, and
so is the calibration: transforms of p(x) = 1/M Σ p_m(x), for which all members need to have one
order of the variables (made, nade). Completions and curves are of one run. With --data the rows
of a file take the place of the split, as pairs that a conditional model has never seen.`

func (a *app) plotCommand() *cobra.Command {
	var o plotOptions
	c := &cobra.Command{
		Use:   "plot RUN --kind KIND [-o FILE]",
		Short: "Draw columns, a density, samples, pairs, completions, calibration or learning curves",
		Long:  plotLong,
		Example: `  maskflow plot runs/banana --kind density
  maskflow plot runs/banana --kind density -o banana.png --bounds -8,8,-4,12
  maskflow plot runs/vae --kind samples -o digits.svg --shape 28,28 -n 64
  maskflow plot runs/digits --kind completions -o halves.png --half left --rows 2,0,17 -n 8
  maskflow plot runs/people --kind columns -o people.png
  maskflow plot runs/moons --kind pairs -o posterior.png --context observed.csv --truth truth.csv
  maskflow plot runs/power --kind pairs --columns voltage,global_intensity
  maskflow plot runs/power --kind calibration --json
  maskflow plot runs/slcp --kind calibration --data more.npz --array valid`,
		RunE: func(c *cobra.Command, args []string) error { return a.plot(c, args[0], o) },
	}
	f := c.Flags()
	wordFlag(c, &o.kind, "kind", "", "`KIND` to draw", plotKindNames()...)
	f.StringVarP(&o.output, "output", "o", "", "`file` to draw in, .png or .svg by its suffix (default the terminal)")
	splitFlag(c, &o.split)
	f.StringVar(&o.file, "data", "", "rows of this `file` in the place of the split")
	f.StringVar(&o.array, "array", "", "`name` of the array in a .npz file of --data")
	f.Float32SliceVar(&o.bounds, "bounds", nil, "window `x0,x1,y0,y1` of a density (default that of the data)")
	f.Lookup("bounds").DefValue = "" // else it is shown as []
	countFlag(c, &o.n, "number", "n", 1, "`N` rows or samples (default 64 images, 1000 points, 6 completions of a row, all rows for a calibration, at most 10,000 for columns, 10,000 for pairs)")
	f.IntSliceVar(&o.shape, "shape", nil, "height and width `H,W` of images, where the source has none")
	wordFlag(c, &o.half, "half", "upper", "`HALF` of each image that is given for its completions", slices.Sorted(maps.Keys(halves))...)
	f.IntSliceVar(&o.rows, "rows", nil, "rows `I,J,…` of the split to complete, counted from 0 (default a few, evenly)")
	f.Uint64Var(&o.seed, "seed", 0, "random seed of the samples")
	f.StringVar(&o.context, "context", "", "`file` with the context of the samples, of pairs one row")
	f.StringVar(&o.truth, "truth", "", "`file` with one row of true values to mark in pairs, by the names of the variables or by their places")
	f.StringSliceVar(&o.columns, "columns", nil, "variables `A,B,…` whose pairs are drawn (default the first ones)")
	ensembleFlag(c, &o.ensemble)
	a.readFlags(c)
	f.BoolVar(&o.ascii, "ascii", false, "draw with ASCII characters only")
	changedFlag(c, &o.changed)
	backendFlag(c, &a.backend)
	dataDirFlag(c, &a.dataDir)
	jsonFlag(c, &a.json)
	must(c.MarkFlagFilename("output", "png", "svg"))
	return c
}

// plotKinds are the kinds of pictures and what draws each: with the trained model of
// a run, or with its directory alone.
var plotKinds = map[string]struct {
	model func(*app, context.Context, *maskflow.Ensemble, plotOptions) error
	run   func(*app, string, plotOptions) error
}{
	"calibration": {model: (*app).plotCalibration}, "columns": {model: (*app).plotColumns},
	"completions": {model: (*app).plotCompletions}, "curve": {run: (*app).plotCurve},
	"density": {model: (*app).plotDensity}, "pairs": {model: (*app).plotPairs}, "samples": {model: (*app).plotSamples},
}

func plotKindNames() []string { return slices.Sorted(maps.Keys(plotKinds)) }

func (a *app) plot(c *cobra.Command, dir string, o plotOptions) error {
	if err := needs(c, "kind"); err != nil {
		return err
	}
	if err := checkOutput(c, "output", o.output, pictures(".png", ".svg"), o.file, o.context, o.truth); err != nil {
		return err
	}
	switch {
	case a.json && (o.kind != "calibration" || o.output != ""):
		return misused(c, "--json is for --kind calibration without -o: other kinds have no figures")
	case o.file != "" && (o.kind == "samples" || o.kind == "curve"):
		return misused(c, "--data is for kinds that draw rows, not for --kind %s", o.kind)
	case o.file != "" && o.context != "":
		return misused(c, "--data and --context exclude each other: the samples given a context are beside no rows")
	case o.file != "" && (c.Flags().Changed("split") || o.changed):
		return misused(c, "--data excludes --split and --changed-data")
	case o.file == "" && o.array != "":
		return misused(c, "--array is for --data")
	case o.bounds != nil && o.kind != "density":
		return misused(c, "--bounds is for --kind density")
	case o.bounds != nil && !isWindow(o.bounds):
		return misused(c, "--bounds: need four numbers x0,x1,y0,y1 with x0 < x1 and y0 < y1")
	case o.context != "" && o.kind != "samples" && o.kind != "pairs":
		return misused(c, "--context is for --kind samples and pairs")
	case (o.truth != "" || o.columns != nil) && o.kind != "pairs":
		return misused(c, "--truth and --columns are for --kind pairs")
	case o.truth == "-" && o.context == "-":
		return misused(c, "--context and --truth cannot both be standard input")
	case len(o.shape) > 0 && o.kind != "samples" && o.kind != "completions":
		return misused(c, "--shape is for --kind samples and completions")
	case (o.rows != nil || c.Flags().Changed("half")) && o.kind != "completions":
		return misused(c, "--rows and --half are for --kind completions")
	}
	kind := plotKinds[o.kind]
	if kind.run != nil {
		if err := runlog.NoMembers(dir); err != nil || o.ensemble != nil {
			return usage(cmp.Or(err, fmt.Errorf("--kind %s is of one run", o.kind)))
		}
		return kind.run(a, dir, o)
	}
	e, err := a.openEnsemble(c.Context(), dir, o.ensemble)
	if err != nil {
		return err
	}
	return kind.model(a, c.Context(), e, o)
}

// isWindow reports whether numbers are x0,x1,y0,y1 with room between them.
func isWindow(b []float32) bool {
	side := func(lo, hi float32) bool { return lo < hi && !math.IsInf(float64(hi-lo), 0) }
	return len(b) == 4 && side(b[0], b[1]) && side(b[2], b[3])
}

// title is what stands above a picture.
func title(e *maskflow.Ensemble, what string) string {
	c, of := e.First().Config, ""
	if !e.One() {
		of = fmt.Sprintf(", ensemble of %d", len(e.Members()))
	}
	return fmt.Sprintf("%s (%s%s): %s", c.Name, c.Model.Name(), of, what)
}

// textHeight is how many lines a chart in a terminal has.
const textHeight = 24

// page is what charts of package plot are printed on, and its width.
func (a *app) page(o plotOptions) (screen tui.Screen, width int) {
	width, _ = terminalSize(a.stdout)
	return tui.DetectScreen(a.stdout, os.Environ(), o.ascii), cmp.Or(min(width, maxTextWidth), 80)
}

// Variables whose charts are drawn; all are in the table.
const (
	fileVariables = 64
	textVariables = 4
)

// plotSplit reads the split of the options, or the file in its place, as each run prepares it, and renames it there where it is
// another.
func (a *app) plotSplit(ctx context.Context, e *maskflow.Ensemble, o *plotOptions) ([]*data.Prepared, []string, error) {
	if o.file != "" {
		var err error
		if o.table, err = a.plotFile(ctx, e, o); err != nil {
			return nil, nil, err
		}
		var sets []*data.Prepared
		for _, r := range e.Members() {
			set, err := r.Preparation().Apply(o.table)
			if err != nil {
				return nil, nil, err
			}
			sets = append(sets, set)
		}
		o.split = "file"
		return sets, nil, nil
	}
	splits, changed, err := a.readData(ctx, e, o.split, o.changed)
	if err != nil {
		return nil, nil, err
	}
	sets, err := splitsOf(e, splits, o.split, changed)
	if changed != nil {
		o.split = train.ChangedSplit
		a.console.line("%s", strings.TrimSpace(changedText(changed)))
	}
	return sets, changed, err
}

// plotFile is the file that takes the place of a split.
func (a *app) plotFile(ctx context.Context, e *maskflow.Ensemble, o *plotOptions) (*data.Table, error) {
	read, err := a.optionsAs(e.First(), o.file, o.array)
	if err != nil {
		return nil, err
	}
	return a.readWhole(ctx, e.First(), o.file, read)
}

// plotData is plotSplit for a kind of plot that needs rows.
func (a *app) plotData(ctx context.Context, e *maskflow.Ensemble, o *plotOptions) ([]*data.Prepared, []string, error) {
	sets, changed, err := a.plotSplit(ctx, e, o)
	if err == nil && sets[0].Dim == 0 {
		err = usage(fmt.Errorf("--kind %s needs rows of data, but %s is fitted to a target without any", o.kind, e.Name(0)))
	}
	return sets, changed, err
}

// plotCurve draws what a run has logged.
func (a *app) plotCurve(dir string, o plotOptions) error {
	m, err := runlog.ReadManifest(dir)
	if err != nil {
		return err
	}
	h, err := runlog.Load(dir)
	if err != nil {
		return err
	}
	raw, train, valid := curvesOf(h)
	if len(train.X) == 0 && len(valid.X) == 0 {
		return fmt.Errorf("%s has logged no step yet", dir)
	}
	c, what := curveChart(raw, train, valid), "negative log-likelihood, nats"
	if m.Conditional() {
		what = runlog.ConditionalNLL + ", nats"
		c.YName = what
	}
	if o.output != "" {
		return picture.Curve(o.output, picture.Labels{Title: m.Name + ": learning curves", X: "step", Y: what}, train, valid)
	}
	screen, width := a.page(o)
	lines, _ := c.Draw(width, textHeight-1, screen.Style())
	return screen.Print(a.stdout, append([]string{c.Key(width, screen.Style())}, lines...))
}

// ownUnits marks losses that are not in the units of validations.
const ownUnits = " (units of version 0.1.0)"

// curvesOf returns the negative log-likelihoods that a run has logged by its steps.
func curvesOf(h *runlog.History) (raw, train, valid picture.Series) {
	raw.Name, train.Name, valid.Name = "training", "training, moving average", "validation"
	for i := range h.Train.Len() {
		r := h.Train.At(i)
		raw.X, raw.Y = append(raw.X, float64(r.Step)), append(raw.Y, float64(r.Loss))
		train.X, train.Y = append(train.X, float64(r.Step)), append(train.Y, float64(r.EMA))
	}
	for _, r := range h.Valid {
		valid.X, valid.Y = append(valid.X, float64(r.Step)), append(valid.Y, float64(r.OfOthers()))
	}
	if h.Units() == runlog.OwnUnits {
		raw.Name, train.Name = raw.Name+ownUnits, train.Name+ownUnits
	}
	return raw, train, valid
}

// curveChart draws learning curves, with a star at the best validation. The first
// steps, which are far above the rest, run off the edge.
func curveChart(raw, train, valid picture.Series) plot.Chart {
	c := plot.Chart{Robust: true, XName: "step", YName: "nats"}
	for _, s := range []picture.Series{raw, train, valid} {
		c.Lines = append(c.Lines, plot.Line{Name: s.Name, Points: plot.XY{X: s.X, Y: s.Y}})
	}
	c.Lines[0].Faint, c.Lines[0].Colour = true, plot.Series(0)
	c.Lines[1].Colour, c.Lines[2].Colour = plot.Series(0), plot.Series(1)
	if len(valid.Y) > 0 {
		if i := floats.MinIdx(valid.Y); !math.IsNaN(valid.Y[i]) {
			c.Marks = []plot.Mark{{X: valid.X[i], Y: valid.Y[i], Rune: '★', Colour: plot.Series(2)}}
		}
	}
	return c
}
