package masks

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"pgregory.net/rapid"
)

func TestPNGIsThePicture(t *testing.T) {
	for _, side := range []int{0, 1, 100} {
		s := newCycle(t, Recipe{Dim: 5, Hidden: []int{7, 3}, Count: 1, Context: true, Direct: true}).At(0)
		var out bytes.Buffer
		if err := s.WritePNG(&out, PNGOptions{Side: side}); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		pixels := map[int]int{0: 320, 1: 64, 100: 100}[side]
		if want := s.equation(pixels).Bounds(); img.Bounds() != want {
			t.Errorf("side %d: %v, want %v", side, img.Bounds(), want)
		}
	}
}

// Any set can be drawn, in the room that was given, and none has anything red.
func TestPicturesOfAnySet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecipe(t)
		if rapid.Bool().Draw(t, "large") {
			r.Dim, r.Base = r.Dim+60, nil
		}
		side := rapid.IntRange(64, 100).Draw(t, "side")
		img := newCycle(t, r).At(0).equation(side)
		if height := img.Bounds().Dy(); height > side+2*margin+2*glyphHeight+10+strip+stripGap {
			t.Fatalf("%d pixels high for a side of %d", height, side)
		}
		for p := 0; p < len(img.Pix); p += 4 {
			if [3]uint8(img.Pix[p:]) == [3]uint8{alarm.R, alarm.G, alarm.B} {
				t.Fatal("red")
			}
		}
	})
}

// draws draws the product of a set on its own and returns the colour of the middle of each of its cells.
func draws(p panel, top, side int) func(row, col int) color.Color {
	units := len(p.rows)
	drawn := term{panel: p, down: newAxis(p.rows, units, side), across: newAxis(p.cols, units, side)}
	corner := image.Pt(30, 40)
	img := image.NewRGBA(image.Rect(0, 0, 500, 500))
	drawn.draw(img, corner, top)
	return func(row, col int) color.Color {
		half := drawn.down.side / units / 2
		return img.At(corner.X+col*drawn.across.side/units+half, corner.Y+row*drawn.down.side/units+half)
	}
}

func TestCellsOfAPicture(t *testing.T) {
	const dim = 13
	s := newCycle(t, Recipe{Dim: dim, Count: 1, Start: RandomOrder}).At(0)
	panels := s.panels(s.Paths())
	product := panels[len(panels)-1]
	at := draws(product, dim, 320)
	for r := range dim {
		for c := range dim {
			want := cut
			if r > c {
				want = ramp(c+1, dim)
			} else if r == c {
				want = diagonal
			}
			if got := at(r, c); got != want {
				t.Errorf("row %d, column %d is %v, want %v", r, c, got, want)
			}
		}
	}
	joined := product.joined
	product.joined = func(row, col int) bool { return joined(row, col) || row == 3 && col == 7 }
	if got := draws(product, dim, 320)(3, 7); got != alarm {
		t.Errorf("a forbidden path is %v", got)
	}
}

// A single forbidden path is seen even where a pixel stands for many cells.
func TestForbiddenPathIsSeenInALargePicture(t *testing.T) {
	degrees := Sequential(1000, 1, 1000)
	p := panel{name: "product", cols: degrees, rows: degrees, joined: func(row, col int) bool { return row == 357 && col == 640 }}
	a := newAxis(degrees, 1000, 100)
	drawn := term{panel: p, down: a, across: a}
	if got := drawn.tile(35, 64, 1000); got != alarm {
		t.Errorf("the pixel is %v", got)
	}
	if got := drawn.tile(35, 65, 1000); got != cut {
		t.Errorf("its neighbour is %v", got)
	}
}

func TestEveryLetterOfAPictureHasAGlyph(t *testing.T) {
	for _, r := range "output ← hidden 0123456789 input direct product × + =" {
		if _, ok := glyphs[r]; !ok {
			t.Errorf("no glyph for %q", r)
		}
	}
}
