package ansisvg

// A cell of a picture is 9 x 18: twice as high as wide, as in a terminal, so that half
// blocks are squares and the dots of braille are as far apart in both directions. Lines
// of boxes go through its middle, which is between two rows of pixels; half a pixel
// lower they are sharp.
const (
	cellAcross, cellDown = 9, 18
	middleX, middleY     = 4.5, 9.5
)

// area is a rectangle in a cell, in eighths of its width and height from the upper left.
type area struct{ x0, y0, x1, y1 float64 }

// eighths is the block elements that fill a cell from one side, by how many eighths.
const (
	fromBelow = "▁▂▃▄▅▆▇█"
	fromLeft  = "▏▎▍▌▋▊▉"
)

// blocks is the block elements as rectangles, which have no gaps between them, as those
// of fonts may have.
var blocks = func() map[rune][]area {
	m := map[rune][]area{
		'▀': {{0, 0, 8, 4}}, '▐': {{4, 0, 8, 8}},
		'▖': {{0, 4, 4, 8}}, '▗': {{4, 4, 8, 8}}, '▘': {{0, 0, 4, 4}}, '▝': {{4, 0, 8, 4}},
		'▚': {{0, 0, 4, 4}, {4, 4, 8, 8}}, '▞': {{4, 0, 8, 4}, {0, 4, 4, 8}},
		'▙': {{0, 0, 4, 8}, {4, 4, 8, 8}}, '▟': {{4, 0, 8, 8}, {0, 4, 4, 8}},
		'▛': {{0, 0, 8, 4}, {0, 4, 4, 8}}, '▜': {{0, 0, 8, 4}, {4, 4, 8, 8}},
	}
	for i, r := range []rune(fromBelow) {
		m[r] = []area{{0, float64(7 - i), 8, 8}}
	}
	for i, r := range []rune(fromLeft) {
		m[r] = []area{{0, 0, float64(1 + i), 8}}
	}
	return m
}()

// shadeOf is how much of a cell a character covers with its colour.
var shadeOf = map[rune]float64{'░': 0.25, '▒': 0.5, '▓': 0.75}

// The dots of braille are the bits of the character, first those of six dots, column by
// column, then the two that were added below.
const (
	firstBraille, lastBraille = '\u2800', '\u28ff'
	dotSize                   = 3.75
)

var brailleDots = [8][2]float64{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}

// arms is the box-drawing characters by which of the four sides of the cell a line goes
// to from its middle.
type arms struct{ left, right, up, down, heavy bool }

var boxes = map[rune]arms{
	'─': {left: true, right: true}, '│': {up: true, down: true}, '━': {left: true, right: true, heavy: true},
	'└': {right: true, up: true}, '┤': {left: true, up: true, down: true}, '┬': {left: true, right: true, down: true},
}

// dashed is a horizontal line with gaps, by where its dashes begin and end. The square
// ends of a stroke, half as long as it is wide, are not counted.
type dashed struct {
	dashes [][2]float64
	heavy  bool
}

var dashedLines = map[rune]dashed{
	'┄': {[][2]float64{{1, 2}, {4, 5}, {7, 8}}, false},
	'╍': {[][2]float64{{1.75, 2.75}, {6.25, 7.25}}, true},
}

// mark is a character whose width differs between fonts, as a path from a point of the
// cell.
type mark struct {
	x, y    float64
	path    string
	outline bool
}

var marks = map[rune]mark{
	'╭': {9, middleY, "a4.5 4.5 0 0 0-4.5 4.5v4", true},
	'╮': {0, middleY, "a4.5 4.5 0 0 1 4.5 4.5v4", true},
	'╰': {9, middleY, "a4.5 4.5 0 0 1-4.5-4.5v-5", true},
	'╯': {0, middleY, "a4.5 4.5 0 0 0 4.5-4.5v-5", true},

	'●': {1.25, middleY, "a3.25 3.25 0 1 0 6.5 0a3.25 3.25 0 1 0-6.5 0z", false},
	'○': {1.5, middleY, "a3 3 0 1 0 6 0a3 3 0 1 0-6 0z", true},
	'•': {2.75, middleY, "a1.75 1.75 0 1 0 3.5 0a1.75 1.75 0 1 0-3.5 0z", false},
	'■': {1.5, 6.5, "h6v6h-6z", false},
	'◆': {middleX, 5.5, "l4 4l-4 4l-4-4z", false},
	'▲': {middleX, 5.75, "l4 7h-8z", false},
	'▸': {2, 5.5, "l6 4l-6 4z", false},
	'▾': {middleX, 12.5, "l-3.5-6h7z", false},
	'★': {middleX, 5, "l1.1 3.2h3.4l-2.7 2 1 3.3-2.8-2-2.8 2 1-3.3-2.7-2h3.4z", false},
}
