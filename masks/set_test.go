package masks

import (
	"slices"
	"strings"
	"testing"
)

// The masks that TensorFlow Probability's tests state for 3 inputs and two hidden layers of 4 units with "equal" degrees.
// They have 2 parameters an output; here a column is one output.
func TestKnownMasks(t *testing.T) {
	between := []string{"1111", "1111", "0011", "0011"}
	for _, c := range []struct {
		name  string
		order Order
		want  [][]string
	}{
		{"left to right", Natural(3), [][]string{{"1111", "0011", "0000"}, between, {"011", "011", "001", "001"}}},
		{"right to left", Reversed(3), [][]string{{"0000", "0011", "1111"}, between, {"110", "110", "100", "100"}}},
	} {
		hidden := Sequential(4, 1, 2)
		s, err := NewSet(c.order, [][]int{hidden, hidden}, false, false)
		if err != nil {
			t.Fatal(err)
		}
		for l, want := range c.want {
			sameMask(t, c.name, s.Mask(l), want)
		}
	}
}

func TestDirectMask(t *testing.T) {
	s, err := NewSet(Order{2, 3, 1}, nil, false, true)
	if err != nil {
		t.Fatal(err)
	}
	sameMask(t, "direct", s.DirectMask(), []string{"010", "000", "110"})
	sameMask(t, "a network without hidden layers", s.Mask(0), []string{"010", "000", "110"})
	if s, _ := NewSet(Order{2, 3, 1}, nil, false, false); s.DirectMask() != nil {
		t.Error("a direct mask without direct connections")
	}
}

func TestLayersOfASet(t *testing.T) {
	s, err := NewSet(Order{1, 3, 2}, [][]int{{1, 2}, {2, 1, 2}}, false, false)
	if err != nil {
		t.Fatal(err)
	}
	in := [][]int{{1, 3, 2}, {1, 2}, {2, 1, 2}}
	out := [][]int{{1, 2}, {2, 1, 2}, {1, 3, 2}}
	if s.Dim() != 3 || s.Layers() != 3 {
		t.Fatalf("%d inputs, %d layers", s.Dim(), s.Layers())
	}
	for l := range s.Layers() {
		if !slices.Equal(s.In(l), in[l]) || !slices.Equal(s.Out(l), out[l]) || s.Strict(l) != (l == 2) {
			t.Errorf("layer %d: %v to %v, strict %v", l, s.In(l), s.Out(l), s.Strict(l))
		}
	}
}

func TestNewSetRefuses(t *testing.T) {
	for _, c := range []struct {
		name            string
		order           Order
		hidden          [][]int
		context, direct bool
		want            string
	}{
		{"no inputs", nil, nil, false, false, "empty"},
		{"an order with a hole", Order{1, 3, 3}, nil, false, false, "degree 2"},
		{"a layer without units", Natural(3), [][]int{{1}, {}}, false, false, "hidden layer 1"},
		{"degree D", Natural(3), [][]int{{1, 2}, {1, 3}}, false, false, "hidden[1][1] is 3"},
		{"degree D of grouped inputs", Order{1, 2, 2}, [][]int{{2}}, false, false, "hidden[0][0] is 2"},
		{"degree 0 without context", Natural(3), [][]int{{0, 2}}, false, false, "hidden[0][0] is 0"},
		{"a negative degree", Natural(3), [][]int{{0, -1}}, true, false, "hidden[0][1] is -1"},
		{"degree 1 of one input", Natural(1), [][]int{{1}}, false, false, "0..0"},
		{"a blind first variable", Natural(3), [][]int{{1, 2}}, true, false, "context"},
		{"a first variable blind in the middle", Natural(3), [][]int{{0, 2}, {1, 2}, {0, 2}}, true, false, "context"},
	} {
		_, err := NewSet(c.order, c.hidden, c.context, c.direct)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := NewSet(Natural(3), [][]int{{1, 2}}, true, true); err != nil {
		t.Errorf("direct connections carry the context: %v", err)
	}
}

func TestNewSetCopies(t *testing.T) {
	order, hidden := Natural(3), [][]int{{1, 2}}
	s, err := NewSet(order, hidden, false, false)
	if err != nil {
		t.Fatal(err)
	}
	order[0], hidden[0][0] = 9, 9
	if s.Order[0] != 1 || s.Hidden[0][0] != 1 {
		t.Error("a change of the arguments changed the set")
	}
}

func TestOneInput(t *testing.T) {
	for _, context := range []bool{false, true} {
		s := newCycle(t, Recipe{Dim: 1, Hidden: []int{2, 3}, Context: context, Direct: true, Count: 1}).At(0)
		sameMask(t, "into hidden 0", s.Mask(0), []string{"00"})
		sameMask(t, "into hidden 1", s.Mask(1), []string{"111", "111"})
		sameMask(t, "into the output", s.Mask(2), []string{"1", "1", "1"})
		sameMask(t, "direct", s.DirectMask(), []string{"0"})
		if s.Paths()[0][0] != 0 || s.ContextReaches()[0] != context {
			t.Errorf("%d paths, context reaches: %v", s.Paths()[0][0], s.ContextReaches())
		}
	}
}
