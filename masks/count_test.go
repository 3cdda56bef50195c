package masks

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCountsOfAKnownSet(t *testing.T) {
	// Nothing above takes what the unit of degree 3 knows, and its two connections to inputs 1 to 3 are for nothing.
	s, err := NewSet(Natural(4), [][]int{{1, 2, 3}, {1, 2}}, false, true)
	if err != nil {
		t.Fatal(err)
	}
	layers, direct := s.Counts()
	for l, want := range []Count{
		{Possible: 12, Kept: 1 + 2 + 3, Live: 1 + 2, Dead: 1},
		{Possible: 6, Kept: 1 + 2, Live: 1 + 2},
		{Possible: 8, Kept: 3 + 2, Live: 3 + 2},
	} {
		if layers[l] != want {
			t.Errorf("layer %d: %+v, want %+v", l, layers[l], want)
		}
	}
	if want := (Count{Possible: 16, Kept: 6, Live: 6}); direct != want {
		t.Errorf("direct: %+v, want %+v", direct, want)
	}
}

func TestCountsAreThoseOfTheMasks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newCycle(t, drawRecipe(t)).At(0)
		masks := s.masks()
		fed := [][]bool{make([]bool, s.Dim())} // by layer and unit: does an input or the context feed it?
		for i := range fed[0] {
			fed[0][i] = true
		}
		for l, mask := range masks {
			next := make([]bool, len(s.Out(l)))
			for j := range next {
				next[j] = s.Context && l == 0
				for i, row := range mask {
					next[j] = next[j] || fed[l][i] && row[j]
				}
			}
			fed = append(fed, next)
		}
		layers, direct := s.Counts()
		feeds := make([]bool, s.Dim()) // does the unit above the layer reach an output?
		for d := range feeds {
			feeds[d] = true
		}
		for l := len(masks) - 1; l >= 0; l-- {
			want := Count{}
			below := make([]bool, len(masks[l]))
			for i, row := range masks[l] {
				for j, joined := range row {
					want.Possible++
					want.Kept += int(one(joined))
					want.Live += int(one(joined && fed[l][i] && feeds[j]))
					below[i] = below[i] || joined && feeds[j]
				}
			}
			for j := range s.Out(l) {
				if l < len(masks)-1 && !(fed[l+1][j] && feeds[j]) {
					want.Dead++
				}
			}
			if layers[l] != want {
				t.Fatalf("layer %d of %v, %v: %+v, want %+v", l, s.Order, s.Hidden, layers[l], want)
			}
			feeds = below
		}
		kept := 0
		for _, row := range s.DirectMask() {
			for _, joined := range row {
				kept += int(one(joined))
			}
		}
		if direct.Kept != kept || direct.Live != kept {
			t.Fatalf("direct: %+v, want %d", direct, kept)
		}
	})
}
