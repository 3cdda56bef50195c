package plot

// area is a part of a canvas, in cells.
type area struct {
	x, y, width, height int
}

// all is the whole canvas.
func (c *canvas) all() area { return area{0, 0, c.width, c.height} }

// The smallest area that is worth axes.
const (
	leastWidth  = 8
	leastHeight = 3
)

// axes draws the vertical axis on the left of a, with its ends, and keeps the last row free for [canvas.below]. It
// returns what is left of a for the data, and whether there was room for axes: else all of a is for the data.
func (c *canvas) axes(a area, y Range) (inner area, drawn bool) {
	bottom, top := ends(y)
	margin := max(columns(bottom), columns(top)) + 1
	inner = area{a.x + margin, a.y, a.width - margin, a.height - 1}
	if inner.width < leastWidth || inner.height < leastHeight {
		return a, false
	}
	for row := range inner.height {
		c.mark(inner.x-1, inner.y+row, '│', paint{}, paint{})
	}
	c.tick(inner, 0, top)
	c.tick(inner, inner.height-1, bottom)
	return inner, true
}

// tick writes a label beside a row of the data.
func (c *canvas) tick(inner area, row int, label string) {
	c.textEnding(inner.x-2, inner.y+row, label)
	c.mark(inner.x-1, inner.y+row, '┤', paint{}, paint{})
}

// below writes the ends of the horizontal axis under the data, where there is room for both.
func (c *canvas) below(inner area, x Range) {
	left, right := ends(x)
	if columns(left)+1+columns(right) > inner.width {
		return
	}
	c.text(inner.x, inner.y+inner.height, left)
	c.textEnding(inner.x+inner.width-1, inner.y+inner.height, right)
}

// part returns which of total things share b of n has: one at least.
func part(b, n, total int) (from, to int) {
	from = b * total / n
	return from, max(from+1, (b+1)*total/n)
}
