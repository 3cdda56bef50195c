package tui

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/maskflow/maskflow/plot"
)

// pictured is an SVG as the tests read it.
type pictured struct {
	Width  int `xml:"width,attr"`
	Height int `xml:"height,attr"`
	Ground struct {
		Fill string `xml:"fill,attr"`
	} `xml:"rect"`
	Layers []struct {
		Paths  []picturedPath `xml:"path"`
		Groups []struct {
			Fill   string         `xml:"fill,attr"`
			Weight string         `xml:"font-weight,attr"`
			Texts  []picturedText `xml:"text"`
		} `xml:"g"`
	} `xml:"g"`
}

type picturedPath struct {
	Fill   string `xml:"fill,attr"`
	Stroke string `xml:"stroke,attr"`
	D      string `xml:"d,attr"`
}

type picturedText struct {
	X      int    `xml:"x,attr"`
	Y      int    `xml:"y,attr"`
	Length int    `xml:"textLength,attr"`
	Text   string `xml:",chardata"`

	fill string
	bold bool
}

func (d *pictured) paths() []picturedPath {
	var all []picturedPath
	for _, l := range d.Layers {
		all = append(all, l.Paths...)
	}
	return all
}

func (d *pictured) texts() []picturedText {
	var all []picturedText
	for _, l := range d.Layers {
		for _, g := range l.Groups {
			for _, t := range g.Texts {
				t.fill, t.bold = g.Fill, g.Weight == "bold"
				all = append(all, t)
			}
		}
	}
	return all
}

// pictureOf reads a picture, all of which must be XML.
func pictureOf(t testing.TB, svg []byte) *pictured {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
	}
	var out pictured
	if err := xml.Unmarshal(svg, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

// isShape says whether a character is drawn and not written.
func isShape(r rune) bool {
	d := canvas{palette: paletteOf(Screen{})}
	return d.shape(r, look{}, 0, 0)
}

// Every letter, digit and sign of a frame is text of the picture, at its place and with
// its width; the rest is drawn; and there is no other text.
func TestSVGHasTheTextOfTheFrame(t *testing.T) {
	for name, scene := range pictures {
		for _, size := range sizes {
			for look, s := range map[string]Screen{"colour": colourScreen, "blocks": {Colour: plot.Colour256, Unicode: true, Symbols: plot.Block, Light: true}, "ascii": asciiScreen} {
				t.Run(fmt.Sprintf("%s/%dx%d/%s", name, size[0], size[1], look), func(t *testing.T) {
					lines := scene(s, size[0], size[1]).draw().lines
					d := pictureOf(t, SVG(lines, size[0], size[1], s))
					if d.Width != size[0]*cellAcross+2*margin || d.Height != size[1]*cellDown+2*margin {
						t.Errorf("the picture is %d x %d", d.Width, d.Height)
					}
					written := map[[2]int]rune{}
					for _, text := range d.texts() {
						letters := []rune(text.Text)
						if text.X%cellAcross != 0 || (text.Y-baseline)%cellDown != 0 || text.Length != len(letters)*cellAcross {
							t.Errorf("%+v is not in cells", text)
						}
						for i, r := range letters {
							written[[2]int{text.X/cellAcross + i, text.Y / cellDown}] = r
						}
					}
					for y, line := range lines {
						for x, r := range []rune(ansi.Strip(line)) {
							got := written[[2]int{x, y}]
							switch {
							case r == ' ' && got != 0 && got != ' ', isShape(r) && got != 0, r != ' ' && !isShape(r) && got != r:
								t.Fatalf("column %d of line %d is %q, written %q", x, y, r, got)
							}
						}
					}
				})
			}
		}
	}
}

// What colour a text has, its background and its weight follow from the codes before it.
func TestSVGColours(t *testing.T) {
	const ink, ground = "#d7dadf", "#15181c"
	for line, want := range map[string]struct {
		fill, ground string
		bold         bool
	}{
		"x":                                  {ink, "", false},
		"\x1b[38;2;1;2;255mx\x1b[0m":         {"#0102ff", "", false},
		"\x1b[38;5;208mx":                    {"#ff8700", "", false},
		"\x1b[38;5;244mx":                    {"#808080", "", false},
		"\x1b[48;2;1;2;3mx":                  {ink, "#010203", false},
		"\x1b[38;2;9;9;9;48;5;16mx":          {"#090909", "#000000", false},
		"\x1b[1mx":                           {ink, "", true},
		"\x1b[1m\x1b[38;2;9;9;9mx":           {"#090909", "", true},
		"\x1b[1;22mx":                        {ink, "", false},
		"\x1b[7mx":                           {ground, ink, false},
		"\x1b[7;38;2;9;9;9mx":                {ground, "#090909", false},
		"\x1b[7;27mx":                        {ink, "", false},
		"\x1b[38;2;9;9;9m\x1b[0mx":           {ink, "", false},
		"\x1b[38;2;9;9;9m\x1b[mx":            {ink, "", false},
		"\x1b[38;2;9;9;9;48;2;9;9;9;39;49mx": {ink, "", false},
		"\x1b[4;9;53mx":                      {ink, "", false}, // underlined, crossed out, overlined: not drawn
		"\x1b[38;2;9mx":                      {ink, "", false}, // not a colour
		"\x1b[2K\x1b[3Gx":                    {ink, "", false}, // not looks
	} {
		t.Run(fmt.Sprintf("%q", line), func(t *testing.T) {
			d := pictureOf(t, SVG([]string{line}, 1, 1, colourScreen))
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

// The colours of the screen itself are those of its background.
func TestSVGOfALightScreen(t *testing.T) {
	dark, light := pictureOf(t, SVG([]string{"x"}, 1, 1, Screen{})), pictureOf(t, SVG([]string{"x"}, 1, 1, Screen{Light: true}))
	if dark.Ground.Fill != "#15181c" || light.Ground.Fill != "#ffffff" {
		t.Errorf("backgrounds %s and %s", dark.Ground.Fill, light.Ground.Fill)
	}
	if dark.texts()[0].fill == light.texts()[0].fill {
		t.Error("the text has the same colour on both")
	}
}

// A picture of a large screen is small enough to be looked at on a web page, and the
// same frame gives the same bytes.
func TestSVGSize(t *testing.T) {
	for name, scene := range pictures {
		lines := scene(colourScreen, 160, 45).draw().lines
		svg := SVG(lines, 160, 45, colourScreen)
		if len(svg) > 300_000 {
			t.Errorf("%s: %d bytes", name, len(svg))
		}
		if !bytes.Equal(svg, SVG(lines, 160, 45, colourScreen)) {
			t.Errorf("%s: two pictures of a frame differ", name)
		}
	}
}

// What does not fit is cut off, and what is no text of XML is replaced.
func TestSVGOfOddLines(t *testing.T) {
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
		for _, text := range pictureOf(t, SVG([]string{c.line, "second"}, c.columns, 1, colourScreen)).texts() {
			got = append(got, text.Text)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q in %d columns is %q, want %q", c.line, c.columns, got, c.want)
		}
	}
	pictureOf(t, SVG(nil, 3, -3, colourScreen))
}

// Whatever the lines hold, the picture is XML and nothing is outside of it.
func FuzzSVG(f *testing.F) {
	f.Add("\x1b[38;2;1;2;3;1;7m⣿▀ x\x1b[0m─漢\n\x1b[48;5;300m…\x1b[38:2::1:2:3m▒", 12, 2)
	f.Add("\x1b[38;4;1;2;3;4m\x1b[;;;38m\x9b38;6;1mx\xff\ufffe", 7, 1)
	f.Add("\x1b[38;5mx\x1b[48:2:1:2mx\x1b[38;3;1;2mx\x1b[58;2;1;2;3mx", 9, 3)
	f.Fuzz(func(t *testing.T, text string, columns, rows int) {
		columns, rows = columns%300, rows%90
		svg := SVG(strings.Split(text, "\n"), columns, rows, colourScreen)
		for _, w := range pictureOf(t, svg).texts() {
			if w.X < 0 || w.X+w.Length > columns*cellAcross || w.Y < 0 || w.Y > rows*cellDown {
				t.Errorf("%+v is outside of %d x %d", w, columns, rows)
			}
		}
	})
}
