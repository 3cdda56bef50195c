package tui

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
)

// exported says where an export went, or why it did not.
type exported struct{ text string }

// export writes the lines of the panel in focus, of the steps in view, into a file of
// the working directory that did not exist before.
func (m *model) export(suffix string) tea.Cmd {
	p := focused[charted](m)
	name := p.spec().name
	chart, y := p.export(suffix)
	series := seriesOf(chart)
	if len(series) == 0 {
		m.say("%s shows no line to write", name)
		return nil
	}
	labels := picture.Labels{Title: "maskflow: " + name, X: axes[m.charts.axis].unit, Y: y}
	base := "maskflow-" + name + "-" + m.o.Clock().Format("20060102-150405")
	return func() tea.Msg {
		path, err := unused(base, suffix)
		if err == nil && suffix == ".svg" {
			err = picture.Curve(path, labels, series...)
		} else if err == nil {
			err = files.WriteAtomic(path, func(w io.Writer) error { return writeCSV(w, labels.X, series) })
		}
		if err != nil {
			return exported{"not written: " + m.theme.clean(err.Error())}
		}
		return exported{"wrote " + path}
	}
}

// seriesOf copies the points of a chart's lines that are in its window: the run goes on
// while they are written.
func seriesOf(c plot.Chart) []picture.Series {
	var all []picture.Series
	for _, l := range c.Lines {
		s := picture.Series{Name: l.Name, X: []float64{}, Y: []float64{}}
		for i := range l.Points.Len() {
			x, y := l.Points.At(i)
			if c.X.Hi > c.X.Lo && (x < c.X.Lo || x > c.X.Hi) {
				continue
			}
			s.X, s.Y = append(s.X, x), append(s.Y, y)
		}
		if len(s.X) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// unused is a name of a file that does not exist.
func unused(base, suffix string) (string, error) {
	for n := 1; ; n++ {
		path := base + suffix
		if n > 1 {
			path = fmt.Sprintf("%s-%d%s", base, n, suffix)
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		} else if err != nil {
			return "", err
		}
	}
}

// writeCSV writes a row a point: the line's name, x and y.
func writeCSV(w io.Writer, x string, series []picture.Series) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"line", x, "value"}) // Error tells
	for _, s := range series {
		for i := range s.X {
			_ = out.Write([]string{s.Name, number(s.X[i]), number(s.Y[i])})
		}
	}
	out.Flush()
	return out.Error()
}

func number(v float64) string {
	return strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, 64), "+")
}
