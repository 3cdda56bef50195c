package plot

import (
	"fmt"
	"image/color"
	"math"
)

// Style says what a terminal can show. The zero value is ASCII without colour, which all can.
type Style struct {
	// Colour allows all colours of 24 bits; a writer that knows a terminal with fewer may convert them.
	Colour bool
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
func escape(ink, ground paint) string {
	switch i, g := ink.RGBA, ground.RGBA; {
	case ink.set() && ground.set():
		return fmt.Sprintf("\x1b[38;2;%d;%d;%d;48;2;%d;%d;%dm", i.R, i.G, i.B, g.R, g.G, g.B)
	case ink.set():
		return fmt.Sprintf("\x1b[38;2;%d;%d;%dm", i.R, i.G, i.B)
	case ground.set():
		return fmt.Sprintf("\x1b[48;2;%d;%d;%dm", g.R, g.G, g.B)
	}
	return ""
}

// Ink returns the sequence that makes a terminal write in a colour, empty without colours; "\x1b[0m" ends it.
func (s Style) Ink(c color.RGBA) string {
	if !s.Colour {
		return ""
	}
	return escape(solid(c), paint{})
}

// viridis is ten evenly spaced colours of the colour map of that name by van der Walt and Smith (matplotlib, CC0).
var viridis = [...]color.RGBA{
	{0x44, 0x01, 0x54, 0xff}, {0x48, 0x28, 0x78, 0xff}, {0x3e, 0x49, 0x89, 0xff}, {0x31, 0x68, 0x8e, 0xff},
	{0x26, 0x82, 0x8e, 0xff}, {0x1f, 0x9e, 0x89, 0xff}, {0x35, 0xb7, 0x79, 0xff}, {0x6e, 0xce, 0x58, 0xff},
	{0xb5, 0xde, 0x2b, 0xff}, {0xfd, 0xe7, 0x25, 0xff},
}

// Ramp returns the colour of t in [0, 1], from dark purple over green to yellow. Its luminance grows with t, also for
// the colour-blind. What is below 0 gets the first colour, what is above 1 the last; not-a-number gets the first.
func Ramp(t float64) color.RGBA {
	last := len(viridis) - 1
	if !(t > 0) {
		return viridis[0]
	}
	if t >= 1 {
		return viridis[last]
	}
	whole, part := math.Modf(t * float64(last))
	a, b := viridis[int(whole)], viridis[int(whole)+1]
	return Blend(a, b, part)
}

// Blend returns the colour that is a at t = 0, b at t = 1 and in between mixed.
func Blend(a, b color.RGBA, t float64) color.RGBA {
	return color.RGBA{blend(a.R, b.R, t), blend(a.G, b.G, t), blend(a.B, b.B, t), 0xff}
}

func blend(a, b uint8, t float64) uint8 { return uint8(math.Round(float64(a)*(1-t) + float64(b)*t)) }

// series is the colours of Okabe and Ito, "Color Universal Design" (2008), without the yellow that is lost on white, in
// a sequence whose first ones differ most.
var series = [...]color.RGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x00, 0x9e, 0x73, 0xff}, // green
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0xcc, 0x79, 0xa7, 0xff}, // purple
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
}

// Series returns the colour of series i, counted from 0, of a chart. There are six; then they begin again.
func Series(i int) color.RGBA {
	return series[((i%len(series))+len(series))%len(series)]
}

// grey returns the grey of v in [0, 1].
func grey(v float64) color.RGBA {
	g := blend(0, 0xff, v)
	return color.RGBA{g, g, g, 0xff}
}

// middle returns the colour between two, the other one where one is none.
func middle(a, b paint) paint {
	switch {
	case !a.set():
		return b
	case !b.set():
		return a
	}
	return solid(Blend(a.RGBA, b.RGBA, 0.5))
}
