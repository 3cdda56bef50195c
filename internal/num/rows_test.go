package num_test

import (
	"math"
	"testing"

	"github.com/maskflow/maskflow/internal/num"
)

// Equal rows have equal numbers, however they are in parts; another value, another order and another length make others.
func TestRowHash(t *testing.T) {
	hash := num.RowHash()
	row := hash([]float32{1, 0, 3})
	for _, same := range [][][]float32{{{1, 0, 3}}, {{1}, {0, 3}}, {{1, float32(math.Copysign(0, -1)), 3}, nil}} {
		if hash(same...) != row {
			t.Errorf("%v has another number", same)
		}
	}
	for _, other := range [][]float32{{1, 0, 4}, {0, 1, 3}, {1, 0}, {1, 0, 3, 0}, nil} {
		if hash(other) == row {
			t.Errorf("%v has the same number", other)
		}
	}
}
