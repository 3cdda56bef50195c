package picture_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/maskflow/maskflow/masks"
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

// Samples of a posterior density of three parameters, with their true values and samples of the prior.
func ExamplePairs() {
	rng := rand.New(rand.NewPCG(1, 2))
	p := plot.Pairs{
		Names:   []string{"mass", "radius", "age"},
		Samples: plot.Samples{Name: "the posterior"}, Beside: plot.Samples{Name: "prior"},
		Marks: []float64{1.1, 0.4, math.NaN()}, // the age is not known
	}
	for range 1000 {
		mass := 1 + 0.3*rng.NormFloat64()
		p.Samples.Values = append(p.Samples.Values, float32(mass), float32(mass*mass/2+0.1*rng.NormFloat64()), float32(rng.ExpFloat64()))
		p.Beside.Values = append(p.Beside.Values, float32(2*rng.Float64()), float32(2*rng.Float64()), float32(5*rng.Float64()))
	}
	dir, err := os.MkdirTemp("", "picture")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Println(picture.Pairs(filepath.Join(dir, "posterior.svg"), p, picture.Labels{Title: "Star 17"}))
	// Output: <nil>
}

// Images of two by two pixels whose upper halves are given, and two completions of each.
func ExampleCompletions() {
	dir, err := os.MkdirTemp("", "picture")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	images := []float32{
		1, 0, 1, 0,
		0, 1, 0, 1,
	}
	completions := []float32{
		1, 0, 1, 0, 1, 0, 0, 0,
		0, 1, 0, 1, 0, 1, 1, 1,
	}
	upper := []bool{true, true, false, false}
	path := filepath.Join(dir, "halves.png")
	fmt.Println(picture.Completions(path, images, upper, completions, 2, []int{2, 2}, picture.Labels{Title: "Upper halves"}))
	// Output: <nil>
}

// The masks of four inputs in the order 2, 0, 3, 1 and two hidden layers.
func ExampleMasksText() {
	order := masks.Order{2, 4, 1, 3}
	hidden := masks.Sequential(6, 1, 3)
	set, err := masks.NewSet(order, [][]int{hidden, hidden}, false, false)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(picture.MasksText(set, 80))
	// Output:
	// 4 inputs, 2 hidden layers of 6, 6
	//
	// sequence    2 0 3 1
	// input       2 4 1 3
	// hidden 0    1 1 2 2 3 3
	// hidden 1    1 1 2 2 3 3
	//
	// input → hidden 0    hidden 0 → hidden 1    hidden 1 → output    product
	//     1 2 3 4             1 1 2 2 3 3            1 1 2 2 3 3          1 2 3 4
	//  1 ██ · · ·          1 ████ · · · ·         1  · · · · · ·       1  · · · ·
	//  1 ██ · · ·          1 ████ · · · ·         2 ████ · · · ·       2 ██ · · ·
	//  2 ████ · ·          2 ████████ · ·         3 ████████ · ·       3 ████ · ·
	//  2 ████ · ·          2 ████████ · ·         4 ████████████       4 ██████ ·
	//  3 ██████ ·          3 ████████████
	//  3 ██████ ·          3 ████████████
	//
	// connections             possible      kept      live  dead units
	// input → hidden 0              24        12        12      0 of 6
	// hidden 0 → hidden 1           36        24        24      0 of 6
	// hidden 1 → output             24        12        12
	//
	// paths from an input        pairs    joined
	// to a later output              6         6
	// to any other output           10         0
}
