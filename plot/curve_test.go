package plot

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// growing is points that are appended to.
type growing struct{ XY }

// A curve is drawn as its points are without an index, however it came to them.
func TestCurveDrawsAsItsPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &growing{}
		curve := NewCurve(p)
		few := rapid.SliceOfN(anyValue(), 1, 5).Draw(t, "values")
		usual := rapid.Float64Range(0.1, 100).Draw(t, "usual")
		every := rapid.SampledFrom([]int{1, 7, 50, 1000}).Draw(t, "every")
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			for range rapid.IntRange(0, 1500).Draw(t, "n") {
				i := p.Len()
				y := usual + math.Sin(float64(i))
				if i%every == 0 {
					y = few[i/every%len(few)]
				}
				p.X, p.Y = append(p.X, float64(i/3)), append(p.Y, y)
			}
			curve.Grow()
		}
		c := Chart{LogY: rapid.Bool().Draw(t, "log"), Robust: rapid.Bool().Draw(t, "robust")}
		if rapid.Bool().Draw(t, "window") {
			c.X = Range{rapid.Float64Range(-10, 500).Draw(t, "from"), rapid.Float64Range(-10, 500).Draw(t, "to")}
		}
		if rapid.Bool().Draw(t, "y") {
			c.Y = Range{0.01, usual}
		}
		width, height, style := rapid.IntRange(1, 150).Draw(t, "width"), rapid.IntRange(1, 30).Draw(t, "height"), drawStyle(t)
		draw := func(points Points) ([]string, Frame) {
			c.Lines = []Line{{Points: points}}
			c.Bands = []Band{{Lo: points, Hi: XY{p.X, slices.Repeat([]float64{usual}, p.Len())}}}
			return c.Draw(width, height, style)
		}
		want, wantFrame := draw(p)
		got, frame := draw(curve)
		if !slices.Equal(got, want) || fmt.Sprint(frame) != fmt.Sprint(wantFrame) {
			t.Fatalf("with index\n%q in %+v\nwithout\n%q in %+v", got, frame, want, wantFrame)
		}
	})
}

// Points that are there but not yet taken in are not drawn, and those that are gone do not harm.
func TestCurveKnowsItsPoints(t *testing.T) {
	p := &growing{noisy(1000, 1)}
	c := NewCurve(p)
	more := noisy(2000, 1)
	p.XY = more
	if c.Len() != 1000 {
		t.Errorf("%d points, want the 1000 taken in", c.Len())
	}
	if _, f := (Chart{Lines: []Line{{Points: c}}}).Draw(40, 10, Style{}); f.X.Hi != more.X[999] {
		t.Errorf("drawn to %v", f.X.Hi)
	}
	if i, ok := Find(c, math.MaxFloat64); i != 999 || !ok {
		t.Errorf("the last point is %d", i)
	}
	if c.Grow(); c.Len() != 2000 {
		t.Errorf("%d points", c.Len())
	}
	p.XY = XY{more.X[:10], more.Y[:10]}
	if c.Len() != 10 {
		t.Errorf("%d points, want the 10 that are left", c.Len())
	}
	if NewCurve(nil).Len() != 0 {
		t.Error("nil has points")
	}
}

// The index has at most two bytes a point, also after it grew one by one.
func TestCurveIsSmall(t *testing.T) {
	const n = 100_000
	p := &growing{}
	c := NewCurve(p)
	all := noisy(n, 1)
	for i := range n {
		p.XY = XY{all.X[:i+1], all.Y[:i+1]}
		c.Grow()
	}
	if bytes := (cap(c.small) + cap(c.large)) * int(unsafe.Sizeof(block{})); bytes > 2*n {
		t.Errorf("%d bytes for %d points", bytes, n)
	}
}

func TestFind(t *testing.T) {
	p := XY{[]float64{1, 2, 2, 5}, []float64{0, 0, 0, 0}}
	for x, want := range map[float64]int{0.9: -1, 1: 0, 1.5: 0, 2: 2, 4.9: 2, 5: 3, math.Inf(1): 3, math.Inf(-1): -1} {
		if i, ok := Find(p, x); ok != (want >= 0) || i != max(want, 0) {
			t.Errorf("%v: %d, %v, want %d", x, i, ok, want)
		}
	}
	if _, ok := Find(p, math.NaN()); ok {
		t.Error("a point before what is no number")
	}
	if _, ok := Find(nil, 1); ok {
		t.Error("a point of none")
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(0, 50), 0, 200).Draw(t, "x")
		slices.Sort(x)
		at := rapid.Float64Range(-1, 51).Draw(t, "at")
		s := newSource(XY{x, x}, false)
		want := 0
		for want < len(x) && x[want] <= at {
			want++
		}
		from := rapid.IntRange(0, want).Draw(t, "from")
		if got := s.after(at, from, rapid.IntRange(-5, 300).Draw(t, "guess")); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	})
}
