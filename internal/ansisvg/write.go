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
	"fmt"
	"image/color"
	"io"
)

// The colours that the screen has by itself: those of text without a colour of its own
// and of the background.
var (
	screenInk    = color.RGBA{0xd7, 0xda, 0xdf, 0xff}
	screenGround = color.RGBA{0x15, 0x18, 0x1c, 0xff}
)

// Write writes the lines to w as a picture of columns x rows cells. Lines that are longer
// or more than the picture is large are cut off; of a negative size nothing is left.
// Colours are those of the lines, else light on dark; of other codes bold and reversed
// count. The same lines give the same bytes, in one write. The error is that of w.
func Write(w io.Writer, lines []string, columns, rows int) error {
	columns, rows = max(columns, 0), max(rows, 0)
	var c canvas
	for y := range min(rows, len(lines)) {
		c.row(cells(lines[y], columns), y)
	}
	_, err := w.Write(c.document(columns, rows))
	return err
}

// margin is the space around the cells.
const margin = 14

// document is the picture as XML.
func (c *canvas) document(columns, rows int) []byte {
	width, height := columns*cellAcross+2*margin, rows*cellDown+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="%d %d %[1]d %[2]d">`+"\n", width, height, -margin, -margin)
	fmt.Fprintf(&b, `<rect x="%d" y="%[1]d" width="%d" height="%d" rx="8" %s/>`+"\n", -margin, width, height, fill(screenGround))
	group := func(attributes string, draw func()) {
		fmt.Fprintf(&b, "<g %s>\n", attributes)
		draw()
		b.WriteString("</g>\n")
	}
	group(`shape-rendering="crispEdges"`, func() {
		c.grounds.paths(&b, rectangle)
		c.areas.paths(&b, rectangle)
	})
	group(`stroke-linecap="square"`, func() {
		c.lines.paths(&b, line)
		c.marks.paths(&b)
	})
	group(`stroke-linecap="round" stroke-width="`+decimal(dotSize)+`"`, func() { c.dots.paths(&b) })
	group(`font-family="`+fonts+`" font-size="15" style="font-variant-ligatures:none"`, func() {
		for _, g := range c.texts {
			fmt.Fprintf(&b, "<g %s>\n%s</g>\n", g.attributes, g.Bytes())
		}
	})
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func rectangle(r box) string {
	return fmt.Sprintf("M%s %sh%sv%sh%sz", decimal(r.x0), decimal(r.y0), decimal(r.x1-r.x0), decimal(r.y1-r.y0), decimal(r.x0-r.x1))
}

func line(l box) string {
	if l.y0 == l.y1 {
		return fmt.Sprintf("M%s %sH%s", decimal(l.x0), decimal(l.y0), decimal(l.x1))
	}
	return fmt.Sprintf("M%s %sV%s", decimal(l.x0), decimal(l.y0), decimal(l.y1))
}

// layer is what is drawn with the same attributes, together, in the sequence in which
// the attributes first occur: a picture names each of its colours a few times, not once
// a cell.
type layer []*group

type group struct {
	attributes string
	bytes.Buffer
	x, y float64 // of the last dot
}

// of is where to write what has such attributes.
func (l *layer) of(attributes string) *group {
	for _, g := range *l {
		if g.attributes == attributes {
			return g
		}
	}
	*l = append(*l, &group{attributes: attributes})
	return (*l)[len(*l)-1]
}

// dot draws a point, by how far it is from the last one, which is half as long as where
// it is: a line without length, all of which is its ends.
func (g *group) dot(x, y float64) {
	_, _ = fmt.Fprintf(g, "m%s %sh0", decimal(x-g.x), decimal(y-g.y)) // a path begins at 0, 0
	g.x, g.y = x, y
}

// paths writes the groups as paths.
func (l layer) paths(out *bytes.Buffer) {
	for _, g := range l {
		fmt.Fprintf(out, "<path %s d=\"%s\"/>\n", g.attributes, g.Bytes())
	}
}

// box is a rectangle of a picture, or a line where it has no height or no width.
type box struct{ x0, y0, x1, y1 float64 }

// strokes is rectangles and lines, of which those that continue each other are one: it
// is shorter, and shows no seams when it is scaled.
type strokes struct {
	all  []styledBox
	ends map[side]int // the last one that ends at a side, in all
}

type styledBox struct {
	attributes string
	box
}

// side is what must be equal for a box to continue another one: the extent across.
type side struct {
	attributes string
	vertical   bool
	from, to   float64
}

func (s *strokes) add(attributes string, b box) {
	if s.ends == nil {
		s.ends = map[side]int{}
	}
	k := side{attributes, false, b.y0, b.y1}
	if b.x0 == b.x1 {
		k = side{attributes, true, b.x0, b.x1}
	}
	if i, ok := s.ends[k]; ok {
		switch last := &s.all[i].box; {
		case !k.vertical && last.x1 == b.x0:
			last.x1 = b.x1
			return
		case k.vertical && last.y1 == b.y0:
			last.y1 = b.y1
			return
		}
	}
	s.ends[k] = len(s.all)
	s.all = append(s.all, styledBox{attributes, b})
}

// paths writes the boxes as paths, one for all that have the same attributes.
func (s *strokes) paths(out *bytes.Buffer, path func(box) string) {
	var l layer
	for _, b := range s.all {
		l.of(b.attributes).WriteString(path(b.box))
	}
	l.paths(out)
}
