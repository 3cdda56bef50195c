package plot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// Panels as text, in columns and lines.
const (
	leastPanelWidth  = 11 // with its axis
	leastPanelHeight = 4
	yLabels          = 8 // columns for the ends of the axes of y
	xLabels          = 2 // lines for those of x, and for names
)

// Across returns how many variables have room in a width.
func (p Pairs) Across(width int) int { return min(max((width-yLabels)/leastPanelWidth, 2), MostPairs) }

// Draw draws pairs of the first variables that have room in at most height lines of at most width columns: of two variables
// the regions of highest density that hold 50, 80 and 95 % of the samples, the first brightest, and of more a triangle of
// panels, with histograms on its diagonal, in which lines are those of the second set. True values are an X, that of a
// histogram below it.
//
// Where [Pairs.Check] has an error, or there is no room, the words "no pairs" are drawn.
func (p Pairs) Draw(width, height int, style Style) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	c := newCanvas(width, height)
	shown, key := min(len(p.Names), p.Across(width)), height-1
	if p.Check() != nil || (width-yLabels)/shown < leastPanelWidth || (key-xLabels)/shown < leastPanelHeight {
		c.text(0, 0, "no pairs")
		return c.lines(style)[:1]
	}
	p = p.Spread()
	if shown == 2 {
		inner, _ := Chart{XName: p.Names[0], YName: p.Names[1]}.axes(c, key, p.Axis(0), p.Axis(1))
		c.regions(inner, p, 0, 1)
	} else {
		panel := area{yLabels, 0, (width - yLabels) / shown, (key - xLabels) / shown}
		panel.height = min(panel.height, panel.width/2+1)
		key = shown*panel.height + xLabels
		c.triangle(p, shown, panel, style)
	}
	c.pairsKey(p, key, shown > 2)
	return c.lines(style)[:key+1]
}

// triangle draws panels of the first variables from the first one on, with the names of those of x and y and the ends of
// their axes.
func (c *canvas) triangle(p Pairs, shown int, first area, style Style) {
	for y := range shown {
		inner := area{first.x, first.y + y*first.height + 1, first.width - 2, first.height - 2} // within the axes
		c.text(0, inner.y-1, text.Shorten(clean(p.Names[y]), yLabels+inner.width))
		lo, hi := ends(p.Axis(y))
		if y > 0 {
			c.tick(inner, 0, text.Shorten(hi, yLabels-2))
			c.tick(inner, inner.height-1, text.Shorten(lo, yLabels-2))
		}
		for x := range y + 1 {
			for row := range inner.height {
				if x > 0 || y == 0 || row > 0 && row < inner.height-1 {
					c.mark(inner.x-1, inner.y+row, '│', paint{}, paint{})
				}
			}
			c.rule(inner)
			if x == y {
				c.histogram(inner, p, x, style)
			} else {
				c.regions(inner, p, x, y)
			}
			inner.x += first.width
		}
		inner.x, inner.y = first.x+y*first.width, first.y+shown*first.height
		if columns(lo)+1+columns(hi) <= inner.width {
			c.text(inner.x, inner.y, lo)
			c.textEnding(inner.x+inner.width-1, inner.y, hi)
		}
		c.text(inner.x, inner.y+1, text.Shorten(clean(p.Names[y]), inner.width))
	}
}

// regionInks are how bright [Regions] are.
var regionInks = [len(Regions)]float64{1, 0.5, 0.25}

// pairsKey writes on a row what pairs are drawn with.
func (c *canvas) pairsKey(p Pairs, y int, histograms bool) {
	x := 0
	write := func(s string) {
		c.text(x, y, s)
		x += columns(s)
	}
	for i, share := range Regions {
		for range 2 {
			c.dot(x, 2*y, pixel{regionInks[i], solid(Ramp(regionInks[i]))})
			c.dot(x, 2*y+1, pixel{regionInks[i], solid(Ramp(regionInks[i]))})
			x++
		}
		write(fmt.Sprintf(" %g %%  ", 100*share))
	}
	if slices.ContainsFunc(p.Marks, num.Finite) {
		write("X true values  ")
	}
	if histograms && len(p.Beside.Values) > 0 {
		c.write(x, y, "┄┄", solid(Series(1)))
		x += 2
		write(" " + clean(p.Beside.Name))
	}
}

// regions draws those of two variables.
func (c *canvas) regions(a area, p Pairs, x, y int) {
	const cells = 96
	xs, ys := p.Axis(x), p.Axis(y)
	k := EstimateDensity(p.column(p.Samples, x), p.column(p.Samples, y), p.Samples.Weights, xs, ys, cells)
	inks := Grid{Rows: cells, Cols: cells, Values: make([]float64, len(k.Values))}
	for i, least := range k.Region(Regions[:]...) {
		for j, v := range k.Values {
			if v >= least && v > 0 {
				inks.Values[j] = max(inks.Values[j], regionInks[i])
			}
		}
	}
	inks = inks.Resample(2*a.height, a.width)
	for i, ink := range inks.Values {
		if ink > 0 {
			c.dot(a.x+i%a.width, 2*(a.y+a.height)-1-i/a.width, pixel{ink, solid(Ramp(ink))})
		}
	}
	if col, row := xs.cell(p.Mark(x), a.width), ys.cell(p.Mark(y), a.height); min(col, row) >= 0 {
		c.mark(a.x+col, a.y+a.height-1-row, 'X', paint{}, paint{})
	}
}

// histogram draws a variable.
func (c *canvas) histogram(a area, p Pairs, d int, style Style) {
	x, top := p.Axis(d), math.SmallestNonzeroFloat64
	var heights [2][]float64
	for i, s := range p.sets() {
		heights[i] = Bins(p.column(s, d), s.Weights, x, a.width)
		if sum := floats.Sum(heights[i]); sum > 0 {
			floats.Scale(1/sum, heights[i])
		}
		top = max(top, floats.Max(heights[i]))
	}
	for col := range a.width {
		c.bar(a, a.x+col, heights[0][col]/top)
		if heights[1][col] > 0 {
			c.level(area{a.x + col, a.y, 1, a.height}, heights[1][col]/top, style)
		}
	}
	if col := x.cell(p.Mark(d), a.width); col >= 0 {
		c.mark(a.x+col, a.y+a.height, 'X', paint{}, paint{})
	}
}
