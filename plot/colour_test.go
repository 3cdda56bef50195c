package plot

import (
	"image/color"
	"math"
	"testing"
)

// sights are what eyes see of linear red, green and blue: all of it, and without the cones for red or for green (Machado,
// Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, severity 1).
var sights = map[string][3][3]float64{
	"all cones":     {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"without red":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"without green": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
}

func seen(c color.RGBA, sight [3][3]float64) (rgb [3]float64) {
	light := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	for i, row := range sight {
		for j, share := range row {
			rgb[i] += share * light[j]
		}
	}
	return rgb
}

func linear(v uint8) float64 {
	s := float64(v) / 255
	if s <= 0.04045 {
		return s / 12.92
	}
	return math.Pow((s+0.055)/1.055, 2.4)
}

func luminance(rgb [3]float64) float64 { return 0.2126*rgb[0] + 0.7152*rgb[1] + 0.0722*rgb[2] }

func TestRampGrowsBrighterForAllEyes(t *testing.T) {
	for name, sight := range sights {
		const steps = 64
		for i := range steps {
			a, b := Ramp(float64(i)/steps), Ramp(float64(i+1)/steps)
			if la, lb := luminance(seen(a, sight)), luminance(seen(b, sight)); lb <= la {
				t.Errorf("%s: step %d from %v to %v has luminances %.4f, %.4f", name, i, a, b, la, lb)
			}
		}
	}
}

func TestRampEndsOutside(t *testing.T) {
	for v, want := range map[float64]color.RGBA{-1: Ramp(0), math.Inf(-1): Ramp(0), 2: Ramp(1), math.Inf(1): Ramp(1)} {
		if got := Ramp(v); got != want {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
	if Ramp(math.NaN()) != Ramp(0) {
		t.Error("not-a-number is not the first colour")
	}
}

func TestSeriesDifferForAllEyes(t *testing.T) {
	for name, sight := range sights {
		for i := range series {
			for j := range i {
				a, b := seen(Series(i), sight), seen(Series(j), sight)
				distance := math.Hypot(math.Hypot(math.Cbrt(a[0])-math.Cbrt(b[0]), math.Cbrt(a[1])-math.Cbrt(b[1])), math.Cbrt(a[2])-math.Cbrt(b[2]))
				if distance < 0.1 {
					t.Errorf("%s: series %d and %d differ by %.3f", name, i, j, distance)
				}
			}
		}
	}
	if Series(len(series)) != Series(0) || Series(-1) != Series(len(series)-1) {
		t.Error("the colours do not begin again")
	}
}
