package picture

import (
	"fmt"
	"image/color"

	"github.com/maskflow/maskflow/internal/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// header is what stands above the charts: the title, what the lines mean, and remarks.
type header struct {
	title string
	key   []entry
	notes []string
}

// entry is a line of the key.
type entry struct {
	name string
	line draw.LineStyle
	fill color.Color // a box in place of the line, where set
}

// leading is the height of a line of the header, in parts of the size of its letters.
const leading = 1.35

// note adds a remark on how many of all values are left out, if any.
func (h *header) note(missing, all int, what string) {
	if missing > 0 {
		h.notes = append(h.notes, fmt.Sprintf("%s: %d of %d", what, missing, all))
	}
}

const (
	sample    = 18 // length of the line in the key
	afterLine = 4
	afterName = 12
)

// draw draws the header at the top of c and returns the rest.
func (h header) draw(c draw.Canvas) draw.Canvas {
	top := c.Max.Y
	if title := text.Plain(h.title); title != "" {
		style := letters(titleSize, black)
		top -= titleSize // without room above: the margin is enough
		c.FillText(style, vg.Point{X: c.Min.X, Y: top}, shorten(title, style, c.Size().X))
	}
	style := letters(tickSize, muted)
	x := c.Max.X // of the next entry; the first begins a line
	for _, e := range h.key {
		name := shorten(text.Plain(e.name), style, c.Size().X-sample-afterLine)
		width := sample + afterLine + style.Width(name)
		if x+width > c.Max.X {
			x = c.Min.X
			top -= tickSize * leading
		}
		e.draw(c, x, top)
		c.FillText(style, vg.Point{X: x + sample + afterLine, Y: top}, name)
		x += width + afterName
	}
	for _, note := range h.notes {
		top -= tickSize * leading
		c.FillText(style, vg.Point{X: c.Min.X, Y: top}, shorten(text.Plain(note), style, c.Size().X))
	}
	if top < c.Max.Y {
		top -= 5
	}
	c.Max.Y = top
	return c
}

func (e entry) draw(c draw.Canvas, x, bottom vg.Length) {
	if e.fill != nil {
		c.FillPolygon(e.fill, box(x, bottom+1, x+sample, bottom+tickSize-1))
		return
	}
	middle := bottom + 0.45*tickSize
	c.StrokeLine2(e.line, x, middle, x+sample, middle)
}

// height is what draw takes of a picture of some width.
func (h header) height(width vg.Length) vg.Length {
	const far = 1e4
	rest := h.draw(draw.NewCanvas(new(recorder.Canvas), width, far))
	return far - rest.Max.Y
}

// box is the corners of a rectangle.
func box(x0, y0, x1, y1 vg.Length) []vg.Point {
	return []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}
}
