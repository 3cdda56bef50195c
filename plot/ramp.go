package plot

import (
	"image/color"
	"math"
)

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
