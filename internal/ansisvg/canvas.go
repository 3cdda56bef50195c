package ansisvg

import (
	"encoding/xml"
	"fmt"
	"image/color"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/maskflow/maskflow/plot"
)

// canvas is the shapes and the text of a picture.
type canvas struct {
	grounds strokes // rectangles behind all the rest
	areas   strokes // rectangles
	lines   strokes // rectangles without a width
	dots    layer   // points with round ends
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
	if _, ground := at.resolve(); ground != screenGround {
		c.grounds.add(fill(ground), box{float64(x * cellAcross), float64(y * cellDown), float64((x + 1) * cellAcross), float64((y + 1) * cellDown)})
	}
}

// shape draws a character that is no text, if it is one of those.
func (c *canvas) shape(r rune, l look, column, row int) bool {
	ink, ground := l.resolve()
	x, y := float64(column*cellAcross), float64(row*cellDown)
	if share, ok := shadeOf[r]; ok {
		c.areas.add(fill(plot.Blend(ground, ink, share)), box{x, y, x + cellAcross, y + cellDown})
		return true
	}
	if areas, ok := blocks[r]; ok {
		for _, a := range areas {
			c.areas.add(fill(ink), box{x + a.x0*cellAcross/8, y + a.y0*cellDown/8, x + a.x1*cellAcross/8, y + a.y1*cellDown/8})
		}
		return true
	}
	if r >= firstBraille && r <= lastBraille {
		for set := uint(r - firstBraille); set != 0; set &= set - 1 {
			d := brailleDots[bits.TrailingZeros(set)]
			c.dots.of(stroke(ink)).dot(x+cellAcross*(2*d[0]+1)/4, y+cellDown*(2*d[1]+1)/8)
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
		_, _ = fmt.Fprintf(c.marks.of(attributes), "M%s %s%s", decimal(x+m.x), decimal(y+m.y), m.path)
		return true
	}
	return false
}

// box draws the lines of a box-drawing character.
func (c *canvas) box(a arms, attributes string, x, y float64) {
	line := func(before, after bool, from, middle, to float64, at func(a, b float64) box) {
		if !before {
			from = middle
		}
		if !after {
			to = middle
		}
		if from < to {
			c.lines.add(attributes, at(from, to))
		}
	}
	line(a.left, a.right, x, x+middleX, x+cellAcross, func(l, r float64) box { return box{l, y + middleY, r, y + middleY} })
	line(a.up, a.down, y, y+middleY, y+cellDown, func(u, d float64) box { return box{x + middleX, u, x + middleX, d} })
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

// decimal writes a coordinate, which is a multiple of an eighth in all shapes.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// The letters: 15 high, the advance of most monospaced fonts is then that of a cell.
const (
	baseline = 14
	fonts    = "'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace"
)

// words writes what is left of a row as text: ASCII of one look together, with single
// blanks, and every other character by itself, since another font may have to give it.
func (c *canvas) words(row []cell, y int) {
	for x := 0; x < len(row); {
		first := row[x]
		if blank(first) {
			x++
			continue
		}
		end, text := x+first.columns, first.text
		for isASCII(text) && continues(row, end, first.look) {
			text += row[end].text
			end++
		}
		ink, _ := first.resolve()
		attributes := fill(ink)
		if first.bold {
			attributes += ` font-weight="bold"`
		}
		b := c.texts.of(attributes)
		_, _ = fmt.Fprintf(b, `<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs">`, x*cellAcross, y*cellDown+baseline, (end-x)*cellAcross)
		_ = xml.EscapeText(b, []byte(text)) // a buffer takes everything
		b.WriteString("</text>\n")
		x = end
	}
}

// continues says whether a cell goes on with a text of a look. A blank does before more
// of it: several blanks, and those at an end, are nothing in XML.
func continues(row []cell, x int, l look) bool {
	if x >= len(row) || row[x].look != l || row[x].text == "" || !isASCII(row[x].text) {
		return false
	}
	return !blank(row[x]) || x+1 < len(row) && !blank(row[x+1]) && continues(row, x+1, l)
}

func blank(c cell) bool { return strings.TrimSpace(c.text) == "" }

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
