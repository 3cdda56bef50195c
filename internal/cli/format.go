package cli

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/maskflow/maskflow/internal/text"
)

// megabytes writes a size in the unit that package registries use.
func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// table lays out cells in columns two spaces apart. A column whose header begins
// with '>' is set flush right.
type table struct {
	rows  [][]string
	right []bool
}

func newTable(headers ...string) *table {
	t := &table{rows: [][]string{headers}, right: make([]bool, len(headers))}
	for i := range headers {
		headers[i], t.right[i] = strings.CutPrefix(headers[i], ">")
	}
	return t
}

func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = text.EscapedLine(cells[i]) // before its width counts
	}
	t.rows = append(t.rows, cells)
}

func (t *table) String() string {
	widths := make([]int, len(t.right))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		line := ""
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.right[i] {
				cell, space = space+cell, ""
			}
			line += cell + space + "  "
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// listing is a text of lines that each begin with a name, padded to a width.
type listing struct {
	strings.Builder
	width int
}

func (l *listing) add(name, format string, args ...any) {
	fmt.Fprintf(l, "%-*s %s\n", l.width, name, fmt.Sprintf(format, args...))
}
