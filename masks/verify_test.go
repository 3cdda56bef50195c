package masks

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNoRecipeHasAViolation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for k, s := range someSets(newCycle(t, drawRecipe(t))) {
			if found := s.Violations(); len(found) > 0 {
				t.Fatalf("set %d: %v", k, found)
			}
			if _, err := NewSet(s.Order, s.Hidden, s.Context, s.Direct); err != nil {
				t.Fatalf("set %d could not be built by hand: %v", k, err)
			}
		}
	})
}

// With at least one unit of every degree in every layer each output depends on all inputs before it.
func TestWideLayersReachEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecipe(t)
		r.Degrees = SequentialDegrees
		r.Resample = ResampleOrder
		for l := range r.Hidden {
			r.Hidden[l] += r.Dim
		}
		for _, s := range someSets(newCycle(t, r)) {
			paths := s.Paths()
			for i, from := range s.Order {
				for d, to := range s.Order {
					if (paths[i][d] > 0) != (to > from) {
						t.Fatalf("%d paths from degree %d to degree %d", paths[i][d], from, to)
					}
				}
			}
		}
	})
}

func TestPathsAreThoseOfTheMasks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecipe(t)
		r.Dim, r.Base, r.Groups = min(r.Dim, 5), nil, 0
		for l := range r.Hidden {
			r.Hidden[l] = min(r.Hidden[l], 5)
		}
		s := newCycle(t, r).At(0)
		paths := s.Paths()
		for i := range s.Order {
			for d := range s.Order {
				if want := countPaths(s.masks(), s.DirectMask(), i, d); paths[i][d] != want {
					t.Fatalf("%d paths from %d to %d, want %d", paths[i][d], i, d, want)
				}
			}
		}
	})
}

func TestPathsSaturate(t *testing.T) {
	// 1000 units of one degree in each of 7 layers: 1000^7 = 1e21 paths.
	hidden := make([][]int, 7)
	for l := range hidden {
		hidden[l] = Sequential(1000, 1, 1)
	}
	s, err := NewSet(Natural(2), hidden, false, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Paths()[0][1]; got != math.MaxInt64 {
		t.Errorf("%d paths", got)
	}
	s.Hidden = hidden[:6]
	if got := s.Paths()[0][1]; got != 1e18+1 {
		t.Errorf("%d paths, want 1000^6 and the direct one", got)
	}
}

// Verify judges masks that no rule made.
func TestVerifyAgreesWithASearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := drawOrder(t, rapid.IntRange(1, 5).Draw(t, "dim"))
		widths := []int{len(order)}
		widths = append(widths, rapid.SliceOfN(rapid.IntRange(1, 4), 0, 3).Draw(t, "hidden")...)
		widths = append(widths, len(order))
		masks := make([][][]bool, len(widths)-1)
		for l := range masks {
			masks[l] = drawMask(t, widths[l], widths[l+1])
		}
		var direct [][]bool
		if rapid.Bool().Draw(t, "direct") {
			direct = drawMask(t, len(order), len(order))
		}
		found := Verify(masks, direct, order)
		for i, from := range order {
			for d, to := range order {
				wrong := from >= to && countPaths(masks, direct, i, d) > 0
				at := slices.IndexFunc(found, func(v Violation) bool { return v.Input == i && v.Output == d })
				if wrong != (at >= 0) {
					t.Fatalf("from %d to %d: forbidden path %v, found %v", i, d, wrong, at >= 0)
				}
				if !wrong {
					continue
				}
				v := found[at]
				if v.InputDegree != from || v.OutputDegree != to || !isPath(masks, direct, v) {
					t.Fatalf("%+v is no path", v)
				}
			}
		}
	})
}

func drawMask(t *rapid.T, rows, columns int) [][]bool {
	mask := make([][]bool, rows)
	for i := range mask {
		mask[i] = make([]bool, columns)
		for j := range mask[i] {
			mask[i][j] = rapid.IntRange(0, 3).Draw(t, "joined") == 0
		}
	}
	return mask
}

func isPath(masks [][][]bool, direct [][]bool, v Violation) bool {
	if direct != nil && direct[v.Input][v.Output] {
		return len(v.Through) == 0
	}
	unit := v.Input
	for l, next := range append(slices.Clone(v.Through), v.Output) {
		if !masks[l][unit][next] {
			return false
		}
		unit = next
	}
	return len(v.Through) == len(masks)-1
}

// A well-known mistake: >= at the output lets every variable see itself.
func TestVerifyFindsTheLooseOutput(t *testing.T) {
	s := newCycle(t, Recipe{Dim: 5, Hidden: []int{7}, Count: 1, Start: RandomOrder, Seed: 3}).At(0)
	loose := s.Mask(1)
	for k, degree := range s.Hidden[0] {
		for d := range loose[k] {
			loose[k][d] = s.Order[d] >= degree
		}
	}
	found := Verify([][][]bool{s.Mask(0), loose}, nil, s.Order)
	if len(found) != 4 { // all but the last variable, whose degree no unit has
		t.Errorf("found %v", found)
	}
	for _, v := range found {
		if v.Input != v.Output {
			t.Errorf("%v", v)
		}
	}
}

// Another: degrees of the outputs that are not those of the inputs.
func TestVerifyFindsOutputsInAnotherOrder(t *testing.T) {
	in, out := Order{1, 2, 3}, Order{3, 1, 2}
	found := Verify([][][]bool{connections(in, out, true)}, nil, in)
	if len(found) != 2 || found[0].Input != 0 || found[0].Output != 0 || found[1].Input != 1 || found[1].Output != 0 {
		t.Errorf("found %v", found)
	}
}

func TestViolationString(t *testing.T) {
	v := Violation{Input: 3, Output: 2, InputDegree: 4, OutputDegree: 1, Through: []int{17, 5}}
	if got := v.String(); got != "input 3 (degree 4) reaches output 2 (degree 1) through unit 17 of hidden layer 0, 5 of 1" {
		t.Error(got)
	}
	v.Through = nil
	if got := v.String(); !strings.HasSuffix(got, " directly") {
		t.Error(got)
	}
}

func TestVerifyPanicsAtShapes(t *testing.T) {
	full := func(rows, columns int) [][]bool {
		mask := make([][]bool, rows)
		for i := range mask {
			mask[i] = make([]bool, columns)
		}
		return mask
	}
	for want, masks := range map[string][][][]bool{
		"mask 0 has 3 rows, want 2":              {full(3, 2)},
		"row 0 of mask 0 has 3 columns, want 2":  {full(2, 3)},
		"row 0 of mask 0 has 5 columns, want 7":  {full(2, 5), full(7, 2)},
		"the direct mask has 3 rows, want 2":     {full(2, 2)},
		"row 0 of mask 1 has 11 columns, want 2": {full(2, 5), full(5, 11)},
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
			}()
			Verify(masks, full(3, 2), Natural(2))
		}()
	}
}

// The context is one more input of degree 0 that feeds the first layer and, by direct connections, the output.
func TestContextReaches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		order := drawOrder(t, rapid.IntRange(1, 7).Draw(t, "dim"))
		hidden := make([][]int, rapid.IntRange(0, 3).Draw(t, "layers"))
		for l := range hidden {
			hidden[l] = rapid.SliceOfN(rapid.IntRange(0, order.Max()-1), 1, 4).Draw(t, "degrees")
		}
		s := &Set{Order: order, Hidden: hidden, Context: true, Direct: rapid.Bool().Draw(t, "direct")}
		masks := s.masks()
		first := make([]bool, len(s.Out(0)))
		for j, degree := range s.Out(0) {
			first[j] = degree >= 0 // any unit of a hidden layer, any output
		}
		masks[0] = append(masks[0], first)
		_, err := NewSet(order, hidden, true, s.Direct)
		all := true
		for d, got := range s.ContextReaches() {
			want := s.Direct || countPaths(masks, nil, len(order), d) > 0
			if got != want {
				t.Fatalf("context reaches output %d: %v, want %v", d, got, want)
			}
			all = all && want
		}
		if (err == nil) != all {
			t.Fatalf("the context reaches all outputs: %v, but %v", all, err)
		}
		s.Context = false
		if slices.Contains(s.ContextReaches(), true) {
			t.Fatal("no context reached an output")
		}
	})
}
