package plot_test

import (
	"fmt"
	"math"
	"math/rand/v2"

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
	//   |         ...::::::::...
	//  2+     .::--==++++++++==--:..
	//   |   .:-=++**###%%%%###**++=-:.
	//   |  .--=+**#%%%@@@@@%%%##**+=-:.
	//  0+  .-==**##%%%@@@@@@%%%##*+==:.
	//   |  .:-=+**##%%%%%%%%%%##**+=-:.
	//   |   .:-==++**########**++=--:
	// -2+      .::--==========--::.
	//   |          ...........
	//   ++----+----+----+----+----+----+
	//    -3   -2   -1   0    1    2    3
	// log p  < -4.01  .::-=++*##%@ -0.01
}

// Whether a probability integral transform is uniform: 200 values in ten bins, 20 of which are expected in each.
func ExampleHistogram() {
	var u []float64
	for i := range 200 {
		v := (float64(i) + 0.5) / 200
		u = append(u, v*v) // too many small ones
	}
	counts := plot.Bins(u, nil, plot.Range{Lo: 0, Hi: 1}, 10)
	bars := plot.Bars{Counts: counts, X: plot.Range{Lo: 0, Hi: 1}, Expected: 20}
	for _, line := range plot.Histogram(bars, 34, 8, plot.Style{}) {
		fmt.Println(line)
	}
	// Output:
	//   |###
	// 50+###
	//   |###
	//   |###
	// 20+===###:::---------------------
	//   |############::::::::::::......
	//  0+##############################
	//   0.0            0.5           1.0
}

// Samples of two parameters that a measurement tells the sum of, and a third, with true values.
func ExamplePairs() {
	rng := rand.New(rand.NewPCG(1, 2))
	p := plot.Pairs{Names: []string{"a", "b", "c"}, Marks: []float64{0.5, -0.5, 1}}
	for range 2000 {
		a := rng.NormFloat64()
		p.Samples.Values = append(p.Samples.Values, float32(a), float32(0.2*rng.NormFloat64()-a), float32(rng.ExpFloat64()))
	}
	for _, line := range p.Draw(50, 30, plot.Style{}) {
		fmt.Println(line)
	}
	// Output:
	// a
	//        |     ##
	//        |    ###:
	//        |    ####
	//        |   :#####
	//        |  .######.
	//        |.:########:.
	//        +------X-----
	// b
	//    3.17+ ..          |     ##
	//        | .:#+        |    :###
	//        |   +@@*      |    ####
	//        |     +X@-    |   #####:
	//        |       :+-.  |  .######.
	//   -3.22+         .   |.:########:.
	//        +------------ +-----X------
	// c
	//    5.22+             |             |#
	//        |             |             |#
	//        |   .:::::.   |  ..::::.    |##
	//        | .::-----::  | :::----::.  |##:
	//        |::-+##X#+-:: |::-+#X##+-:: |###:
	//       0+:-+@@@@@@+-: |:-+@@@@@@+-: |######:.....
	//        +------------ +------------ +--X---------
	//         -3.14   3.16  -3.22   3.17  0       5.22
	//         a             b             c
	// @@ 50 %  ++ 80 %  :: 95 %  X true values
}

// The loss of a run with its average over the steps, and the best validation.
func ExampleChart() {
	var loss, valid plot.XY
	for i := range 400 {
		step := float64(10 * (i + 1))
		nats := 80 + 20*math.Exp(-step/800)
		loss.X, loss.Y = append(loss.X, step), append(loss.Y, nats+math.Sin(float64(i*i)))
		if i%40 == 39 {
			valid.X, valid.Y = append(valid.X, step), append(valid.Y, nats+4)
		}
	}
	c := plot.Chart{
		Lines: []plot.Line{{Points: loss, Faint: true, Mark: '.'}, {Points: valid, Mark: 'o'}},
		Marks: []plot.Mark{{X: valid.X[9], Y: valid.Y[9], Rune: '★'}},
		XName: "step",
	}
	lines, frame := c.Draw(60, 12, plot.Style{})
	for _, line := range lines {
		fmt.Println(line)
	}
	fmt.Printf("the data are in %d x %d cells from column %d on\n", frame.Width, frame.Height, frame.Left)
	// Output:
	// 100+..
	//    |...  o
	//    |  ... ooo
	//    |   ....  oo
	//  90+     ....  oooo
	//    |        ....   ooooo
	//    |         ........   ooooooooo
	//    |             ..........      oooooooooooooooooooooooooo*
	//    |                 ..................... ... ... .
	//  80+                        .. .............................
	//    +-------------+-------------+-------------+--------------
	//                 1000          2000          3000        step
	// the data are in 56 x 10 cells from column 4 on
}

// Ten orders of an ensemble, which is better than each of them.
func ExampleDotRow() {
	d := plot.DotRow{
		Values: []float64{12.31, 12.05, 12.11, 12.48, 12.2, 12.14, 12.12, 12.39, 12.07, 12.23},
		Marks:  []plot.Label{{X: 11.83, Text: "ensemble 11.83"}, {X: 12.21, Text: "mean 12.21"}, {X: 12.05, Text: "best 12.05"}},
	}
	for _, line := range d.Draw(60, 5, plot.Style{}) {
		fmt.Println(line)
	}
	// Output:
	// o o  oo o     o o       o      o       o
	// 11.83 ------------------------------------------------ 12.48
	// ^ ensemble 11.83    ^ best 12.05   ^ mean 12.21
}

func ExampleBarRow() {
	for _, line := range plot.BarRow([]float64{84.2, 84.9, 84.3, 86.1}, []string{"mask 0", "mask 1", "mask 2", "mask 3"}, 40, 4, plot.Style{}) {
		fmt.Println(line)
	}
	// Output:
	// mask 0 #####                      84.200
	// mask 1 #############              84.900
	// mask 2 ######                     84.300
	// mask 3 ########################## 86.100
}
