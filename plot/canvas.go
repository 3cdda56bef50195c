package plot

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
func (c *canvas) text(x, y int, s string) { c.write(x, y, s, paint{}) }

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
		if !s.Colour {
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
			out.WriteString(escape(nextInk, nextGround))
			ink, ground = nextInk, nextGround
		}
		out.WriteRune(r)
	}
	if ink.set() || ground.set() {
		out.WriteString(reset)
	}
	return out.String()
}

// shades are characters by the light of their upper and their lower half.
var shades = [...]struct {
	character    rune
	upper, lower float64
}{
	{' ', 0, 0}, {'░', 0.25, 0.25}, {'▒', 0.5, 0.5}, {'▓', 0.75, 0.75}, {'█', 1, 1}, {'▀', 1, 0}, {'▄', 0, 1},
}

// asciiShades are characters by their ink, from none to most.
const asciiShades = " .:-=+*#%@"

// draw returns the character that stands for a cell, and its colours.
func (s Style) draw(c *cell) (r rune, ink, ground paint) {
	upper, lower := c.pixels[0], c.pixels[1]
	if c.mark != 0 {
		return s.character(c.mark), c.ink, c.ground
	}
	switch {
	case s.Colour && s.Unicode:
		switch {
		case upper.colour == lower.colour:
			return ' ', paint{}, upper.colour
		case !upper.colour.set():
			return '▄', lower.colour, paint{}
		default:
			return '▀', upper.colour, lower.colour
		}
	case s.Colour:
		return ' ', paint{}, middle(upper.colour, lower.colour)
	case s.Unicode:
		return shade(upper.light, lower.light), paint{}, paint{}
	default:
		i := math.Round((upper.light + lower.light) / 2 * float64(len(asciiShades)-1))
		return rune(asciiShades[int(i)]), paint{}, paint{}
	}
}

// character returns the character of a mark where the style has it, else one of ASCII.
func (s Style) character(r rune) rune {
	if s.Unicode || r <= unicode.MaxASCII {
		return r
	}
	if plain, ok := plainMarks[r]; ok {
		return plain
	}
	return '?'
}

func shade(upper, lower float64) rune {
	best, least := ' ', math.Inf(1)
	for _, s := range shades {
		du, dl := upper-s.upper, lower-s.lower
		if d := du*du + dl*dl; d < least {
			best, least = s.character, d
		}
	}
	return best
}

// plainMarks are the ASCII characters that stand for marks.
var plainMarks = map[rune]rune{
	'│': '|', '└': '+', '┬': '+', '–': '-', '•': 'o',
	'★': '*', '☆': '*', '▲': '^', '▼': 'v', '◆': '#', '◇': '#', '●': 'o', '○': 'o', '■': '#', '□': '#', '⋆': '*',
	'┤': '+', '┄': '-', '─': '-', '━': '-', '╍': '-', '≤': '<', '…': '~', '▓': '=',
	'▏': '#', '▎': '#', '▍': '#', '▌': '#', '▋': '#', '▊': '#', '▉': '#',
	'▁': '.', '▂': '.', '▃': ':', '▄': ':', '▅': ':', '▆': '#', '▇': '#', '█': '#',
}

// clean makes a name safe to write: no character that a terminal would act on or draw wider or narrower than a column.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) || unicode.In(r, unicode.Mn, unicode.Me) || maybeWide(r) {
			return '?'
		}
		return r
	}, s)
}

// maybeWide tells the characters that may take two columns: those from Hangul on, but for punctuation, arrows and
// mathematical signs.
func maybeWide(r rune) bool { return r >= 0x1100 && (r < 0x2010 || r > 0x22ff) }

// symbol makes a mark safe to draw: geometric shapes and stars are one column wide where a terminal is not told otherwise.
func symbol(r rune) rune {
	narrow := r >= 0x2500 && r <= 0x2606 && r != '◽' && r != '◾'
	if r == 0 || !narrow && columns(clean(string(r))) == 1 && clean(string(r)) != string(r) {
		return '*'
	}
	return r
}

// columns is the width of a clean text.
func columns(s string) int { return utf8.RuneCountInString(s) }

// ends writes the ends of a range with as many digits as tell a thousandth of it.
func ends(r Range) (lo, hi string) {
	return number(r.Lo, r.Hi-r.Lo), number(r.Hi, r.Hi-r.Lo)
}

// number writes a value of an axis of some length.
func number(v, length float64) string {
	decimals := 2 - int(math.Floor(math.Log10(length)))
	if !(length > 0) || math.Abs(v) >= 1e6 || length < 1e-5 || length > 1e7 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	s := strconv.FormatFloat(v, 'f', max(decimals, 0), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}
