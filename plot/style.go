package plot

import (
	"fmt"
	"image/color"
)

// Style says what a terminal can show. The zero value is ASCII without colour, which all can.
type Style struct {
	Colour Colour
	// Unicode allows block elements and other characters outside ASCII, all of them one column wide.
	Unicode bool
	// Symbols are what lines are drawn with where Unicode is allowed. Grids, images and bars do not heed them.
	Symbols Symbols
	// Ground is the colour of the background, where that is known: what is faint is mixed with it, else with grey.
	Ground color.RGBA
}

// Symbols are characters that stand for several pixels of a line.
type Symbols int

// The symbols of lines: dots of braille, 2 x 4 in a character, and blocks, 2 x 2, for fonts without braille.
const (
	Braille Symbols = iota
	Block
)

// Colour is how many colours a terminal has.
type Colour int

// The colours of terminals: none, the 256 of xterm's palette, and all of 24 bits.
const (
	NoColour Colour = iota
	Colour256
	TrueColour
)

const reset = "\x1b[0m"

// paint is a colour of a cell, or none: the terminal's own.
type paint struct {
	color.RGBA // opaque where set
}

func solid(c color.RGBA) paint { return paint{c} }

func (p paint) set() bool { return p.A != 0 }

// inkOf is a colour that was given, or where none was that of the series at an index.
func inkOf(c color.RGBA, index int) color.RGBA {
	if c == (color.RGBA{}) {
		return Series(index)
	}
	return given(c).RGBA
}

// given is the paint of a colour that was given, or none for the zero value.
func given(c color.RGBA) paint {
	if c != (color.RGBA{}) {
		c.A = 0xff
	}
	return solid(c)
}

// weaker mixes a colour with the ground, or with grey, which is further from it than from the ground, be that dark or
// light.
func (s Style) weaker(p paint) paint {
	share, to := 0.6, color.RGBA{0x80, 0x80, 0x80, 0xff}
	if s.Ground.A != 0 {
		share, to = 0.55, s.Ground
	}
	return solid(Blend(p.RGBA, to, share))
}

// escape returns the sequence that selects the colours of a cell, of which it leaves alone those that are not set.
func (s Style) escape(ink, ground paint) string {
	codes := ""
	if ink.set() {
		codes = "38;" + s.code(ink.RGBA)
	}
	if ground.set() {
		if codes != "" {
			codes += ";"
		}
		codes += "48;" + s.code(ground.RGBA)
	}
	if codes == "" {
		return ""
	}
	return "\x1b[" + codes + "m"
}

func (s Style) code(c color.RGBA) string {
	if s.Colour == Colour256 {
		return fmt.Sprintf("5;%d", nearest256(c))
	}
	return fmt.Sprintf("2;%d;%d;%d", c.R, c.G, c.B)
}

// cube is the levels of red, green and blue in the 216 colours from index 16 on.
var cube = [6]int{0, 95, 135, 175, 215, 255}

// nearest256 returns the index in xterm's palette of the colour nearest to c. The first 16 colours are left out: every
// terminal has its own.
func nearest256(c color.RGBA) int {
	r, g, b := nearestLevel(int(c.R)), nearestLevel(int(c.G)), nearestLevel(int(c.B))
	step := min(max((int(c.R)+int(c.G)+int(c.B))/3-3, 0)/10, 23) // of the 24 greys 8, 18, …, 238 from index 232 on
	grey := 8 + 10*step
	if distance(c, grey, grey, grey) < distance(c, cube[r], cube[g], cube[b]) {
		return 232 + step
	}
	return 16 + 36*r + 6*g + b
}

func nearestLevel(v int) int {
	best := 0
	for i, level := range cube {
		if abs(v-level) < abs(v-cube[best]) {
			best = i
		}
	}
	return best
}

// distance is the squared distance between colours.
func distance(c color.RGBA, r, g, b int) int {
	dr, dg, db := int(c.R)-r, int(c.G)-g, int(c.B)-b
	return dr*dr + dg*dg + db*db
}

func abs(v int) int { return max(v, -v) }
