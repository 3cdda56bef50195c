package cli

import (
	"strings"
	"unicode/utf8"
)

// table lays out cells in columns two spaces apart. A column whose header begins
// with '>' is set flush right.
type table struct {
	rows  [][]string
	right []bool
}

func newTable(headers ...string) *table {
	t := &table{}
	for i, h := range headers {
		name, right := strings.CutPrefix(h, ">")
		t.right = append(t.right, right)
		headers[i] = name
	}
	t.rows = append(t.rows, headers)
	return t
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	widths := make([]int, len(t.right))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.right[i] {
				line.WriteString(space + cell)
			} else {
				line.WriteString(cell + space)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
