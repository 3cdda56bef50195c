package plot

import "image/color"

// Ink returns the sequence that makes a terminal write in a colour, empty without colours; "\x1b[0m" ends it.
func (s Style) Ink(c color.RGBA) string {
	if s.Colour == NoColour {
		return ""
	}
	return s.escape(solid(c), paint{})
}
