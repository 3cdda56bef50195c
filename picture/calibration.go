package picture

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/plot"
)

// mostVariables is how many variables one picture holds.
const mostVariables = 64

// alpha is the probability that a variable that is calibrated leaves a band.
const alpha = 0.01

// Calibration draws whether probability integral transforms are uniform on [0, 1], as they are where a density is that
// of the data. Variable i has the transforms pit[i], any number of them in any sequence, which count by weights[i], nil being
// one each, and the name names[i]; nil names count them. For each there are two charts:
//
//   - a histogram, in units of what is expected, with a band that holds all the bins of 99 % of uniform samples (each
//     bin's binomial quantiles, with the 1 % shared out evenly over the bins); bins outside are vermilion;
//   - the empirical distribution function minus the identity, with the band that the Kolmogorov–Smirnov test leaves at
//     1 %, and the statistic and the p-value of [num.KS].
//
// It returns an error if the suffix is not .png or .svg, if there is no variable, more than 64 or another number of
// names, if a variable has no transforms or one that is not in [0, 1], or from writing the file.
//
// By weights the bands and the p-value are those of (Σw)²/Σw² transforms.
func Calibration(path string, pit, weights [][]float64, names []string, l Labels) error {
	return save(path, func() (figure, error) {
		if err := checkTransforms(pit, weights, names); err != nil {
			return figure{}, err
		}
		all := make([]transforms, len(pit))
		for i, u := range pit {
			if weights == nil {
				all[i] = transformsOf(u, nil)
			} else {
				all[i] = transformsOf(u, weights[i])
			}
		}
		return calibration(all, names, l), nil
	})
}

// transforms are those of a variable, sorted, with their weights and the effective number of them.
type transforms struct {
	u, weights []float64
	n          float64
}

func transformsOf(u, weights []float64) transforms {
	if weights == nil {
		weights = slices.Repeat([]float64{1}, len(u))
	}
	t := transforms{slices.Clone(u), slices.Clone(weights), num.EffectiveNumber(weights)}
	stat.SortWeighted(t.u, t.weights)
	floats.Scale(t.n/floats.Sum(t.weights), t.weights)
	return t
}

func checkTransforms(pit, weights [][]float64, names []string) error {
	if len(pit) == 0 || len(pit) > mostVariables {
		return fmt.Errorf("%d variables: a picture holds 1 to %d", len(pit), mostVariables)
	}
	if names != nil && len(names) != len(pit) {
		return fmt.Errorf("%d names for %d variables: give one of each, or nil", len(names), len(pit))
	}
	if weights != nil && len(weights) != len(pit) {
		return fmt.Errorf("weights of %d variables for %d: give those of each, or nil", len(weights), len(pit))
	}
	for i, u := range pit {
		if weights != nil && weights[i] != nil && (len(weights[i]) != len(u) || !(num.EffectiveNumber(weights[i]) > 0)) {
			return fmt.Errorf("variable %d%s has no weight for each of its transforms: give one of each, not all 0, or nil", i, quoted(names, i))
		}
		if len(u) == 0 {
			return fmt.Errorf("variable %d%s has no transforms: leave it out", i, quoted(names, i))
		}
		for row, v := range u {
			if !(v >= 0 && v <= 1) {
				return fmt.Errorf("variable %d%s, row %d: %v is not in [0, 1]: give values of a distribution function", i, quoted(names, i), row, v)
			}
		}
	}
	return nil
}

func quoted(names []string, i int) string {
	if names == nil {
		return ""
	}
	return fmt.Sprintf(" (%q)", names[i])
}

// Sizes of a pair of charts.
const (
	pairWidth  = 4.6 * vg.Inch
	pairHeight = 1.65 * vg.Inch
	fewPairs   = 6 // so many stand below each other, more in two columns
)

func calibration(pit []transforms, names []string, l Labels) figure {
	line := draw.LineStyle{Color: plot.Series(0), Width: 1.1}
	h := header{title: l.Title, key: []entry{
		{name: "observed", line: line}, {name: "where 99 % of calibrated variables stay", fill: band},
	}}
	if slices.ContainsFunc(pit, anyOutside) {
		h.key = append(h.key, entry{name: "bin outside", fill: translucent(outsideColor)})
	}
	across := 1
	if len(pit) > fewPairs {
		across = 2
	}
	down := (len(pit) + across - 1) / across
	plots := make([][]*gonum.Plot, down)
	for i := range down * across {
		pair := make([]*gonum.Plot, 2)
		if i < len(pit) {
			name := fmt.Sprintf("variable %d", i)
			if names != nil {
				name = text.Plain(names[i])
			}
			pair = charts(pit[i], name)
		}
		plots[i/across] = append(plots[i/across], pair...)
	}
	tiles := draw.Tiles{Rows: down, Cols: 2 * across, PadX: gap, PadY: gap}
	width := vg.Length(across)*(pairWidth+gap) - gap + 2*margin
	return framed(width, vg.Length(down)*(pairHeight+gap)-gap, h, func(c draw.Canvas) {
		for row, canvases := range gonum.Align(plots, tiles, c) {
			for column, canvas := range canvases {
				if p := plots[row][column]; p != nil {
					p.Draw(canvas)
				}
			}
		}
	})
}

// charts are both of a variable, the first one with its name above and the second one with the verdict.
func charts(t transforms, name string) []*gonum.Plot {
	d, p := num.KS(t.u, t.weights)
	verdict := fmt.Sprintf("n = %.0f   D = %.2g   p = %.2g", t.n, d, p)
	if p < 1e-12 {
		verdict = fmt.Sprintf("n = %.0f   D = %.2g   p < 1e−12", t.n, d)
	}
	bars, curve := histogram(t), deviation(t)
	bars.Title.Text = shorten(name, bars.Title.TextStyle, pairWidth/2-2*gap)
	curve.Title.Text, curve.Title.TextStyle.Color = verdict, muted
	return []*gonum.Plot{bars, curve}
}

// bins is how many bins n transforms get: twenty, or fewer where there would be less than ten in each, but five.
func bins(n int) int { return min(max(n/10, 5), 20) }

// binBand returns the counts between which all bins lie with probability 99 % or more, for n uniform transforms.
func binBand(n, bins int) (lo, hi int) {
	count := distuv.Binomial{N: float64(n), P: 1 / float64(bins)}
	tail := alpha / float64(2*bins)
	lo = sort.Search(n, func(k int) bool { return count.CDF(float64(k)) > tail })
	hi = sort.Search(n, func(k int) bool { return count.CDF(float64(k)) >= 1-tail })
	return lo, hi
}

// outsideColor is that of bins outside their band.
var outsideColor = plot.Series(3)

// binned is how many transforms are in each bin, and between what they should be.
func binned(t transforms) (counts []float64, lo, hi float64) {
	n := int(math.Round(t.n))
	counts = plot.Bins(t.u, t.weights, plot.Range{Lo: 0, Hi: 1}, bins(n))
	low, high := binBand(n, len(counts))
	return counts, float64(low), float64(high)
}

func anyOutside(t transforms) bool {
	counts, lo, hi := binned(t)
	return slices.Min(counts) < lo || slices.Max(counts) > hi
}

// histogram is the chart of how many transforms are in each bin, over the number expected.
func histogram(t transforms) *gonum.Plot {
	counts, lo, hi := binned(t)
	expected := t.n / float64(len(counts))
	p := newPlot(Labels{X: "PIT u", Y: "density"})
	p.Add(boxes{{0, 1, lo / expected, hi / expected, band}})
	var bars boxes
	for i, count := range counts {
		c := plot.Series(0)
		if count < lo || count > hi {
			c = outsideColor
		}
		x := float64(i) / float64(len(counts))
		bars = append(bars, bar{x, x + 1/float64(len(counts)), 0, count / expected, c})
	}
	p.Add(outlines(bars), level(1))
	p.X.Min, p.X.Max, p.Y.Min = 0, 1, 0
	p.Y.Max = 1.08 * max(slices.Max(counts), hi) / expected
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks(3), ticks(3)
	return p
}

// deviation is the chart of the empirical distribution function of sorted transforms minus the identity.
func deviation(t transforms) *gonum.Plot {
	critical := num.KSCritical(t.n, alpha)
	d, _ := num.KS(t.u, t.weights)
	p := newPlot(Labels{X: "u", Y: "F(u) − u"})
	p.Add(
		boxes{{0, 1, -critical, critical, band}}, level(0),
		&plotter.Line{XYs: thin(steps(t), columns), LineStyle: draw.LineStyle{Color: plot.Series(0), Width: 1.1}},
	)
	p.X.Min, p.X.Max = 0, 1
	p.Y.Max = 1.15 * max(critical, d)
	p.Y.Min = -p.Y.Max
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks(3), ticks(3)
	return p
}

// steps is the line of that chart: before and after the step at each number.
func steps(t transforms) plotter.XYs {
	below := 0.0
	line := plotter.XYs{{X: 0, Y: 0}}
	for i, v := range t.u {
		above := below + t.weights[i]
		line = append(line, plotter.XY{X: v, Y: below/t.n - v}, plotter.XY{X: v, Y: above/t.n - v})
		below = above
	}
	return append(line, plotter.XY{X: 1, Y: 0})
}
