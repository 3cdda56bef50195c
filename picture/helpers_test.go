package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// drawn makes a picture in a folder of its own and returns its content. Nothing else may be left in the folder.
func drawn(t testing.TB, suffix string, draw func(path string) error) []byte {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "picture"+suffix)
	if err := draw(path); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Fatalf("%d files in the folder: %v", len(files), err)
	}
	return content
}

func drawnPNG(t testing.TB, paint func(path string) error) *image.RGBA {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(drawn(t, ".png", paint)))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

// patch is where a colour is in a picture.
type patch struct {
	image.Rectangle // the smallest that holds all its pixels
	n               int
}

// patches finds all the colours of a picture.
func patches(img *image.RGBA) map[color.RGBA]patch {
	out := map[color.RGBA]patch{}
	for y := range img.Rect.Dy() {
		for x := 0; x < img.Rect.Dx(); {
			c, from := img.RGBAAt(x, y), x
			for x < img.Rect.Dx() && img.RGBAAt(x, y) == c {
				x++
			}
			p := out[c]
			out[c] = patch{p.Union(image.Rect(from, y, x, y+1)), p.n + x - from}
		}
	}
	return out
}

// extent is the smallest rectangle that holds all pixels of a colour, and the number of these.
func extent(img *image.RGBA, c color.RGBA) (r image.Rectangle, n int) {
	p := patches(img)[c]
	return p.Rectangle, p.n
}

// inked is the smallest rectangle of all that is not white.
func inked(img *image.RGBA) (r image.Rectangle) {
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if img.RGBAAt(x, y) != white {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// failer is what [testing.T] and [rapid.T] share.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// words returns all the text of an SVG, which must be well-formed.
func words(t failer, svg []byte) string {
	t.Helper()
	var out strings.Builder
	for dec := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			t.Fatalf("the SVG is not well-formed: %v", err)
		}
		if text, ok := token.(xml.CharData); ok {
			out.Write(text)
		}
	}
}
