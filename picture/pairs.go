package picture

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/plot"
)

// Pairs draws samples of 2 to 8 variables as a triangle of panels: a histogram of each variable on the diagonal, and of
// each two variables the regions of highest density that hold 50, 80 and 95 % of the samples, by
// [plot.EstimateDensity]. A second set of samples is drawn as lines of the same regions, and true values as lines across
// the panels, with a point where two of them cross.
//
// Axes leave the rarest far values out. Values that are not finite are left out; lines under the title count them, and
// the true values beyond the axes.
//
// It returns an error if the suffix is not .png or .svg, that of [plot.Pairs.Check], or from writing the file.
func Pairs(path string, p plot.Pairs, l Labels) error {
	return save(path, func() (figure, error) {
		if err := p.Check(); err != nil {
			return figure{}, err
		}
		return newTriangle(p).figure(l), nil
	})
}

// regionInk is how much of the colour of the samples each of [plot.Regions] has.
var regionInk = [len(plot.Regions)]float64{0.85, 0.5, 0.25}

func regionColour(i int) color.RGBA { return plot.Blend(white, plot.Series(0), regionInk[i]) }

// Lines in panels.
var (
	regionLine    = draw.LineStyle{Color: plot.Series(0), Width: 0.35}
	histogramLine = draw.LineStyle{Color: plot.Series(0), Width: 0.8}
	besideLine    = draw.LineStyle{Color: plot.Series(1), Width: 0.8}
	trueLine      = draw.LineStyle{Color: black, Width: 0.7, Dashes: []vg.Length{3, 1.5}}
)

// Sizes of a triangle.
const (
	triangleSide = 6.2 * vg.Inch // at most, without its labels
	largestPanel = 2.2 * vg.Inch
	panelGap     = 5
	tickLength   = 3 // inside of a panel
	afterTick    = 3
)

// triangle is the panels of a picture of pairs.
type triangle struct {
	plot.Pairs
	side vg.Length
	axes []plot.Range
	x, y []axisMarks
	// turned says that the numbers along x are written upwards.
	turned bool
}

// axisMarks are places on an axis, from 0 to 1, with their labels.
type axisMarks struct {
	at     []float64
	labels []string
}

func newTriangle(p plot.Pairs) *triangle {
	dim := vg.Length(len(p.Names))
	t := &triangle{Pairs: p.Spread(), side: min((triangleSide-panelGap*(dim-1))/dim, largestPanel)}
	for d := range p.Names {
		const air = 0.04
		r := p.Axis(d)
		space := air * (r.Hi - r.Lo)
		t.axes = append(t.axes, plot.Range{Lo: r.Lo - space, Hi: r.Hi + space})
	}
	number := letters(tickSize, black)
	high := func(string) vg.Length { return tickSize }
	t.x, t.turned = t.marks(number.Width)
	if t.turned {
		t.x, _ = t.marks(high)
	}
	t.y, _ = t.marks(high)
	return t
}

// marks are those of all axes; few reports whether one has less than two.
func (t *triangle) marks(length func(label string) vg.Length) (all []axisMarks, few bool) {
	for _, r := range t.axes {
		var best axisMarks
		for _, most := range []int{5, 4, 3, 2, 6, 8} { // more than five are needed where the ends have no room
			if m, apart := t.marksOf(r, most, length); len(m.at) > len(best.at) && (apart || most > 5) && len(best.at) < 2 {
				best = m
			}
		}
		all, few = append(all, best), few || len(best.at) < 2
	}
	return all, few
}

// marksOf are at most so many marks of an axis, but for those whose labels, of some length along it, would stand out of
// their panel or touch the one before; apart reports whether none would touch another.
func (t *triangle) marksOf(r plot.Range, most int, length func(label string) vg.Length) (m axisMarks, apart bool) {
	const out, space = panelGap / 2.0, 4
	end, apart := vg.Length(-out), true // of the label before
	at, labels := plot.Ticks(r, most)
	for i, v := range at {
		place, label := (v-r.Lo)/(r.Hi-r.Lo), minus(labels[i])
		middle, half := vg.Length(place)*t.side, length(label)/2
		switch {
		case middle-half < -out || middle+half > t.side+out:
			continue
		case middle-half < end:
			apart = false
			continue
		}
		end = middle + half + space
		m.at, m.labels = append(m.at, place), append(m.labels, label)
	}
	return m, apart
}

func (t *triangle) figure(l Labels) figure {
	dim, number := vg.Length(len(t.Names)), letters(tickSize, black)
	widest := func(all []axisMarks) (width vg.Length) {
		for _, m := range all {
			for _, label := range m.labels {
				width = max(width, number.Width(label))
			}
		}
		return width
	}
	left, below := widest(t.y[1:]), vg.Length(tickSize)
	if t.turned {
		below = widest(t.x)
	}
	const name = labelSize*leading + 2*afterTick // with what is between a name, numbers and panels
	left, below = left+name, below+name
	panels := dim*(t.side+panelGap) - panelGap
	return framed(left+panels+2*margin, below+panels, t.header(l), func(c draw.Canvas) {
		for row := range t.Names {
			for col := range row + 1 {
				corner := vg.Point{X: c.Min.X + left + vg.Length(col)*(t.side+panelGap), Y: c.Max.Y - t.side - vg.Length(row)*(t.side+panelGap)}
				w := window{c, t.axes[col], t.axes[row]}
				w.Rectangle = vg.Rectangle{Min: corner, Max: corner.Add(vg.Point{X: t.side, Y: t.side})}
				if row == col {
					t.one(w, row)
				} else {
					t.two(w, col, row)
				}
				frame(w.Canvas)
				t.around(w, c, col, row)
			}
		}
	})
}

func (t *triangle) header(l Labels) header {
	h := header{title: l.Title}
	for i, share := range plot.Regions {
		h.key = append(h.key, entry{name: fmt.Sprintf("%g %%", 100*share), fill: regionColour(i)})
	}
	h.key[len(h.key)-1].name += " of " + cmp.Or(t.Samples.Name, "samples")
	if len(t.Beside.Values) > 0 {
		h.key = append(h.key, entry{name: t.Beside.Name, line: besideLine})
	}
	for _, s := range []plot.Samples{t.Samples, t.Beside} {
		h.note(count(num.Convert[float64](s.Values), notFinite), len(s.Values), "values of "+cmp.Or(s.Name, "samples")+" that are not finite")
	}
	if known := slices.DeleteFunc(slices.Clone(t.Marks), notFinite); len(known) > 0 {
		h.key = append(h.key, entry{name: "true values", line: trueLine})
		beyond := 0
		for d, v := range t.Marks {
			if v < t.axes[d].Lo || v > t.axes[d].Hi {
				beyond++
			}
		}
		h.note(beyond, len(known), "true values beyond the axes")
	}
	return h
}

func notFinite(v float64) bool { return !num.Finite(v) }

// around draws the marks of the axes of a panel, inside of it, and at the outer ones of c their numbers and names.
func (t *triangle) around(w window, c draw.Canvas, col, row int) {
	line, number, name := draw.LineStyle{Color: black, Width: 0.6}, letters(tickSize, black), letters(labelSize, black)
	number.XAlign, number.YAlign, name.XAlign = draw.XCenter, draw.YTop, draw.XCenter
	if t.turned {
		number.Rotation, number.XAlign, number.YAlign = math.Pi/2, draw.XRight, draw.YCenter
	}
	last := row == len(t.Names)-1
	for i, at := range t.x[col].at {
		x := w.X(at)
		w.StrokeLine2(line, x, w.Min.Y, x, w.Min.Y+tickLength)
		if last {
			c.FillText(number, vg.Point{X: x, Y: w.Min.Y - afterTick}, t.x[col].labels[i])
		}
	}
	if last {
		c.FillText(name, vg.Point{X: w.Center().X, Y: c.Min.Y}, shorten(text.Plain(t.Names[col]), name, t.side))
	}
	if row == col {
		return // the heights of histograms have no unit
	}
	number.Rotation, number.XAlign, number.YAlign = 0, draw.XRight, draw.YCenter
	for i, at := range t.y[row].at {
		y := w.Y(at)
		w.StrokeLine2(line, w.Min.X, y, w.Min.X+tickLength, y)
		if col == 0 {
			c.FillText(number, vg.Point{X: w.Min.X - afterTick, Y: y}, t.y[row].labels[i])
		}
	}
	if col == 0 {
		name.Rotation, name.YAlign = math.Pi/2, draw.YTop
		c.FillText(name, vg.Point{X: c.Min.X, Y: w.Center().Y}, shorten(text.Plain(t.Names[row]), name, t.side))
	}
}

// two draws a pair of variables.
func (t *triangle) two(w window, x, y int) {
	const smooth = 48 // transforms of its multiples are fast
	cells := max(int(0.8*t.side/dot)/smooth, 1) * smooth
	regions := func(s plot.Samples, draw func(i int, lines []plotter.XYs)) {
		k := t.Density(s, x, y, cells)
		for i, least := range slices.Backward(k.Region(plot.Regions[:]...)) {
			draw(i, contours(k.Grid, least))
		}
	}
	regions(t.Samples, func(i int, lines []plotter.XYs) {
		w.fill(regionColour(i), lines)
		w.outline(regionLine, lines)
	})
	if len(t.Beside.Values) > 0 {
		regions(t.Beside, func(_ int, lines []plotter.XYs) { w.outline(besideLine, lines) })
	}
	w.trueLines(t.Mark(x), t.Mark(y))
}

// one draws a variable.
func (t *triangle) one(w window, d int) {
	const most = 60
	var lines []plotter.XYs
	top := 0.0
	for _, s := range []plot.Samples{t.Samples, t.Beside} {
		if len(s.Values) == 0 {
			continue
		}
		heights, x := t.Histogram(s, d, most)
		line := plotter.XYs{{X: x.Lo}}
		for i, v := range heights {
			edge := func(i int) float64 { return x.Lo + (x.Hi-x.Lo)*float64(i)/float64(len(heights)) }
			line, top = append(line, plotter.XY{X: edge(i), Y: v}, plotter.XY{X: edge(i + 1), Y: v}), max(top, v)
		}
		lines = append(lines, append(line, plotter.XY{X: x.Hi}))
	}
	if top > 0 {
		w.y = plot.Range{Lo: 0, Hi: 1.08 * top}
		w.fill(regionColour(len(plot.Regions)-1), lines[:1])
		w.outline(histogramLine, lines[:1])
		w.outline(besideLine, lines[1:])
	}
	w.trueLines(t.Mark(d), math.NaN())
}

// window is a panel with what is seen in it.
type window struct {
	draw.Canvas
	x, y plot.Range
}

func (w window) at(v plotter.XY) vg.Point {
	place := func(v float64, r plot.Range) float64 { return (v - r.Lo) / (r.Hi - r.Lo) }
	return vg.Point{X: w.X(place(v.X, w.x)), Y: w.Y(place(v.Y, w.y))}
}

// points are the corners of a polygon.
func (w window) points(line plotter.XYs) []vg.Point {
	points := make([]vg.Point, len(line))
	for i, v := range line {
		points[i] = w.at(v)
	}
	return points
}

// fill fills what is within polygons, and not within holes, which run the other way round.
func (w window) fill(c color.Color, lines []plotter.XYs) {
	var path vg.Path
	for _, line := range lines {
		points := w.ClipPolygonXY(w.points(line))
		for i, at := range points {
			if i == 0 {
				path.Move(at)
			} else {
				path.Line(at)
			}
		}
		if len(points) > 0 {
			path.Close()
		}
	}
	w.SetColor(c)
	w.Fill(path)
}

// outline draws closed lines.
func (w window) outline(style draw.LineStyle, lines []plotter.XYs) {
	for _, line := range lines {
		points := w.points(line)
		w.StrokeLines(style, w.ClipLinesXY(append(points, points[0]))...)
	}
}

// trueLines draws lines at a value of x and at one of y, which may be none or outside, and a point where both cross.
func (w window) trueLines(x, y float64) {
	at := w.at(plotter.XY{X: x, Y: y})
	acrossX, acrossY := x >= w.x.Lo && x <= w.x.Hi, y >= w.y.Lo && y <= w.y.Hi
	if acrossX {
		w.StrokeLine2(trueLine, at.X, w.Min.Y, at.X, w.Max.Y)
	}
	if acrossY {
		w.StrokeLine2(trueLine, w.Min.X, at.Y, w.Max.X, at.Y)
	}
	if acrossX && acrossY {
		w.DrawGlyph(draw.GlyphStyle{Color: white, Radius: 3, Shape: draw.CircleGlyph{}}, at)
		w.DrawGlyph(draw.GlyphStyle{Color: black, Radius: 2.2, Shape: draw.CircleGlyph{}}, at)
	}
}
