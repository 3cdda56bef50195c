package data

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A table gives back the texts and numbers that were put into it, and so do those made of it, whatever NaN its
// numbers have had.
func TestTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows, dim := rapid.IntRange(1, 7).Draw(t, "rows"), rapid.IntRange(1, 5).Draw(t, "dim")
		odd := rapid.SampledFrom([]float64{1, -2.5, math.NaN(), math.Float64frombits(textCell), math.Float64frombits(textCell | 1), -math.NaN()})
		made := func(label string) (*Table, []any) {
			numbers := rapid.SliceOfN(odd, rows*dim, rows*dim).Draw(t, label)
			table, err := FromFlat(slices.Clone(numbers), dim)
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "appended") {
				table = &Table{}
				for row := range slices.Chunk(numbers, dim) {
					table.Append(row)
				}
			}
			cells := make([]any, len(numbers))
			for i, v := range numbers {
				cells[i] = v
			}
			for range rapid.IntRange(0, 12).Draw(t, "cells") {
				i := rapid.IntRange(0, rows*dim-1).Draw(t, "cell")
				if rapid.Bool().Draw(t, "text") {
					text := rapid.SampledFrom([]string{"", "a", "b", "ä"}).Draw(t, "a text")
					table.SetText(i/dim, i%dim, text)
					cells[i] = text
				} else {
					v := odd.Draw(t, "number")
					table.Set(i/dim, i%dim, v)
					cells[i] = v
				}
			}
			return table, cells
		}
		check := func(table *Table, row, col int, want any) {
			t.Helper()
			text, isText := table.Text(row, col)
			id, numbered := table.TextID(row, col)
			v := table.At(row, col)
			switch want := want.(type) {
			case string:
				if !isText || text != want || !numbered || table.TextOf(id) != want || id >= table.Texts() || !math.IsNaN(v) {
					t.Fatalf("cell %d, %d is %q, %v, %v, not %q", row, col, text, isText, v, want)
				}
			case float64:
				if isText || numbered || v != want && !(math.IsNaN(v) && math.IsNaN(want)) {
					t.Fatalf("cell %d, %d is %q, %v, not %v", row, col, text, v, want)
				}
			}
		}
		table, cells := made("first")
		for i, want := range cells {
			check(table, i/dim, i%dim, want)
		}
		order, columns := rapid.Permutation(sequence(0, rows)).Draw(t, "order"), rapid.Permutation(sequence(0, dim)).Draw(t, "columns")
		selected := table.Select(order, columns)
		selected.SetText(0, 0, "new")
		for i, row := range order {
			for k, c := range columns {
				if i+k > 0 {
					check(selected, i, k, cells[row*dim+c])
				}
			}
		}
		other, others := made("second")
		table.Context = other
		joined, err := table.Joined()
		if err != nil {
			t.Fatal(err)
		}
		table.Context = nil
		if err := table.Extend(other); err != nil {
			t.Fatal(err)
		}
		for i := range cells {
			check(joined, i/dim, i%dim, cells[i])
			check(joined, i/dim, dim+i%dim, others[i])
			check(table, i/dim, i%dim, cells[i])
			check(table, rows+i/dim, i%dim, others[i])
		}
	})
}

// The checksum of rows with texts is that of their texts, in whatever order these came.
func TestTextsAreIdentified(t *testing.T) {
	t.Parallel()
	texts := func(all ...string) *Table {
		table := &Table{rows: len(all), dim: 1, wide: oneBlock(make([]float64, len(all)))}
		for i, text := range all {
			table.SetText(i, 0, text)
		}
		return table
	}
	p := &Preparation{Width: 1, Variables: []int{0}}
	sum := func(table *Table) string { return p.sum(Part{Table: table}).Unordered }
	if a, b := sum(texts("x", "y")), sum(texts("y", "x")); a != b {
		t.Errorf("rows in another order have the checksum %s, not %s", b, a)
	}
	if a, b := sum(texts("x", "y")), sum(texts("x", "z")); a == b {
		t.Error("other texts have the same checksum")
	}
}
