package tui

import (
	"fmt"
	"math"
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
	if labels, ok := r.Setting("data.labels"); ok && labels != "false" {
		return "A conditional density has no samples without a context: maskflow sample --context draws them."
	}
	return "No samples yet: they are drawn beside a validation."
}

// images is samples as grey images [n, height, width], the mean of the colours of
// coloured ones, whose shape is [n, colours, height, width].
func images(s *monitor.Samples) (grey []float64, n, height, width int, ok bool) {
	shape := s.Shape
	colours := 1
	switch {
	case len(shape) == 3:
	case len(shape) == 2 && squareSide(s) >= leastSide:
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

// leastSide is the side from which a square number of bits is taken for an image without a
// shape, such as one of MNIST.
const leastSide = 16

// squareSide is the side of samples of bits whose number is a square, else 0.
func squareSide(s *monitor.Samples) int {
	side := int(math.Sqrt(float64(s.Width())) + 0.5)
	if side*side != s.Width() || !isBits(s.Values) {
		return 0
	}
	return side
}

func isBits(v []float32) bool {
	return len(v) > 0 && !slices.ContainsFunc(v, func(x float32) bool { return x != 0 && x != 1 })
}

const cellWidth = 10 // of a column of the table

// sampleTable is rows of numbers, from the one that was scrolled to.
func (m *samplesPanel) sampleTable(s *monitor.Samples, w, h int) []string {
	t := m.theme
	columns := min(s.Width(), max(1, (w-5)/cellWidth))
	head := "    "
	for d := range columns {
		head += fmt.Sprintf("%*s", cellWidth, "x"+strconv.Itoa(d+1))
	}
	if columns < s.Width() {
		head += t.text(" …")
	}
	lines := []string{t.dim(cut(head, w))}
	for i := m.first(s.Rows() - (h - 1)); i < s.Rows() && len(lines) < h; i++ {
		var row strings.Builder
		fmt.Fprintf(&row, "%4d", i)
		for d := range columns {
			fmt.Fprintf(&row, "%*.4g", cellWidth, s.Values[i*s.Width()+d])
		}
		lines = append(lines, cut(row.String(), w))
	}
	return lines
}

func (m *samplesPanel) title(w int) string {
	r := m.run()
	switch {
	case r.Density != nil:
		return m.theme.dim("density at step " + text.Grouped(r.Density.Step))
	case r.Samples != nil:
		text := text.Count(r.Samples.Rows(), "sample") + " at step " + text.Grouped(r.Samples.Step)
		if n := r.Samples.Width(); isBits(r.Samples.Values) && squareSide(r.Samples) < leastSide && len(r.Samples.Shape) == 2 {
			text += fmt.Sprintf(", of %d bits each", n)
		}
		return m.theme.dim(text)
	}
	return ""
}

func (m *samplesPanel) digest(w int) string { return m.title(w) }
