package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
)

// Cells of a density along each axis, in a file and in a terminal.
const (
	fileCells = 240
	textCells = 96
)

// plotDensity draws ln p over a window.
func (a *app) plotDensity(ctx context.Context, e *maskflow.Ensemble, o plotOptions) error {
	r := e.First()
	switch {
	case r.Density() == nil || !models.Smooth(r.Definition()):
		return usage(fmt.Errorf("--kind density draws a density over real numbers, but that of %s is none (try --kind columns)", r.Path))
	case r.Definition().Dim() != 2:
		return usage(fmt.Errorf("--kind density draws two variables, but the model of %s has %d (try --kind columns)", r.Path, r.Definition().Dim()))
	case r.Definition().ContextDim() > 0:
		return usage(fmt.Errorf("--kind density draws one density, but that of %s is another for each context", r.Path))
	}
	points, names, err := a.plotRows(ctx, e, &o)
	if err != nil {
		return err
	}
	cells := fileCells
	if o.output == "" {
		cells = textCells
	}
	window := exec.GridOf(points, cells)
	if b := o.bounds; b != nil {
		window.X, window.Y = [2]float64{float64(b[0]), float64(b[1])}, [2]float64{float64(b[2]), float64(b[3])}
	}
	g, err := densityGrid(ctx, e, window)
	if err != nil {
		return err
	}
	if o.output == "" {
		screen, width := a.page(o)
		return screen.Print(a.stdout, plot.Heatmap(g, width, textHeight, screen.Style()))
	}
	return picture.Density(o.output, g, points, picture.Labels{Title: title(e, "density and "+o.split+" rows"), X: names[0], Y: names[1]})
}

// plotRows are rows of the split, or samples of a flow that is fitted to a target,
// with the names of their columns.
func (a *app) plotRows(ctx context.Context, e *maskflow.Ensemble, o *plotOptions) (rows []float32, names []string, err error) {
	n := cmp.Or(o.n, 1000)
	sets, _, err := a.plotSplit(ctx, e, o)
	if err != nil {
		return nil, nil, err
	}
	r, set := e.First(), sets[0]
	if set.Dim == 0 {
		rows, err = r.Core.Sample(ctx, n, maskflow.SampleOptions{Seed: o.seed})
	} else {
		rows, err = r.Preparation().UndoValues(set.X[:min(n, set.Rows)*set.Dim])
	}
	return rows, columnNames(set.Columns, r.Definition().Dim()), err
}

// columnNames are names of variables, or x1, x2, … where the source has none.
func columnNames(names []string, dim int) []string {
	if len(names) == dim {
		return names
	}
	names = make([]string, dim)
	for d := range names {
		names[d] = fmt.Sprintf("x%d", d+1)
	}
	return names
}

// gridIn is a grid of values in a window.
func gridIn(w exec.Grid, values []float64, name string) plot.Grid {
	return plot.Grid{Rows: w.Cells, Cols: w.Cells, Values: values, Name: name,
		X: plot.Range{Lo: w.X[0], Hi: w.X[1]}, Y: plot.Range{Lo: w.Y[0], Hi: w.Y[1]}}
}

// densityGrid computes ln p in the middle of each cell. Where there is none, as
// beyond the range of a logit, it is −Inf.
func densityGrid(ctx context.Context, e *maskflow.Ensemble, window exec.Grid) (plot.Grid, error) {
	rows, err := data.FromFlat(window.Middles(), 2)
	if err != nil {
		return plot.Grid{}, err
	}
	var sets []*data.Prepared
	for _, r := range e.Members() {
		set, err := r.Preparation().Points(rows)
		if err != nil {
			return plot.Grid{}, err
		}
		sets = append(sets, set)
	}
	logp, err := e.LogProbOf(ctx, sets)
	if err != nil {
		return plot.Grid{}, err
	}
	g := gridIn(window, logp, "ln p(x), nats")
	g.Depth = 10
	return g, nil
}

// plotSamples draws images or points.
func (a *app) plotSamples(ctx context.Context, e *maskflow.Ensemble, o plotOptions) error {
	r := e.First()
	shape, err := sampleShape(r, o)
	if err != nil {
		return err
	}
	n := cmp.Or(o.n, 64)
	if o.n == 0 && len(shape) == 1 {
		n = 1000
	}
	if len(shape) > 1 && o.output != "" && n > picture.MaxImages {
		return usage(fmt.Errorf("-n %d: a picture holds up to %d images", n, picture.MaxImages))
	}
	cond, err := a.readContext(ctx, r, o.context, n)
	if err != nil {
		return err
	}
	rows, err := e.Sample(ctx, n, maskflow.SampleOptions{Seed: o.seed, Context: cond})
	if err != nil {
		return err
	}
	x, err := rows.Values()
	if err != nil {
		return err
	}
	if len(shape) > 1 {
		whiten(r, x)
	}
	if o.output != "" {
		l := picture.Labels{Title: title(e, text.Count(n, "sample"))}
		if len(shape) == 1 {
			l.X, l.Y = "x1", "x2"
		}
		return picture.Samples(o.output, x, n, shape, l)
	}
	screen, width := a.page(o)
	if len(shape) == 1 {
		return screen.Print(a.stdout, plot.Heatmap(pointGrid(x, textCells/2), width, textHeight, screen.Style()))
	}
	h, w := shape[len(shape)-2], shape[len(shape)-1]
	grey := plot.Grey(x, r.Definition().Dim()/(h*w), h*w)
	return screen.Print(a.stdout, plot.Images(grey, n, h, w, width, 2*textHeight, screen.Style()))
}

// whiten makes pixels of the source those of pictures, from black, 0, to white, 1.
func whiten(r *maskflow.Model, x []float32) {
	if white := float32(r.Preparation().White()); white != 1 {
		for k := range x {
			x[k] /= white
		}
	}
}

// sampleShape is that of a sample: [h, w] or [3, h, w], as the source or the options have it or as many bits as a square
// has, and of kind samples [2].
func sampleShape(r *maskflow.Model, o plotOptions) ([]int, error) {
	if len(o.shape) > 0 {
		if len(o.shape) != 2 || o.shape[0] < 1 || o.shape[0]*o.shape[1] != r.Definition().Dim() {
			return nil, usage(fmt.Errorf("--shape %v: need a height and a width whose product is %d, the variables of %s", o.shape, r.Definition().Dim(), r.Path))
		}
		return o.shape, nil
	}
	shape := r.Shape
	if len(shape) == 3 && shape[0] == 1 {
		shape = shape[1:]
	}
	side, draws := plot.SquareSide(r.Definition().Dim()), "images"
	if o.kind == "samples" {
		draws += " or pairs of numbers"
	}
	switch {
	case len(shape) == 2, len(shape) == 3 && shape[0] == 3:
		return shape, nil
	case r.Definition().Dim() == 2 && isNumber(r, 0) && isNumber(r, 1) && o.kind == "samples":
		return []int{2}, nil
	case side > 0 && models.Binary(r.Definition()):
		return []int{side, side}, nil
	}
	return nil, usage(fmt.Errorf("--kind %s draws %s, but the model of %s has %s (give the size of images with --shape H,W, or try --kind columns)", o.kind, draws, r.Path, text.Count(r.Definition().Dim(), "variable")))
}

// isNumber reports whether the values of a variable are numbers and nothing else.
func isNumber(r *maskflow.Model, d int) bool {
	of := models.VariableOf(r.Definition(), d)
	schema := r.Preparation().Schema()
	return of.States == 0 && (schema == nil || schema[r.Preparation().Variables[d]].Levels == nil)
}

// pointGrid counts points in cells.
func pointGrid(points []float32, cells int) plot.Grid {
	g := gridIn(exec.GridOf(points, cells), make([]float64, cells*cells), "samples in a cell")
	cell := func(r plot.Range, v float32) int {
		return int(math.Floor((float64(v) - r.Lo) / (r.Hi - r.Lo) * float64(cells)))
	}
	for i := 0; i < len(points); i += 2 {
		if col, row := cell(g.X, points[i]), cell(g.Y, points[i+1]); min(col, row) >= 0 && max(col, row) < cells {
			g.Values[row*cells+col]++
		}
	}
	return g
}
