package picture

import (
	"errors"
	"fmt"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/plot"
)

// Series is a line of a chart: Y against X, or against 0, 1, 2, … where X is nil.
type Series struct {
	Name string
	X, Y []float64
}

// columns is how many parts a line is thinned to: about as many as its picture has dots.
const columns = 1000

// many is how many points make a line so dense that it is drawn finer.
const many = 500

// Curve draws series as lines, in their sequence, with a key of their names, such as a training and a validation loss
// in nats against steps. A line has a gap where a coordinate is not finite; a line under the title counts them.
//
// It returns an error if the suffix is not .png or .svg, if there is no series, if one has not as many x as y, if values
// are too far apart for a float64 to hold the distance, or from writing the file.
func Curve(path string, l Labels, series ...Series) error {
	return save(path, func() (figure, error) { return curve(l, series) })
}

func curve(l Labels, series []Series) (figure, error) {
	if len(series) == 0 {
		return figure{}, errors.New("no series: give one at least")
	}
	h := header{title: l.Title}
	p := newPlot(l)
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal = draw.LineStyle{Color: rule, Width: 0.5}
	p.Add(grid)
	var xs, ys []float64
	for i, s := range series {
		if s.X == nil {
			s.X = make([]float64, len(s.Y))
			for i := range s.X {
				s.X[i] = float64(i)
			}
		}
		if len(s.X) != len(s.Y) {
			return figure{}, fmt.Errorf("series %d (%q) has %d x and %d y: give as many of both", i, s.Name, len(s.X), len(s.Y))
		}
		style := lineStyle(i)
		if len(s.Y) > many {
			style.Width = 0.7
		}
		known := 0
		for _, run := range runs(s.X, s.Y) {
			known += len(run)
			for _, at := range run {
				xs, ys = append(xs, at.X), append(ys, at.Y)
			}
			if len(run) == 1 {
				p.Add(&plotter.Scatter{XYs: run, GlyphStyle: draw.GlyphStyle{Color: style.Color, Radius: 1.2, Shape: draw.CircleGlyph{}}})
				continue
			}
			p.Add(&plotter.Line{XYs: thin(run, columns), LineStyle: style})
		}
		name := s.Name
		if name == "" {
			name = fmt.Sprintf("series %d", i)
		}
		if s.Name != "" || len(series) > 1 {
			h.key = append(h.key, entry{name: name, line: style})
		}
		h.note(len(s.Y)-known, len(s.Y), fmt.Sprintf("points of %s that are not finite", name))
	}
	if err := errors.Join(around(&p.X, xs, 0), around(&p.Y, ys, 0.04)); err != nil {
		return figure{}, err
	}
	return framed(4.4*vg.Inch, 2.6*vg.Inch, h, p.Draw), nil
}

// lineStyle is that of series i: six colours, then the same ones with other dashes, and the first six with dashes of
// their own, so that they differ without colour too.
func lineStyle(i int) draw.LineStyle {
	dashes := [][]vg.Length{nil, {5, 2}, {1.5, 1.5}, {7, 2, 1.5, 2}, {3, 1.2}}
	return draw.LineStyle{Color: plot.Series(i), Width: 1.1, Dashes: dashes[i%len(dashes)]}
}
