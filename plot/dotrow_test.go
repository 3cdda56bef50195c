package plot

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/internal/num"
)

// countDots returns how many dots are in lines.
func countDots(lines []string) int {
	n := 0
	for _, line := range lines {
		for _, r := range line {
			switch {
			case r == bigDot:
				n++
			case r >= 0x2800 && r <= 0x28ff:
				n += bits.OnesCount8(uint8(r - 0x2800))
			}
		}
	}
	return n
}

// Where the stacks have room there is a dot for every finite value, and the others are counted.
func TestADotForEveryValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0.5, math.NaN(), math.Inf(1)})), 0, 100).Draw(t, "values")
		lines := DotRow{Values: values}.Draw(rapid.IntRange(40, 120).Draw(t, "width"), 60, braille)
		missing := 0
		for _, v := range values {
			if !num.Finite(v) {
				missing++
			}
		}
		if got, want := countDots(lines), len(values)-missing; got != want {
			t.Fatalf("%d dots for %d values:\n%s", got, want, strings.Join(lines, "\n"))
		}
		if told := strings.Contains(lines[len(lines)-1], "not finite"); told != (missing > 0) {
			t.Fatalf("%d values are not finite, and the last line is %q", missing, lines[len(lines)-1])
		}
	})
}

// Stacks that are too high are scaled to the highest, and none vanishes.
func TestStacksAreScaled(t *testing.T) {
	values := append(slices.Repeat([]float64{0}, 100), slices.Repeat([]float64{1}, 50)...)
	values = append(values, 0.5)
	for height := 2; height < 6; height++ {
		lines := DotRow{Values: values}.Draw(41, height, braille)
		rows := 4 * (height - 1)
		if got, want := countDots(lines), rows+ceil(rows, 2)+1; got != want {
			t.Errorf("height %d: %d dots, want %d: %q", height, got, want, lines)
		}
	}
}

func TestDotRowByHeight(t *testing.T) {
	d := DotRow{Values: []float64{11, 12, 14, 21}, Marks: []Label{{X: 12, Text: "best 12"}, {X: 18, Text: "mean 18", Rune: '★'}}}
	for height := 1; height <= 3; height++ {
		if lines := d.Draw(40, height, Style{}); len(lines) != height {
			t.Errorf("%d lines in a height of %d: %q", len(lines), height, lines)
		}
	}
	lines := d.Draw(40, 3, Style{})
	if !strings.HasPrefix(lines[1], "11 ---") || !strings.HasSuffix(lines[1], "--- 21") || len(lines[1]) != 40 {
		t.Errorf("the axis is %q", lines[1])
	}
	for text, x := range map[string]float64{"^ best 12": 12, "* mean 18": 18} {
		if at, want := strings.Index(lines[2], text), int((x-11)/10*40); at != want {
			t.Errorf("%q stands in column %d of %q, want %d", text, at, lines[2], want)
		}
	}
	if got := d.Draw(40, 1, Style{})[0]; strings.Count(got, "^") != 1 || strings.Count(got, "*") != 1 {
		t.Errorf("the marks are not among the dots: %q", got)
	}
}

// The axis holds the marks also where they are better than all values.
func TestDotRowFitsItsMarks(t *testing.T) {
	lines := DotRow{Values: []float64{12, 13}, Marks: []Label{{X: 11, Text: "ensemble"}, {X: math.NaN(), Text: "none"}}}.Draw(40, 3, Style{})
	if !strings.HasPrefix(lines[1], "11 ") || !strings.HasPrefix(lines[2], "^ ensemble") || strings.Contains(lines[2], "none") {
		t.Errorf("%q", lines)
	}
}

func TestEqualValuesAndNone(t *testing.T) {
	for _, values := range [][]float64{{5}, {5, 5, 5}} {
		lines := DotRow{Values: values}.Draw(41, 4, braille)
		dots := strings.Join(lines[:len(lines)-1], "")
		if countDots(lines) != len(values) || !strings.Contains(lines[0][:20], strings.Repeat(" ", 20)) || strings.TrimSpace(dots) == "" {
			t.Errorf("%v: %q", values, lines)
		}
	}
	if got := (DotRow{}).Draw(40, 5, braille); !slices.Equal(got, []string{"no values yet"}) {
		t.Errorf("%q", got)
	}
	if got := (DotRow{Values: []float64{math.NaN(), math.Inf(-1)}}).Draw(40, 5, braille); !slices.Equal(got, []string{"2 not finite"}) {
		t.Errorf("%q", got)
	}
}

// Texts do not touch each other nor other marks, lie in the width, and stand beside their marks.
func TestLabelsStandApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 100).Draw(t, "width")
		var d DotRow
		for range rapid.IntRange(1, 8).Draw(t, "labels") {
			d.Marks = append(d.Marks, Label{X: float64(rapid.IntRange(0, width-1).Draw(t, "column")), Text: rapid.StringMatching(`[a-z]{1,12}`).Draw(t, "text")})
		}
		c := newCanvas(width, rapid.IntRange(1, 5).Draw(t, "rows"))
		x := Range{0, float64(width)}
		rows := d.label(c, x, width)
		if rows < 1 || rows > c.height {
			t.Fatalf("%d rows of %d", rows, c.height)
		}
		for row, line := range c.lines(Style{}) {
			if row >= rows && line != "" {
				t.Fatalf("%q in row %d of %d", line, row, rows)
			}
			for at := 0; at < len(line); {
				if line[at] == ' ' {
					at++
					continue
				}
				size := 0
				for _, m := range d.Marks {
					for text, column := range map[string]int{"^ " + m.Text: at, m.Text + " ^": at + len(m.Text) + 1, "^": at} {
						if strings.HasPrefix(line[at:]+" ", text+" ") && columnOf(newScale(x, false), m.X, width) == column && len(text) > size {
							size = len(text)
						}
					}
				}
				if size == 0 {
					t.Fatalf("%q in column %d of %q is no mark with its text: %v", line[at:], at, line, d.Marks)
				}
				at += size
			}
		}
	})
}

// With room for all of them no text is left out, and without it the marks are seen all the same.
func TestLabelsMoveToFurtherRows(t *testing.T) {
	d := DotRow{Values: []float64{10, 20}}
	texts := []string{"ensemble 14.9", "best 15.0", "mean 15.1", "worst 15.2"}
	for i, text := range texts {
		d.Marks = append(d.Marks, Label{X: 14.9 + 0.1*float64(i), Text: text})
	}
	all := strings.Join(d.Draw(60, 12, Style{}), "\n")
	for _, text := range texts {
		if !strings.Contains(all, text) {
			t.Errorf("no %q in\n%s", text, all)
		}
	}
	if got := d.Draw(14, 3, Style{})[2]; !strings.Contains(got, "^") || strings.ContainsAny(got, "abc") {
		t.Errorf("marks without room are %q", got)
	}
}
