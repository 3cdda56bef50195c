package picture

import (
	"fmt"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/plot"
)

// Columns draws each column of data beside samples in a panel of its own: a bar and a mark for each level, a histogram
// and a line of the numbers.
//
// It returns an error if the suffix is not .png or .svg, if there is no column or more than 64, or from writing the file.
func Columns(path string, columns []plot.Column, l Labels) error {
	return save(path, func() (figure, error) {
		if len(columns) == 0 || len(columns) > mostVariables {
			return figure{}, fmt.Errorf("%d columns: a picture holds 1 to %d", len(columns), mostVariables)
		}
		return columnPanels(columns, l), nil
	})
}

// Sizes of a panel.
const (
	panelWidth  = 2.5 * vg.Inch
	panelHeight = 1.7 * vg.Inch
	mostAcross  = 4
)

// Colours of both sets.
var (
	dataColor   = plot.Series(0)
	sampleColor = plot.Series(1)
)

func columnPanels(columns []plot.Column, l Labels) figure {
	h := header{title: l.Title, key: []entry{
		{name: "data", fill: translucent(dataColor)}, {name: "samples", line: draw.LineStyle{Color: sampleColor, Width: 1.2}},
	}}
	across := min(int(math.Ceil(math.Sqrt(float64(len(columns))))), mostAcross)
	down := (len(columns) + across - 1) / across
	width := vg.Length(across)*(panelWidth+gap) - gap + 2*margin
	return framed(width, vg.Length(down)*(panelHeight+gap)-gap, h, func(c draw.Canvas) {
		tiles := draw.Tiles{Rows: down, Cols: across, PadX: gap, PadY: gap}
		for i, column := range columns {
			columnPanel(tiles.At(c, i%across, i/across), column.Frequent())
		}
	})
}

// columnPanel draws a column: its name, its levels and its numbers, the levels to the left of these.
func columnPanel(c draw.Canvas, of plot.Column) {
	style := letters(labelSize, black)
	c.Max.Y -= labelSize
	c.FillText(style, vg.Point{X: c.Min.X, Y: c.Max.Y}, shorten(text.Plain(of.Name), style, c.Size().X))
	c.Max.Y -= 4
	switch {
	case of.Bins[0] == nil:
		levels(c, of.Levels)
		return
	case len(of.Levels) > 0: // as high as its numbers are few
		levels(above(&c, of.Levels), of.Levels)
	}
	distribution(c, of)
}

// levelHeight is how high the line of a level is at most.
const levelHeight = 13 * vg.Inch / 72

// above cuts the lines of the levels off the top of a canvas.
func above(c *draw.Canvas, of []plot.Level) draw.Canvas {
	height := min(vg.Length(len(of))*levelHeight*0.8, c.Size().Y/2)
	top := draw.Crop(*c, 0, 0, c.Size().Y-height, 0)
	c.Max.Y -= height + 4
	return top
}

// levels draws a line for each level: its name, a bar of the data, a mark of the samples and both percentages.
func levels(c draw.Canvas, of []plot.Level) {
	size := c.Size()
	each := min(size.Y/vg.Length(len(of)), levelHeight)
	letter := letters(min(tickSize, each*0.8), black)
	figures := letter
	figures.XAlign, figures.Color = draw.XRight, muted
	nameWidth, largest := vg.Length(0), 0.0
	for _, l := range of {
		nameWidth = max(nameWidth, letter.Width(text.Plain(l.Name)))
		largest = max(largest, l.Shares[0], l.Shares[1])
	}
	nameWidth = min(nameWidth, 0.42*size.X)
	left := c.Min.X + nameWidth + 4
	right := c.Max.X - figures.Width("100.0 %  100.0 %") - 4
	for i, l := range of {
		bottom := c.Max.Y - vg.Length(i+1)*each
		at := func(share float64) vg.Length { return left + vg.Length(share/max(largest, 1e-9))*(right-left) }
		c.FillText(letter, vg.Point{X: c.Min.X, Y: bottom + 0.1*each}, shorten(text.Plain(l.Name), letter, nameWidth))
		bar := box(left, bottom+0.15*each, at(l.Shares[0]), bottom+0.85*each)
		c.FillPolygon(translucent(dataColor), bar)
		c.StrokeLines(draw.LineStyle{Color: dataColor, Width: 0.7}, append(bar, bar[0]))
		x := at(l.Shares[1])
		c.StrokeLine2(draw.LineStyle{Color: sampleColor, Width: 1.6}, x, bottom+0.05*each, x, bottom+0.95*each)
		c.FillText(figures, vg.Point{X: c.Max.X, Y: bottom + 0.1*each}, plot.Percent(l.Shares[1]))
		c.FillText(figures, vg.Point{X: c.Max.X - figures.Width("  100.0 %"), Y: bottom + 0.1*each}, plot.Percent(l.Shares[0]))
	}
}

// distribution draws the histogram of the data with the line of the samples.
func distribution(c draw.Canvas, of plot.Column) {
	p := newPlot(Labels{})
	n := len(of.Bins[0])
	edge := func(i int) float64 { return of.X.Lo + (of.X.Hi-of.X.Lo)*float64(i)/float64(n) }
	var bars boxes
	line := plotter.XYs{{X: of.X.Lo, Y: 0}}
	for i := range n {
		bars = append(bars, bar{edge(i), edge(i + 1), 0, of.Bins[0][i], dataColor})
		line = append(line, plotter.XY{X: edge(i), Y: of.Bins[1][i]}, plotter.XY{X: edge(i + 1), Y: of.Bins[1][i]})
	}
	line = append(line, plotter.XY{X: of.X.Hi, Y: 0})
	p.Add(outlines(bars), &plotter.Line{XYs: line, LineStyle: draw.LineStyle{Color: sampleColor, Width: 1.2}})
	p.X.Min, p.X.Max, p.Y.Min = of.X.Lo, of.X.Hi, 0
	p.Y.Max = 1.08 * max(slices.Max(of.Bins[0]), slices.Max(of.Bins[1]), 1e-9)
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks(4), ticks(2)
	if of.Dates > 0 {
		p.X.Tick.Marker = dates(of.Dates)
	}
	p.Draw(c)
}

// dates marks an axis at round dates, in so many seconds since 1970 a unit.
type dates float64

// Ticks implements [gonum.Ticker].
func (d dates) Ticks(lo, hi float64) (marks []gonum.Tick) {
	at, labels := plot.Dates(plot.Range{Lo: lo, Hi: hi}, float64(d), 4)
	for i, v := range at {
		marks = append(marks, gonum.Tick{Value: v, Label: labels[i]})
	}
	return marks
}
