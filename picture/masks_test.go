package picture

import (
	"image/color"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/plot"
)

func maskSet(t interface {
	Helper()
	Fatal(...any)
}, r masks.Recipe) *masks.Set {
	t.Helper()
	c, err := masks.NewCycle(r)
	if err != nil {
		t.Fatal(err)
	}
	return c.At(0)
}

// drawRecipe returns a valid recipe of a small network.
func drawRecipe(t *rapid.T) masks.Recipe {
	return masks.Recipe{
		Dim:     rapid.IntRange(1, 13).Draw(t, "dim"),
		Hidden:  rapid.SliceOfN(rapid.IntRange(1, 17), 0, 3).Draw(t, "hidden"),
		Context: rapid.Bool().Draw(t, "context"),
		Direct:  rapid.Bool().Draw(t, "direct"),
		Start:   rapid.SampledFrom([]masks.OrderKind{masks.NaturalOrder, masks.ReversedOrder, masks.RandomOrder}).Draw(t, "start"),
		Degrees: rapid.SampledFrom([]masks.Kind{masks.SequentialDegrees, masks.SampledDegrees}).Draw(t, "degrees"),
		Count:   1,
		Seed:    rapid.Uint64().Draw(t, "seed"),
	}
}

func TestMasksAreDrawn(t *testing.T) {
	s := maskSet(t, masks.Recipe{Dim: 5, Hidden: []int{7, 3}, Count: 1, Context: true, Direct: true})
	for _, name := range []string{"x.png", "x.svg"} {
		if err := Masks(filepath.Join(t.TempDir(), name), s); err != nil {
			t.Error(err)
		}
	}
	if err := Masks(filepath.Join(t.TempDir(), "x.jpg"), s); err == nil {
		t.Error("a picture of another suffix was drawn")
	}
}

// imageOf lays out a panel on its own.
func imageOf(p panel, longest int) maskImage {
	return maskImage{panel: p, down: newAxis(p.rows, longest), across: newAxis(p.cols, longest)}
}

// The masks of any set fit the room that they have, and none has anything red.
func TestPicturesOfAnyMasks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecipe(t)
		if rapid.Bool().Draw(t, "large") {
			r.Dim += 60
		}
		s := maskSet(t, r)
		longest := s.Dim()
		for _, width := range r.Hidden {
			longest = max(longest, width)
		}
		for _, p := range panels(s, s.Paths()) {
			img := imageOf(p, longest).draw(s.Order.Max())
			if size := img.Bounds().Size(); size.X > inset+maskSide || size.Y > inset+maskSide {
				t.Fatalf("%v pixels", size)
			}
			for i := 0; i < len(img.Pix); i += 4 {
				if [3]uint8(img.Pix[i:]) == [3]uint8{alarm.R, alarm.G, alarm.B} {
					t.Fatal("red")
				}
			}
		}
	})
}

func TestCellsOfMasks(t *testing.T) {
	const dim = 13
	s := maskSet(t, masks.Recipe{Dim: dim, Count: 1, Start: masks.RandomOrder})
	all := panels(s, s.Paths())
	product := all[len(all)-1]
	at := func(row, col int) color.Color {
		m := imageOf(product, dim)
		cell := m.down.cell()
		return m.draw(dim).At(inset+col*cell+cell/2, inset+row*cell+cell/2)
	}
	for r := range dim {
		for c := range dim {
			want := apart
			if r > c {
				want = plot.Ramp(float64(c+1) / dim)
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
	if got := at(3, 7); got != alarm {
		t.Errorf("a forbidden path is %v", got)
	}
}

// A single forbidden path is seen even where a pixel stands for many cells.
func TestForbiddenPathIsSeenInLargeMasks(t *testing.T) {
	degrees := masks.Sequential(4*maskSide, 1, 4*maskSide)
	m := imageOf(panel{name: "product", cols: degrees, rows: degrees, joined: func(row, col int) bool { return row == 357 && col == 640 }}, len(degrees))
	if got := m.tile(357/4, 640/4, len(degrees)); got != alarm {
		t.Errorf("the pixel is %v", got)
	}
	if got := m.tile(357/4, 640/4+1, len(degrees)); got != apart {
		t.Errorf("its neighbour is %v", got)
	}
}
