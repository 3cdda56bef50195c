package masks

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// ink is the characters of a picture.
type ink struct {
	cells   [2]string // a cell that is not joined and one that is, two columns wide
	stacked int       // dots above each other in one character
	dots    []string  // characters by their dots, the upper ones being the higher bits
	frame   [6]string // upper left, horizontal, upper right, vertical, lower left, lower right
	bars    []string  // steps of a histogram, from none to most

	arrow, ellipsis string
}

var (
	blocks = ink{
		cells:   [2]string{" ·", "██"},
		stacked: 2,
		dots:    []string{" ", "▄", "▀", "█"},
		frame:   [6]string{"┌", "─", "┐", "│", "└", "┘"},
		bars:    []string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
		arrow:   "→", ellipsis: "…",
	}
	ascii = ink{
		cells:   [2]string{" .", " #"},
		stacked: 1,
		dots:    []string{" ", "#"},
		frame:   [6]string{"+", "-", "+", "|", "+", "+"},
		bars:    []string{" ", ".", ":", "-", "=", "+", "*", "#", "@"},
		arrow:   "->", ellipsis: "..",
	}
)

// cellwise is the largest side of a mask that is drawn cell by cell, with the degree of each row and column.
const cellwise = 24

// pictures sets the panels side by side, in as many rows as they need.
func (t *text) pictures() {
	const gap = 4
	var row [][]string
	used := 0
	for _, p := range t.set.panels(t.paths) {
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
func (t *text) beside(blocks [][]string, gap int) {
	height := 0
	for _, block := range blocks {
		height = max(height, len(block))
	}
	for y := range height {
		var line strings.Builder
		for _, block := range blocks {
			piece := ""
			if y < len(block) {
				piece = block[y]
			}
			line.WriteString(piece)
			line.WriteString(strings.Repeat(" ", blockWidth(block)-utf8.RuneCountInString(piece)+gap))
		}
		t.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
	t.printf("\n")
}

func blockWidth(block []string) int {
	width := 0
	for _, line := range block {
		width = max(width, utf8.RuneCountInString(line))
	}
	return width
}

// block draws a panel as lines.
func (t *text) block(p panel) []string {
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
func (t *text) cells(p panel) []string {
	digits := len(fmt.Sprint(slices.Max(p.cols))) // read downwards, since two of them would run into their neighbours
	var lines []string
	for digit := range digits {
		var head strings.Builder
		head.WriteString("   ")
		for _, degree := range p.cols {
			fmt.Fprintf(&head, " %c", fmt.Sprintf("%*d", digits, degree)[digit])
		}
		lines = append(lines, head.String())
	}
	for r, degree := range p.rows {
		var line strings.Builder
		fmt.Fprintf(&line, "%2d ", degree)
		for c := range p.cols {
			line.WriteString(t.ink.cells[one(p.joined(r, c))])
		}
		lines = append(lines, line.String())
	}
	return lines
}

// dots draws a panel in a frame; a dot is set when at least half of the cells that it stands for are joined.
func (t *text) dots(p panel) []string {
	side := t.width/2 - 4
	width := min(len(p.cols), side)
	height := min(len(p.rows), side*t.ink.stacked/2) // a character is about twice as high as it is wide
	frame := t.ink.frame
	edge := strings.Repeat(frame[1], width)
	lines := []string{frame[0] + edge + frame[2]}
	for r := 0; r < height; r += t.ink.stacked {
		var line strings.Builder
		for c := range width {
			bits := 0
			for dot := r; dot < r+t.ink.stacked; dot++ {
				set := dot < height && p.share(dot, height, c, width) >= 0.5
				bits = 2*bits + int(one(set))
			}
			line.WriteString(t.ink.dots[bits])
		}
		lines = append(lines, frame[3]+line.String()+frame[3])
	}
	return append(lines, frame[4]+edge+frame[5])
}
