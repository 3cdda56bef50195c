package plot

import "image/color"

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
