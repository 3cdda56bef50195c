// Package plot draws charts as text, for a terminal or a log.
//
// A chart is a pure function of its data, a size in columns and rows, and the [Style] that the terminal can show:
//
//	lines := plot.Heatmap(grid, 80, 24, plot.Style{Colour: plot.TrueColour, Unicode: true})
//
// It returns lines without line ends, at most as many as there are rows and none wider than the columns, for every size
// and whatever the values are. Not-a-number is never taken for a number: it is drawn as "?", or counted. A size without
// room gives no lines.
//
//   - [Heatmap] draws a [Grid], such as a density of two variables.
//   - [Pairs] are drawn as regions of highest density of each two variables, such as parameters of a posterior density.
//   - [Images] draws many small grey images beside each other.
//   - [Histogram] draws [Bars], such as how often each value of a probability integral transform came out.
//   - [Chart] draws lines over a common x, such as the losses of a run: over all of it or in a window, with an index
//     ([Curve]) at a cost that grows with the columns and not with the points.
//   - [DotRow] draws every value as a dot over one axis with labelled marks, such as the likelihoods of an ensemble's
//     orders, its mean and its own.
//   - [BarRow] draws a bar a value with its name and number.
//
// A character is about twice as high as it is wide, so a cell of the terminal holds two pixels, one above the other:
// in colour and in Unicode both are drawn, in ASCII their mean. The colours are those of [Ramp], whose luminance grows
// all the way, so that they keep their sequence for the colour-blind and in grey, and of [Series], which stay apart for
// the colour-blind.
//
// Lines are finer: 2 x 4 pixels a cell in braille, 2 x 2 in blocks (see [Symbols]), one in ASCII, where each line has a
// character of its own. What is not a number is a gap in them, as is an infinity.
package plot
