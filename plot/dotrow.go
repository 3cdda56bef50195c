package plot

import "image/color"

// DotRow is a dot plot (Wilkinson, "Dot plots", 1999): every value a dot over one axis, such as the likelihoods of the
// orders of an ensemble.
type DotRow struct {
	// Values are drawn in any sequence. Those that are not finite are counted at the right end.
	Values []float64
	// Marks are labelled places of the axis, such as the likelihood of the ensemble.
	Marks []Label
	// X is the axis. A range without length fits the values and the marks.
	X Range
	// Colour is that of the dots. The zero value is Series(0).
	Colour color.RGBA
	// Tick writes a value of the axis. Nil writes a number.
	Tick func(float64) string
}

// Label is a place of an axis with a text.
type Label struct {
	X      float64
	Text   string
	Rune   rune // such as '▲', which is '^' in ASCII; 0 is '▲'
	Colour color.RGBA
}

// Draw returns at most height lines of at most width columns.
func (d DotRow) Draw(width, height int, style Style) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	return []string{Sparkline(d.Values, width, style)}
}
