package ansisvg

import (
	"fmt"
	"image/color"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// canvas is the shapes and the text of a picture.
type canvas struct {
	palette Palette
	grounds strokes // rectangles behind all the rest
	areas   strokes // rectangles
	lines   strokes // rectangles without a width
	dots    trail   // points with round ends
	marks   layer   // paths
	texts   layer   // text elements
}

// row draws line y of the screen.
func (c *canvas) row(row []cell, y int) {
	for x, at := range row {
		c.ground(at, x, y)
		if r, n := utf8.DecodeRuneInString(at.text); n == len(at.text) && c.shape(r, at.look, x, y) {
			row[x].text = "" // the rest of the row is text
		}
	}
	c.words(row, y)
}

// ground fills a cell whose background is not that of the screen.
func (c *canvas) ground(at cell, x, y int) {
	if _, ground := at.resolve(c.palette); ground != c.palette.Ground {
		c.grounds.add(fill(ground), box{float64(x * cellAcross), float64(y * cellDown), float64((x + 1) * cellAcross), float64((y + 1) * cellDown)})
	}
}

// shape draws a character that is no text, if it is one of those.
func (c *canvas) shape(r rune, l look, column, row int) bool {
	ink, ground := l.resolve(c.palette)
	x, y := float64(column*cellAcross), float64(row*cellDown)
	if share, ok := shadeOf[r]; ok {
		c.areas.add(fill(mixed(ground, ink, share)), box{x, y, x + cellAcross, y + cellDown})
		return true
	}
	if areas, ok := blocks[r]; ok {
		for _, a := range areas {
			c.areas.add(fill(ink), box{x + eighth(a.x0, cellAcross), y + eighth(a.y0, cellDown), x + eighth(a.x1, cellAcross), y + eighth(a.y1, cellDown)})
		}
		return true
	}
	if r >= firstBraille && r <= lastBraille {
		for set := uint(r - firstBraille); set != 0; set &= set - 1 {
			d := brailleDots[bits.TrailingZeros(set)]
			c.dots.add(stroke(ink), x+cellAcross*(2*d[0]+1)/4, y+cellDown*(2*d[1]+1)/8)
		}
		return true
	}
	if a, ok := boxes[r]; ok {
		c.box(a, outline(ink, a.heavy), x, y)
		return true
	}
	if l, ok := dashedLines[r]; ok {
		for _, d := range l.dashes {
			c.lines.add(outline(ink, l.heavy), box{x + d[0], y + middleY, x + d[1], y + middleY})
		}
		return true
	}
	if m, ok := marks[r]; ok {
		attributes := fill(ink)
		if m.outline {
			attributes = `fill="none" ` + stroke(ink)
		}
		fmt.Fprintf(c.marks.of(attributes), "M%s %s%s", decimal(x+m.x), decimal(y+m.y), m.path)
		return true
	}
	return false
}

// box draws the lines of a box-drawing character.
func (c *canvas) box(a arms, attributes string, x, y float64) {
	from, to := x+middleX, x+middleX
	if a.left {
		from = x
	}
	if a.right {
		to = x + cellAcross
	}
	if from < to {
		c.lines.add(attributes, box{from, y + middleY, to, y + middleY})
	}
	from, to = y+middleY, y+middleY
	if a.up {
		from = y
	}
	if a.down {
		to = y + cellDown
	}
	if from < to {
		c.lines.add(attributes, box{x + middleX, from, x + middleX, to})
	}
}

func fill(c color.RGBA) string   { return fmt.Sprintf(`fill="#%02x%02x%02x"`, c.R, c.G, c.B) }
func stroke(c color.RGBA) string { return fmt.Sprintf(`stroke="#%02x%02x%02x"`, c.R, c.G, c.B) }

// outline is the attributes of a line of frames.
func outline(ink color.RGBA, heavy bool) string {
	if heavy {
		return stroke(ink) + ` stroke-width="2"`
	}
	return stroke(ink)
}

func mixed(a, b color.RGBA, share float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + share*(float64(b)-float64(a)))) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

func eighth(n int, size float64) float64 { return float64(n) * size / 8 }

// decimal writes a coordinate, which is a multiple of an eighth in all shapes.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
