package tui

import (
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/plot"
)

// curves keeps the indices of the lines that are drawn, so that a frame costs as much
// as its columns, not as its points.
type curves map[curveKey]*curve

type curveKey struct {
	dir    string
	field  monitor.Field
	axis   monitor.Axis
	smooth float64
}

type curve struct {
	generation uint64 // of the run when this was built
	smooth     *monitor.Smooth
	index      *plot.Curve
	used       bool // since the last sweep
}

// of is a field of a run against an axis, smoothed by a factor (0: as it is), with all
// that is known now.
func (c curves) of(r *monitor.Run, f monitor.Field, a monitor.Axis, smooth float64) *plot.Curve {
	k := curveKey{r.Dir, f, a, smooth}
	have := c[k]
	if have == nil || have.generation != r.Generation() {
		have = &curve{generation: r.Generation()}
		points := r.Curve(f, a)
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
