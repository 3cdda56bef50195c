package picture

import (
	"errors"
	"fmt"
	"image"
	"math"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/plot"
)

// Density draws a density of two variables, or its logarithm in nats, as a heat map with a bar of its colours, named
// g.Name. Points, of shape [n, 2], row-major, in the units of the axes, are drawn over it; nil draws none.
//
// Cells that are not numbers are grey. Points outside the grid, or not finite, are left out; a line under the title
// counts them.
//
// It returns an error if the suffix is not .png or .svg, if g is empty or has not Rows x Cols values, if an axis runs
// backwards or without end, if the points are an odd number of coordinates, or from writing the file.
func Density(path string, g plot.Grid, points []float32, l Labels) error {
	return save(path, func() (figure, error) { return density(g, points, l) })
}

func density(g plot.Grid, points []float32, l Labels) (figure, error) {
	if !g.Fits() || len(g.Values) == 0 {
		return figure{}, fmt.Errorf("the grid has %d values, want %d rows x %d columns, one of each at least", len(g.Values), g.Rows, g.Cols)
	}
	if len(points)%2 != 0 {
		return figure{}, fmt.Errorf("the points are %d coordinates, an odd number: give x and y of each", len(points))
	}
	if err := errors.Join(checkAxis("x", g.X), checkAxis("y", g.Y)); err != nil {
		return figure{}, err
	}
	x, y := g.Edges()
	p := newPlot(l)
	scale, deeper := g.Scale()
	p.Add(plotter.NewImage(raster(g, scale), x.Lo, y.Lo, x.Hi, y.Hi))
	inside, outside := split(points, x, y)
	if len(inside) > 0 {
		p.Add(dots{inside, ringed})
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Lo, x.Hi, y.Lo, y.Hi

	h := header{title: l.Title}
	h.note(count(g.Values, math.IsNaN), len(g.Values), "cells that are not numbers (grey)")
	h.note(outside, len(points)/2, "points outside")
	if deeper {
		h.note(count(g.Values, func(v float64) bool { return v < scale.Lo }), len(g.Values), "cells below the scale")
	}
	bar := colourBar(scale, g.Name)
	return framed(4.4*vg.Inch, densityHeight, h, func(c draw.Canvas) {
		room := bar.DataCanvas(c).Min.X - c.Min.X + barWidth
		left := draw.Crop(c, 0, -room-gap, 0, 0)
		p.Draw(left)
		data := p.DataCanvas(left)
		frame(data)
		right := draw.Crop(c, c.Size().X-room, 0, data.Min.Y-c.Min.Y, data.Max.Y-c.Max.Y)
		bar.Draw(right)
		frame(bar.DataCanvas(right))
	}), nil
}

func checkAxis(name string, r plot.Range) error {
	if length := r.Hi - r.Lo; length < 0 || math.IsInf(length, 0) {
		return fmt.Errorf("the %s axis runs from %v to %v: give the smaller edge first, and finite ones", name, r.Lo, r.Hi)
	}
	return nil
}

func count(values []float64, is func(float64) bool) int {
	n := 0
	for _, v := range values {
		if is(v) {
			n++
		}
	}
	return n
}

// raster is the colours of a grid, row 0 below.
func raster(g plot.Grid, scale plot.Range) image.Image {
	g = g.Resample(pixels(g.Rows), pixels(g.Cols))
	img := image.NewRGBA(image.Rect(0, 0, g.Cols, g.Rows))
	for i, v := range g.Values {
		c := none
		if level := scale.Level(v); !math.IsNaN(level) {
			c = plot.Ramp(level)
		}
		img.SetRGBA(i%g.Cols, g.Rows-1-i/g.Cols, c)
	}
	return img
}

// pixels is how many pixels so many cells get. They are as many for each as make its edges sharp at any size, and for
// very many cells not more than can be seen.
func pixels(cells int) int {
	const few, most = 800, 1600
	zoom := (few + cells - 1) / cells
	return min(zoom*cells, most)
}

// split returns the points inside the axes, and the number of the others.
func split(points []float32, x, y plot.Range) (inside plotter.XYs, outside int) {
	for i := 0; i < len(points); i += 2 {
		px, py := float64(points[i]), float64(points[i+1])
		if px >= x.Lo && px <= x.Hi && py >= y.Lo && py <= y.Hi {
			inside = append(inside, plotter.XY{X: px, Y: py})
		}
	}
	return inside, len(points)/2 - len(inside)
}

// frame draws the outline of the data.
func frame(c draw.Canvas) {
	line := draw.LineStyle{Color: black, Width: 0.6}
	corners := box(c.Min.X, c.Min.Y, c.Max.X, c.Max.Y)
	c.StrokeLines(line, append(corners, corners[0]))
}

const (
	densityHeight = 3.4 * vg.Inch
	barWidth      = 10 // of the colour bar, without its axis
)

// colourBar is the scale of a heat map: one mark where all values are the same, or too far apart for an axis.
func colourBar(scale plot.Range, name string) *gonum.Plot {
	const steps = 256
	img := image.NewRGBA(image.Rect(0, 0, 1, steps))
	for i := range steps {
		img.SetRGBA(0, steps-1-i, plot.Ramp(float64(i)/(steps-1)))
	}
	p := newPlot(Labels{Y: name})
	p.Y.Label.Text = shorten(p.Y.Label.Text, p.Y.Label.TextStyle, 0.8*densityHeight)
	p.HideX()
	if length := scale.Hi - scale.Lo; !(length > 0) || math.IsInf(length, 0) {
		p.Y.Tick.Marker = gonum.ConstantTicks{{Value: 1, Label: minus(fmt.Sprintf("%.4g", scale.Hi))}}
		scale = plot.Range{Lo: 0, Hi: 1}
	}
	p.Add(plotter.NewImage(img, 0, scale.Lo, 1, scale.Hi))
	return p
}
