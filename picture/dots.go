package picture

import (
	"image/color"
	"math"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/plot"
)

// look is how points are drawn.
type look int

const (
	ringed look = iota // white with a dark edge: seen on every colour
	filled             // in the first colour of series
)

// dots draws points, the smaller and the more transparent the more there are.
type dots struct {
	points plotter.XYs
	look   look
}

// Plot implements [gonum.Plotter].
func (d dots) Plot(c draw.Canvas, p *gonum.Plot) {
	x, y := p.Transforms(&c)
	crowd := min(max(math.Log10(float64(len(d.points)))-2, 0), 2) / 2 // 0 up to a hundred, 1 from ten thousand on
	radius := vg.Length(1.7 - 1.1*crowd)
	edge := draw.LineStyle{Color: black, Width: vg.Length(0.5 - 0.35*crowd)}
	fill := color.NRGBA{0xff, 0xff, 0xff, 0xff}
	if d.look == filled {
		s := plot.Series(0)
		fill = color.NRGBA{s.R, s.G, s.B, uint8(220 - 120*crowd)}
	}
	for _, at := range d.points {
		center := vg.Point{X: x(at.X), Y: y(at.Y)}
		var path vg.Path
		path.Move(vg.Point{X: center.X + radius, Y: center.Y})
		path.Arc(center, radius, 0, 2*math.Pi)
		path.Close()
		c.SetColor(fill)
		c.Fill(path)
		if d.look == ringed {
			c.SetLineStyle(edge)
			c.Stroke(path)
		}
	}
}
