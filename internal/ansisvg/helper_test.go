package ansisvg

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"
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
	Width  string `xml:"stroke-width,attr"`
	Share  string `xml:"fill-opacity,attr"`
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

// picture is lines as a picture of a dark screen.
func picture(t testing.TB, lines []string, columns, rows int) *pictured {
	t.Helper()
	return read(t, written(t, lines, columns, rows))
}

func written(t testing.TB, lines []string, columns, rows int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, lines, columns, rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads a picture, all of which must be XML.
func read(t testing.TB, svg []byte) *pictured {
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
