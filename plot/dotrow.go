package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
)

// DotRow is a dot plot (Wilkinson, "Dot plots", The American Statistician 53, 1999): every value a dot over one axis,
// such as the likelihoods of the orders of an ensemble from the best to the worst.
type DotRow struct {
	// Values are in any sequence. Those that are not finite are counted at the right end.
	Values []float64
	// Marks are labelled places of the axis, such as the likelihood of the ensemble. The first ones get the best places
	// for their texts.
	Marks []Label
	// Colour is that of the dots. The zero value is Series(0).
	Colour color.RGBA
}

// bigDot is a dot where there is room for a character each.
const bigDot = '•'

// Draw returns at most height lines of at most width columns: one of dots with the marks among them; a second one with the
// ends of the axis; from a third one on the marks below it with their texts, in a further line where they would overlap,
// and without their texts where there is no room in any. Dots that share a column are stacked; the stacks are scaled down
// to the highest where that is higher than there are lines.
func (d DotRow) Draw(width, height int, style Style) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	c := newCanvas(width, height)
	values := slices.DeleteFunc(slices.Clone(d.Values), func(v float64) bool { return !num.Finite(v) })
	note := ""
	if n := len(d.Values) - len(values); n > 0 {
		note = fmt.Sprintf("%d not finite", n)
	}
	x, ok := d.axis(values)
	if !ok {
		c.text(0, 0, cmp.Or(note, "no values yet"))
		return c.lines(style)[:1]
	}
	if width-columns(note)-1 < leastWidth {
		note = ""
	}
	if note != "" {
		width -= columns(note) + 1
	}
	labels, rows := newCanvas(c.width, max((height-1)/2, 1)), 0
	if height > 2 {
		rows = d.label(labels, x, width)
	}
	dots := area{0, 0, width, max(height-1-rows, 1)}
	dots.height = d.stack(c, dots, values, x, style)
	last := dots.height - 1 // of the rows in use
	if height > 1 {
		last++
		d.ends(c, dots, x)
	}
	c.text(width+1, last, note)
	copy(c.cells[(last+1)*c.width:], labels.cells[:rows*c.width])
	last += rows
	if rows == 0 {
		axis := newScale(x, false)
		for _, m := range slices.Backward(d.Marks) {
			if m.within(x) {
				c.mark(columnOf(axis, m.X, width), dots.height-1, m.symbol(), given(m.Colour), paint{})
			}
		}
	}
	return c.lines(style)[:last+1]
}

// axis returns the range that the values and the marks span, and whether there are any.
func (d DotRow) axis(values []float64) (Range, bool) {
	all := nothing
	for _, v := range values {
		all = all.with(block{v, v})
	}
	for _, m := range d.Marks {
		if num.Finite(m.X) {
			all = all.with(block{m.X, m.X})
		}
	}
	return Range{all.lo, all.hi}.widened(false), !all.empty()
}

// stack draws the dots and returns how many rows they take.
func (d DotRow) stack(c *canvas, a area, values []float64, x Range, style Style) int {
	p := pen{ink: solid(inkOf(d.Colour, 0))}
	r := newRaster(a, style)
	counts, highest := tally(values, x, r.columns())
	switch cells, most := tally(values, x, a.width); {
	case !style.Unicode:
		p.character = 'o'
	case most <= a.height:
		r, counts, highest = newRaster(a, Style{}), cells, most
		p.character = bigDot
	}
	scaled := func(n int) int { return n }
	if rows := r.rows(); highest > rows {
		scaled = func(n int) int { return ceil(n*rows, highest) }
	}
	a.height = max(ceil(scaled(highest), r.down), 1)
	r.height = a.height
	r.take(p)
	for column, n := range counts {
		r.bar(column, r.rows()-scaled(n), r.rows()-1)
	}
	r.onto(c)
	return a.height
}

// tally counts the values that fall into each of a number of columns.
func tally(values []float64, x Range, columns int) (counts []int, most int) {
	counts = make([]int, columns)
	axis := newScale(x, false)
	for _, v := range values {
		column := columnOf(axis, v, columns)
		counts[column]++
		most = max(most, counts[column])
	}
	return counts, most
}

// columnOf returns the column of a value on an axis, or the nearer end.
func columnOf(axis scale, v float64, columns int) int {
	return min(int(min(max(axis.place(v), 0), 1)*float64(columns)), columns-1)
}

// ends writes the ends of the axis below the dots, with a line between them.
func (d DotRow) ends(c *canvas, a area, x Range) {
	lo, hi := ends(x)
	y := a.y + a.height
	for column := range a.width {
		c.mark(a.x+column, y, '─', paint{}, paint{})
	}
	if columns(lo)+columns(hi)+3 > a.width {
		return
	}
	c.text(a.x, y, lo+" ")
	c.textEnding(a.x+a.width-1, y, " "+hi)
}

// Label is a place of an axis with a text. One that is not finite, or outside of the axis, is not drawn.
type Label struct {
	X      float64
	Text   string     // such as "ensemble 11.83"
	Rune   rune       // at the place, such as '★', which is '*' in ASCII; 0 is '▲'
	Colour color.RGBA // of both; the zero value is the terminal's own
}

func (l Label) within(x Range) bool { return l.X >= x.Lo && l.X <= x.Hi }

func (l Label) symbol() rune {
	if l.Rune == 0 {
		return '▲'
	}
	return symbol(l.Rune)
}

// label writes every mark at its column with the text beside it, in the first row that has room for both, else without the
// text, and returns how many rows it took.
func (d DotRow) label(c *canvas, x Range, width int) (rows int) {
	axis := newScale(x, false)
	for _, m := range d.Marks {
		if !m.within(x) {
			continue
		}
		at, sign, text := columnOf(axis, m.X, width), string(m.symbol()), clean(m.Text)
		behind, before := sign+" "+text, text+" "+sign
		row := c.put(at, behind, given(m.Colour))
		if row < 0 {
			row = c.put(at+1-columns(before), before, given(m.Colour))
		}
		if row < 0 {
			row = c.put(at, sign, given(m.Colour))
		}
		rows = max(rows, row+1)
	}
	return rows
}

// put writes a text in the first row in which nothing touches it, and returns the row, or -1 without one.
func (c *canvas) put(x int, s string, ink paint) (row int) {
	end := x + columns(s)
	if x < 0 || end > c.width {
		return -1
	}
	for row := range c.height {
		around := c.cells[row*c.width+max(x-1, 0) : row*c.width+min(end+1, c.width)]
		if !slices.ContainsFunc(around, func(cell cell) bool { return cell.mark != 0 }) {
			c.write(x, row, s, ink)
			return row
		}
	}
	return -1
}

// write writes a text in a colour.
func (c *canvas) write(x, y int, s string, ink paint) {
	for _, r := range s {
		c.mark(x, y, r, ink, paint{})
		x++
	}
}
