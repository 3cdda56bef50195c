package num

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// ParseCell returns the number in a cell of a table of text, whose decimal sign is point,
// and NaN when it is none. A number that no float64 can hold is infinite.
func ParseCell(cell string, point byte) float64 {
	if len(cell) == 1 && '0' <= cell[0] && cell[0] <= '9' { // as all cells of bits
		return float64(cell[0] - '0')
	}
	cell = strings.TrimSpace(cell)
	for i := range len(cell) {
		if !ofNumbers[cell[i]] && cell[i] != point {
			return math.NaN()
		}
	}
	if point == ',' {
		cell = strings.Replace(cell, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN()
	}
	return v
}

// ofNumbers are the bytes that a number has beside its decimal sign. strconv takes
// 1_2, 0x1p-2, Inf and NaN for numbers, too.
var ofNumbers = [256]bool{'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'+': true, '-': true, 'e': true, 'E': true}
