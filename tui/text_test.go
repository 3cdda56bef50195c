package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/runlog"
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

// Samples of a table have the names and the levels of its columns, numbers end below each other, and a column that
// does not fit whole is left out.
func TestTableOfSamples(t *testing.T) {
	u := fakeRun{dir: "runs/people", seed: 1, records: 10, orders: 1, status: runlog.Running}.update()
	u.Samples = people()
	m := watching(asciiScreen, 120, 40, u)
	for width, want := range map[int]string{
		80: `
      age  city                a column with a l~  born        ?
   0   17  Ulm                              0.125  2001-02-03  x
   1  101  a city whose name~                   -  1999-12-31  y
   2    5  B?le                                -3  2020-01-01  -`,
		34: `
      age  city               ~
   0   17  Ulm
   1  101  a city whose name~
   2    5  B?le`,
	} {
		got := ""
		for _, line := range m.named("samples").view(width, 4).lines {
			got += "\n" + strings.TrimRight(line, " ")
		}
		if got != want {
			t.Errorf("in %d columns:%s\nwant%s", width, got, want)
		}
	}
}
