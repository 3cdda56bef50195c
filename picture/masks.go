package picture

import (
	"fmt"
	"image"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/plot"
)

// Masks draws a mask set as the equation of which eq. 10 of the MADE paper is the shortest case, from left to right: the
// masks from the output down to the input, the direct connections, and their product. Rows are the units that are fed
// and columns those that feed, both sorted by degree; the colour of a cell is the degree of the unit that feeds. In the
// product the diagonal is grey, and a forbidden path would be red.
//
// It returns an error if the suffix is not .png or .svg, or from writing the file.
func Masks(path string, s *masks.Set) error {
	return save(path, func() (figure, error) { return equation(s), nil })
}

var (
	apart    = color.RGBA{0xec, 0xef, 0xf1, 0xff} // of cells that are not joined
	diagonal = color.RGBA{0xc3, 0xcc, 0xd1, 0xff}
	alarm    = color.RGBA{0xd6, 0x27, 0x28, 0xff}
)

// Lengths in pixels of a PNG file.
const (
	maskSide  = 400 // the longest side of a mask
	shortest  = 90  // the short side of a mask whose long side is shrunk
	largest   = 34  // a cell
	strip     = 28  // the bar that shows the degrees of rows or columns
	inset     = strip + 8
	maskTitle = 40
	maskSpace = 70 // for an operator
	maskEdge  = 40
)

// equation lays the panels out side by side, centred on one line.
func equation(s *masks.Set) figure {
	terms := panels(s, s.Paths())
	slices.Reverse(terms[:s.Layers()])
	units := 0
	for _, p := range terms {
		units = max(units, len(p.rows), len(p.cols))
	}
	style, operators := letters(labelSize, black), letters(2*titleSize, black)
	operators.XAlign, operators.YAlign = draw.XCenter, draw.YCenter
	var images []maskImage
	width, height := 2*maskEdge-maskSpace, 0
	for _, p := range terms {
		m := maskImage{panel: p, down: newAxis(p.rows, units), across: newAxis(p.cols, units), title: p.name}
		if p.name == "" {
			m.title = p.to + " ← " + p.from
		}
		m.width = max(inset+m.across.side, int(style.Width(m.title)/dot)+1)
		width, height = width+maskSpace+m.width, max(height, inset+m.down.side)
		images = append(images, m)
	}
	tall := 2*maskEdge + maskTitle + height
	return figure{vg.Length(width) * dot, vg.Length(tall) * dot, func(c draw.Canvas) {
		at := func(x, y int) vg.Point { return vg.Point{X: vg.Length(x) * dot, Y: vg.Length(tall-y) * dot} }
		x := maskEdge
		for i, m := range images {
			top := maskEdge + maskTitle + (height-inset-m.down.side)/2
			if i > 0 {
				c.FillText(operators, at(x-maskSpace/2, maskEdge+maskTitle+(inset+height)/2), m.operator)
			}
			c.FillText(style, at(x, top-10), m.title)
			c.DrawImage(vg.Rectangle{Min: at(x, top+inset+m.down.side), Max: at(x+inset+m.across.side, top)}, m.draw(s.Order.Max()))
			m.down.number(c, s.Order.Max(), func(middle int) vg.Point { return at(x+strip/2, top+inset+middle) })
			m.across.number(c, s.Order.Max(), func(middle int) vg.Point { return at(x+inset+middle, top+strip/2) })
			x += m.width + maskSpace
		}
	}}
}

// maskImage is a panel with its rows and columns in pixels.
type maskImage struct {
	panel
	down, across axis
	title        string
	width        int // with the title
}

// draw draws the cells of the panel, and the degrees left of them and above.
func (m maskImage) draw(top int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, inset+m.across.side, inset+m.down.side))
	gap := 0
	if min(m.down.cell(), m.across.cell()) >= 6 {
		gap = 1
	}
	fill := func(x, y int, down, across axis, tile func(r, c int) color.RGBA) {
		for r := range down.tiles {
			y0, y1 := plot.Part(r, down.tiles, down.side)
			for c := range across.tiles {
				x0, x1 := plot.Part(c, across.tiles, across.side)
				fillPixels(img, image.Rect(x+x0, y+y0, x+x1-gap, y+y1-gap), tile(r, c))
			}
		}
	}
	bar := axis{side: strip, tiles: 1}
	fill(inset, inset, m.down, m.across, func(r, c int) color.RGBA { return m.tile(r, c, top) })
	fill(0, inset, m.down, bar, func(r, _ int) color.RGBA { return degreeColour(m.down.degree(r), top) })
	fill(inset, 0, bar, m.across, func(_, c int) color.RGBA { return degreeColour(m.across.degree(c), top) })
	return img
}

// tile returns the colour of a tile: that of its degree, as strong as the share of its cells that are joined.
func (m maskImage) tile(r, c, top int) color.RGBA {
	share, broken := m.share(r, m.down.tiles, c, m.across.tiles)
	off := apart
	if m.name == "product" {
		if broken {
			return alarm
		}
		if m.across.degree(c) == m.down.degree(r) {
			off = diagonal
		}
	}
	return plot.Blend(off, degreeColour(m.across.degree(c), top), share)
}

// degreeColour returns the colour of a degree among 0..top.
func degreeColour(degree, top int) color.RGBA {
	return plot.Ramp(float64(degree) / float64(max(top, 1)))
}

// axis is the rows or columns of a panel: units in order of their degrees, drawn as tiles of one unit each or, where
// there are more units than pixels, of several.
type axis struct {
	degrees     []int
	side, tiles int
}

// newAxis lays out units where the longest axis of the picture has so many.
func newAxis(degrees []int, longest int) axis {
	n := len(degrees)
	pixels := max(maskSide*n/longest, shortest)
	if pixels >= n {
		pixels = n * min(pixels/n, largest)
	}
	return axis{degrees: degrees, side: pixels, tiles: min(n, pixels)}
}

func (a axis) cell() int { return a.side / a.tiles }

// shrunk says whether tiles are of several units.
func (a axis) shrunk() bool { return a.tiles < len(a.degrees) }

// degree returns the degree of the middle unit of a tile.
func (a axis) degree(tile int) int {
	from, to := plot.Part(tile, a.tiles, len(a.degrees))
	return a.degrees[(from+to)/2]
}

// number writes the degree of each tile in the place that it is given, if there is room for all.
func (a axis) number(c draw.Canvas, top int, place func(middle int) vg.Point) {
	style := letters(6, white)
	style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
	if a.shrunk() || style.Width(fmt.Sprint(slices.Max(a.degrees))) > vg.Length(a.cell()-2)*dot {
		return
	}
	for tile := range a.tiles {
		style.Color = white
		if degree := a.degree(tile); 2*degree > top {
			style.Color = black
		}
		c.FillText(style, place(tile*a.cell()+a.cell()/2), fmt.Sprint(a.degree(tile)))
	}
}
