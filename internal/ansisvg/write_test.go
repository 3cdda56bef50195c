package ansisvg

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/janpfeifer/must"
)

// frame is a screen of the monitor, which is what pictures are made of.
type frame struct {
	name          string
	columns, rows int
	lines         []string
}

// frames is the pictures that the tests of package tui hold, in colour and in ASCII.
func frames(t *testing.T) []frame {
	t.Helper()
	const folder = "../../tui/testdata/TestPictures"
	var all []frame
	for _, path := range must.M1(filepath.Glob(folder + "/*/*/*.golden")) {
		f := frame{name: must.M1(filepath.Rel(folder, path))}
		must.M1(fmt.Sscanf(filepath.Base(filepath.Dir(path)), "%dx%d", &f.columns, &f.rows))
		f.lines = strings.Split(strings.TrimSuffix(string(must.M1(os.ReadFile(path))), "\n"), "\n")
		all = append(all, f)
	}
	if len(all) == 0 {
		t.Fatalf("no frames in %s", folder)
	}
	return all
}

// isShape says whether a character is drawn and not written.
func isShape(r rune) bool {
	_, ok := shapes[r]
	return ok
}

// Every letter, digit and sign of a frame is text of the picture, at its place and with
// its width; the rest is drawn; and there is no other text.
func TestPictureHasTheTextOfTheFrame(t *testing.T) {
	for _, f := range frames(t) {
		t.Run(f.name, func(t *testing.T) {
			d := picture(t, f.lines, f.columns, f.rows)
			if d.Width != f.columns*cellAcross+2*margin || d.Height != f.rows*cellDown+2*margin {
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
			for y, line := range f.lines {
				for x, r := range []rune(ansi.Strip(line)) {
					if !isShape(r) && (r >= '\u2500' && r <= '\u25ff' || r >= firstBraille && r < firstBraille+256) {
						t.Errorf("%q is left to fonts", r)
					}
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

// A picture of a large screen is small enough to be looked at on a web page, and the
// same lines give the same bytes.
func TestSize(t *testing.T) {
	for _, f := range frames(t) {
		svg := written(t, f.lines, f.columns, f.rows)
		if len(svg) > 150_000 {
			t.Errorf("%s: %d bytes", f.name, len(svg))
		}
		if !bytes.Equal(svg, written(t, f.lines, f.columns, f.rows)) {
			t.Errorf("%s: two pictures of a frame differ", f.name)
		}
	}
}

type full struct{ err error }

func (f full) Write([]byte) (int, error) { return 0, f.err }

func TestWriteTellsTheErrorOfTheWriter(t *testing.T) {
	want := errors.New("no space left")
	if err := Write(full{want}, []string{"x"}, 1, 1); !errors.Is(err, want) {
		t.Errorf("error %v", err)
	}
}
