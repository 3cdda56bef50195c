package plot

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// noisy returns a falling line with noise.
func noisy(n int, seed uint64) XY {
	random := rand.New(rand.NewPCG(seed, 1))
	p := XY{X: make([]float64, n), Y: make([]float64, n)}
	for i := range n {
		p.X[i] = float64(10 * i)
		p.Y[i] = 80 + 40/(1+20*float64(i)/float64(n)) + random.NormFloat64()
	}
	return p
}

// averaged returns the moving average of a line.
func averaged(p XY) XY {
	mean, out := p.Y[0], make([]float64, len(p.Y))
	for i, y := range p.Y {
		mean = 0.99*mean + 0.01*y
		out[i] = mean
	}
	return XY{p.X, out}
}

// What a frame of the monitor costs: one line of a million points, and the lines of twenty runs with their raw values.
func BenchmarkChart(b *testing.B) {
	for _, style := range []Style{{Unicode: true, Colour: true}, {}} {
		name := "ascii"
		if style.Unicode {
			name = "colour"
		}
		b.Run("1x1000000/"+name, func(b *testing.B) {
			c := Chart{Lines: []Line{{Points: NewCurve(noisy(1_000_000, 1))}}, Robust: true}
			b.ReportAllocs()
			for b.Loop() {
				c.Draw(120, 30, style)
			}
		})
		b.Run("40x50000/"+name, func(b *testing.B) {
			c := Chart{Robust: true}
			for i := range 20 {
				raw := noisy(50_000, uint64(i))
				c.Lines = append(c.Lines, Line{Points: NewCurve(raw), Faint: true}, Line{Points: NewCurve(averaged(raw))})
			}
			b.ReportAllocs()
			for b.Loop() {
				c.Draw(190, 25, style)
			}
		})
	}
	b.Run("1x1000000/plain", func(b *testing.B) {
		c := Chart{Lines: []Line{{Points: noisy(1_000_000, 1)}}}
		for b.Loop() {
			c.Draw(120, 30, Style{Unicode: true})
		}
	})
}

// What it costs to take in points, and how much memory their index has.
func BenchmarkGrow(b *testing.B) {
	const n = 1_000_000
	p := noisy(n, 1)
	b.ReportAllocs()
	for b.Loop() {
		NewCurve(p)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/point")
}

func BenchmarkDotRow(b *testing.B) {
	for _, n := range []int{8, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := DotRow{Values: noisy(n, 1).Y, Marks: []Label{{X: 90, Text: "ensemble 90.00"}, {X: 91, Text: "mean 91.00"}}}
			for b.Loop() {
				d.Draw(120, 9, Style{Unicode: true, Colour: true})
			}
		})
	}
}
