package plot

import "strings"

// canvas is what a chart is drawn on: width x height cells, row 0 above. What is drawn outside of it is lost, so that no
// chart can be larger than was asked.
//
// A cell holds two pixels, one above the other, or a mark: a character. The style decides only in the end which
// character stands for two pixels.
type canvas struct {
	width, height int
	cells         []cell
}

type cell struct {
	pixels      [2]pixel // the upper one, the lower one
	mark        rune     // drawn in place of the pixels, where not 0
	ink, ground paint    // of the mark
}

// pixel is half a cell. The zero pixel is not drawn.
type pixel struct {
	light  float64 // from 0, no ink, to 1, for styles without colour
	colour paint
}

func newCanvas(width, height int) *canvas {
	width, height = max(width, 0), max(height, 0)
	return &canvas{width: width, height: height, cells: make([]cell, width*height)}
}

// at returns the cell of a column and a row, nil outside.
func (c *canvas) at(x, y int) *cell {
	if x < 0 || x >= c.width || y < 0 || y >= c.height {
		return nil
	}
	return &c.cells[y*c.width+x]
}

// dot sets the pixel of column x and half row y: row y/2.
func (c *canvas) dot(x, y int, p pixel) {
	if cell := c.at(x, y>>1); cell != nil {
		cell.pixels[y&1] = p
	}
}

// mark sets the character of a cell, in the terminal's own colours or those given.
func (c *canvas) mark(x, y int, r rune, ink, ground paint) {
	if cell := c.at(x, y); cell != nil {
		cell.mark, cell.ink, cell.ground = r, ink, ground
	}
}

// unknown marks the cell of half row y as holding no number.
func (c *canvas) unknown(x, y int) { c.mark(x, y>>1, '?', paint{}, paint{}) }

// text writes from column x on, as much as there is room for.
func (c *canvas) text(x, y int, s string) {
	for _, r := range s {
		c.mark(x, y, r, paint{}, paint{})
		x++
	}
}

// textEnding writes so that the last character is in column x.
func (c *canvas) textEnding(x, y int, s string) { c.text(x+1-columns(s), y, s) }

// lines returns the rows, without the blanks at their ends.
func (c *canvas) lines(s Style) []string {
	lines := make([]string, c.height)
	for y := range lines {
		lines[y] = s.line(c.cells[y*c.width : (y+1)*c.width])
	}
	return lines
}

func (s Style) line(cells []cell) string {
	var out, blanks strings.Builder
	var ink, ground paint // those in force
	for i := range cells {
		r, nextInk, nextGround := s.draw(&cells[i])
		if s.Colour == NoColour {
			nextInk, nextGround = paint{}, paint{}
		}
		if r == ' ' && !nextGround.set() {
			blanks.WriteByte(' ')
			continue
		}
		if blanks.Len() > 0 && ground.set() || ink.set() && !nextInk.set() || ground.set() && !nextGround.set() {
			out.WriteString(reset)
			ink, ground = paint{}, paint{}
		}
		out.WriteString(blanks.String())
		blanks.Reset()
		if nextInk != ink || nextGround != ground {
			out.WriteString(s.escape(nextInk, nextGround))
			ink, ground = nextInk, nextGround
		}
		out.WriteRune(r)
	}
	if ink.set() || ground.set() {
		out.WriteString(reset)
	}
	return out.String()
}
