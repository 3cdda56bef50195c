package tui

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/janpfeifer/must"
)

// luminance is the relative luminance of WCAG 2.
func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Lines and words can be read on a dark and on a light background: 3 to 1 is what WCAG asks
// of graphics and large text.
func TestColoursCanBeReadOnBothBackgrounds(t *testing.T) {
	for _, light := range []bool{false, true} {
		th := newTheme(Screen{Colour: colorprofile.TrueColor, Unicode: true, Light: light})
		ground := color.RGBA{0x10, 0x10, 0x14, 0xff}
		if light {
			ground = color.RGBA{0xfa, 0xfa, 0xfa, 0xff}
		}
		for i := range 6 {
			if c := contrast(th.series(i), ground); c < 3 {
				t.Errorf("light %v: line %d has a contrast of %.1f", light, i, c)
			}
		}
	}
}

// Without colour no code for colour is written, and without bold none at all.
func TestCodes(t *testing.T) {
	colour := strings.Join(watching(colourScreen, 120, 40, twoRuns()...).draw().lines, "")
	if !strings.Contains(colour, "\x1b[38;2;") {
		t.Error("no colours on a screen that has them")
	}
	var palette strings.Builder
	few := Screen{Colour: colorprofile.ANSI256, Unicode: true}
	must.M(few.Print(&palette, watching(few, 120, 40, twoRuns()...).draw().lines))
	if strings.Contains(palette.String(), "8;2;") || !strings.Contains(palette.String(), "\x1b[38;5;") {
		t.Error("a screen of 256 colours gets others")
	}
	bold := strings.Join(watching(unicodeScreen, 120, 40, twoRuns()...).draw().lines, "")
	if strings.Contains(bold, "[38;") || strings.Contains(bold, "[48;") || !strings.Contains(bold, "\x1b[1m") {
		t.Error("a screen without colour gets colour, or no bold")
	}
	none := strings.Join(watching(asciiScreen, 120, 40, twoRuns()...).draw().lines, "")
	if none != ansi.Strip(none) {
		t.Error("a screen of text gets codes")
	}
}

// Names that would act on the terminal, or move what stands beside them, do neither.
func TestNamesOfOthersAreHarmless(t *testing.T) {
	th, plainTheme := newTheme(unicodeScreen), newTheme(asciiScreen)
	for in, want := range map[string][2]string{
		"run":                   {"run", "run"},
		"a\x1b[2Jb":             {"ab", "ab"},
		"a\nb\tc\x00":           {"a b c", "a b c"},
		"\x1b]0;title\x07naïve": {"naïve", "na?ve"},
		"a\u202eb\u200b":        {"ab", "ab"},
		"± 3":                   {"± 3", "+- 3"},
	} {
		if got := th.clean(in); got != want[0] {
			t.Errorf("%q becomes %q, want %q", in, got, want[0])
		}
		if got := plainTheme.clean(in); got != want[1] {
			t.Errorf("in ASCII %q becomes %q, want %q", in, got, want[1])
		}
	}
}
