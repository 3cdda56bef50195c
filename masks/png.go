package masks

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"slices"
)

// PNGOptions say how [Set.WritePNG] draws.
type PNGOptions struct {
	// Side is the length in pixels of the longest side of a mask, at least 64; 0 means 320.
	Side int
}

// WritePNG draws the set as the equation of which eq. 10 is the shortest case, from left to right: the masks from the
// output down to the input, the direct connections, and their product. Rows are the units that are fed and columns those
// that feed, both sorted by degree; the colour of a cell is the degree of the unit that feeds. In the product the
// diagonal is grey, and a forbidden path would be red. An error comes from w.
func (s *Set) WritePNG(w io.Writer, opts PNGOptions) error {
	if opts.Side == 0 {
		opts.Side = 320
	}
	if err := png.Encode(w, s.equation(max(opts.Side, 64))); err != nil {
		return fmt.Errorf("writing the picture of a mask set: %w", err)
	}
	return nil
}

var (
	paper    = color.RGBA{0xff, 0xff, 0xff, 0xff}
	inkColor = color.RGBA{0x26, 0x32, 0x38, 0xff}
	cut      = color.RGBA{0xec, 0xef, 0xf1, 0xff}
	diagonal = color.RGBA{0xc3, 0xcc, 0xd1, 0xff}
	alarm    = color.RGBA{0xd6, 0x27, 0x28, 0xff}
)

const (
	margin   = 24
	strip    = 12 // width of the bar that shows the degrees of rows or columns
	stripGap = 4
	largest  = 28 // pixels of one cell
	shortest = 72 // pixels of the short side of a mask whose long side is shrunk
)

// term is a panel of the equation with the operator before it.
type term struct {
	panel
	operator string
	title    string
	down     axis // the rows
	across   axis // the columns
}

func (t term) width() int {
	return max(strip+stripGap+t.across.side, wordWidth(t.title, 2))
}

// equation lays the terms out side by side, centred on one line.
func (s *Set) equation(side int) *image.RGBA {
	units := 0
	for l := range s.Layers() {
		units = max(units, len(s.In(l)), len(s.Out(l)))
	}
	panels := s.panels(s.Paths())
	layers := panels[:s.Layers()]
	slices.Reverse(layers)
	var terms []term
	width, height := 2*margin, 0
	for k, p := range panels {
		t := term{panel: p, title: p.to + " ← " + p.from, down: newAxis(p.rows, units, side), across: newAxis(p.cols, units, side)}
		switch {
		case p.name == "product":
			t.operator, t.title = "=", p.name
		case p.name == "direct":
			t.operator, t.title = "+", p.name
		case k > 0:
			t.operator = "×"
		}
		if k > 0 {
			width += operatorWidth
		}
		terms = append(terms, t)
		width += t.width()
		height = max(height, t.down.side)
	}
	const head = 2*glyphHeight + 10 + strip + stripGap
	img := image.NewRGBA(image.Rect(0, 0, width, height+head+2*margin))
	draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	x := margin
	for k, t := range terms {
		if k > 0 {
			middle := margin + head + height/2
			write(img, image.Pt(x+(operatorWidth-wordWidth(t.operator, 4))/2, middle-2*glyphHeight), t.operator, 4, inkColor)
			x += operatorWidth
		}
		corner := image.Pt(x+strip+stripGap, margin+head+(height-t.down.side)/2)
		write(img, image.Pt(x, corner.Y-head), t.title, 2, inkColor)
		t.draw(img, corner, s.Order.Max())
		x += t.width()
	}
	return img
}

const operatorWidth = 72

// draw draws the cells of the panel from their upper left corner on, and the degrees left of them and above.
func (t term) draw(img *image.RGBA, corner image.Point, top int) {
	gap := 0
	if min(t.down.cell(), t.across.cell()) >= 6 {
		gap = 1
	}
	for r := range t.down.tiles {
		y0, y1 := t.down.pixels(r)
		for c := range t.across.tiles {
			x0, x1 := t.across.pixels(c)
			fill(img, image.Rect(x0, y0, x1-gap, y1-gap).Add(corner), t.tile(r, c, top))
		}
	}
	t.down.draw(img, top, gap, func(from, to int) image.Rectangle {
		return image.Rect(-strip-stripGap, from, -stripGap, to).Add(corner)
	})
	t.across.draw(img, top, gap, func(from, to int) image.Rectangle {
		return image.Rect(from, -strip-stripGap, to, -stripGap).Add(corner)
	})
}

// tile returns the colour of a tile: that of its degree, as strong as the share of its cells that are joined.
func (t term) tile(r, c, top int) color.RGBA {
	off := cut
	if t.name == "product" {
		if t.broken(r, t.down.tiles, c, t.across.tiles) {
			return alarm
		}
		if t.across.degree(c) == t.down.degree(r) {
			off = diagonal
		}
	}
	return blend(off, ramp(t.across.degree(c), top), t.share(r, t.down.tiles, c, t.across.tiles))
}

// axis is the rows or columns of a panel: units in order of their degrees, drawn as tiles of one unit each or, where
// there are more units than pixels, of several.
type axis struct {
	degrees     []int
	side, tiles int
}

// newAxis lays out units where the longest axis of the picture has so many units on so many pixels.
func newAxis(degrees []int, longest, side int) axis {
	n := len(degrees)
	pixels := max(side*n/longest, min(shortest, side))
	if pixels >= n {
		pixels = n * min(pixels/n, largest)
	}
	return axis{degrees: degrees, side: pixels, tiles: min(n, pixels)}
}

func (a axis) cell() int                  { return a.side / a.tiles }
func (a axis) whole() bool                { return a.tiles == len(a.degrees) }
func (a axis) pixels(tile int) (_, _ int) { return part(tile, a.tiles, a.side) }

// degree returns the degree of the middle unit of a tile.
func (a axis) degree(tile int) int {
	from, to := part(tile, a.tiles, len(a.degrees))
	return a.degrees[(from+to)/2]
}

// draw draws the degree of each tile in the place that it is given, with numbers if there is room for all.
func (a axis) draw(img *image.RGBA, top, gap int, place func(from, to int) image.Rectangle) {
	numbered := a.whole() && wordWidth(fmt.Sprint(slices.Max(a.degrees)), 1) <= a.cell()-gap
	for tile := range a.tiles {
		from, to := a.pixels(tile)
		box := place(from, to-gap)
		background := ramp(a.degree(tile), top)
		fill(img, box, background)
		if numbered {
			number := fmt.Sprint(a.degree(tile))
			at := image.Pt(box.Min.X+(box.Dx()-wordWidth(number, 1)+1)/2, box.Min.Y+(box.Dy()-glyphHeight+1)/2)
			write(img, at, number, 1, readable(background))
		}
	}
}

func fill(img *image.RGBA, r image.Rectangle, c color.RGBA) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// stops are colours of rising lightness that differ in lightness to every eye, from the first degree to the last.
var stops = []color.RGBA{
	{0x3b, 0x0f, 0x70, 0xff}, {0x3b, 0x52, 0x8b, 0xff}, {0x21, 0x91, 0x8c, 0xff}, {0x5e, 0xc9, 0x62, 0xff}, {0xe6, 0xd5, 0x2b, 0xff},
}

// ramp returns the colour of a degree among 0..top.
func ramp(degree, top int) color.RGBA {
	at := float64(degree) / float64(max(top, 1)) * float64(len(stops)-1)
	k := min(int(at), len(stops)-2)
	return blend(stops[k], stops[k+1], at-float64(k))
}

// blend mixes two colours; share is that of the second.
func blend(a, b color.RGBA, share float64) color.RGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x)*(1-share) + float64(y)*share + 0.5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// readable returns black or white, whichever is easier to read on a background.
func readable(background color.RGBA) color.RGBA {
	if 299*int(background.R)+587*int(background.G)+114*int(background.B) > 140*1000 {
		return inkColor
	}
	return paper
}
