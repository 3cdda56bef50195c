package picture

import (
	"bytes"
	"flag"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	_ "github.com/charmbracelet/x/exp/golden" // the flag -update
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/masks"
)

// The manual's picture of an order and of a cut of it has the connections of their mask sets.
// `go test ./picture -run Manual -update` draws it.
func TestManualShowsOrderAndCut(t *testing.T) {
	const manual = "../docs/anyorder.svg"
	got := drawn(t, ".svg", func(path string) error { return save(path, orderAndCut) })
	if flag.Lookup("update").Value.String() == "true" { // of package golden
		if err := os.WriteFile(manual, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(filepath.FromSlash(manual))
	if err != nil || !bytes.Equal(have, got) {
		t.Errorf("%s is another picture: go test ./picture -run Manual -update (%v)", manual, err)
	}
}

// Sizes of the picture, in points.
const (
	networkWidth  = 300
	networkHeight = 237
	networkGap    = 30
	radius        = 8.5
	firstLayer    = 58  // the height of the inputs
	betweenLayers = 66  // from a layer to the next
	inputApart    = 58  // from an input to the next
	unitApart     = 34  // from a hidden unit to the next
	degreesTop    = 5.0 // the degrees of colours
)

// networkPart is one of the networks of the picture, with its inputs in the sequence of an order.
type networkPart struct {
	title, rule string
	set         *masks.Set
	names       []string    // of the inputs
	notes       [2][]string // below them
	asked       []string    // at the outputs, "" where there is none
}

// orderAndCut draws the masks of the order x₃ x₁ x₂ x₄ x₅ beside the cut of this order behind x₁, where x₅ is not known.
func orderAndCut() (figure, error) {
	order, err := masks.NewSet(masks.Order{1, 2, 3, 4, 5}, [][]int{masks.Sequential(8, 1, 4)}, false, false)
	if err != nil {
		return figure{}, err
	}
	cut, err := masks.NewSet(masks.Order{1, 1, 2, 2}, [][]int{masks.Sequential(8, 1, 1)}, false, false)
	if err != nil {
		return figure{}, err
	}
	names := []string{"x₃", "x₁", "x₂", "x₄", "x₅"}
	parts := []networkPart{
		{"MADE: the masks of an order", "a unit sees inputs up to its degree, an output those of smaller degrees", order, names,
			[2][]string{}, []string{"x₃", "x₁|x₃", "x₂|x₃ x₁", "x₄|x₃ x₁ x₂", "x₅|others"}},
		{"NADE: a cut of this order", "degree 1 is given, degree 2 is asked: all units see all that is given", cut, names,
			[2][]string{{"given", "given", "asked", "asked", "not known"}, {"m = 1", "m = 1", "m = 0", "m = 0", "m = 0"}}, []string{"", "", "x₂|x₃ x₁", "x₄|x₃ x₁", ""}},
	}
	width := vg.Length(len(parts))*(networkWidth+networkGap) - networkGap + 2*margin
	return figure{width, networkHeight + 2*margin, func(c draw.Canvas) {
		for i, p := range parts {
			left := margin + vg.Length(i)*(networkWidth+networkGap)
			p.draw(draw.Crop(c, left, left+networkWidth-width, margin, -margin))
		}
	}}, nil
}

// at is the place of unit i of n in a layer.
func (p networkPart) at(c draw.Canvas, layer, i, n int) vg.Point {
	apart := vg.Length(inputApart)
	if layer == 1 {
		apart = unitApart
	}
	return vg.Point{X: c.Center().X + (vg.Length(i)-vg.Length(n-1)/2)*apart, Y: c.Min.Y + firstLayer + vg.Length(layer)*betweenLayers}
}

func (p networkPart) draw(c draw.Canvas) {
	title, small := letters(titleSize, black), letters(tickSize, muted)
	title.XAlign, small.XAlign = draw.XCenter, draw.XCenter
	c.FillText(title, vg.Point{X: c.Center().X, Y: c.Max.Y - titleSize}, p.title)
	c.FillText(small, vg.Point{X: c.Center().X, Y: c.Min.Y}, p.rule)
	dim, hidden := len(p.names), len(p.set.Hidden[0])
	count := []int{dim, hidden, dim} // of a layer, with what is not known
	for layer := range p.set.Layers() {
		for from, row := range p.set.Mask(layer) {
			for to, joined := range row {
				if joined && (layer == 0 || p.asked[to] != "") {
					a, b := p.at(c, layer, from, count[layer]), p.at(c, layer+1, to, count[layer+1])
					c.StrokeLine2(draw.LineStyle{Color: nodeColour(p.set.In(layer)[from]), Width: 0.8}, a.X, a.Y, b.X, b.Y)
				}
			}
		}
	}
	for layer, n := range count {
		for i := range n {
			at, degrees := p.at(c, layer, i, n), p.set.Order
			if layer == 1 {
				degrees = p.set.Hidden[0]
			}
			known := i < len(degrees)
			node(c, at, degrees, i, known && (layer < 2 || p.asked[i] != ""))
			if layer == 0 {
				name := letters(labelSize, black)
				name.XAlign = draw.XCenter
				c.FillText(name, vg.Point{X: at.X, Y: at.Y - radius - 11}, p.names[i])
				for line, notes := range p.notes {
					if notes != nil {
						c.FillText(small, vg.Point{X: at.X, Y: at.Y - radius - vg.Length(22+10*line)}, notes[i])
					}
				}
			}
			if layer == 2 && p.asked[i] != "" {
				c.FillText(small, vg.Point{X: at.X, Y: at.Y + radius + 4}, "p("+p.asked[i]+")")
			}
		}
	}
}

// nodeColour is that of a degree, in both networks the same.
func nodeColour(degree int) color.RGBA { return degreeColour(degree-1, degreesTop) }

// node draws a unit with its degree, or an empty one that takes no part.
func node(c draw.Canvas, at vg.Point, degrees []int, i int, takesPart bool) {
	var circle vg.Path
	circle.Move(vg.Point{X: at.X + radius, Y: at.Y})
	circle.Arc(at, radius, 0, 2*math.Pi)
	circle.Close()
	if !takesPart {
		c.SetColor(white)
		c.Fill(circle)
		c.SetLineStyle(draw.LineStyle{Color: none, Width: 0.8, Dashes: []vg.Length{2, 2}})
		c.Stroke(circle)
		return
	}
	c.SetColor(nodeColour(degrees[i]))
	c.Fill(circle)
	style := letters(labelSize, white)
	if degrees[i] > 3 {
		style.Color = black
	}
	style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
	c.FillText(style, at, strconv.Itoa(degrees[i]))
}
