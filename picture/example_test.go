package picture_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
)

// The logarithm of a density on a grid, with two samples.
func ExampleDensity() {
	g := plot.Grid{Rows: 100, Cols: 100, X: plot.Range{Lo: -3, Hi: 3}, Y: plot.Range{Lo: -3, Hi: 3}, Depth: 10, Name: "log p(x), nats"}
	for r := range g.Rows {
		for c := range g.Cols {
			x, y := -3+6*(float64(c)+0.5)/100, -3+6*(float64(r)+0.5)/100
			g.Values = append(g.Values, -x*x/2-2*(y-x*x/2)*(y-x*x/2))
		}
	}
	dir, err := os.MkdirTemp("", "picture")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "density.svg")
	samples := []float32{0.5, 0.1, -1, 0.7}
	if err := picture.Density(path, g, samples, picture.Labels{Title: "Banana", X: "x₁", Y: "x₂"}); err != nil {
		panic(err)
	}
	fmt.Println(picture.Density(filepath.Join(dir, "density.jpg"), g, samples, picture.Labels{}) != nil)
	// Output: true
}
