package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// Counting is a shortcut: it agrees with package ansi on every line, of whatever
// characters, codes and parts of codes.
func TestWidthIsThatOfPackageAnsi(t *testing.T) {
	parts := []string{"\x1b[0m", "\x1b[1;38;2;10;20;255m", "\x1b[", "\x1b", "\x1b[3", "\x1b[?25l", "\x1b[2K", "\x1b]0;title\x07", "\x1b[38:5:1m", "m", "0;1m",
		"a", " ", "12.25", "⣿", "⠁", "─", "╭", "█", "░", "●", "▲", "◽", "◾", "★", "±", "…", "›", "Δ", "²",
		"\u0301", "\ufe0f", "\u200d", "世", "界", "é", "e\u0301", "👩\u200d🔬", "🇫🇷", "\t", "\n", "\x00", "\x7f", "\x9b", "\xff", "\u00ad", "ก็", "한", "ᄀ"}
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(parts), rapid.StringN(0, 3, -1))).Draw(t, "parts"), "")
		if got, want := width(line), ansi.StringWidth(line); got != want {
			t.Fatalf("width(%q) = %d, package ansi says %d", line, got, want)
		}
	})
}
