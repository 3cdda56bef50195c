package tui

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SVG is a picture of a frame, as [Frame] gives it, in columns x rows cells: a
// standalone SVG 1.1 document that looks the same wherever it is shown. Only
// letters, digits and signs are text, each as wide as its cells whatever the font is;
// blocks, braille, frames and marks are drawn. Of the screen it heeds whether the
// background is light. Colours are those of the lines, indexed ones as xterm has them.
// The same lines give the same bytes. Lines that are longer or more than the picture is
// large are cut off.
func SVG(lines []string, columns, rows int, screen Screen) []byte {
	columns, rows = max(columns, 0), max(rows, 0)
	p := &canvas{palette: paletteOf(screen)}
	for y := range min(rows, len(lines)) {
		row := cells(lines[y], columns)
		for x, c := range row {
			p.ground(c, x, y)
			if r, n := utf8.DecodeRuneInString(c.text); n == len(c.text) && p.shape(r, c.look, x, y) {
				row[x].text = "" // the rest of the row is text
			}
		}
		p.words(row, y)
	}
	return p.document(columns, rows)
}

// palette is the colours that a screen has by itself.
type palette struct{ ink, ground color.RGBA }

func paletteOf(s Screen) palette {
	if s.Light {
		return palette{color.RGBA{0x24, 0x29, 0x2f, 0xff}, color.RGBA{0xff, 0xff, 0xff, 0xff}}
	}
	return palette{color.RGBA{0xd7, 0xda, 0xdf, 0xff}, color.RGBA{0x15, 0x18, 0x1c, 0xff}}
}

// canvas is the shapes and the text of a picture.
type canvas struct {
	palette
	grounds strokes // rectangles behind all the rest
	areas   strokes // rectangles
	lines   strokes // rectangles without a width
	dots    trail   // points with round ends
	marks   layer   // paths
	texts   layer   // text elements
}

// ground fills a cell whose background is not that of the screen.
func (p *canvas) ground(c cell, x, y int) {
	if _, ground := c.resolve(p.palette); ground != p.palette.ground {
		p.grounds.add(fill(ground), box{float64(x * cellAcross), float64(y * cellDown), float64((x + 1) * cellAcross), float64((y + 1) * cellDown)})
	}
}

// shape draws a character that is no text, if it is one of those.
func (p *canvas) shape(r rune, l look, column, row int) bool {
	ink, ground := l.resolve(p.palette)
	x, y := float64(column*cellAcross), float64(row*cellDown)
	if share, ok := shadeOf[r]; ok {
		p.areas.add(fill(mixed(ground, ink, share)), box{x, y, x + cellAcross, y + cellDown})
		return true
	}
	if areas, ok := blocks[r]; ok {
		for _, a := range areas {
			p.areas.add(fill(ink), box{x + eighth(a.x0, cellAcross), y + eighth(a.y0, cellDown), x + eighth(a.x1, cellAcross), y + eighth(a.y1, cellDown)})
		}
		return true
	}
	if r >= firstBraille && r <= lastBraille {
		for set := uint(r - firstBraille); set != 0; set &= set - 1 {
			d := brailleDots[bits.TrailingZeros(set)]
			p.dots.add(stroke(ink), x+cellAcross*(2*d[0]+1)/4, y+cellDown*(2*d[1]+1)/8)
		}
		return true
	}
	if a, ok := boxes[r]; ok {
		p.box(a, stroke(ink), x, y)
		return true
	}
	if ds, ok := dashes[r]; ok {
		for _, d := range ds {
			p.lines.add(stroke(ink), box{x + d[0], y + middleY, x + d[1], y + middleY})
		}
		return true
	}
	if m, ok := marks[r]; ok {
		attributes := fill(ink)
		if m.outline {
			attributes = `fill="none" ` + stroke(ink)
		}
		fmt.Fprintf(p.marks.of(attributes), "M%s %s%s", decimal(x+m.x), decimal(y+m.y), m.path)
		return true
	}
	return false
}

// box draws the lines of a box-drawing character.
func (p *canvas) box(a arms, attributes string, x, y float64) {
	if a.heavy {
		attributes += ` stroke-width="2"`
	}
	from, to := x+middleX, x+middleX
	if a.left {
		from = x
	}
	if a.right {
		to = x + cellAcross
	}
	if from < to {
		p.lines.add(attributes, box{from, y + middleY, to, y + middleY})
	}
	from, to = y+middleY, y+middleY
	if a.up {
		from = y
	}
	if a.down {
		to = y + cellDown
	}
	if from < to {
		p.lines.add(attributes, box{x + middleX, from, x + middleX, to})
	}
}

// words writes what is left of a row as text: ASCII of one look together, with single
// blanks, and every other character by itself, since another font may have to give it.
func (p *canvas) words(row []cell, y int) {
	for x := 0; x < len(row); {
		c := row[x]
		if blank(c) {
			x++
			continue
		}
		end, text := x+c.columns, c.text
		for isASCII(text) && continues(row, end, c.look) {
			text += row[end].text
			end++
		}
		ink, _ := c.resolve(p.palette)
		attributes := fill(ink)
		if c.bold {
			attributes += ` font-weight="bold"`
		}
		b := p.texts.of(attributes)
		fmt.Fprintf(b, `<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs">`, x*cellAcross, y*cellDown+baseline, (end-x)*cellAcross)
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

// The letters: 15 high, the advance of most monospaced fonts is then that of a cell.
const (
	baseline = 14
	margin   = 14 // around the cells
	fonts    = "'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace"
)

// document is the picture as XML.
func (p *canvas) document(columns, rows int) []byte {
	width, height := columns*cellAcross+2*margin, rows*cellDown+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="%d %d %[1]d %[2]d">`+"\n", width, height, -margin, -margin)
	fmt.Fprintf(&b, `<rect x="%d" y="%[1]d" width="%d" height="%d" rx="8" %s/>`+"\n", -margin, width, height, fill(p.palette.ground))
	group := func(attributes string, draw func()) {
		fmt.Fprintf(&b, "<g %s>\n", attributes)
		draw()
		b.WriteString("</g>\n")
	}
	group(`shape-rendering="crispEdges"`, func() {
		rectangle := func(r box) string {
			return fmt.Sprintf("M%s %sh%sv%sh%sz", decimal(r.x0), decimal(r.y0), decimal(r.x1-r.x0), decimal(r.y1-r.y0), decimal(r.x0-r.x1))
		}
		p.grounds.paths(&b, rectangle)
		p.areas.paths(&b, rectangle)
	})
	group(`stroke-linecap="square"`, func() {
		p.lines.paths(&b, func(l box) string {
			if l.y0 == l.y1 {
				return fmt.Sprintf("M%s %sH%s", decimal(l.x0), decimal(l.y0), decimal(l.x1))
			}
			return fmt.Sprintf("M%s %sV%s", decimal(l.x0), decimal(l.y0), decimal(l.y1))
		})
		p.marks.paths(&b)
	})
	group(`stroke-linecap="round" stroke-width="`+decimal(dotSize)+`"`, func() { p.dots.paths(&b) })
	group(`font-family="`+fonts+`" font-size="15" style="font-variant-ligatures:none"`, func() { p.texts.groups(&b) })
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func fill(c color.RGBA) string   { return fmt.Sprintf(`fill="#%02x%02x%02x"`, c.R, c.G, c.B) }
func stroke(c color.RGBA) string { return fmt.Sprintf(`stroke="#%02x%02x%02x"`, c.R, c.G, c.B) }

func mixed(a, b color.RGBA, share float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + share*(float64(b)-float64(a)))) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

func eighth(n int, size float64) float64 { return float64(n) * size / 8 }

// decimal writes a coordinate, which is a multiple of an eighth in all shapes.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
