package picture

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/masks"
)

func TestPanelsAreStaircases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := maskSet(t, drawRecipe(t))
		for l, p := range panels(s, s.Paths()) {
			for r, to := range p.rows {
				for c, from := range p.cols {
					joined := p.joined(r, c)
					switch {
					case p.name == "product":
						if joined && (to <= from || c >= r) {
							t.Fatalf("the product joins column %d to row %d", c, r)
						}
					case joined != (to > from || to == from && l < s.Layers()-1):
						t.Fatalf("panel %d: degree %d to degree %d: %v", l, from, to, joined)
					}
					if c > 0 && joined && !p.joined(r, c-1) || r > 0 && !joined && p.joined(r-1, c) {
						t.Fatalf("panel %d has a hole at row %d, column %d", l, r, c)
					}
				}
			}
		}
	})
}

func TestTextFitsItsPage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecipe(t)
		if rapid.Bool().Draw(t, "large") {
			r.Dim, r.Base = r.Dim+rapid.IntRange(20, 150).Draw(t, "more inputs"), nil
			for l := range r.Hidden {
				r.Hidden[l] += 100
			}
		}
		opts := MasksTextOptions{Width: rapid.IntRange(0, 150).Draw(t, "width"), ASCII: rapid.Bool().Draw(t, "ascii")}
		var out strings.Builder
		if err := MasksText(&out, maskSet(t, r), opts); err != nil {
			t.Fatal(err)
		}
		page := max(opts.Width, 64)
		if opts.Width == 0 {
			page = 80
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if width := utf8.RuneCountInString(line); width > page {
				t.Fatalf("a line of %d columns on a page of %d: %q", width, page, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Fatalf("spaces at the end of %q", line)
			}
			for _, c := range line {
				if opts.ASCII && c > '~' {
					t.Fatalf("%q in %q", c, line)
				}
			}
		}
	})
}

// A mask of more cells than are drawn one by one is shrunk: what is below the diagonal is joined, and what is above is not.
func TestAShrunkMaskIsAStaircase(t *testing.T) {
	const dim = 2 * cellwise
	s := maskSet(t, masks.Recipe{Dim: dim, Count: 1})
	for _, ascii := range []bool{false, true} {
		var out strings.Builder
		if err := MasksText(&out, s, MasksTextOptions{ASCII: ascii}); err != nil {
			t.Fatal(err)
		}
		_, picture, found := strings.Cut(out.String(), "product (48 ")
		if !found {
			t.Fatal("no picture of the product")
		}
		lines := strings.Split(picture, "\n")[3:] // below the title and two digits
		for r := range cellwise {
			cells := []rune(lines[r])
			cells = cells[len(cells)-2*cellwise:]
			for c := range cellwise {
				if on := cells[2*c+1] == '#' || cells[2*c+1] == '█'; r != c && on != (r > c) {
					t.Errorf("ascii %v, row %d, column %d: %v", ascii, r, c, on)
				}
			}
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestMasksTextReportsBrokenWriters(t *testing.T) {
	if err := MasksText(brokenWriter{}, maskSet(t, masks.Recipe{Dim: 3, Count: 1}), MasksTextOptions{}); !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
}
