package plot

import (
	"math"
	"unicode"
)

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
	case s.Colour != NoColour && s.Unicode:
		switch {
		case upper.colour == lower.colour:
			return ' ', paint{}, upper.colour
		case !upper.colour.set():
			return '▄', lower.colour, paint{}
		default:
			return '▀', upper.colour, lower.colour
		}
	case s.Colour != NoColour:
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
