package picture

import (
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
		width, ascii := rapid.IntRange(0, 150).Draw(t, "width"), rapid.Bool().Draw(t, "ascii")
		write := MasksText
		if ascii {
			write = MasksASCII
		}
		page := max(width, 64)
		if width == 0 {
			page = 80
		}
		for line := range strings.Lines(write(maskSet(t, r), width)) {
			line = strings.TrimSuffix(line, "\n")
			if width := utf8.RuneCountInString(line); width > page {
				t.Fatalf("a line of %d columns on a page of %d: %q", width, page, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Fatalf("spaces at the end of %q", line)
			}
			for _, c := range line {
				if ascii && c > '~' {
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
	for _, write := range []func(*masks.Set, int) string{MasksText, MasksASCII} {
		_, picture, found := strings.Cut(write(s, 0), "product (48 ")
		if !found {
			t.Fatal("no picture of the product")
		}
		lines := strings.Split(picture, "\n")[3:] // below the title and two digits
		for r := range cellwise {
			cells := []rune(lines[r])
			cells = cells[len(cells)-2*cellwise:]
			for c := range cellwise {
				if on := cells[2*c+1] == '#' || cells[2*c+1] == '█'; r != c && on != (r > c) {
					t.Errorf("row %d, column %d: %v", r, c, on)
				}
			}
		}
	}
}
