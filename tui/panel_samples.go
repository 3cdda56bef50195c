package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
)

// samplesPanel is what the model draws.
type samplesPanel struct{ pane }

func (m *samplesPanel) spec() spec {
	return spec{"samples", "samples as images or a table, or the density of two variables", [2]share{{1, 2, 5}, {1, 1, 5}}}
}

// absent is where all runs have a context, without which nothing is drawn.
func (m *samplesPanel) absent() string {
	if len(m.set.Runs) == 0 || slices.ContainsFunc(m.set.Runs, func(r *monitor.Run) bool { return !hasContext(r) || r.Samples != nil || r.Density != nil }) {
		return ""
	}
	return noSamples(m.set.Runs[0])
}

// view shows what the model draws now: images, the density of two variables, bits
// as pixels, or a table.
func (m *samplesPanel) view(w, h int) drawing {
	r := m.run()
	switch {
	case r == nil:
		return drawing{}
	case r.Density != nil:
		grid := r.Density.Grid
		grid.Depth, grid.Name = 10, "ln p(x), nats" // ten nats below the peak are dark
		return drawing{lines: plot.Heatmap(grid, w, h, m.theme.style)}
	case r.Samples == nil:
		return drawing{lines: fold(noSamples(r), w, h)}
	case r.Samples.Cells != nil:
		return drawing{lines: m.sampleTable(r.Samples, w, h)}
	}
	s := r.Samples
	if grey, n, height, width, ok := images(s); ok {
		return drawing{lines: plot.Images(grey, n, height, width, w, h, m.theme.style)}
	}
	if isBits(s.Values) {
		return drawing{lines: m.bits(s, w, h)}
	}
	return drawing{lines: m.sampleTable(s, w, h)}
}

func noSamples(r *monitor.Run) string {
	if hasContext(r) {
		return "A conditional density has no samples without a context: maskflow sample --context draws them."
	}
	return "No samples yet: they are drawn beside a validation."
}

// hasContext says whether a run models its variables given a context, as far as its settings say.
func hasContext(r *monitor.Run) bool {
	labels, _ := r.Setting("data.labels")
	last, _ := r.Setting("data.context_columns")
	columns, _ := r.Setting("data.columns")
	return labels == "true" || cmp.Or(last, "0") != "0" || strings.Contains(columns, "context")
}

// images is samples as grey images [n, height, width], the mean of the colours of
// coloured ones, whose shape is [n, colours, height, width].
func images(s *monitor.Samples) (grey []float64, n, height, width int, ok bool) {
	shape := s.Shape
	colours := 1
	switch {
	case len(shape) == 3:
	case len(shape) == 2 && squareSide(s) > 0:
		side := squareSide(s)
		shape = []int{shape[0], side, side}
	case len(shape) == 4 && (shape[1] == 1 || shape[1] == 3):
		colours = shape[1]
	default:
		return nil, 0, 0, 0, false
	}
	height, width = shape[len(shape)-2], shape[len(shape)-1]
	size := height * width
	if size < 1 || colours*size > len(s.Values) {
		return nil, 0, 0, 0, false
	}
	grey = plot.Grey(s.Values, colours, size)
	return grey, len(grey) / size, height, width, true
}

// bits is rows of zeros and ones as pixels, two rows a line, from the one that was scrolled
// to, and of each as many as there is room for: a mean of them would tell nothing.
func (m *samplesPanel) bits(s *monitor.Samples, w, h int) []string {
	first := m.first(s.Rows() - 2*h)
	rows, columns := min(s.Rows()-first, 2*h), min(s.Width(), w)
	pixels := make([]float64, 0, max(0, rows*columns))
	for i := range rows {
		for _, v := range s.Values[(first+i)*s.Width():][:columns] {
			pixels = append(pixels, float64(v))
		}
	}
	return plot.Images(pixels, 1, rows, columns, w, h, m.theme.style)
}

// squareSide is the side of samples of bits that are taken for images, else 0.
func squareSide(s *monitor.Samples) int {
	side := plot.SquareSide(s.Width())
	if side > 0 && !isBits(s.Values) {
		return 0
	}
	return side
}

func isBits(v []float32) bool {
	return len(v) > 0 && !slices.ContainsFunc(v, func(x float32) bool { return x != 0 && x != 1 })
}

// widestCell bounds the columns of the terminal that a column of the table takes.
const widestCell = 18

// sampleTable is rows, from the one that was scrolled to: their names, numbers to the right and texts to the left. As
// many columns are shown as there is room for.
func (m *samplesPanel) sampleTable(s *monitor.Samples, w, h int) []string {
	t := m.theme
	first := m.first(s.Rows() - (h - 1))
	last := min(s.Rows(), first+h-1)
	lines := make([]string, max(0, last-first)+1)
	lines[0] = "    "
	for i := range lines[1:] {
		lines[i+1] = fmt.Sprintf("%4d", first+i)
	}
	for d := range s.Width() {
		column := []string{t.clean(sampleName(s, d))}
		numbers := true
		for i := first; i < last; i++ {
			cell, isNumber := sampleCell(s, i*s.Width()+d)
			column, numbers = append(column, t.clean(cell)), numbers && isNumber
		}
		wide := min(widest(column), widestCell)
		if d > 0 && width(lines[0])+2+wide > w {
			lines[0] += t.text(" …")
			break
		}
		for i, cell := range column {
			cell = t.shorten(cell, wide)
			room := strings.Repeat(" ", wide-width(cell))
			if numbers {
				cell, room = room+cell, ""
			}
			lines[i] += "  " + cell + room
		}
	}
	lines[0] = t.dim(cut(lines[0], w))
	for i := range lines {
		lines[i] = cut(lines[i], w)
	}
	return lines
}

// sampleName is that of a column, x1, x2 and so on where it has none.
func sampleName(s *monitor.Samples, column int) string {
	if column < len(s.Columns) {
		return s.Columns[column]
	}
	return "x" + strconv.Itoa(column+1)
}

// sampleCell is a cell as text, and whether it may be a number: one that is missing may.
func sampleCell(s *monitor.Samples, at int) (cell string, number bool) {
	if s.Cells == nil {
		return fmt.Sprintf("%.4g", s.Values[at]), true
	}
	if cell = s.Cells[at]; cell == "" {
		return "·", true
	}
	_, err := strconv.ParseFloat(cell, 64)
	return cell, err == nil
}

func (m *samplesPanel) title(w int) string {
	r := m.run()
	switch {
	case r.Density != nil:
		return m.theme.dim("density at step " + text.Grouped(r.Density.Step))
	case r.Samples != nil:
		text := text.Count(r.Samples.Rows(), "sample") + " at step " + text.Grouped(r.Samples.Step)
		if n := r.Samples.Width(); isBits(r.Samples.Values) && squareSide(r.Samples) == 0 && len(r.Samples.Shape) == 2 {
			text += fmt.Sprintf(", of %d bits each", n)
		}
		return m.theme.dim(text)
	}
	return ""
}

func (m *samplesPanel) digest(w int) string { return m.title(w) }
