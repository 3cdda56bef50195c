package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
)

// configPanel is the settings of the runs.
type configPanel struct {
	pane
	diff bool // only the settings that differ
}

func (m *configPanel) spec() spec {
	return spec{"config", "the configuration, and where runs differ", [2]share{{1, 4, 4}, {2, 1, 4}}}
}

func (m *configPanel) keys() []binding {
	return []binding{{runKeys, []string{"d"}, "d", "only the settings that differ", do(func(*model) { m.diff = !m.diff }), ""}}
}

// configLines is the settings of the chosen run. Those that are not the same in all
// drawn runs come first, with the value of each; a mark says which they are.
func (m *configPanel) configLines(w int) []string {
	r := m.run()
	if r == nil {
		return nil
	}
	t, runs, paths := m.theme, m.comparedRuns(), pathWidth(r, w)
	differ := map[string]bool{}
	var lines []string
	if len(runs) > 1 {
		for _, d := range monitor.Diff(runs) {
			differ[d.Path] = true
			lines = append(lines, m.differenceLine(d, runs, paths))
		}
		if m.diff {
			if len(lines) == 0 {
				lines = append(lines, t.dim("the drawn runs have the same settings"))
			}
			return lines
		}
	}
	var usual []string
	for _, v := range r.Config {
		switch {
		case differ[v.Path]:
		case m.o.Defaults[v.Path] == v.Text || slices.Contains(off, v.Text):
			usual = append(usual, t.dim("  "+t.ending(v.Path, paths)+" "+t.clean(v.Text)))
		default:
			lines = append(lines, t.dim("  "+t.ending(v.Path, paths)+" ")+t.clean(v.Text))
		}
	}
	return append(lines, usual...)
}

// off is the values of what is not used.
var off = []string{`""`, "[]", "false", "0", "none"}

// pathWidth is the width of the names of a run's settings, up to that of nearly all, and
// to half of the panel.
func pathWidth(r *monitor.Run, w int) int {
	const most = 30
	widest := 0
	for _, v := range r.Config {
		widest = max(widest, width(v.Path))
	}
	return max(1, min(widest, most, w/2))
}

// ending is the end of a path where there is no room for all of it: it tells the most.
func (t theme) ending(path string, columns int) string {
	path = t.clean(path)
	if n := width(path); n > columns {
		path = t.glyph("…") + ansi.TruncateLeft(path, n-columns+width(t.glyph("…")), "")
	}
	return fit(path, columns)
}

func (m *configPanel) differenceLine(d monitor.Difference, runs []*monitor.Run, paths int) string {
	t := m.theme
	var b strings.Builder
	b.WriteString(t.text("Δ ") + t.bold(t.ending(d.Path, paths)))
	for i, text := range d.Texts {
		if text == "" {
			text = "-"
		}
		b.WriteString(" " + t.ink(m.runColour(runs[i]), string(m.letter(runs[i]))+":") + t.clean(text))
	}
	return b.String()
}

func (m *configPanel) view(w, h int) drawing {
	lines := m.configLines(w)
	from := m.first(len(lines) - h)
	lines = lines[from:min(len(lines), from+h)]
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = m.theme.shorten(line, w)
	}
	return drawing{lines: out}
}

func (m *configPanel) title(w int) string {
	r := m.run()
	if runs := m.comparedRuns(); len(runs) > 1 {
		return m.theme.dim(text.Count(len(monitor.Diff(runs)), "difference"))
	}
	if r.Manifest != nil && len(r.Manifest.ConfigHash) >= 8 {
		return m.theme.dim("sha256 " + r.Manifest.ConfigHash[:8])
	}
	return ""
}

func (m *configPanel) digest(w int) string {
	r := m.run()
	var parts []string
	for _, s := range [][2]string{{"model.type", "type"}, {"model.hidden", "hidden"}, {"train.optimizer.name", "optimizer"}, {"train.batch", "batch"}} {
		if v, ok := r.Setting(s[0]); ok {
			parts = append(parts, s[1]+" "+m.theme.clean(v))
		}
	}
	return strings.Join(parts, ", ")
}
