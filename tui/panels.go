package tui

import (
	"github.com/maskflow/maskflow/plot"
)

// panelID names a panel, in the sequence of their keys.
type panelID int

const (
	lossPanel panelID = iota
	ordersPanel
	gradientPanel
	samplesPanel
	logPanel
	configPanel
	runsPanel
	panelCount
)

// drawing is what is in a panel.
type drawing struct {
	lines  []string
	charts []placedChart
}

// placedChart is a chart with the cells of its panel, for the mouse and the cursor.
type placedChart struct {
	rect
	frame plot.Frame
}

// panel is a view of the runs. Draw fills at most w x h cells; digest is the most
// important of it in a line.
type panel struct {
	name   string
	about  string                       // for the documentation
	title  func(m *model, w int) string // in at most w columns
	digest func(m *model, w int) string
	draw   func(m *model, w, h int) drawing
	// hidden is how many rows there are beyond those that a size shows; nil where a panel
	// does not scroll.
	hidden func(m *model, w, h int) int
}

// panelTable has every panel, by its id.
func panelTable() [panelCount]panel {
	return [panelCount]panel{
		lossPanel:     {"loss", "training loss as it is and smoothed, validation, and its best", lossTitle, lossDigest, drawLoss, nil},
		ordersPanel:   {"orders", "every order of the inputs, their ensemble, and what it gains", ordersTitle, ordersDigest, drawOrders, nil},
		gradientPanel: {"gradient", "norm of the gradient, and the learning rate", gradientTitle, gradientDigest, drawGradient, nil},
		samplesPanel:  {"samples", "samples as images or a table, or the density of two variables", samplesTitle, samplesDigest, drawSamples, sampleRows},
		logPanel:      {"log", "what happened, and what native libraries printed", logTitle, logDigest, drawLog, logRows},
		configPanel:   {"config", "the configuration, and where runs differ", configTitle, configDigest, drawConfig, configRows},
		runsPanel:     {"runs", "the runs, by their best validation, and which are drawn", runsTitle, runsDigest, drawRuns, nil},
	}
}
