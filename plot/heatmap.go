package plot

import "math"

// Heatmap draws a grid in at most height lines of at most width columns: the largest values brightest, by [Ramp] in
// colour and by the ink of characters without. Axes and a legend are drawn where there is room for them. Where a pixel
// stands for several cells it shows their largest value, so that no ridge is lost, and "?" if one is not a number.
//
// A grid without values, or with another number of them than Rows x Cols, is drawn as the words "no values".
func Heatmap(g Grid, width, height int, style Style) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	c := newCanvas(width, height)
	if !g.Fits() || len(g.Values) == 0 {
		c.text(0, 0, "no values")
		return c.lines(style)[:1]
	}
	scale, deeper := g.Scale()
	a := c.all()
	if a.height >= 2*leastHeight && c.legend(g, scale, deeper) {
		a.height--
	}
	x, y := g.Edges()
	inner, axes := c.axes(a, y)
	if axes {
		c.below(inner, x)
	}
	c.grid(inner, g, scale)
	return c.lines(style)
}

// grid fills an area with the cells of a grid.
func (c *canvas) grid(a area, g Grid, scale Range) {
	g = g.Resample(2*a.height, a.width)
	for half := range g.Rows {
		for col := range g.Cols {
			x, y := a.x+col, 2*a.y+half
			level := scale.Level(g.Values[(g.Rows-1-half)*g.Cols+col])
			if math.IsNaN(level) {
				c.unknown(x, y)
				continue
			}
			c.dot(x, y, pixel{level, solid(Ramp(level))})
		}
	}
}

// legend writes on the last row what the colours mean, and whether there was room for it.
func (c *canvas) legend(g Grid, scale Range, deeper bool) bool {
	lo, hi := ends(scale)
	if deeper {
		lo = "≤ " + lo
	}
	name := clean(g.Name)
	if name != "" {
		name += "  "
	}
	const leastBar, mostBar = 4, 24
	ends := columns(lo) + 1 + 1 + columns(hi)
	if columns(name)+ends+leastBar > c.width {
		name = ""
	}
	bar := min(c.width-columns(name)-ends, mostBar)
	if bar < leastBar {
		return false
	}
	y := c.height - 1
	c.text(0, y, name+lo)
	at := columns(name) + columns(lo) + 1
	for i := range bar {
		level := (float64(i) + 0.5) / float64(bar)
		p := pixel{level, solid(Ramp(level))}
		c.dot(at+i, 2*y, p)
		c.dot(at+i, 2*y+1, p)
	}
	c.text(at+bar+1, y, hi)
	return true
}
