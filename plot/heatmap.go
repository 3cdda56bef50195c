package plot

import (
	"math"
)

// Range is an interval of an axis, in data units.
type Range struct{ Lo, Hi float64 }

// Grid is a function of two variables on a regular grid, such as the density of a pair.
type Grid struct {
	// Rows and Cols are the numbers of cells along y and x.
	Rows, Cols int
	// Values has shape [Rows, Cols], row-major; row 0 is that of the smallest y. Negative infinity is a value below all
	// others, such as the logarithm of a density of zero, and positive infinity one above.
	Values []float64
	// X and Y are the outer edges of the grid. A range without length, or one that is not finite, means [0, Cols] or
	// [0, Rows].
	X, Y Range
	// Depth is how far below the largest value the colours reach, in the unit of Values; what lies deeper looks like the
	// lowest. 0 means to the smallest finite value, but the logarithm of a density, in nats, shows more of its shape
	// with a depth of about 10.
	Depth float64
	// Name says what Values are, for the legend, such as "log p(x), nats".
	Name string
}

// Fits says whether the number of values is that of the cells.
func (g Grid) Fits() bool {
	return g.Rows >= 0 && g.Cols >= 0 && (g.Cols == 0 && len(g.Values) == 0 ||
		g.Cols > 0 && len(g.Values)%g.Cols == 0 && len(g.Values)/g.Cols == g.Rows)
}

// Edges returns the ranges of both axes with their defaults filled in.
func (g Grid) Edges() (x, y Range) {
	return edges(g.X, g.Cols), edges(g.Y, g.Rows)
}

func edges(r Range, cells int) Range {
	if !r.proper() {
		return Range{0, float64(cells)}
	}
	return r
}

// Scale returns the values that the first and the last colour stand for, and whether there are finite values below the
// first. Without any finite value it returns zeros.
func (g Grid) Scale() (scale Range, deeper bool) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range g.Values {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if lo > hi {
		return Range{}, false
	}
	if floor := hi - g.Depth; g.Depth > 0 && floor > lo {
		return Range{floor, hi}, true
	}
	return Range{lo, hi}, false
}

// Level returns the place of v in the range, from 0 at its lower end to 1 at its upper end. Values outside are at the
// ends, those of a range without length at the upper one; not-a-number stays so.
func (r Range) Level(v float64) float64 {
	switch {
	case math.IsNaN(v):
		return v
	case v >= r.Hi:
		return 1
	case v <= r.Lo:
		return 0
	}
	return min((v/2-r.Lo/2)/(r.Hi/2-r.Lo/2), 1) // halves, whose difference cannot overflow
}

// Resample returns the same function on rows x cols cells, one at least of each. A new cell has the largest value of
// those it covers, so that no ridge is lost, or not-a-number if one is. The grid must fit (see [Grid.Fits]) and hold a
// value.
func (g Grid) Resample(rows, cols int) Grid {
	values := make([]float64, 0, rows*cols)
	for row := range rows {
		fromRow, toRow := Part(row, rows, g.Rows)
		for col := range cols {
			fromCol, toCol := Part(col, cols, g.Cols)
			values = append(values, g.largest(fromRow, toRow, fromCol, toCol))
		}
	}
	g.X, g.Y = g.Edges()
	g.Rows, g.Cols, g.Values = rows, cols, values
	return g
}

// largest returns the largest value of a block of cells, or not-a-number if one is.
func (g Grid) largest(fromRow, toRow, fromCol, toCol int) float64 {
	most := math.Inf(-1)
	for r := fromRow; r < toRow; r++ {
		for _, v := range g.Values[r*g.Cols+fromCol : r*g.Cols+toCol] {
			most = max(most, v) // which keeps not-a-number
		}
	}
	return most
}

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
	rows := height
	if rows >= 2*leastHeight && c.legend(g, scale, deeper) {
		rows--
	}
	x, y := g.Edges()
	inner, _ := Chart{}.axes(c, rows, x, y)
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

// Images draws grey images of shape [n, h, w], row-major, with values in [0, 1] and row 0 above, in at most height lines
// of at most width columns. The images stand in rows, as large as lets all of them in: up to four pixels for one of
// theirs, or a mean of several. Where they would be smaller than 8 x 8 pixels, the last ones are left out.
//
// Values outside [0, 1] are drawn as the nearer end, and not-a-number as "?". The words "no images" are drawn where
// there is none, or where the number of values is not n·h·w.
func Images(images []float64, n, h, w, width, height int, style Style) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	c := newCanvas(width, height)
	if !fits(len(images), n, h, w) {
		c.text(0, 0, "no images")
		return c.lines(style)[:1]
	}
	t := tile(n, h, w, width, 2*height)
	for i := range min(n, t.rows*t.cols) {
		x := i % t.cols * (t.width + 1)
		y := i / t.cols * (t.height + t.gap)
		c.image(images[i*h*w:(i+1)*h*w], h, w, x, y, t)
	}
	last := ((min(n, t.rows*t.cols)-1)/t.cols+1)*(t.height+t.gap) - t.gap // half rows in use
	return c.lines(style)[:min((last+1)/2, height)]
}

// SquareSide returns the side of the square image that a row of so many bits is taken for where it has no shape of its
// own, such as one of MNIST: 16 at least, or 0 where it is none.
func SquareSide(bits int) int {
	const least = 16
	if side := int(math.Sqrt(float64(bits)) + 0.5); side >= least && side*side == bits {
		return side
	}
	return 0
}

// fits says whether n images of h x w are as many values, without the product overflowing.
func fits(values, n, h, w int) bool {
	if n <= 0 || h <= 0 || w <= 0 || h > values || w > values/h {
		return false
	}
	return values%(h*w) == 0 && values/(h*w) == n
}

// tiling is how images are laid out, in half rows.
type tiling struct {
	width, height int // of an image as drawn
	gap           int // between two rows of images: one half row, or two where images would share a cell otherwise
	rows, cols    int
}

// smallest is the side below which an image is no longer made smaller to let others in.
const smallest = 8

// tile finds the largest images of which all n fit, in a canvas of width x height half rows.
func tile(n, h, w, width, height int) tiling {
	var t tiling
	for zoom := 4; zoom >= 1; zoom-- {
		if t = layout(zoom*h, zoom*w, width, height); t.rows*t.cols >= n {
			return t
		}
	}
	for shrink := 2; ; shrink++ {
		smaller := layout(ceil(h, shrink), ceil(w, shrink), width, height)
		if t.rows*t.cols > 0 && min(smaller.width, smaller.height) < smallest {
			return t
		}
		t = smaller
		if t.rows*t.cols >= n || t.width == 1 && t.height == 1 {
			return t
		}
	}
}

func layout(h, w, width, height int) tiling {
	gap := 1 + (h+1)%2
	return tiling{width: w, height: h, gap: gap, rows: (height + gap) / (h + gap), cols: (width + 1) / (w + 1)}
}

func ceil(a, b int) int { return (a + b - 1) / b }

// image draws one image with its upper left corner in column x and half row y.
func (c *canvas) image(values []float64, h, w, x, y int, t tiling) {
	for row := range t.height {
		fromRow, toRow := Part(row, t.height, h)
		for col := range t.width {
			fromCol, toCol := Part(col, t.width, w)
			sum := 0.0
			for r := fromRow; r < toRow; r++ {
				for _, v := range values[r*w+fromCol : r*w+toCol] {
					sum += min(max(v, 0), 1)
				}
			}
			mean := sum / float64((toRow-fromRow)*(toCol-fromCol))
			if math.IsNaN(mean) {
				c.unknown(x+col, y+row)
				continue
			}
			c.dot(x+col, y+row, pixel{mean, solid(grey(mean))})
		}
	}
}

// Grey returns the images [n, size] of coloured ones [n, colours, size]: of every pixel the mean of its colours. What is
// left over behind the last whole image is dropped. Without colours or pixels there is none.
func Grey(values []float32, colours, size int) []float64 {
	if colours < 1 || size < 1 {
		return nil
	}
	grey := make([]float64, len(values)/(colours*size)*size)
	for i := range grey {
		image, pixel := i/size, i%size
		for c := range colours {
			grey[i] += float64(values[(image*colours+c)*size+pixel]) / float64(colours)
		}
	}
	return grey
}
