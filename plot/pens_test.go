package plot

import "testing"

// The key shows the colour or the character that each line has in the chart.
func TestKey(t *testing.T) {
	c := Chart{Lines: []Line{{Name: "loss", Faint: true}, {Name: "average"}, {Faint: true}, {Name: "valid", Mark: '@'}, {Name: "a name that is too long"}, {Name: "x"}}}
	for style, want := range map[Style]string{
		{}:      ".. loss   oo average   @@ valid   ## x",
		braille: "┄┄ loss   ━━ average   ╍╍ valid   ╍╍ x",
		full:    "━━ loss   ━━ average   ━━ valid   ━━ x",
	} {
		if got := plain(t, []string{c.Key(40, style)})[0]; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	glyphs := read(t, c.Key(40, full))
	for column, want := range map[int]int{10: 1, 23: 3, 34: 5} {
		if glyphs[column].ink != Series(want) {
			t.Errorf("column %d has colour %v, want that of line %d", column, glyphs[column].ink, want)
		}
	}
	if got := c.Key(0, full); got != "" {
		t.Errorf("%q in no room", got)
	}
	if got := plain(t, []string{c.Key(8, Style{})})[0]; got != ".. loss" {
		t.Errorf("%q", got)
	}
}
