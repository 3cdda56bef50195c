package tui

import (
	"fmt"
	"math"
	"time"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
)

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
