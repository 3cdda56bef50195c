package plot

import (
	"cmp"
	"fmt"
	"image/color"

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
// ends of the axis; from a third one on the marks below it with their texts, moved to a further line, shortened or left
// out where they would overlap. Dots that share a column are stacked; the stacks are scaled down to the highest where that
// is higher than there are lines.
func (d DotRow) Draw(width, height int, style Style) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	c := newCanvas(width, height)
	var values []float64
	for _, v := range d.Values {
		if num.Finite(v) {
			values = append(values, v)
		}
	}
	note := remark(len(d.Values)-len(values), width)
	x, ok := d.axis(values)
	if !ok {
		c.text(0, 0, cmp.Or(note, "no values yet"))
		return c.lines(style)[:1]
	}
	if note != "" {
		width -= columns(note) + 1
	}
	marks := places(d.Marks, x, width)
	var rows [][]written
	if height > 2 && len(marks) > 0 {
		rows = layLabels(marks, width, max((height-1)/2, 1))
	}
	dots := area{0, 0, width, max(height-1-len(rows), 1)}
	dots.height = d.stack(c, dots, values, x, style)
	last := dots.height - 1 // of the rows in use
	if height > 1 {
		last++
		d.ends(c, dots, x)
	}
	c.text(width+1, last, note)
	for _, row := range rows {
		last++
		for _, w := range row {
			c.write(w.from, last, w.text, w.ink)
		}
	}
	if len(rows) == 0 {
		for i := len(marks) - 1; i >= 0; i-- {
			c.write(marks[i].column, dots.height-1, marks[i].caret, marks[i].ink)
		}
	}
	return c.lines(style)[:last+1]
}

// remark tells how many values are not finite, in as many words as there is room for.
func remark(n, width int) string {
	if n == 0 {
		return ""
	}
	for _, text := range [...]string{fmt.Sprintf("%d not finite", n), fmt.Sprintf("%d?", n)} {
		if width-columns(text)-1 >= leastWidth {
			return text
		}
	}
	return ""
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
	if !style.Unicode && a.height == 1 { // no room for stacks
		for column, n := range counts {
			if n > 1 {
				c.mark(a.x+column, a.y, rune(asciiStacks[(n-1)*(len(asciiStacks)-1)/(highest-1)]), p.ink, paint{})
			}
		}
	}
	return a.height
}

// asciiStacks are characters for dots that share a column, from one to most.
const asciiStacks = "o8#@"

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

// caret is a label at its column.
type caret struct {
	column int
	caret  string
	text   string
	ink    paint
}

// places gives labels their columns.
func places(labels []Label, x Range, width int) []caret {
	var carets []caret
	axis := newScale(x, false)
	for _, l := range labels {
		if !(l.X >= x.Lo && l.X <= x.Hi) {
			continue
		}
		r := l.Rune
		if r == 0 {
			r = '▲'
		}
		carets = append(carets, caret{columnOf(axis, l.X, width), string(symbol(r)), clean(l.Text), given(l.Colour)})
	}
	return carets
}

// written is a text in a row.
type written struct {
	from int
	text string
	ink  paint
}

// sheet is rows of texts that do not touch.
type sheet struct {
	width int
	rows  [][]written
}

// layLabels puts carets into the first row and their texts beside them, or where there is no room below them in one of
// the further rows, most of them at most. A text that fits nowhere is shortened, and left out where little would be left.
func layLabels(carets []caret, width, most int) [][]written {
	s := sheet{width: width, rows: make([][]written, most)}
	for _, c := range carets {
		if s.free(0, c.column, 1, 0) {
			s.put(0, written{c.column, c.caret, c.ink})
		}
	}
	for _, c := range carets {
		if c.text != "" {
			s.lay(c)
		}
	}
	for len(s.rows) > 1 && len(s.rows[len(s.rows)-1]) == 0 {
		s.rows = s.rows[:len(s.rows)-1]
	}
	return s.rows
}

// least is how many characters of a shortened text are worth to be written.
const least = 4

func (s *sheet) lay(c caret) {
	for size := columns(c.text); size >= min(least, columns(c.text)); size-- {
		text := cut(c.text, size)
		for row := range s.rows {
			for _, from := range starts(row, c.column, size) {
				if s.free(row, from, size, 1) {
					s.put(row, written{from, text, c.ink})
					return
				}
			}
		}
	}
}

// starts returns where a text may begin: in the first row beside its caret, in the others below it.
func starts(row, column, size int) [3]int {
	if row == 0 {
		return [3]int{column + 2, column - 1 - size, -1}
	}
	return [3]int{column, column + 1 - size, column - size/2}
}

// free says whether a text has a row's columns for itself, with blanks around it. One of them parts a text from its own
// caret.
func (s *sheet) free(row, from, size, blanks int) bool {
	if from < 0 || from+size > s.width {
		return false
	}
	for _, other := range s.rows[row] {
		if from < other.from+columns(other.text)+blanks && other.from < from+size+blanks {
			return false
		}
	}
	return true
}

func (s *sheet) put(row int, w written) { s.rows[row] = append(s.rows[row], w) }

// cut shortens a clean text to so many columns, one at least.
func cut(text string, size int) string {
	runes := []rune(text)
	if len(runes) <= size {
		return text
	}
	return string(runes[:size-1]) + "…"
}

// write writes a text in a colour.
func (c *canvas) write(x, y int, s string, ink paint) {
	for _, r := range s {
		c.mark(x, y, r, ink, paint{})
		x++
	}
}
