package text

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersInNamesCount(t *testing.T) {
	want := []string{"", "a", "a1", "a02", "a3", "a3b", "a10", "a99999999999999999999999", "b"}
	got := slices.Clone(want)
	slices.Reverse(got)
	if slices.SortFunc(got, Compare); !slices.Equal(got, want) {
		t.Errorf("sorted as %q, not %q", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching("[a0-2/]{0,5}"), 3, 3).Draw(t, "names")
		a, b, c := names[0], names[1], names[2]
		if Compare(a, b) != -Compare(b, a) || (Compare(a, b) == 0) != (a == b) {
			t.Fatalf("%q and %q have no order", a, b)
		}
		if Compare(a, b) < 0 && Compare(b, c) < 0 && Compare(a, c) >= 0 {
			t.Fatalf("%q, %q and %q go round", a, b, c)
		}
	})
}

func TestNearest(t *testing.T) {
	known := []string{"batch", "max_epochs", "ema", "look_ahead", "adam", "Connect4.csv"}
	for word, want := range map[string]string{
		"bach": "batch", "Batch": "batch", "max_epoch": "max_epochs", "maxepochs": "max_epochs", "emma": "ema",
		"x": "", "": "", "lookahead": "look_ahead", "warmup": "", "log": "", "clip": "", "adamm": "adam", "conect4.csv": "Connect4.csv",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

func TestVersionsInNamesCount(t *testing.T) {
	rising := []string{"cpu", "cpu_v0.9", "cpu_v0.98.0", "cpu_v0.114.0", "cpu_v0.114.1", "cpu_v10"}
	if !slices.IsSortedFunc(rising, Compare) {
		t.Errorf("%q do not rise", rising)
	}
}
