package ansisvg

import (
	"image/color"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// look is how a cell is drawn. A colour that is not opaque is the screen's own.
type look struct {
	ink, ground    color.RGBA
	bold, reversed bool
}

// cell is a place of the screen. The second of the two that a wide character takes is
// empty, and so is one that nothing was written to.
type cell struct {
	text    string
	columns int // of the text: 1 or 2
	look
}

// cells reads a line as a terminal does, up to so many columns. Every line begins
// without colours, whatever the last one ended with. What is no text and no colour,
// such as a movement of the cursor, is left out.
func cells(line string, columns int) []cell {
	out := make([]cell, max(columns, 0))
	parser := ansi.NewParser()
	var state byte
	var now look
	var last *cell // what an accent belongs to
	at := 0
	for line != "" {
		sequence, width, n, next := ansi.DecodeSequence(line, state, parser)
		switch {
		case width > 0:
			if at+width > len(out) {
				return out // half of a wide character has no look
			}
			for i := range width {
				out[at+i].look = now
			}
			out[at].text, out[at].columns = sequence, width
			at += width
			last = &out[at-width]
		case last != nil && unicode.IsMark(firstRune(sequence)):
			last.text += sequence
		case ansi.HasCsiPrefix(sequence) && parser.Command() == 'm':
			now.read(parser.Params())
		}
		line, state = line[n:], next
	}
	return out
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// read changes the look by the parameters of "select graphic rendition": those that the
// monitor writes. Others are passed over.
func (l *look) read(params ansi.Params) {
	if len(params) == 0 {
		*l = look{}
	}
	for i := 0; i < len(params); i++ {
		switch p := params[i].Param(0); p {
		case 0:
			*l = look{}
		case 1:
			l.bold = true
		case 7:
			l.reversed = true
		case 38:
			i += readColour(params[i:], &l.ink)
		case 48:
			i += readColour(params[i:], &l.ground)
		}
	}
}

// readColour reads a colour, of 24 bits or by its index, and says how many parameters
// after the first it took: all of them where it is not understood, since what they
// then mean is not known.
func readColour(params ansi.Params, c *color.RGBA) int {
	var read color.Color
	n := ansi.ReadStyleColor(params, &read)
	if n == 0 {
		return len(params)
	}
	if read != nil {
		*c = color.RGBAModel.Convert(read).(color.RGBA)
	}
	return n - 1
}

// resolve is the colours that a look has: those of the screen where it has none of its
// own, and the two exchanged where it is reversed.
func (l look) resolve() (ink, ground color.RGBA) {
	ink, ground = l.ink, l.ground
	if ink.A == 0 {
		ink = screenInk
	}
	if ground.A == 0 {
		ground = screenGround
	}
	if l.reversed {
		ink, ground = ground, ink
	}
	return ink, ground
}
