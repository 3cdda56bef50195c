// Package picture draws charts into files for papers and reports: PNG of 200 dots an inch, or SVG, by the suffix of the
// path.
//
//   - [Density] draws a density of two variables, with samples over it.
//   - [Samples] draws images beside each other, or pairs of numbers as points.
//   - [Pairs] draws samples of up to eight variables, each and in pairs, with regions of highest density and true values.
//   - [Completions] draws images of which a part is given, beside what is drawn for the rest.
//   - [Calibration] draws whether probability integral transforms are uniform, with the test of Kolmogorov and Smirnov.
//   - [Curve] draws learning curves.
//   - [Masks] draws the masks of a set, and [MasksText] and [MasksASCII] write them as text.
//
// A file appears whole or not at all: it is written beside its place, synced and renamed. Every error begins with the
// path. Values that are not finite never stop a picture: they are left out, and a line under the title counts them.
//
// The same data makes the same file. Colours are those of [plot.Ramp] and [plot.Series], which the colour-blind can tell
// apart; series also differ by their dashes. Letters are Liberation Sans; a reader of SVG without it takes Arial or
// Helvetica, whose letters are as wide.
package picture
