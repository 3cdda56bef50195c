package masks

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// TextOptions say how [Set.WriteText] draws.
type TextOptions struct {
	// Width is the number of columns of the page, at least 64; 0 means 80. Large masks are drawn smaller to fit.
	Width int
	// ASCII draws with ASCII characters only.
	ASCII bool
}

// WriteText draws the set: its order, the degrees of each layer, each mask, the product of the masks in the sequence of
// the order, and counts of connections and dead units (see [Count]). Rows of a mask are the units that are fed, columns
// those that feed, both sorted by degree. An error comes from w.
func (s *Set) WriteText(w io.Writer, opts TextOptions) error {
	if opts.Width == 0 {
		opts.Width = 80
	}
	t := text{set: s, paths: s.Paths(), width: max(opts.Width, 64), ink: blocks}
	if opts.ASCII {
		t.ink = ascii
	}
	t.head()
	t.pictures()
	t.counts()
	t.joins()
	if _, err := io.WriteString(w, t.out.String()); err != nil {
		return fmt.Errorf("writing the picture of a mask set: %w", err)
	}
	return nil
}

// text is a page that is being written.
type text struct {
	set   *Set
	paths [][]int64 // of the set
	width int
	ink   ink
	out   strings.Builder
}

func (t *text) printf(format string, args ...any) { fmt.Fprintf(&t.out, format, args...) }

// head writes what the set is made of.
func (t *text) head() {
	s := t.set
	words := []string{plural(s.Dim(), "input")}
	if s.Context {
		words = append(words, "context")
	}
	if s.Direct {
		words = append(words, "direct connections")
	}
	for l, degrees := range s.Hidden {
		word := fmt.Sprint(len(degrees))
		if l == 0 {
			word = strings.TrimPrefix(plural(len(s.Hidden), "hidden layer"), "1 ") + " of " + word
		}
		words = append(words, word)
	}
	t.printf("%s\n\n", t.fit(words, ", ", t.width))
	t.row("sequence", t.fit(numbers(s.Order.Sequence()), " ", t.width-labelWidth))
	t.degrees("input", s.Order)
	for l, degrees := range s.Hidden {
		t.degrees(s.layerName(l+1), degrees)
	}
	t.printf("\n")
}

const labelWidth = 12

func (t *text) row(label, line string) { t.printf("%-*s%s\n", labelWidth, label, line) }

// fit joins words, as many from the first on as a line has room for.
func (t *text) fit(words []string, separator string, room int) string {
	line := strings.Join(words, separator)
	for n := len(words) - 1; len(line) > room && n > 0; n-- {
		line = strings.Join(words[:n], separator) + separator + t.ink.ellipsis
	}
	return line
}

// degrees writes the degrees of a layer if they fit on a line, else how many units there are of each.
func (t *text) degrees(label string, degrees []int) {
	room := t.width - labelWidth
	if line := strings.Join(numbers(degrees), " "); len(line) <= room {
		t.row(label, line)
		return
	}
	lo := slices.Min(degrees)
	units := make([]int, slices.Max(degrees)-lo+1)
	for _, degree := range degrees {
		units[degree-lo]++
	}
	first, last := fmt.Sprint(lo), fmt.Sprint(lo+len(units)-1)
	if n := slices.Min(units); n == slices.Max(units) {
		t.row(label, fmt.Sprintf("%s%s%s, %d of each", first, t.ink.ellipsis, last, n))
		return
	}
	t.row(label, first+" "+t.bars(units, room-len(first)-len(last)-2)+" "+last)
}

// bars draws counts as a histogram of at most width characters, each the mean of its counts.
func (t *text) bars(counts []int, width int) string {
	bins := make([]float64, min(width, len(counts)))
	for b := range bins {
		from, to := part(b, len(bins), len(counts))
		for _, n := range counts[from:to] {
			bins[b] += float64(n) / float64(to-from)
		}
	}
	var out strings.Builder
	for _, n := range bins {
		level := int(n/slices.Max(bins)*float64(len(t.ink.bars)-1) + 0.5)
		if n > 0 {
			level = max(level, 1)
		}
		out.WriteString(t.ink.bars[level])
	}
	return out.String()
}

// counts writes which connections and units are in use.
func (t *text) counts() {
	layers, direct := t.set.Counts()
	rows := [][]string{{"connections", "possible", "kept", "live", "dead units"}}
	row := func(name string, c Count) []string {
		return append([]string{name}, numbers([]int{c.Possible, c.Kept, c.Live})...)
	}
	for l, c := range layers {
		words := row(t.set.layerName(l)+" "+t.ink.arrow+" "+t.set.layerName(l+1), c)
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
func (t *text) joins() {
	order := t.set.Order
	var pairs, joined [2]int // to outputs of larger degree, to all others
	for i, row := range t.paths {
		for d, paths := range row {
			to := 0
			if order[d] <= order[i] {
				to = 1
			}
			pairs[to]++
			joined[to] += int(one(paths > 0))
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
func (t *text) table(rows [][]string) {
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

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
