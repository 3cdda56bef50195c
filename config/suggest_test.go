package config

import (
	"testing"

	"github.com/maskflow/maskflow/internal/text"
)

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{
		"bach": "batch", "Batch": "batch", "max_epoch": "max_epochs", "maxepochs": "max_epochs", "emma": "ema",
		"x": "", "": "", "lookahead": "look_ahead", "warmup": "", "log": "", "clip": "",
	} {
		if got := text.Nearest(word, children["train"]); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
	if got := text.Nearest("adamm", optimizerNames); got != "adam" {
		t.Errorf("nearest to adamm is %q", got)
	}
}
