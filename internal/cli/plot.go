package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/tui"
)

type plotOptions struct {
	kind, output, split string
	window              string
	bounds              []float64 // of the window, nil for that of the data
	n                   int
	shape               []int
	seed                uint64
	context             string
	ascii               bool
}

const plotLong = `plot draws a run as a picture in a file, .png or .svg by the suffix of -o, or without
-o as text.

  density      ln p(x) of a model of two variables over the range of its data, or over
               --bounds, with rows of the split (of a target: samples of the flow)
  samples      images beside each other, or pairs of numbers as points; --shape gives
               the size of images where the source has none
  calibration  probability integral transforms of the rows of the split, variable by
               variable, which are uniform on [0, 1] if the model is right. Of a flow
               over normal noise they are Φ(z) of the latent codes z; of Gaussian and
               mixture conditionals, P(X ≤ x) given the variables before in the first
               order. A table (with --json, one object) has the Kolmogorov–Smirnov
               statistic of each with its p-value
  curve        likelihoods of training and validation by steps

Colours follow the terminal, and NO_COLOR turns them off; --ascii uses ASCII only.`

func (a *app) plotCommand() *cobra.Command {
	var o plotOptions
	c := &cobra.Command{
		Use:   "plot RUN --kind KIND [-o FILE]",
		Short: "Draw a density, samples, calibration or learning curves",
		Long:  plotLong,
		Example: `  maskflow plot runs/banana --kind density
  maskflow plot runs/banana --kind density -o banana.png --bounds -8,8,-4,12
  maskflow plot runs/vae --kind samples -o digits.svg --shape 28,28 -n 64
  maskflow plot runs/power --kind calibration --json`,
		RunE: func(c *cobra.Command, args []string) error { return a.plot(c, args[0], o) },
	}
	f := c.Flags()
	wordFlag(c, &o.kind, "kind", "", "`KIND` to draw: "+strings.Join(plotKindNames(), ", "), plotKindNames()...)
	f.StringVarP(&o.output, "output", "o", "", "`file` to draw in, .png or .svg by its suffix (default the terminal)")
	splitFlag(c, &o.split)
	f.StringVar(&o.window, "bounds", "", "window `x0,x1,y0,y1` of a density (default that of the data)")
	countFlag(c, &o.n, "number", "n", 1, "`N` rows or samples (default 64 images, 1000 points, all rows for a calibration)")
	f.IntSliceVar(&o.shape, "shape", nil, "height and width `H,W` of images")
	f.Uint64Var(&o.seed, "seed", 0, "random seed of the samples")
	f.StringVar(&o.context, "context", "", "`file` with the context of the samples")
	f.BoolVar(&o.ascii, "ascii", false, "draw with ASCII characters only")
	backendFlag(c, &a.backend)
	dataDirFlag(c, &a.dataDir)
	jsonFlag(c, &a.json)
	must(c.MarkFlagFilename("output", "png", "svg"))
	return c
}

// plotKinds are the kinds of pictures and what draws each: with the trained model of
// a run, or with its directory alone.
var plotKinds = map[string]struct {
	model func(*app, context.Context, *maskflow.Run, plotOptions) error
	run   func(*app, string, plotOptions) error
}{
	"calibration": {model: (*app).plotCalibration}, "curve": {run: (*app).plotCurve},
	"density": {model: (*app).plotDensity}, "samples": {model: (*app).plotSamples},
}

func plotKindNames() []string { return slices.Sorted(maps.Keys(plotKinds)) }

func (a *app) plot(c *cobra.Command, dir string, o plotOptions) (err error) {
	if err := needs(c, "kind"); err != nil {
		return err
	}
	switch ext := strings.ToLower(filepath.Ext(o.output)); {
	case o.output != "" && ext != ".png" && ext != ".svg":
		return misused(c, "-o %s: pictures are .png or .svg", o.output)
	case a.json && (o.kind != "calibration" || o.output != ""):
		return misused(c, "--json is for --kind calibration without -o: other kinds have no figures")
	case o.window != "" && o.kind != "density":
		return misused(c, "--bounds is for --kind density")
	case (len(o.shape) > 0 || o.context != "") && o.kind != "samples":
		return misused(c, "--shape and --context are for --kind samples")
	}
	if o.window != "" {
		if o.bounds, err = parseBounds(o.window); err != nil {
			return misused(c, "--bounds %s: %v", o.window, err)
		}
	}
	kind := plotKinds[o.kind]
	if kind.run != nil {
		return kind.run(a, dir, o)
	}
	r, err := a.openRun(c.Context(), dir)
	if err != nil {
		return err
	}
	return kind.model(a, c.Context(), r, o)
}

// parseBounds reads x0,x1,y0,y1.
func parseBounds(text string) ([]float64, error) {
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return nil, fmt.Errorf("need four numbers x0,x1,y0,y1, got %d", len(parts))
	}
	var b []float64
	for _, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 32)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number of float32", part)
		}
		b = append(b, v)
	}
	if !(b[0] < b[1]) || !(b[2] < b[3]) || math.IsInf(b[1]-b[0], 0) || math.IsInf(b[3]-b[2], 0) {
		return nil, errors.New("need x0 < x1 and y0 < y1")
	}
	return b, nil
}

// title is what stands above a picture.
func title(r *maskflow.Run, what string) string {
	return fmt.Sprintf("%s (%s): %s", r.Config.Name, r.Config.Model.Name(), what)
}

// textHeight is how many lines a chart in a terminal has.
const textHeight = 24

// writeChart prints the lines that a chart of package plot has for the width of
// the terminal.
func (a *app) writeChart(o plotOptions, height int, chart func(width, height int, style plot.Style) []string) error {
	width := cmp.Or(terminalWidth(a.stdout), 80)
	style := tui.DetectScreen(a.stdout, os.Environ(), o.ascii).Style()
	return a.print("%s\n", strings.Join(chart(width, height, style), "\n"))
}
