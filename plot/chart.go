package plot

import "image/color"

// Chart is lines over a common x, such as the losses of a run by its steps.
type Chart struct {
	// Lines are drawn one over the other, the last one uppermost, but those that are Faint below all others.
	Lines []Line
	// Bands are drawn below the lines.
	Bands []Band
	// Marks are drawn over the lines.
	Marks []Mark
	// X and Y are the window. A range without length, or one that is not finite, fits the data: y those inside of x, and
	// the marks. So does a Y with an end that LogY cannot draw.
	X, Y Range
	// LogY draws the logarithm of y. Values that have none are gaps; see [Chart.Positive].
	LogY bool
	// Robust leaves outliers out of a y range that fits the data: it covers the central 90 % of the column extremes of
	// the lines that are not Faint, or of all if all are, what they do at their ends, and a little air. What lies outside
	// runs off the edge.
	Robust bool
	// Cursor is where a vertical line is drawn, if HasCursor is set.
	Cursor    float64
	HasCursor bool
	// XName is written at the right end of the x axis and YName above the y axis, where there is room. A chart that has a
	// title needs none.
	XName, YName string
	// XSeconds says that x is in seconds: its ticks are round by the clock, such as 1h30m.
	XSeconds bool
}

// Line is a line of a chart.
type Line struct {
	Name   string
	Points Points
	// Colour is that of the line. The zero value is Series(i) for the line at index i.
	Colour color.RGBA
	// Mark is its character in ASCII, an ASCII one. 0 is one of ".ox+*#" by its index.
	Mark rune
	// Faint draws the line below all others and in a weaker colour, such as a loss below its moving average.
	Faint bool
}

// Mark is a character at a point, such as '★' at the best validation, which is '*' in ASCII. It is not drawn outside of
// the window.
type Mark struct {
	X, Y   float64
	Rune   rune
	Colour color.RGBA // the zero value is the terminal's own
}

// Band is shaded between two lines of the same x, such as the spread of a likelihood across orders.
type Band struct {
	Lo, Hi Points
	Colour color.RGBA // the zero value is Series(i) for the band at index i
}
