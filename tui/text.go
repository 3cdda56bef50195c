package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
)

const reset = "\x1b[0m"

// cut is as much of a line as fits, without losing the codes that end its colours.
func cut(line string, columns int) string {
	if width(line) <= columns {
		return line
	}
	return ansi.Truncate(line, max(columns, 0), "")
}

// fit is a line of exactly so many columns.
func fit(line string, columns int) string {
	if columns <= 0 {
		return ""
	}
	line = cut(line, columns)
	return line + strings.Repeat(" ", max(columns-width(line), 0))
}

// fitAll is exactly height lines of exactly width columns.
func fitAll(lines []string, width, height int) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	out := make([]string, height)
	for i := range out {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		out[i] = fit(line, width)
	}
	return out
}

// shorten is a plain text in at most so many columns, with a sign of what is
// missing.
func (t theme) shorten(text string, columns int) string {
	if width(text) <= columns {
		return text
	}
	return ansi.Truncate(text, max(columns, 0), t.glyph("…"))
}

// clean is a plain text of others in the characters that the screen has.
func (t theme) clean(s string) string {
	if s = text.Plain(s); t.style.Unicode {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, toASCII.Replace(s))
}

// over lays a box of lines on the middle of a screen.
func over(screen, box []string, columns int) []string {
	boxWidth := min(widest(box), columns)
	left, top := (columns-boxWidth)/2, max(0, (len(screen)-len(box))/2)
	out := slices.Clone(screen)
	for i, line := range box {
		if y := top + i; y < len(out) {
			behind := fit(out[y], columns)
			out[y] = fit(behind, left) + fit(line, boxWidth) + fit(ansi.TruncateLeft(behind, left+boxWidth, ""), columns-left-boxWidth)
		}
	}
	return out
}

// widest is how many columns lines take.
func widest(lines []string) int {
	most := 0
	for _, line := range lines {
		most = max(most, width(line))
	}
	return most
}

// fold breaks a text into lines of at most so many columns.
func fold(text string, columns, lines int) []string {
	if columns <= 0 || lines <= 0 {
		return nil
	}
	all := strings.Split(ansi.Wrap(text, columns, ""), "\n")
	return all[:min(len(all), lines)]
}

// width is how many columns a line takes. A frame asks for it some thousand times, so
// what the monitor itself writes is counted here, and only what is more difficult, such
// as the characters of names, is left to package ansi.
func width(line string) int {
	columns, code := 0, false // code: inside of one for colours and the like
	for i, r := range line {
		switch {
		case strings.HasPrefix(line[i:], "\x1b["):
			code = true
		case code && r == 'm':
			code = false
		case code && (r == ';' || '0' <= r && r <= '9' || r == '[' && line[i-1] == '\x1b'):
		case !code && (' ' <= r && r <= '~' || 0x2500 <= r && r < 0x25f0 || 0x2800 <= r && r <= 0x28ff): // charts and frames
			columns++
		default:
			return ansi.StringWidth(line)
		}
	}
	return columns
}

// xText writes a value of the x axis.
func (m *model) xText(x float64) string {
	switch m.charts.axis {
	case monitor.ByEpoch:
		return fmt.Sprintf("%.1f", x)
	case monitor.ByTime:
		return text.Clock(x)
	}
	return text.Grouped(int64(x))
}

// nats writes a likelihood or a loss.
func nats(v float64) string {
	if a := math.Abs(v); a >= 1e6 || a < 1e-3 && a > 0 {
		return fmt.Sprintf("%.4g", v)
	}
	figure, _ := text.PlusMinus(v, 0.01)
	return figure
}

func bytesText(b float64) string {
	if b >= 1e9 {
		return fmt.Sprintf("%.1f GB", b/1e9)
	}
	return fmt.Sprintf("%.0f MB", b/1e6)
}

// duration writes how long something takes, to the second.
func duration(d time.Duration) string { return text.Clock(d.Round(time.Second).Seconds()) }

// rate writes a number a second.
func rate(v float64) string {
	if v >= 100 {
		return text.Grouped(int64(math.Round(v)))
	}
	return fmt.Sprintf("%.3g", v)
}
