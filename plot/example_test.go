package plot_test

import (
	"fmt"

	"github.com/maskflow/maskflow/plot"
)

// The logarithm of a normal density of two variables.
func ExampleHeatmap() {
	g := plot.Grid{Rows: 40, Cols: 40, X: plot.Range{Lo: -3, Hi: 3}, Y: plot.Range{Lo: -3, Hi: 3}, Depth: 4, Name: "log p"}
	for r := range g.Rows {
		for c := range g.Cols {
			x, y := -3+6*(float64(c)+0.5)/40, -3+6*(float64(r)+0.5)/40
			g.Values = append(g.Values, -(x*x+y*y)/2)
		}
	}
	for _, line := range plot.Heatmap(g, 34, 12, plot.Style{}) {
		fmt.Println(line)
	}
	// Output:
	//  3+          ...........
	//   |      .::--==========--::.
	//   |   ..:-==+***#####***++==-:.
	//   |   :-=++**##%%%%%%%%##**+==-.
	//   |  .-==**##%%%@@@@@@%%%##*+==:.
	//   |  .-==**##%%%@@@@@@%%%##*+==:.
	//   |   :-=++**##%%%%%%%%##**+==-.
	//   |   ..:-==+***#####***++==-:.
	//   |      .::--==========--::.
	// -3+          ...........
	//    -3                            3
	// log p  < -4.01  .::-=++*##%@ -0.01
}

// Whether a probability integral transform is uniform: 200 values in ten bins, 20 of which are expected in each.
func ExampleHistogram() {
	var u []float64
	for i := range 200 {
		v := (float64(i) + 0.5) / 200
		u = append(u, v*v) // too many small ones
	}
	counts, _ := plot.Bins(u, plot.Range{Lo: 0, Hi: 1}, 10)
	bars := plot.Bars{Counts: counts, X: plot.Range{Lo: 0, Hi: 1}, Expected: 20}
	for _, line := range plot.Histogram(bars, 34, 8, plot.Style{}) {
		fmt.Println(line)
	}
	// Output:
	// 63+###
	//   |###
	//   |###
	//   |###
	// 20+===###:::---------------------
	//   |############::::::::::::......
	//  0+##############################
	//    0                            1
}
