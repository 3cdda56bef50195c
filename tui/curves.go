package tui

import (
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// curves keeps the indices of the lines that are drawn, so that a frame costs as much
// as its columns, not as its points.
type curves map[curveKey]*curve

type curveKey struct {
	dir    string
	line   string
	axis   monitor.Axis
	smooth float64
}

// A trainLine is a number of the train records that charts show as a line.
type trainLine struct {
	name, short string // in filters and exports, in titles
	number      func(*runlog.Train) float64
}

type curve struct {
	generation uint64 // of the run when this was built
	smooth     *monitor.Smooth
	index      *plot.Curve
	used       bool // since the last sweep
}

// of is a line of the train records of a run against an axis, smoothed by a factor (0:
// as it is), with all that is known now.
func (c curves) of(r *monitor.Run, l trainLine, a monitor.Axis, smooth float64) *plot.Curve {
	k := curveKey{r.Dir, l.name, a, smooth}
	have := c[k]
	if have == nil || have.generation != r.Generation() {
		have = &curve{generation: r.Generation()}
		points := r.Curve(l.number, a)
		if smooth > 0 {
			have.smooth = monitor.NewSmooth(points, smooth)
			points = have.smooth
		}
		have.index = plot.NewCurve(points)
		c[k] = have
	}
	if have.smooth != nil {
		have.smooth.Grow()
	}
	have.index.Grow()
	have.used = true
	return have.index
}

// sweep forgets what no picture used since the last sweep.
func (c curves) sweep() {
	for k, have := range c {
		if !have.used {
			delete(c, k)
		}
		have.used = false
	}
}
