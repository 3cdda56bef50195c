package ansisvg

import (
	"fmt"
	"strings"
)

// A cell of a picture is 9 x 18: twice as high as wide, as in a terminal, so that half blocks are squares and the dots of
// braille are as far apart in both directions. Lines of boxes go through its middle, which is between two rows of pixels;
// half a pixel lower they are sharp.
const cellAcross, cellDown = 9, 18

// kind is a sort of shape. Kinds are drawn in this sequence, each with attributes of its own.
type kind int

const (
	ground kind = iota // behind a cell
	area
	mark
	line
	dot
	letters
	kinds
)

var attributesOf = [kinds]string{
	ground: `shape-rendering="crispEdges"`, // neighbours have no seam, however the picture is scaled
	area:   `shape-rendering="crispEdges"`,
	mark:   `stroke="none"`,
	line:   `fill="none" stroke-linecap="square"`,
	dot:    `stroke-linecap="round" stroke-width="3.75"`,
	letters: `font-family="'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace" font-size="15"` +
		` style="font-variant-ligatures:none"`,
}

// shape is a character that is drawn and not written: a path that begins at the upper left corner of its cell.
type shape struct {
	kind kind
	path string
	more string // attributes
}

const (
	wholeCell = "h9v18h-9z"
	heavy     = ` stroke-width="2"`
)

// shapes are those characters of charts and frames that must meet their neighbours, or whose width differs between fonts.
var shapes = func() map[rune]shape {
	m := map[rune]shape{
		'▀': {area, "h9v9h-9z", ""}, '▐': {area, "m4.5 0h4.5v18h-4.5z", ""},
		'▖': {area, "m0 9h4.5v9h-4.5z", ""}, '▗': {area, "m4.5 9h4.5v9h-4.5z", ""},
		'▘': {area, "h4.5v9h-4.5z", ""}, '▝': {area, "m4.5 0h4.5v9h-4.5z", ""},
		'▚': {area, "h4.5v18h4.5v-9h-9z", ""}, '▞': {area, "m9 0h-4.5v18h-4.5v-9h9z", ""},
		'▙': {area, "h4.5v9h4.5v9h-9z", ""}, '▟': {area, "m4.5 0h4.5v18h-9v-9h4.5z", ""},
		'▛': {area, "h9v9h-4.5v9h-4.5z", ""}, '▜': {area, "h9v18h-4.5v-9h-4.5z", ""},
		'░': {area, wholeCell, ` fill-opacity="0.25"`}, '▒': {area, wholeCell, ` fill-opacity="0.5"`},
		'▓': {area, wholeCell, ` fill-opacity="0.75"`},

		'─': {line, "m0 9.5h9", ""}, '│': {line, "m4.5 0v18", ""}, '━': {line, "m0 9.5h9", heavy},
		'└': {line, "m4.5 0v9.5h4.5", ""}, '┤': {line, "m0 9.5h4.5m0-9.5v18", ""}, '┬': {line, "m0 9.5h9m-4.5 0v8.5", ""},
		'┄': {line, "m1 9.5h1m2 0h1m2 0h1", ""}, '╍': {line, "m1.75 9.5h1m3.5 0h1", heavy},
		'╭': {line, "m9 9.5a4.5 4.5 0 0 0-4.5 4.5v4", ""}, '╮': {line, "m0 9.5a4.5 4.5 0 0 1 4.5 4.5v4", ""},
		'╰': {line, "m9 9.5a4.5 4.5 0 0 1-4.5-4.5v-5", ""}, '╯': {line, "m0 9.5a4.5 4.5 0 0 0 4.5-4.5v-5", ""},

		'●': {mark, "m1.25 9.5a3.25 3.25 0 1 0 6.5 0a3.25 3.25 0 1 0-6.5 0z", ""},
		'○': {line, "m1.5 9.5a3 3 0 1 0 6 0a3 3 0 1 0-6 0z", ""},
		'•': {mark, "m2.75 9.5a1.75 1.75 0 1 0 3.5 0a1.75 1.75 0 1 0-3.5 0z", ""},
		'■': {mark, "m1.5 6.5h6v6h-6z", ""}, '◆': {mark, "m4.5 5.5l4 4l-4 4l-4-4z", ""},
		'▲': {mark, "m4.5 5.75l4 7h-8z", ""}, '▸': {mark, "m2 5.5l6 4l-6 4z", ""}, '▾': {mark, "m4.5 12.5l-3.5-6h7z", ""},
		'★': {mark, "m4.5 5l1.1 3.2h3.4l-2.7 2 1 3.3-2.8-2-2.8 2 1-3.3-2.7-2h3.4z", ""},
	}
	for i, r := range []rune("▁▂▃▄▅▆▇█") {
		height := cellDown * float64(i+1) / 8
		m[r] = shape{area, fmt.Sprintf("m0 %gh9v%gh-9z", cellDown-height, height), ""}
	}
	for i, r := range []rune("▏▎▍▌▋▊▉") {
		m[r] = shape{area, fmt.Sprintf("h%gv18h-%[1]gz", cellAcross*float64(i+1)/8), ""}
	}
	for set := range rune(256) {
		m[firstBraille+set] = shape{dot, braille(set), ""}
	}
	return m
}()

// firstBraille is the character without a dot.
const firstBraille = '\u2800'

// braille returns lines without length, all of which are their round ends. Bits are first those of six dots, column by
// column, then the two that were added below.
func braille(bits rune) string {
	var path strings.Builder
	x, y := 0.0, 0.0
	for i, at := range [8][2]float64{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
		if bits>>i&1 == 1 {
			dx, dy := (at[0]+0.5)*cellAcross/2-x, (at[1]+0.5)*cellDown/4-y
			fmt.Fprintf(&path, "m%g %gh0", dx, dy)
			x, y = x+dx, y+dy
		}
	}
	return path.String()
}
