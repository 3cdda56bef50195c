package ansisvg

import (
	"bytes"
	"fmt"
)

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
	fmt.Fprintf(g, "m%s %sh0", decimal(x-g.x), decimal(y-g.y)) // a path begins at 0, 0
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
