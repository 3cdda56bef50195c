package recipe

import (
	"context"
	"math/bits"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/data"
)

// The numbers of positions after 0, 1, 2 … plies, not counting mirror images as
// equal (oeis.org/A212693).
func TestConnect4CountsOfAllPositions(t *testing.T) {
	want := []int{1, 7, 49, 238, 1120, 4263, 16422, 54859, 184275}
	seen := make([]map[board]bool, boardPlies+1)
	for ply := range seen {
		seen[ply] = map[board]bool{}
	}
	var visit func(b board, ply int)
	visit = func(b board, ply int) {
		if seen[ply][b] {
			return
		}
		seen[ply][b] = true
		if ply == boardPlies || fourInLine(b.x) || fourInLine(b.o) {
			return
		}
		for c := range boardColumns {
			next := b
			if square := b.drop(c); square != 0 {
				if ply%2 == 0 {
					next.x |= square
				} else {
					next.o |= square
				}
				visit(next, ply+1)
			}
		}
	}
	visit(board{}, 0)
	for ply, positions := range seen {
		if len(positions) != want[ply] {
			t.Errorf("%d positions after %d plies, want %d", len(positions), ply, want[ply])
		}
	}
}

func TestFourInLine(t *testing.T) {
	lines := 0
	square := func(c, r int) (uint64, bool) {
		return 1 << (c*boardStride + r), c >= 0 && c < boardColumns && r >= 0 && r < boardRows
	}
	for c := range boardColumns {
		for r := range boardRows {
			for _, d := range [][2]int{{1, 0}, {0, 1}, {1, 1}, {1, -1}} {
				var line uint64
				inside := true
				for k := range 4 {
					s, ok := square(c+k*d[0], r+k*d[1])
					line, inside = line|s, inside && ok
				}
				if !inside {
					continue
				}
				lines++
				if !fourInLine(line) {
					t.Errorf("line from %d, %d along %v is not seen", c, r, d)
				}
				for rest := line; rest != 0; rest &= rest - 1 {
					if fourInLine(line &^ (rest & -rest)) {
						t.Errorf("three squares of the line from %d, %d along %v are seen as four", c, r, d)
					}
				}
			}
		}
	}
	if lines != 69 {
		t.Errorf("%d lines on the board, want 69", lines)
	}
	// The top of a column and the bottom of the next are not neighbours.
	wrapped := uint64(0b111000 | 1<<boardStride)
	if fourInLine(wrapped) {
		t.Error("a line runs from one column into the next")
	}
}

func TestConnect4Positions(t *testing.T) {
	positions := connect4Positions()
	if len(positions) != 67557 {
		t.Fatalf("%d positions, want 67557", len(positions))
	}
	seen := make(map[board]bool, len(positions))
	symmetric := 0
	for _, b := range positions {
		if bits.OnesCount64(b.x) != 4 || bits.OnesCount64(b.o) != 4 || b.x&b.o != 0 {
			t.Fatalf("%+v: not four stones each", b)
		}
		if fourInLine(b.x) || fourInLine(b.o) || !b.open() {
			t.Fatalf("%+v: won, or won by the next move", b)
		}
		for c := range boardColumns {
			column := (b.x | b.o) >> (c * boardStride) & (1<<boardStride - 1)
			if column&(column+1) != 0 || column >= 1<<boardRows {
				t.Fatalf("%+v: a stone hangs in column %d", b, c)
			}
		}
		if b == b.mirror() {
			symmetric++
		} else if seen[b.mirror()] {
			t.Fatalf("%+v: its mirror image is there too", b)
		}
		if seen[b] {
			t.Fatalf("%+v: twice", b)
		}
		seen[b] = true
	}
	if symmetric == 0 {
		t.Error("no symmetric positions")
	}
}

func TestConnect4Splits(t *testing.T) {
	s, err := load(context.Background(), data.Options{Source: "connect4", Seed: new(uint64(7))})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Rows != 16000 || s.Valid.Rows != 4000 || s.Test.Rows != 47557 || s.Dim != 126 || len(s.Train.Columns) != 126 {
		t.Fatalf("%d/%d/%d rows, dim %d", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim)
	}
	d := data.Describe(s)
	for _, n := range d.Splits {
		if n.Duplicates != 0 || n.InTrain != 0 {
			t.Errorf("%s: %d rows twice, %d in train", n.Split, n.Duplicates, n.InTrain)
		}
	}
	for i := range s.Test.Rows {
		var states [3]float32
		for k, v := range s.Test.Row(i) {
			states[k%3] += v
		}
		if states != [3]float32{4, 34, 4} {
			t.Fatalf("row %d has %v of x, blank and o, want 4, 34, 4", i, states)
		}
	}
	again, err := load(context.Background(), data.Options{Source: "connect4", Seed: new(uint64(8))})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Valid.X, again.Valid.X) {
		t.Error("the splits of connect4 depend on the seed")
	}
}
