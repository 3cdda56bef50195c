package picture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
)

// MasksText returns a mask set as text: its order, the degrees of each layer, each mask, the product of the masks in the
// sequence of the order, and counts of connections and dead units (see [masks.Count]). Rows of a mask are the units that
// are fed, columns those that feed, both sorted by degree. The page has so many columns, at least 64; 0 means 80. Large
// masks are drawn smaller to fit. Nil, or a set without inputs, has no text.
func MasksText(s *masks.Set, width int) string {
	if s == nil || s.Dim() == 0 {
		return ""
	}
	t := maskPage{set: s, paths: s.Paths(), width: max(cmp.Or(width, 80), 64)}
	t.head()
	t.pictures()
	t.counts()
	t.joins()
	return t.out.String()
}

// MasksASCII is [MasksText] with ASCII characters only.
func MasksASCII(s *masks.Set, width int) string {
	return strings.NewReplacer("█", "#", "·", ".", "→", ">", "…", "~").Replace(MasksText(s, width))
}

// maskPage is a page that is being written.
type maskPage struct {
	set   *masks.Set
	paths [][]int64 // of the set
	width int
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
	for n := len(words) - 1; utf8.RuneCountInString(line) > room && n > 0; n-- {
		line = strings.Join(words[:n], separator) + separator + "…"
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
	t.row(label, fmt.Sprintf("%d…%d, %s of each", lo, lo+len(units)-1, each))
}

// cellwise is the largest side of a mask that is drawn cell by cell; a cell of a larger one stands for several.
const cellwise = 24

// pictures sets the panels side by side, in as many rows as they need.
func (t *maskPage) pictures() {
	const gap = 4
	lines, used := []string{}, 0
	for _, p := range panels(t.set, t.paths) {
		block, wide := t.block(p), 0
		for _, line := range block {
			wide = max(wide, utf8.RuneCountInString(line))
		}
		if used > 0 && used+gap+wide > t.width {
			t.lines(append(lines, ""))
			lines, used = nil, 0
		}
		if used > 0 {
			used += gap
		}
		for len(lines) < len(block) {
			lines = append(lines, "")
		}
		for y, line := range block {
			lines[y] += strings.Repeat(" ", used-utf8.RuneCountInString(lines[y])) + line
		}
		used += wide
	}
	t.lines(append(lines, ""))
}

// lines writes lines, without the spaces at their ends.
func (t *maskPage) lines(lines []string) {
	for _, line := range lines {
		t.printf("%s\n", strings.TrimRight(line, " "))
	}
}

// block draws a panel as lines: a title, and its cells under the degrees of its columns and beside those of its rows. A
// cell is set when at least half of those that it stands for are joined.
func (t *maskPage) block(p panel) []string {
	title := p.name
	if title == "" {
		title = p.from + " → " + p.to
	}
	down, across := newTiles(p.rows), newTiles(p.cols)
	if down.shrunk() || across.shrunk() {
		title += fmt.Sprintf(" (%d → %d)", len(p.cols), len(p.rows))
	}
	lines := []string{title}
	digits := len(fmt.Sprint(slices.Max(p.cols))) // read downwards, since two of them would run into their neighbours
	beside := max(len(fmt.Sprint(slices.Max(p.rows))), 2)
	for digit := range digits {
		line := strings.Repeat(" ", beside+1)
		for c := range across.tiles {
			line += fmt.Sprintf(" %c", fmt.Sprintf("%*d", digits, across.degree(c))[digit])
		}
		lines = append(lines, line)
	}
	for r := range down.tiles {
		line := fmt.Sprintf("%*d ", beside, down.degree(r))
		for c := range across.tiles {
			share, _ := p.share(r, down.tiles, c, across.tiles)
			line += [...]string{" ·", "██"}[bit(share >= 0.5)]
		}
		lines = append(lines, line)
	}
	return lines
}

// newTiles is the rows or columns of a panel where each takes one character.
func newTiles(degrees []int) axis { return axis{degrees: degrees, tiles: min(len(degrees), cellwise)} }

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}

// counts writes which connections and units are in use.
func (t *maskPage) counts() {
	layers, direct := t.set.Counts()
	t.count("connections", "possible", "kept", "live", "dead units")
	for l, c := range layers {
		dead := ""
		if !t.set.Strict(l) {
			dead = fmt.Sprintf("%d of %d", c.Dead, len(t.set.Out(l)))
		}
		t.count(layerName(t.set, l)+" → "+layerName(t.set, l+1), c.Possible, c.Kept, c.Live, dead)
	}
	if t.set.Direct {
		t.count("direct", direct.Possible, direct.Kept, direct.Live, "")
	}
}

// count writes a row of a table: a label, three numbers, and a remark.
func (t *maskPage) count(columns ...any) {
	t.lines([]string{fmt.Sprintf("%-22v %9v %9v %9v  %10v", columns...)})
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
	t.count("paths from an input", "pairs", "joined", "", "")
	t.count("to a later output", pairs[0], joined[0], "", "")
	t.count("to any other output", pairs[1], joined[1], "", "")
}

func numbers(values []int) []string { return strings.Fields(strings.Trim(fmt.Sprint(values), "[]")) }
