package tui

import (
	"fmt"
	"math"
	"time"

	"github.com/maskflow/maskflow/internal/words"
	"github.com/maskflow/maskflow/monitor"
)

// clock writes seconds of training as short as it goes.
func clock(seconds float64) string {
	if math.IsNaN(seconds) || math.Abs(seconds) > 1e9 {
		return fmt.Sprintf("%.3gs", seconds)
	}
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%gs", math.Round(seconds*10)/10)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	}
	if d < 100*time.Hour {
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	const day = 24 * time.Hour
	return fmt.Sprintf("%dd%02dh", d/day, d%day/time.Hour)
}

// xText writes a value of the x axis.
func (m *model) xText(x float64) string {
	switch m.charts.axis {
	case monitor.ByEpoch:
		return fmt.Sprintf("%.1f", x)
	case monitor.ByTime:
		return clock(x)
	}
	return words.Grouped(int64(x))
}

// nats writes a likelihood or a loss.
func nats(v float64) string {
	if a := math.Abs(v); a >= 1e6 || a < 1e-3 && a > 0 {
		return fmt.Sprintf("%.4g", v)
	}
	figure, _ := words.PlusMinus(v, 0.01)
	return figure
}

func bytesText(b float64) string {
	if b >= 1e9 {
		return fmt.Sprintf("%.1f GB", b/1e9)
	}
	return fmt.Sprintf("%.0f MB", b/1e6)
}

// duration writes how long something takes, to the second.
func duration(d time.Duration) string { return clock(d.Round(time.Second).Seconds()) }

// rate writes a number a second.
func rate(v float64) string {
	if v >= 100 {
		return words.Grouped(int64(math.Round(v)))
	}
	return fmt.Sprintf("%.3g", v)
}
