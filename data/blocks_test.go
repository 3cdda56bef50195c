package data

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAppendedRows checks tables whose rows come one by one, before and after a block is full.
func TestAppendedRows(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 3, blockValues + 1} {
		table, err := FromFlat(make([]float64, 2*dim), dim)
		if err != nil {
			t.Fatal(err)
		}
		rows := max(2*blockValues/dim+7, 5)
		row := make([]float64, dim)
		for i := 2; i < rows; i++ {
			row[dim-1] = float64(i)
			table.Append(row)
		}
		table.SetText(rows-2, 0, "text")
		all := table.Float64()
		if table.Rows() != rows || len(all) != rows*dim {
			t.Fatalf("%d rows of %d with %d values", table.Rows(), dim, len(all))
		}
		for i := 2; i < rows; i++ {
			if got := table.At(i, dim-1); got != float64(i) && i != rows-2 || all[(i+1)*dim-1] != got && i != rows-2 {
				t.Fatalf("row %d of %d is %v", i, dim, got)
			}
		}
	}
}

// TestLines checks the lines of rows, in equal steps or not.
func TestLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOf(rapid.SampledFrom([]int{1, 1, 1, 2, 7})).Draw(t, "steps")
		var want []int
		for line, lines := 1, (&Lines{}); len(want) < len(steps); line += steps[len(want)-1] {
			want = append(want, line)
			lines.Append(line)
			if got := lines.At(len(want) - 1); got != line {
				t.Fatalf("row %d is on line %d, not %d", len(want)-1, got, line)
			}
		}
		lines, order := LinesOf(want...), rapid.Permutation(sequence(0, len(want))).Draw(t, "order")
		picked := lines.pick(order)
		for i, row := range order {
			if lines.At(row) != want[row] || picked.At(i) != want[row] {
				t.Fatalf("row %d: lines %d and %d, not %d", row, lines.At(row), picked.At(i), want[row])
			}
		}
	})
	if l := LinesOf(slices.Repeat([]int{3}, 1000)...); len(l.runs) != 1 {
		t.Errorf("equal steps take %d runs", len(l.runs))
	}
}
