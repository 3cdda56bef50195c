package recipe

import (
	"context"

	"github.com/maskflow/maskflow/data"
)

// The Connect-4 board has 7 columns, a to g, of 6 squares. A set of squares is
// 7 bits a column, the lowest square first; the seventh bit stays empty, so
// that no line runs from the top of one column into the next.
const (
	boardColumns = 7
	boardRows    = 6
	boardStride  = boardRows + 1
	boardPlies   = 8
)

// board is a position: the squares of x, who moves first, and of o.
type board struct{ x, o uint64 }

// mirror exchanges left and right.
func (b board) mirror() board { return board{mirrorSquares(b.x), mirrorSquares(b.o)} }

func mirrorSquares(s uint64) uint64 {
	const column = 1<<boardStride - 1
	var m uint64
	for range boardColumns {
		m = m<<boardStride | s&column
		s >>= boardStride
	}
	return m
}

// drop returns the square that a stone falls to in column c, 0 when it is full.
func (b board) drop(c int) uint64 {
	const column = 1<<boardRows - 1
	lowest := uint64(1) << (c * boardStride)
	return ((b.x | b.o) + lowest) & (column * lowest)
}

// fourInLine tells whether four squares of s lie in a line: up, and along the
// falling diagonal, the row and the rising diagonal.
func fourInLine(s uint64) bool {
	for _, step := range []int{1, boardStride - 1, boardStride, boardStride + 1} {
		pairs := s & (s >> step)
		if pairs&(pairs>>(2*step)) != 0 {
			return true
		}
	}
	return false
}

// open tells whether neither side would win if it were to move.
func (b board) open() bool {
	for c := range boardColumns {
		if s := b.drop(c); s != 0 && (fourInLine(b.x|s) || fourInLine(b.o|s)) {
			return false
		}
	}
	return true
}

// connect4Search walks the game tree depth first, d before c, e, b, f, a and g,
// and keeps the open positions after eight plies, mirror images once. Trying
// the columns in this order makes it meet the same image of each pair first as
// the UCI data set holds (archive.ics.uci.edu/dataset/26, J. Tromp 1995).
type connect4Search struct {
	seen  map[board]struct{}
	found []board
}

var connect4Order = [boardColumns]int{3, 2, 4, 1, 5, 0, 6}

func (s *connect4Search) visit(b board, ply int) {
	key, image := b, b.mirror()
	if image.x < key.x || image.x == key.x && image.o < key.o {
		key = image
	}
	if _, again := s.seen[key]; again {
		return
	}
	s.seen[key] = struct{}{}
	if ply == boardPlies {
		if b.open() {
			s.found = append(s.found, b)
		}
		return
	}
	for _, c := range connect4Order {
		next, square := b, b.drop(c)
		mover := &next.x
		if ply%2 == 1 {
			mover = &next.o
		}
		*mover |= square
		if square != 0 && !fourInLine(*mover) {
			s.visit(next, ply+1)
		}
	}
}

// connect4Positions returns the 67,557 positions of the UCI data set.
func connect4Positions() []board {
	s := connect4Search{seen: make(map[board]struct{}, 1<<18)}
	s.visit(board{}, 0)
	return s.found
}

// encode writes the 42 squares, column after column from a and upwards from the
// lowest, each as three bits of which one is set: x, blank, o.
func (b board) encode(row []float32) {
	for c := range boardColumns {
		for r := range boardRows {
			square := c*boardStride + r
			state := 1 - int(b.x>>square&1) + int(b.o>>square&1)
			row[3*(c*boardRows+r)+state] = 1
		}
	}
}

func connect4Columns() []string {
	var names []string
	for c := range boardColumns {
		for r := range boardRows {
			square := string(rune('a'+c)) + string(rune('1'+r))
			names = append(names, square+"_x", square+"_blank", square+"_o")
		}
	}
	return names
}

// The numbers of rows of train and valid of Germain et al. 2015; test has the rest.
const (
	connect4Train = 16000
	connect4Valid = 4000
)

// Connect4 shuffles the positions with a seed of its own, so that the splits are
// the same for everyone. They are not the rows of the paper's splits.
func Connect4(ctx context.Context, _ data.Options) (s data.Source, err error) {
	positions := connect4Positions()
	if err := ctx.Err(); err != nil {
		return s, err
	}
	data.StreamConnect4.Rand(0).Shuffle(len(positions), func(i, j int) {
		positions[i], positions[j] = positions[j], positions[i]
	})
	columns := connect4Columns()
	x := make([]float32, len(positions)*len(columns))
	for row, b := range positions {
		b.encode(x[row*len(columns):])
	}
	t, err := data.FromFlat(x, len(columns), columns...)
	if err != nil {
		return s, err
	}
	t.Name = "connect4"
	s = data.Cut(t, connect4Train, connect4Train+connect4Valid)
	s.Note = "divided at random by a fixed seed; the paper's splits have the same sizes, not the same rows"
	return s, nil
}
