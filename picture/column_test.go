package picture

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/plot"
)

// compared are columns of all kinds: numbers with a step, a hole and an atom, levels, dates, and one value.
func compared() []plot.Column {
	rng := rand.New(rand.NewPCG(9, 10))
	draw := func(f func() float64) (v [2][]float64) {
		for k, n := range []int{800, 500} {
			for range n {
				v[k] = append(v[k], f())
			}
		}
		return v
	}
	rows, once := [2]float64{1000, 600}, [2][]float64{}
	columns := []plot.Column{
		plot.Column{Name: "income", Levels: []plot.Level{{Name: "missing", Shares: [2]float64{0.1, 0.12}}, {Name: "0", Shares: [2]float64{0.1, 0.05}}}}.
			Number(draw(func() float64 { return math.Round(100*rng.ExpFloat64()) / 100 }), once, rows, 0.01, 40),
		{Name: "colour & cut", Levels: []plot.Level{{Name: "Fair", Shares: [2]float64{0.2, 0.25}}, {Name: "a level with a very long name", Shares: [2]float64{0.8, 0.75}}}},
		plot.Column{Name: "day", Dates: 86400}.Number(draw(func() float64 { return math.Round(18000 + 300*rng.NormFloat64()) }), once, rows, 1, 40),
		plot.Column{Name: "one"}.Number([2][]float64{{5, 5}, {5}}, once, rows, 1, 40),
	}
	many := plot.Column{Name: "many"}
	for i := range 30 {
		many.Levels = append(many.Levels, plot.Level{Name: strings.Repeat("x", i%7+1), Shares: [2]float64{float64(i%7) / 90, float64(i%7) / 90}})
	}
	return append(columns, many)
}

func TestColumns(t *testing.T) {
	columns := compared()
	svg := words(t, drawn(t, ".svg", func(path string) error { return Columns(path, columns, Labels{Title: "people"}) }))
	for _, want := range []string{"people", "income", "missing", "12.0 %", "colour & cut", "Fair", "2020", "19 more"} {
		if !strings.Contains(svg, want) {
			t.Errorf("%q is missing in %q", want, svg)
		}
	}
	img := drawnPNG(t, func(path string) error { return Columns(path, columns, Labels{}) })
	for _, c := range []struct {
		name string
		at   int
	}{{"data", 0}, {"samples", 1}} {
		if _, n := extent(img, plot.Series(c.at)); n < 500 {
			t.Errorf("%d pixels of the %s", n, c.name)
		}
	}
	if err := Columns(t.TempDir()+"/none.png", nil, Labels{}); err == nil {
		t.Error("a picture of no column")
	}
}
