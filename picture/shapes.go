package picture

import (
	"image/color"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// bar is a rectangle in data units.
type bar struct {
	x0, x1, y0, y1 float64
	color          color.RGBA
}

// boxes are filled rectangles.
type boxes []bar

// Plot implements [gonum.Plotter].
func (b boxes) Plot(c draw.Canvas, p *gonum.Plot) {
	x, y := p.Transforms(&c)
	for _, r := range b {
		c.FillPolygon(r.color, c.ClipPolygonXY(box(x(r.x0), y(r.y0), x(r.x1), y(r.y1))))
	}
}

// outlines are rectangles that let through what is below them.
type outlines []bar

// Plot implements [gonum.Plotter].
func (o outlines) Plot(c draw.Canvas, p *gonum.Plot) {
	x, y := p.Transforms(&c)
	for _, r := range o {
		corners := box(x(r.x0), y(r.y0), x(r.x1), y(r.y1))
		c.FillPolygon(translucent(r.color), corners)
		c.StrokeLines(draw.LineStyle{Color: r.color, Width: 0.7}, append(corners, corners[0]))
	}
}

// level is a horizontal line.
type level float64

// Plot implements [gonum.Plotter].
func (l level) Plot(c draw.Canvas, p *gonum.Plot) {
	_, y := p.Transforms(&c)
	at := y(float64(l))
	c.StrokeLine2(draw.LineStyle{Color: black, Width: 0.6}, c.Min.X, at, c.Max.X, at)
}

func translucent(c color.RGBA) color.NRGBA { return color.NRGBA{c.R, c.G, c.B, 0x70} }
