package ansisvg

import (
	"fmt"
	"strings"
	"testing"
)

// What colour a text has, its background and its weight follow from the codes before it.
func TestColours(t *testing.T) {
	const ink, ground = "#d7dadf", "#15181c"
	for line, want := range map[string]struct {
		fill, ground string
		bold         bool
	}{
		"x":                          {ink, "", false},
		"\x1b[38;2;1;2;255mx\x1b[0m": {"#0102ff", "", false},
		"\x1b[38;5;208mx":            {"#ff8700", "", false},
		"\x1b[38;5;244mx":            {"#808080", "", false},
		"\x1b[48;2;1;2;3mx":          {ink, "#010203", false},
		"\x1b[38;2;9;9;9;48;5;16mx":  {"#090909", "#000000", false},
		"\x1b[1mx":                   {ink, "", true},
		"\x1b[1m\x1b[38;2;9;9;9mx":   {"#090909", "", true},
		"\x1b[7mx":                   {ground, ink, false},
		"\x1b[7;38;2;9;9;9mx":        {ground, "#090909", false},
		"\x1b[38;2;9;9;9m\x1b[0mx":   {ink, "", false},
		"\x1b[38;2;9;9;9m\x1b[mx":    {ink, "", false},
		"\x1b[4;9;53mx":              {ink, "", false}, // underlined, crossed out, overlined: not drawn
		"\x1b[38;2;9mx":              {ink, "", false}, // not a colour
		"\x1b[2K\x1b[3Gx":            {ink, "", false}, // not looks
	} {
		t.Run(fmt.Sprintf("%q", line), func(t *testing.T) {
			d := picture(t, []string{line}, 1, 1)
			texts := d.texts()
			if len(texts) != 1 || texts[0].Text != "x" || texts[0].fill != want.fill || texts[0].bold != want.bold {
				t.Errorf("text %+v, want %+v", texts, want)
			}
			got := ""
			for _, p := range d.paths() {
				got += p.Fill
			}
			if got != want.ground {
				t.Errorf("background %q, want %q", got, want.ground)
			}
		})
	}
}

// What does not fit is cut off, and what is no text of XML is replaced.
func TestOddLines(t *testing.T) {
	for _, c := range []struct {
		line    string
		columns int
		want    []string
	}{
		{"abcdef", 3, []string{"abc"}},
		{"a漢b", 4, []string{"a", "漢", "b"}},
		{"a漢", 2, []string{"a"}}, // half of it has no room
		{"<&>\"'", 5, []string{"<&>\"'"}},
		{"a  b c", 6, []string{"a", "b c"}},
		{"  a  ", 5, []string{"a"}},
		{"a±b", 3, []string{"a", "±", "b"}},
		{"xe\u0301x", 2, []string{"x", "e\u0301"}},
		{"e\u0301x", 2, []string{"e\u0301", "x"}},
		{"a\x00\tb", 2, []string{"ab"}},
		{"\x1b]8;;http://x\x07link\x1b]8;;\x07", 4, []string{"link"}},
		{"", 3, nil},
		{"abc", 0, nil},
		{"abc", -3, nil},
	} {
		var got []string
		for _, text := range picture(t, []string{c.line, "second"}, c.columns, 1).texts() {
			got = append(got, text.Text)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q in %d columns is %q, want %q", c.line, c.columns, got, c.want)
		}
	}
	picture(t, nil, 3, -3)
}

// Whatever the lines hold, the picture is XML and nothing is outside of it.
func FuzzWrite(f *testing.F) {
	f.Add("\x1b[38;2;1;2;3;1;7m⣿▀ x\x1b[0m─漢\n\x1b[48;5;300m…\x1b[38:2::1:2:3m▒", 12, 2)
	f.Add("\x1b[38;4;1;2;3;4m\x1b[;;;38m\x9b38;6;1mx\xff\ufffe", 7, 1)
	f.Add("\x1b[38;5mx\x1b[48:2:1:2mx\x1b[38;3;1;2mx\x1b[58;2;1;2;3mx", 9, 3)
	f.Fuzz(func(t *testing.T, text string, columns, rows int) {
		columns, rows = columns%300, rows%90
		for _, w := range picture(t, strings.Split(text, "\n"), columns, rows).texts() {
			if w.X < 0 || w.X+w.Length > columns*cellAcross || w.Y < 0 || w.Y > rows*cellDown {
				t.Errorf("%+v is outside of %d x %d", w, columns, rows)
			}
		}
	})
}
