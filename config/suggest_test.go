package config

import "testing"

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"batch", "batch", 0}, {"bach", "batch", 1}, {"bacth", "batch", 1},
		{"kitten", "sitting", 3}, {"ca", "abc", 3}, {"größe", "grösse", 2},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance of %q and %q is %d, want %d", test.a, test.b, got, test.want)
		}
		if got := distance(test.b, test.a); got != test.want {
			t.Errorf("distance of %q and %q is %d, want %d", test.b, test.a, got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{
		"bach": "batch", "Batch": "batch", "max_epoch": "max_epochs", "maxepochs": "max_epochs", "emma": "ema",
		"x": "", "": "", "lookahead": "look_ahead", "warmup": "", "log": "", "clip": "",
	} {
		if got := nearest(word, children["train"]); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
	if got := nearest("adamm", optimizerNames); got != "adam" {
		t.Errorf("nearest to adamm is %q", got)
	}
}
