package picture

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
)

// MasksTextOptions control how [MasksText] draws.
type MasksTextOptions struct {
	// Width is the number of columns of the page, at least 64; 0 means 80. Large masks are drawn smaller to fit.
	Width int
	// ASCII draws with ASCII characters only.
	ASCII bool
}

// MasksText writes a mask set as text: its order, the degrees of each layer, each mask, the product of the masks in the
// sequence of the order, and counts of connections and dead units (see [masks.Count]). Rows of a mask are the units that
// are fed, columns those that feed, both sorted by degree. An error comes from w.
func MasksText(w io.Writer, s *masks.Set, o MasksTextOptions) error {
	if o.Width == 0 {
		o.Width = 80
	}
	t := maskPage{set: s, paths: s.Paths(), width: max(o.Width, 64), ink: blocks}
	if o.ASCII {
		t.ink = ascii
	}
	t.head()
	t.pictures()
	t.counts()
	t.joins()
	if _, err := io.WriteString(w, t.out.String()); err != nil {
		return fmt.Errorf("writing a mask set: %w", err)
	}
	return nil
}

// ink is the characters of a page.
type ink struct {
	cells   [2]string // a cell that is not joined and one that is, two columns wide
	stacked int       // dots above each other in one character
	dots    []string  // characters by their dots, the upper ones being the higher bits
	frame   [6]string // upper left, horizontal, upper right, vertical, lower left, lower right

	arrow, ellipsis string
}

var (
	blocks = ink{[2]string{" ·", "██"}, 2, []string{" ", "▄", "▀", "█"}, [6]string{"┌", "─", "┐", "│", "└", "┘"}, "→", "…"}
	ascii  = ink{[2]string{" .", " #"}, 1, []string{" ", "#"}, [6]string{"+", "-", "+", "|", "+", "+"}, "->", ".."}
)

// maskPage is a page that is being written.
type maskPage struct {
	set   *masks.Set
	paths [][]int64 // of the set
	width int
	ink   ink
	out   strings.Builder
}

func (t *maskPage) printf(format string, args ...any) { fmt.Fprintf(&t.out, format, args...) }

// head writes what the set is made of.
func (t *maskPage) head() {
	s := t.set
	words := []string{text.Count(s.Dim(), "input")}
	if s.Context {
		words = append(words, "context")
	}
	if s.Direct {
		words = append(words, "direct connections")
	}
	for l, degrees := range s.Hidden {
		word := fmt.Sprint(len(degrees))
		if l == 0 {
			word = strings.TrimPrefix(text.Count(len(s.Hidden), "hidden layer"), "1 ") + " of " + word
		}
		words = append(words, word)
	}
	t.printf("%s\n\n", t.fit(words, ", ", t.width))
	t.row("sequence", t.fit(numbers(s.Order.Sequence()), " ", t.width-labelWidth))
	t.degrees("input", s.Order)
	for l, degrees := range s.Hidden {
		t.degrees(layerName(s, l+1), degrees)
	}
	t.printf("\n")
}

const labelWidth = 12

func (t *maskPage) row(label, line string) { t.printf("%-*s%s\n", labelWidth, label, line) }

// fit joins words, as many from the first on as a line has room for.
func (t *maskPage) fit(words []string, separator string, room int) string {
	line := strings.Join(words, separator)
	for n := len(words) - 1; len(line) > room && n > 0; n-- {
		line = strings.Join(words[:n], separator) + separator + t.ink.ellipsis
	}
	return line
}

// degrees writes the degrees of a layer if they fit on a line, else how many units there are of each.
func (t *maskPage) degrees(label string, degrees []int) {
	if line := strings.Join(numbers(degrees), " "); len(line) <= t.width-labelWidth {
		t.row(label, line)
		return
	}
	lo := slices.Min(degrees)
	units := make([]int, slices.Max(degrees)-lo+1)
	for _, degree := range degrees {
		units[degree-lo]++
	}
	each := fmt.Sprint(slices.Min(units))
	if most := slices.Max(units); most > slices.Min(units) {
		each += fmt.Sprintf(" to %d", most)
	}
	t.row(label, fmt.Sprintf("%d%s%d, %s of each", lo, t.ink.ellipsis, lo+len(units)-1, each))
}

// cellwise is the largest side of a mask that is drawn cell by cell, with the degree of each row and column.
const cellwise = 24

// pictures sets the panels side by side, in as many rows as they need.
func (t *maskPage) pictures() {
	const gap = 4
	var row [][]string
	used := 0
	for _, p := range panels(t.set, t.paths) {
		block := t.block(p)
		if len(row) > 0 && used+gap+blockWidth(block) > t.width {
			t.beside(row, gap)
			row, used = nil, 0
		}
		if len(row) > 0 {
			used += gap
		}
		row, used = append(row, block), used+blockWidth(block)
	}
	t.beside(row, gap)
}

// beside writes blocks of lines beside each other.
func (t *maskPage) beside(blocks [][]string, gap int) {
	for y, more := 0, true; more; y++ {
		line := ""
		more = false
		for _, block := range blocks {
			piece := ""
			if y < len(block) {
				piece, more = block[y], true
			}
			line += piece + strings.Repeat(" ", blockWidth(block)-utf8.RuneCountInString(piece)+gap)
		}
		t.printf("%s\n", strings.TrimRight(line, " "))
	}
}

func blockWidth(block []string) int {
	width := 0
	for _, line := range block {
		width = max(width, utf8.RuneCountInString(line))
	}
	return width
}

// block draws a panel as lines.
func (t *maskPage) block(p panel) []string {
	title := p.name
	if title == "" {
		title = p.from + " " + t.ink.arrow + " " + p.to
	}
	if len(p.rows) <= cellwise && len(p.cols) <= min(cellwise, t.width/2-4) {
		return append([]string{title}, t.cells(p)...)
	}
	title += fmt.Sprintf(" (%d %s %d)", len(p.cols), t.ink.arrow, len(p.rows))
	return append([]string{title}, t.dots(p)...)
}

// cells draws a panel cell by cell, under the degrees of its columns and beside those of its rows.
func (t *maskPage) cells(p panel) []string {
	digits := len(fmt.Sprint(slices.Max(p.cols))) // read downwards, since two of them would run into their neighbours
	var lines []string
	for digit := range digits {
		line := "   "
		for _, degree := range p.cols {
			line += fmt.Sprintf(" %c", fmt.Sprintf("%*d", digits, degree)[digit])
		}
		lines = append(lines, line)
	}
	for r, degree := range p.rows {
		line := fmt.Sprintf("%2d ", degree)
		for c := range p.cols {
			line += t.ink.cells[bit(p.joined(r, c))]
		}
		lines = append(lines, line)
	}
	return lines
}

// dots draws a panel in a frame; a dot is set when at least half of the cells that it stands for are joined.
func (t *maskPage) dots(p panel) []string {
	side := t.width/2 - 4
	width := min(len(p.cols), side)
	height := min(len(p.rows), side*t.ink.stacked/2) // a character is about twice as high as it is wide
	frame := t.ink.frame
	edge := strings.Repeat(frame[1], width)
	lines := []string{frame[0] + edge + frame[2]}
	for r := 0; r < height; r += t.ink.stacked {
		line := frame[3]
		for c := range width {
			bits := 0
			for dot := r; dot < r+t.ink.stacked; dot++ {
				share := 0.0
				if dot < height {
					share, _ = p.share(dot, height, c, width)
				}
				bits = 2*bits + bit(share >= 0.5)
			}
			line += t.ink.dots[bits]
		}
		lines = append(lines, line+frame[3])
	}
	return append(lines, frame[4]+edge+frame[5])
}

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}

// counts writes which connections and units are in use.
func (t *maskPage) counts() {
	layers, direct := t.set.Counts()
	rows := [][]string{{"connections", "possible", "kept", "live", "dead units"}}
	row := func(name string, c masks.Count) []string {
		return append([]string{name}, numbers([]int{c.Possible, c.Kept, c.Live})...)
	}
	for l, c := range layers {
		words := row(layerName(t.set, l)+" "+t.ink.arrow+" "+layerName(t.set, l+1), c)
		if !t.set.Strict(l) {
			words = append(words, fmt.Sprintf("%d of %d", c.Dead, len(t.set.Out(l))))
		}
		rows = append(rows, words)
	}
	if t.set.Direct {
		rows = append(rows, row("direct", direct))
	}
	t.table(rows)
}

// joins writes how many pairs of an input and an output are joined by a path, and how many should not be.
func (t *maskPage) joins() {
	order := t.set.Order
	var pairs, joined [2]int // to outputs of larger degree, to all others
	for i, row := range t.paths {
		for d, paths := range row {
			to := bit(order[d] <= order[i])
			pairs[to]++
			joined[to] += bit(paths > 0)
		}
	}
	t.printf("\n")
	t.table([][]string{
		{"paths from an input", "pairs", "joined"},
		append([]string{"to a later output"}, numbers([]int{pairs[0], joined[0]})...),
		append([]string{"to any other output"}, numbers([]int{pairs[1], joined[1]})...),
	})
}

// table writes rows of words; the first row is the longest. All columns but the first end on one line.
func (t *maskPage) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for c, word := range row {
			widths[c] = max(widths[c], utf8.RuneCountInString(word))
		}
	}
	for _, row := range rows {
		t.printf("%-*s", widths[0], row[0])
		for c, word := range row[1:] {
			t.printf("  %*s", widths[c+1], word)
		}
		t.printf("\n")
	}
}

func numbers(values []int) []string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return words
}
