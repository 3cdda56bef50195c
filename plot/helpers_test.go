package plot

import (
	"fmt"
	"image/color"
	"strings"
)

// failer is a test, or a check of a property.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// glyph is a character as a terminal shows it. The zero colour is the terminal's own.
type glyph struct {
	r           rune
	ink, ground color.RGBA
}

// read acts on a line as a terminal of 24 bits of colour does, and fails on whatever is not a character of one column or
// a selection of colours, and where the colours stay selected at the end.
func read(t failer, line string) []glyph {
	t.Helper()
	var out []glyph
	var now glyph
	for line != "" {
		if !strings.HasPrefix(line, "\x1b") {
			r := []rune(line)[0]
			if r < ' ' || maybeWide(r) && !narrow(r) {
				t.Fatalf("%q in a line", r)
			}
			now.r = r
			out = append(out, now)
			line = line[len(string(r)):]
			continue
		}
		sequence, rest, found := strings.Cut(line, "m")
		if !found {
			t.Fatalf("the line ends inside %q", line)
		}
		line = rest
		if sequence == "\x1b[0" {
			now = glyph{}
			continue
		}
		for codes := sequence[2:]; codes != ""; {
			var layer, r, g, b int
			if n, err := fmt.Sscanf(codes, "%d;2;%d;%d;%d", &layer, &r, &g, &b); n != 4 {
				t.Fatalf("colours %q: %v", codes, err)
			}
			c := color.RGBA{uint8(r), uint8(g), uint8(b), 0xff}
			switch layer {
			case 38:
				now.ink = c
			case 48:
				now.ground = c
			default:
				t.Fatalf("colours %q", codes)
			}
			codes = strings.TrimPrefix(codes, fmt.Sprintf("%d;2;%d;%d;%d", layer, r, g, b))
			codes = strings.TrimPrefix(codes, ";")
		}
	}
	if now.ink.A != 0 || now.ground.A != 0 {
		t.Fatal("a line ends in colour")
	}
	return out
}

// narrow tells the characters of drawings that are one column wide beside those of all texts.
func narrow(r rune) bool {
	return r >= 0x2500 && r <= 0x259f || r >= 0x2800 && r <= 0x28ff || strings.ContainsRune("★▲•", r)
}

// halves returns the colours of the upper and the lower half of what a terminal shows.
func (g glyph) halves(t failer) (upper, lower color.RGBA) {
	t.Helper()
	switch g.r {
	case ' ':
		return g.ground, g.ground
	case '▀':
		return g.ink, g.ground
	case '▄':
		return g.ground, g.ink
	}
	t.Fatalf("%q is not two pixels", g.r)
	return
}

var full = Style{Colour: true, Unicode: true}

// plain returns the characters of lines without their colours.
func plain(t failer, lines []string) []string {
	t.Helper()
	out := make([]string, len(lines))
	for i, line := range lines {
		var text strings.Builder
		for _, g := range read(t, line) {
			text.WriteRune(g.r)
		}
		out[i] = text.String()
	}
	return out
}

// pixels returns which pixels of braille are inked in the area of a frame, by row and column.
func pixels(t failer, lines []string, f Frame) [][]bool {
	t.Helper()
	out := make([][]bool, 4*f.Height)
	for i := range out {
		out[i] = make([]bool, 2*f.Width)
	}
	for row := range f.Height {
		for column, g := range read(t, lines[f.Top+row]) {
			if x := column - f.Left; x >= 0 && g.r >= 0x2800 && g.r <= 0x28ff {
				for i, bit := range brailleBits {
					if uint8(g.r-0x2800)&bit != 0 {
						out[4*row+i/2][2*x+i%2] = true
					}
				}
			}
		}
	}
	return out
}

// braille is the style in which every pixel of a line can be read back.
var braille = Style{Unicode: true}
