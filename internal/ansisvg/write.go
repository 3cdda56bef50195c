// Package ansisvg writes lines of text with ANSI codes, as a terminal shows them, as a
// picture: a standalone SVG 1.1 document that looks the same wherever it is shown.
//
//	err := ansisvg.Write(w, []string{"\x1b[32m●\x1b[0m running"}, 80, 24)
//
// Only letters, digits and signs are text, each as wide as its cells whatever the font
// is; blocks, braille, frames and marks are drawn, so that they meet their neighbours as
// in a terminal.
package ansisvg

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
	"strings"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
)

// The colours that the screen has by itself: those of text without a colour of its own
// and of the background.
var (
	screenInk    = color.RGBA{0xd7, 0xda, 0xdf, 0xff}
	screenGround = color.RGBA{0x15, 0x18, 0x1c, 0xff}
)

const (
	margin   = 14 // around the cells
	baseline = 14 // of letters 15 high, whose advance is that of a cell in most monospaced fonts
)

// Write writes the lines to w as a picture of columns x rows cells. Lines that are longer
// or more than the picture is large are cut off; of a negative size nothing is left. Every
// line begins without colours, whatever the last one ended with. Colours are those of the
// lines, else light on dark; of other codes bold and reversed count. The same lines give the
// same bytes, in one write. The error is that of w.
func Write(w io.Writer, lines []string, columns, rows int) error {
	columns, rows = max(columns, 0), max(rows, 0)
	screen := uv.NewScreenBuffer(columns, rows)
	var c canvas
	for y, line := range lines[:min(rows, len(lines))] {
		uv.NewStyledString(line).Draw(screen, uv.Rect(0, y, columns, 1))
		c.row(screen.Line(y), y)
	}
	_, err := w.Write(c.document(columns, rows))
	return err
}

// canvas is the shapes of each kind.
type canvas [kinds][]*group

// group is what is drawn with the same attributes, together, in the sequence in which the
// attributes first occur: a picture names each of its colours a few times, not once a cell.
type group struct {
	attributes string
	bytes.Buffer
}

// of is where to write what has such attributes.
func (c *canvas) of(k kind, attributes string) *group {
	for _, g := range c[k] {
		if g.attributes == attributes {
			return g
		}
	}
	c[k] = append(c[k], &group{attributes: attributes})
	return c[k][len(c[k])-1]
}

// document is the picture as XML.
func (c *canvas) document(columns, rows int) []byte {
	width, height := columns*cellAcross+2*margin, rows*cellDown+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="%d %d %[1]d %[2]d">`+"\n",
		width, height, -margin, -margin)
	fmt.Fprintf(&b, `<rect x="%d" y="%[1]d" width="%d" height="%d" rx="8" fill="%s"/>`+"\n", -margin, width, height, hex(screenGround))
	for k, groups := range c {
		fmt.Fprintf(&b, "<g %s>\n", attributesOf[k])
		for _, g := range groups {
			if kind(k) == letters {
				fmt.Fprintf(&b, "<g %s>\n%s</g>\n", g.attributes, g.Bytes())
			} else {
				fmt.Fprintf(&b, "<path %s d=\"%s\"/>\n", g.attributes, g.Bytes())
			}
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// row draws line y of the screen: what is no shape is text, ASCII of one look together,
// with single blanks, and every other character by itself, since another font may have to
// give it.
func (c *canvas) row(row uv.Line, y int) {
	for x := range row {
		if _, behind := colours(&row[x].Style); behind != hex(screenGround) {
			for column := range row[x].Width {
				c.path(ground, `fill="`+behind+`"`, x+column, y, wholeCell)
			}
		}
	}
	for x := 0; x < len(row); {
		first, end := &row[x], x+max(row[x].Width, 1)
		ink, _ := colours(&first.Style)
		if s, ok := drawn(first); ok {
			attribute := "fill"
			if s.kind == line || s.kind == dot {
				attribute = "stroke"
			}
			c.path(s.kind, attribute+`="`+ink+`"`+s.more, x, y, s.path)
		} else if !blank(first) {
			text := first.Content
			for isASCII(text) && continues(row, end, first) {
				text += row[end].Content
				end++
			}
			attributes := `fill="` + ink + `"`
			if first.Style.Attrs&uv.AttrBold != 0 {
				attributes += ` font-weight="bold"`
			}
			b := c.of(letters, attributes)
			_, _ = fmt.Fprintf(b, `<text x="%d" y="%d" textLength="%d" lengthAdjust="spacingAndGlyphs">`,
				x*cellAcross, y*cellDown+baseline, (end-x)*cellAcross)
			_ = xml.EscapeText(b, []byte(text)) // a buffer takes everything
			b.WriteString("</text>\n")
		}
		x = end
	}
}

// path draws from the upper left corner of a cell.
func (c *canvas) path(k kind, attributes string, x, y int, path string) {
	_, _ = fmt.Fprintf(c.of(k, attributes), "M%d %d%s", x*cellAcross, y*cellDown, path)
}

// drawn returns the shape of a cell, if it is one.
func drawn(c *uv.Cell) (shape, bool) {
	r, n := utf8.DecodeRuneInString(c.Content)
	s, ok := shapes[r]
	return s, ok && n == len(c.Content)
}

// continues says whether a cell goes on with a text of the look of its first one. A blank does before more of it: several
// blanks, and those at an end, are nothing in XML.
func continues(row uv.Line, x int, first *uv.Cell) bool {
	if x >= len(row) || !row[x].Style.Equal(&first.Style) || row[x].Content == "" || !isASCII(row[x].Content) {
		return false
	}
	return !blank(&row[x]) || x+1 < len(row) && !blank(&row[x+1]) && continues(row, x+1, first)
}

func blank(c *uv.Cell) bool { return strings.TrimSpace(c.Content) == "" }

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// colours are those that a look has: those of the screen where it has none of its own, and the two exchanged where it is
// reversed.
func colours(s *uv.Style) (ink, ground string) {
	ink, ground = hex(screenInk), hex(screenGround)
	if s.Fg != nil {
		ink = hex(s.Fg)
	}
	if s.Bg != nil {
		ground = hex(s.Bg)
	}
	if s.Attrs&uv.AttrReverse != 0 {
		return ground, ink
	}
	return ink, ground
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
