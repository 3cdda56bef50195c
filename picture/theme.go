package picture

import (
	"image/color"
	"strings"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	styles "gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/internal/text"
)

// Labels are the words around a chart. Words that are empty take no room.
type Labels struct {
	// Title stands above.
	Title string
	// X and Y stand at the axes of charts that have some, with the unit, such as "negative log-likelihood, nats".
	X, Y string
}

var (
	white = color.RGBA{0xff, 0xff, 0xff, 0xff}
	black = color.RGBA{0x1a, 0x1a, 0x1a, 0xff}
	muted = color.RGBA{0x60, 0x60, 0x60, 0xff}
	rule  = color.RGBA{0xe4, 0xe4, 0xe4, 0xff} // of lines that help the eye
	band  = color.RGBA{0xdc, 0xdc, 0xdc, 0xff} // of what is expected
	none  = color.RGBA{0x9a, 0x9a, 0x9a, 0xff} // of cells that hold no number; no colour of the ramp is grey
)

// Sizes, in points.
const (
	titleSize = 10
	labelSize = 9
	tickSize  = 8

	margin = 6  // around the picture
	gap    = 10 // between charts
)

// letters returns a style of text.
func letters(size vg.Length, c color.Color) styles.Style {
	return styles.Style{
		Color: c, Font: font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size), Handler: gonum.DefaultTextHandler,
		XAlign: draw.XLeft, YAlign: draw.YBottom,
	}
}

// newPlot returns an empty chart with the axes of the house.
func newPlot(l Labels) *gonum.Plot {
	p := gonum.New()
	p.BackgroundColor = nil
	p.Title.TextStyle.Font, p.Title.TextStyle.Color, p.Title.Padding = letters(labelSize, black).Font, black, 3
	for _, axis := range []*gonum.Axis{&p.X, &p.Y} {
		axis.Padding = 0
		axis.LineStyle = draw.LineStyle{Color: black, Width: 0.6}
		axis.Label.TextStyle.Font = letters(labelSize, black).Font
		axis.Label.TextStyle.Color = black
		axis.Label.Padding = 2
		axis.Tick.Label.Font = letters(tickSize, black).Font
		axis.Tick.Label.Color = black
		axis.Tick.LineStyle = axis.LineStyle
		axis.Tick.Length = 3
		axis.Tick.Marker = ticks(4)
	}
	p.X.Label.Text, p.Y.Label.Text = text.Plain(l.X), text.Plain(l.Y)
	return p
}

// shorten cuts words to a width.
func shorten(s string, style styles.Style, width vg.Length) string {
	if style.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 0; n-- {
		if cut := strings.TrimRight(string(runes[:n]), " ") + "…"; style.Width(cut) <= width {
			return cut
		}
	}
	return ""
}
