package data

import (
	"testing"
)

func TestInterleave(t *testing.T) {
	a, _ := FromFlat([]float32{1, 2, 3, 4}, 2, "x", "y")
	b, _ := FromFlat([]float32{5, 6}, 2, "x", "y")
	all, err := Interleave([]*Table{a, b}, [][]int{{2, 0}, {1}})
	if err != nil || all.Float32() == nil {
		t.Fatalf("%v, error %v", all, err)
	}
	for i, want := range []float32{3, 4, 5, 6, 1, 2} {
		if all.Float32()[i] != want || all.Columns[1] != "y" {
			t.Errorf("value %d is %v, want %v", i, all.Float32()[i], want)
		}
	}
	texts, _ := FromRows([][]float64{{7, 0.1}})
	texts.SetText(0, 0, "seven")
	texts.Context, _ = FromRows([][]float64{{9}})
	if _, err := Interleave([]*Table{a, texts}, [][]int{{0, 1}, {2}}); err == nil {
		t.Error("one of two tables has a context")
	}
	b.Context, _ = FromRows([][]float64{{8}})
	mixed, err := Interleave([]*Table{texts, b}, [][]int{{1}, {0}})
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := mixed.Text(1, 0); !ok || s != "seven" || mixed.At(1, 1) != 0.1 || mixed.At(0, 1) != 6 || mixed.Context.At(0, 0) != 8 || mixed.Context.At(1, 0) != 9 {
		t.Errorf("%v %v with the context %v", mixed.At(1, 1), s, mixed.Context)
	}
	for _, rows := range [][][]int{{{0}, {1}}, {{0, 3}, {1}}, {{0, -1}, {1}}, nil} {
		if _, err := Interleave([]*Table{a, b}, rows); err == nil {
			t.Errorf("places %v pass", rows)
		}
	}
}
